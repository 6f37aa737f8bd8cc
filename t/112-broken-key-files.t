# Key files that break or vanish while nginx runs: the keys that were read
# before stay in force, and the log says so once.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;

repeat_each(1);         # what comes twice is not the same

sub count { return scalar log_lines($_[0]) }

run_tests();

__DATA__

=== TEST 1: a broken file keeps the old set, and is logged once
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;
toucan_key_file $TEST_NGINX_HTML_DIR/other.jwks;
--- user_files eval
[['keys.jwks', jwks_public('ec256')], ['other.jwks', jwks_public('ed25519')]]
--- steps eval
sub {
    my $kept = qr/\[error\].*keys\.jwks" was not taken over, the keys read before stay in force/;

    for my $bad (['cut short', substr(jwks_public('rsa1', 'ec256b'), 0, -1)],
                 ['no key', '{"keys":[]}'], ['empty', ''],
                 ['one bad key', jwks_public('rsa1', ['ec256b',
                                             x => undef])])
    {
        my ($what, $text) = @$bad;
        my $before = count($kept);
        swap_file('keys.jwks', $text);
        await("$what: the log says it", sub { count($kept) > $before });
        one_look();
        is(count($kept), $before + 1, "$what: the log says it once");
        is(verdict(bearer()), 'ok', "$what: the old key stays");
        is(verdict(bearer(key => 'rsa1')), 'key_not_found',
           "$what: nothing of it is taken");
    }

    swap_file('keys.jwks', jwks_public('rsa1'));
    await('put right, it comes into force',
          sub { verdict(bearer(key => 'rsa1')) eq 'ok' });
    is(verdict(bearer()), 'key_not_found', 'and the old key goes');
    is(count($kept), 4, 'nothing more was said');
    is(count(qr/keys\.jwks": not strict JSON: an unexpected end/), 2, 'why');
    is(count(qr/keys\.jwks": no key that can be used/), 1, 'why, no key');
    is(count(qr/keys\.jwks": key "ec256b": x is missing/), 1, 'why, one key');
}


=== TEST 2: a file that is gone keeps the old set, and may come back
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.jwks;
toucan_key_file $TEST_NGINX_HTML_DIR/other.jwks;
--- user_files eval
[['keys.jwks', jwks_public('ec256')], ['other.jwks', jwks_public('ed25519')]]
--- steps eval
sub {
    my $file = Test::Nginx::Util::html_dir() . '/keys.jwks';
    my $gone = qr/\[error\].*keys\.jwks" cannot be looked at, the keys read before stay in force \(2: No such file/;

    unlink $file or die "$file: $!\n";
    await('the log says it', sub { count($gone) });
    one_look();
    is(count($gone), 1, 'it says it once');
    is(verdict(bearer()), 'ok', 'the key stays');

    swap_file('keys.jwks', jwks_public('ec256', 'rsa1'));
    await('it is back', sub { verdict(bearer(key => 'rsa1')) eq 'ok' });
    is(verdict(bearer()), 'ok', 'with the old key');

    unlink $file or die "$file: $!\n";
    await('gone again, it is said again', sub { count($gone) == 2 });
    mkdir $file or die "$file: $!\n";
    await('a directory in its place is none',
          sub { count(qr/keys\.jwks" is no regular file/) });
    one_look();
    is(count(qr/keys\.jwks" is no regular file/), 1, 'which is said once');
    is(verdict(bearer(key => 'rsa1')), 'ok', 'the keys stay');
    rmdir $file or die "$file: $!\n";
    swap_file('keys.jwks', jwks_public('rsa2'));
    await('back at last', sub { verdict(bearer(key => 'rsa2')) eq 'ok' });
    is(verdict(bearer(key => 'rsa1')), 'key_not_found', 'with its own keys');
}
