# Which key opens a token: sets of several keys, kid, keys bound to an
# algorithm or a use, several files.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;

run_tests();

__DATA__

=== TEST 1: the kid selects
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/set.jwks;
--- user_files eval
[['set.jwks', jwks_public('ec256', 'rsa1', 'ec256b', ['rsa2', kid => undef],
                          ['ed25519', kid => 'dotted.kid/1'],
                          ['ed25519b', kid => "\x{17c}\x{f3}\x{142}w"])]]
--- cases eval
[
    ['first', bearer(), 'ok'],
    ['second', bearer(key => 'rsa1'), 'ok'],
    ['third', bearer(key => 'ec256b'), 'ok'],
    ['a kid of any text', bearer(key => 'ed25519', kid => 'dotted.kid/1'),
     'ok'],
    ['a kid that is not ASCII',
     bearer(raw_token(to_json({alg => 'EdDSA',
                               kid => "\x{17c}\x{f3}\x{142}w"}),
                      to_json(claims()), 'ed25519b')), 'ok'],
    ['the kid of another key', bearer(kid => 'ec256b'), 'bad_signature'],
    ['the kid of a key of another type', bearer(kid => 'rsa1'),
     'alg_not_allowed'],
    ['a kid that nobody has', bearer(kid => 'ec384'), 'key_not_found'],
    ['an empty kid', bearer(kid => ''), 'key_not_found'],
    ['in another case', bearer(kid => 'EC256'), 'key_not_found'],
    ['the key without a kid, by no kid', bearer(key => 'rsa2', kid => undef),
     'ok'],
    ['the key without a kid, by a kid that no key has', bearer(key => 'rsa2'),
     'ok'],
    ['the key without a kid, by the kid of another',
     bearer(key => 'rsa2', kid => 'rsa1'), 'bad_signature'],
    ['the key without a kid, by the kid of a key of another type',
     bearer(key => 'rsa2', kid => 'ec256'), 'alg_not_allowed'],
    ['a key with a kid, by a kid of nobody',
     bearer(key => 'rsa1', kid => 'nobody'), 'bad_signature'],
    ['no kid: all that fit are tried, first', bearer(kid => undef), 'ok'],
    ['no kid: all that fit are tried, last',
     bearer(key => 'ec256b', kid => undef), 'ok'],
    ['no kid, a key that is not there', bearer(key => 'ec384', kid => undef),
     'key_not_found'],
    ['no kid, signed by none', bearer(tampered(token(kid => undef))),
     'bad_signature'],
]


=== TEST 2: eight keys at most are tried for a token without kid
--- config eval
Toucan::Cases::config('toucan_key_file $TEST_NGINX_HTML_DIR/8.jwks;')
. Toucan::Cases::config('toucan_key_file $TEST_NGINX_HTML_DIR/9.jwks;')
=~ s/\A.*?(?=location = \/t)//sr =~ s/\/t \{/\/nine {/r
--- user_files eval
my @eight = map { ['ec256', kid => "k$_"] } 1 .. 7;
[['8.jwks', jwks_public('rsa1', ['ec256', alg => 'ES256', kid => 'k0'],
                        @eight, map { ["ec$_"] } 384, 521)],
 ['9.jwks', jwks_public('rsa1', 'ec256b', 'ec256', @eight)]]
--- cases eval
[
    ['eight', bearer(kid => undef), 'ok'],
    ['eight, signed by none', bearer(token(key => 'ec256b', kid => undef)),
     'bad_signature'],
    ['eight, by kid', bearer(kid => 'k7'), 'ok'],
    ['nine', bearer(kid => undef), 'key_not_found', 'GET /nine'],
    ['nine, by kid', bearer(), 'ok', 'GET /nine'],
    ['nine of EC, but one of RSA', bearer(key => 'rsa1', kid => undef), 'ok',
     'GET /nine'],
]


=== TEST 3: a key that is bound to an algorithm accepts that one alone
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/set.jwks;
--- user_files eval
[['set.jwks', jwks_public(['rsa1', alg => 'RS384'], ['rsa2', alg => 'PS512'],
                          ['ec256', alg => 'ES256'], ['ed25519',
                           alg => 'EdDSA'], ['ed448', alg => 'EdDSA'],
                          ['oct512', alg => 'HS384'])]]
--- cases eval
[
    (map { ["RS384 key, $_", bearer(key => 'rsa1', alg => $_),
            $_ eq 'RS384' ? 'ok' : 'alg_not_allowed'] }
     qw(RS256 RS384 RS512 PS256 PS384 PS512)),
    (map { ["PS512 key, $_", bearer(key => 'rsa2', alg => $_),
            $_ eq 'PS512' ? 'ok' : 'alg_not_allowed'] }
     qw(RS256 RS384 RS512 PS256 PS384 PS512)),
    (map { ["HS384 key, $_", bearer(key => 'oct512', alg => $_),
            $_ eq 'HS384' ? 'ok' : 'alg_not_allowed'] } qw(HS256 HS384 HS512)),
    ['ES256 key', bearer(), 'ok'],
    ['Ed25519 key', bearer(key => 'ed25519'), 'ok'],
    ['Ed448 key', bearer(key => 'ed448'), 'ok'],
    ['no kid, RS384', bearer(key => 'rsa1', alg => 'RS384', kid => undef),
     'ok'],
    ['no kid, RS384 by the PS512 key',
     bearer(key => 'rsa2', alg => 'RS384', kid => undef), 'bad_signature'],
    ['no kid, RS256: no key is for it',
     bearer(key => 'rsa1', kid => undef), 'alg_not_allowed'],
]


