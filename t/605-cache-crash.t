# Workers that are killed while they hold the lock of a cache: in the midst of
# cleansing what leaves it.  Those that are left, and those that come, go on.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Killer;
use Toucan::Server;
use Toucan::Service;

use constant { REQUESTS => 3000, EVERY => 37 };

skip_unless_preloaded();
plan('no_plan');

my $killer = killer(every => EVERY);

my $server = do {
    local $ENV{LD_PRELOAD} = $killer->{so};

    service(
        workers => 2,
        http => 'toucan_cache_zone tokens:64k; toucan_cache tokens;',
        server => 'add_header X-Cache "$toucan_cache_status" always;',
    );
};

# one request, again while its worker is killed

my $again = 0;

sub let_in {
    my $token = shift;

    for (1 .. 20) {
        my $answer = gated($server, $token);

        return $answer if $answer->{status} != 0;

        $again++;
    }

    return { reason => 'no answer' };
}

my (%wrong, %cache);
my @tokens;

for my $i (1 .. REQUESTS) {
    push @tokens, [token(key => 'ed25519', claims => {
        'user.distinctId' => "user-$i" }), "user-$i"];

    # a new one, and one that may be there

    for my $case ($tokens[-1], $tokens[rand @tokens]) {
        my $answer = let_in($case->[0]);
        my $id = $answer->{sees}{id} // '';

        $wrong{"$answer->{reason} $id"}++
            if $answer->{reason} ne 'ok' || $id ne $case->[1];
        $cache{$answer->{header}{'x-cache'}[0] // ''}++;
    }

    shift @tokens if @tokens > 20;
}

my $killed = () = $server->read('logs/error.log')
                  =~ /exited on signal 9/g;

is_deeply(\%wrong, {}, 'every answer is right')
    or Test::More::diag(join "\n", (sort keys %wrong)[0]);
cmp_ok($killed, '>=', 20, 'workers were killed, the lock in their hands');
cmp_ok($cache{HIT} // 0, '>=', REQUESTS / 4, 'and tokens were found again');
is(scalar(() = $server->workers), 2, 'two workers are there');

Test::More::note("$killed killed, $again asked again, ",
     join(', ', map { "$cache{$_} $_" } sort keys %cache));
