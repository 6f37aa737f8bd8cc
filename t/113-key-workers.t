# Changed key files in every worker, and a request at any time meets either
# the old set or the new one.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;

repeat_each(1);         # what comes twice is not the same

master_on();
workers(4);


# Asks until each of N workers has answered each token as wanted, the last
# time that it was asked.

sub everywhere {
    my ($what, $n, %want) = @_;

    my %last;

    await($what, sub {
        for my $key (keys %want) {
            my $answer = ask(bearer(key => $key),
                             port => $ENV{TOUCAN_WORKERS_PORT});
            $last{$answer->{pid} // 0}{$key} = $answer->{verdict};
        }

        return $n == grep {
            my $pid = $_;
            !grep { ($last{$pid}{$_} // '') ne $want{$_} } keys %want
        } keys %last;
    });
}

# connections are spread over the workers by their ports

$ENV{TOUCAN_WORKERS_PORT} = Test::Nginx::Util::server_port() + 1;

env_to_nginx('TOUCAN_WORKERS_PORT');
run_tests();

__DATA__

=== TEST 1: a replaced file is in force in all of four workers
--- http_config eval
"server { listen 127.0.0.1:$ENV{TOUCAN_WORKERS_PORT} reuseport;"
. Toucan::Cases::config('toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;')
. '}'
--- config
    location = /ready {
        return 200 "ready\n";
    }
--- user_files eval
[['keys.jwks', jwks_public('ec256')]]
--- steps eval
sub {
    everywhere('before', 4, ec256 => 'ok', rsa1 => 'key_not_found');
    swap_file('keys.jwks', jwks_public('rsa1'));
    everywhere('after', 4, ec256 => 'key_not_found', rsa1 => 'ok');
    Test::More::is(scalar log_lines(qr/keys\.jwks" was read again: 1 keys/),
                   4, 'each worker says so once');

    swap_file('keys.jwks', 'broken');
    await('each worker says that it is broken', sub {
        4 == log_lines(qr/keys\.jwks" was not taken over/)
    });
    everywhere('broken', 4, ec256 => 'key_not_found', rsa1 => 'ok');

    swap_file('keys.jwks', jwks_public('rsa1', 'ec256'));
    everywhere('put right', 4, ec256 => 'ok', rsa1 => 'ok');
}