=== TEST 4: one kid, two keys
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/set.jwks;
--- user_files eval
[['set.jwks', jwks_public(['rsa1', kid => 'k'], ['ec256', kid => 'k'],
                          ['ec256b', kid => 'k'])]]
--- cases eval
[
    ['RSA', bearer(key => 'rsa1', kid => 'k'), 'ok'],
    ['EC', bearer(kid => 'k'), 'ok'],
    ['the other EC', bearer(key => 'ec256b', kid => 'k'), 'ok'],
    ['neither', bearer(key => 'rsa2', kid => 'k'), 'bad_signature'],
    ['no key for it', bearer(key => 'ed25519', kid => 'k'),
     'alg_not_allowed'],
]


=== TEST 5: use and key_ops
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/set.jwks;
--- user_files eval
[['set.jwks', jwks_public(
    ['ec256', use => 'sig'], ['ec256b', use => 'enc'],
    ['rsa1', key_ops => ['verify']], ['rsa2', key_ops => ['sign']],
    ['ed25519', use => 'sig', key_ops => ['sign', 'verify']],
    ['ed25519b', key_ops => []], ['ec384', use => 'SIG'],
    ['ec521', use => 'enc', key_ops => ['verify']],
    ['ed448', alg => undef, x5c => ['x'], ext => JSON::PP::true]),
]]
--- cases eval
[
    ['use: sig', bearer(), 'ok'],
    ['use: enc', bearer(key => 'ec256b'), 'key_not_found'],
    ['use: SIG', bearer(key => 'ec384'), 'key_not_found'],
    ['key_ops: verify', bearer(key => 'rsa1'), 'ok'],
    ['key_ops: sign', bearer(key => 'rsa2'), 'key_not_found'],
    ['key_ops: both', bearer(key => 'ed25519'), 'ok'],
    ['key_ops: none', bearer(key => 'ed25519b'), 'key_not_found'],
    ['use: enc, key_ops: verify', bearer(key => 'ec521'), 'key_not_found'],
    ['members that are of no matter', bearer(key => 'ed448'), 'ok'],
    ['no kid: one passed over is not tried',
     bearer(key => 'ec256b', kid => undef), 'bad_signature'],
]


=== TEST 6: several files are one set
--- gate
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/rsa1.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/rsa1.jwks;
toucan_key_file $TEST_NGINX_HTML_DIR/same.jwks;
--- user_files eval
[['same.jwks', jwks_public(['ec256b', kid => 'ec256'])]]
--- cases eval
[
    ['of the first', bearer(), 'ok'],
    ['of the second', bearer(key => 'rsa1'), 'ok'],
    ['of the last, by the same kid', bearer(key => 'ec256b', kid => 'ec256'),
     'ok'],
    ['of none', bearer(key => 'rsa2'), 'key_not_found'],
    ['no kid', bearer(key => 'ec256b', kid => undef), 'ok'],
]


=== TEST 7: locations do not share keys because they share a worker
--- config
    toucan_embed server;
    add_header X-Verdict "$toucan_status|$toucan_reason" always;

    location = /a {
        toucan "a";
        toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
        try_files /index.html =404;
    }

    location = /b {
        toucan "b";
        toucan_key_file $TEST_NGINX_KEYS_DIR/ec256b.jwks;
        try_files /index.html =404;
    }
--- cases eval
[map {
    (['a at a', bearer(), 'ok', 'GET /a'],
     ['a at b', bearer(), 'key_not_found', 'GET /b'],
     ['b at b', bearer(key => 'ec256b'), 'ok', 'GET /b'],
     ['b at a', bearer(key => 'ec256b'), 'key_not_found', 'GET /a'],
     ['b at a, under its kid', bearer(key => 'ec256b', kid => 'ec256'),
      'bad_signature', 'GET /a'])
} 1 .. 3]


=== TEST 8: a set of 4096 keys
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/set.jwks;
--- user_files eval
[['set.jwks', to_json({keys => [
    map({ my $k = jwk_public('ed25519b'); $k->{kid} = "k$_"; $k } 1 .. 4095),
    jwk_public('ed25519')]})]]
--- cases eval
[
    ['the last', bearer(key => 'ed25519'), 'ok'],
    ['one of them', bearer(key => 'ed25519b', kid => 'k4095'), 'ok'],
    ['not there', bearer(key => 'ed25519b', kid => 'k4096'), 'key_not_found'],
    ['no kid', bearer(key => 'ed25519b', kid => undef), 'key_not_found'],
]
