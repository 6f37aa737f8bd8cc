# Key files that change while nginx runs: what is on disk comes into force
# without a reload.  What is broken: 112.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;

repeat_each(1);         # what comes twice is not the same

sub count { return scalar log_lines($_[0]) }

run_tests();

__DATA__

=== TEST 1: a file that becomes another one by a rename
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;
--- user_files eval
[['keys.jwks', jwks_public('ec256')]]
--- cases eval
[['before', bearer(), 'ok'],
 ['not yet', bearer(key => 'ec256b'), 'key_not_found']]
--- steps eval
sub {
    swap_file('keys.jwks', jwks_public('ec256b', 'rsa1'));
    await('the new key is in force',
          sub { verdict(bearer(key => 'ec256b')) eq 'ok' });
    is(verdict(bearer(key => 'rsa1')), 'ok', 'all of the new set');
    is(verdict(bearer()), 'key_not_found', 'the removed key is not');
    is(verdict(bearer(kid => undef)), 'bad_signature',
       'nor is it without kid');
    is(count(qr/\[notice\].*keys\.jwks" was read again: 2 keys/), 1,
       'the log says so once');
}
--- no_error_log
[error]
[warn]


=== TEST 2: a file that is written in place, several times, of one size
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;
--- user_files eval
[['keys.jwks', jwks_public(['ec256', kid => 'k'])]]
--- cases eval
[['before', bearer(kid => 'k'), 'ok']]
--- steps eval
sub {
    for my $key (qw(ec256b ec256 ec256b)) {
        write_file('keys.jwks', jwks_public([$key, kid => 'k']));
        await("$key came into force",
              sub { verdict(bearer(key => $key, kid => 'k')) eq 'ok' });
        my $other = $key eq 'ec256' ? 'ec256b' : 'ec256';
        is(verdict(bearer(key => $other, kid => 'k')), 'bad_signature',
           "$other went out of it");
    }
}
--- no_error_log
[error]


=== TEST 3: two changes within one look: the last one counts
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;
--- user_files eval
[['keys.jwks', jwks_public(['ec256', kid => 'k'])]]
--- steps eval
sub {
    my $put = sub {
        my ($key, $mtime) = @_;
        write_file('keys.jwks', jwks_public([$key, kid => 'k']));
        utime $mtime, $mtime, Test::Nginx::Util::html_dir() . '/keys.jwks';
    };
    my $works = sub { verdict(bearer(key => $_[0], kid => 'k')) eq 'ok' };

    # the second write must come within the second that the file names

    for (1 .. 10) {
        my $mtime = time + 1;
        $put->('ec256b', $mtime);
        await('the first one', sub { $works->('ec256b') });
        $put->('ec256', $mtime);
        last if time <= $mtime;
        swap_file('keys.jwks', jwks_public(['ec256', kid => 'k']));
        await('as before', sub { $works->('ec256') });
    }

    await('the second one, of the same size and second',
          sub { $works->('ec256') });
}
--- no_error_log
[error]


=== TEST 4: a link, and a link on its way that is led elsewhere
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;
--- user_files eval
[['keys.jwks', jwks_public('ec384')], ['a/keys.jwks', jwks_public('ec256')],
 ['b/keys.jwks', jwks_public('rsa1')]]
--- cases eval
[['before', bearer(key => 'ec384'), 'ok']]
--- steps eval
sub {
    my $dir = Test::Nginx::Util::html_dir();
    my $lead = sub {
        my ($name, $to) = @_;
        symlink $to, "$dir/next" or die "symlink: $!\n";
        rename "$dir/next", "$dir/$name" or die "rename: $!\n";
    };

    $lead->('now', 'a');
    $lead->('keys.jwks', 'now/keys.jwks');
    await('the file behind the link', sub { verdict(bearer()) eq 'ok' });
    $lead->('now', 'b');
    await('the other file', sub { verdict(bearer(key => 'rsa1')) eq 'ok' });
    is(verdict(bearer()), 'key_not_found', 'and only it');
}


=== TEST 5: a file of two locations is one, with one line in the log
--- config eval
Toucan::Cases::config('toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;')
. 'location = /u { toucan "u"; toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;
   add_header X-Verdict "$toucan_status|$toucan_reason" always; }'
--- user_files eval
[['keys.jwks', jwks_public('ec256')]]
--- steps eval
sub {
    swap_file('keys.jwks', jwks_public('rsa1', ['rsa2', kty => 'X']));
    await('in force', sub { verdict(bearer(key => 'rsa1')) eq 'ok' });
    is(count(qr/keys\.jwks" was read again: 1 keys/), 1, 'read once');
    is(count(qr/\[warn\].*keys\.jwks": key "rsa2" passed over/), 1,
       'warned once');
}


=== TEST 6: a file that nobody touched is left alone
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;
toucan_key_file $TEST_NGINX_HTML_DIR/other.jwks;
--- user_files eval
[['keys.jwks', jwks_public('ec256', ['rsa2', kty => 'X'])],
 ['other.jwks', jwks_public('ed25519')]]
--- steps eval
sub {
    one_look() for 1 .. 2;
    is(count(qr/keys\.jwks" was read again/), 0, 'not read again');
    is(count(qr/\[warn\].*keys\.jwks": key "rsa2" passed over/), 1,
       'no second warning');
    is(verdict(bearer()), 'ok', 'in force');
}
