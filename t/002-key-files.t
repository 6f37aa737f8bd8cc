# Key files that nginx does not start with, and inheritance: what a level
# sets replaces what stands above it.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;
use Toucan::Jwe;

my $keys = '$TEST_NGINX_KEYS_DIR';
my $html = '$TEST_NGINX_HTML_DIR';
my $n = 0;


# [what it is, the file's text, what is said]

sub broken {
    my $text = '';

    for my $case (@_) {
        my ($name, $content, $why) = @$case;
        $why = ": $why" if $why !~ /^ /;
        $n++;
        $text .= <<"END";
=== FILE $n: $name
--- config
    location /t {
        toucan "embed";
        toucan_key_file $html/bad.jwks;
    }
--- user_files eval
[['bad.jwks', $content]]
--- must_die
--- error_log
[emerg]
bad.jwks"$why


END
    }

    return $text;
}


my $json = 'not strict JSON:';
my $halves = 'key "rsa1": the private half of the RSA key does not belong to '
             . 'the public one';

my @broken = (
    ['empty', q{''}, "$json an unexpected end, at line 1, column 1"],
    ['white space', q{"\n"}, "$json an unexpected end, at line 2"],
    ['a private key in PEM', q{key_text('rsa1.pem')},
     'a PEM block of type "RSA PRIVATE KEY", not "PUBLIC KEY"'],
    ['an array', q{'[' . to_json(jwk_public('rsa1')) . ']'},
     'not a JSON object'],
    ['a string', q{'"keys"'}, 'not a JSON object'],
    ['cut short', q{substr(jwks_public('rsa1'), 0, -1)},
     "$json an unexpected end"],
    ['cut short inside of a string',
     q{jwks_public('rsa1') =~ s/"AQAB.*/"AQ/sr}, "$json an unexpected end"],
    ['two texts', q{jwks_public('rsa1') x 2},
     "$json something after the end"],
    ['a byte that is not UTF-8', q{jwks_public('rsa1') =~ s/rsa1/r\xff/r},
     "$json bytes that are not UTF-8"],
    ['a NUL in a string', q{jwks_public(['rsa1', kid => "r\0"])},
     "$json a NUL in a string"],
    ['too deep', q{'{"keys":' . '[' x 16 . ']' x 16 . '}'},
     'nested deeper than 16 levels, at line 1, column 24'],
    ['too many values', q{'{"keys":[' . '0,' x 199998 . '0]}'},
     'more than 200000 values'],
    ['a member twice', q{jwks_public('rsa1') =~ s/"e":/"e":"AQAB","e":/r},
     "$json a member twice in one object"],
    ['no key and no set', q{'{}'}, 'neither a JWK Set nor a JWK'],
    ['keys is no array', q{'{"keys":{}}'}, '"keys" is not an array'],
    ['keys is null', q{'{"keys":null}'}, '"keys" is not an array'],
    ['an empty set', q{'{"keys":[]}'}, 'no key that can be used'],
    ['a key that is no object', q{'{"keys":["x"]}'}, 'key 1: not an object'],
    ['without kty', q{jwks_public(['rsa1', kty => undef])},
     'key "rsa1": kty is missing'],
    ['kty is no string', q{jwks_public(['rsa1', kty => 1])},
     'key "rsa1": kty is not a string'],
    ['only a kty that is not known', q{jwks_public(['rsa1', kty => 'DSA'])},
     'no key that can be used: key "rsa1" passed over: kty "DSA"'],
    ['only keys for encryption', q{jwks_public(['rsa1', use => 'enc'])},
     'no key that can be used: key "rsa1" passed over: without a private half'],
    ['kid is no string', q{jwks_public(['rsa1', kid => 7])},
     'key 1: kid is not a string'],
    ['kid too long', q{jwks_public(['rsa1', kid => 'k' x 257])},
     'key 1: kid is too long'],
    ['alg of another kty', q{jwks_public(['rsa1', alg => 'HS256'])},
     'key "rsa1": alg "HS256" is one of another kty'],
    ['alg of another curve', q{jwks_public(['ec256', alg => 'ES384'])},
     'key "ec256": alg "ES384" needs another curve or another length '
     . 'of secret'],
    ['alg is no string', q{jwks_public(['rsa1', alg => ['RS256']])},
     'key "rsa1": alg is not a string'],
    ['key_ops is no array', q{jwks_public(['rsa1', key_ops => 'verify'])},
     'key "rsa1": key_ops is not an array'],
    ['RSA without e', q{jwks_public(['rsa1', e => undef])},
     'key "rsa1": e is missing'],
    ['RSA, n with padding',
     q{jwks_public(['rsa1', n => jwk_public('rsa1')->{n} . '='])},
     'key "rsa1": n is not base64url'],
    ['RSA, n is no string', q{jwks_public(['rsa1', n => 5])},
     'key "rsa1": n is not a string'],
    ['RSA of 1024 bits', q{jwks_public('rsa1024')},
     'key "rsa1024": an RSA modulus of 1024 bits'],
    ['RSA, e = 1', q{jwks_public(['rsa1', e => 'AQ'])},
     'key "rsa1": an RSA exponent that is even or less than 3'],
    ['RSA, even n',
     q{jwks_public(['rsa1',
           n => b64u(unb64u(jwk_public('rsa1')->{n}) =~ s/.\z/\0/sr)])},
     'key "rsa1": an even RSA modulus'],
    ['EC without crv', q{jwks_public(['ec256', crv => undef])},
     'key "ec256": crv is missing'],
    ['EC, crv of OKP', q{jwks_public(['ec256', crv => 'Ed25519'])},
     'key "ec256": crv "Ed25519" is one of another kty'],
    ['EC, another curve', q{jwks_public(['ec256', crv => 'P-384'])},
     'key "ec256": x and y of 32 and 32 bytes'],
    ['EC, not on the curve',
     q{jwks_public(['ec256', x => jwk_public('ec256b')->{x}])},
     'key "ec256": x and y are not a point on P-256'],
    ['EC without y', q{jwks_public(['ec256', y => undef])},
     'key "ec256": y is missing'],
    ['OKP, x too short', q{jwks_public(['ed25519', x => b64u('x' x 31)])},
     'key "ed25519": x of 31 bytes, not of 32'],
    ['OKP, x of small order', q{jwks_public(['ed25519', x => b64u("\0" x 32)])},
     'key "ed25519": x is a point of small order'],
    ['HS256 with 31 bytes',
     q{jwks_public(['oct256', alg => 'HS256', k => b64u('k' x 31)])},
     'key "oct256": alg "HS256" needs another curve or another length '
     . 'of secret'],
    ['HS384 with 47 bytes',
     q{jwks_public(['oct384', alg => 'HS384', k => b64u('k' x 47)])},
     'key "oct384": alg "HS384" needs another curve or another length '
     . 'of secret'],
    ['HS512 with 63 bytes',
     q{jwks_public(['oct512', alg => 'HS512', k => b64u('k' x 63)])},
     'key "oct512": alg "HS512" needs another curve or another length '
     . 'of secret'],
    ['15 bytes without alg', q{jwks_public(['oct128', k => b64u('k' x 15)])},
     'key "oct128": of no length that any algorithm can use'],
    ['16 bytes for signing', q{jwks_public(['oct128', use => 'sig'])},
     'key "oct128": of no length that any algorithm can use'],
    ['A256KW with 16 bytes', q{jwks_public(['oct128', alg => 'A256KW'])},
     'key "oct128": alg "A256KW" needs another curve or another length '
     . 'of secret'],
    ['dir for A256GCM with 16 bytes',
     q{jwks_public(['oct128', alg => 'A256GCM'])},
     'key "oct128": alg "A256GCM" needs another curve or another length '
     . 'of secret'],
    ['dir with 17 bytes',
     q{jwks_public(['oct128', alg => 'dir', k => b64u('k' x 17)])},
     'key "oct128": alg "dir" needs another curve or another length '
     . 'of secret'],
    ['X25519, the public half', q{jwks_private(['x25519', d => undef])},
     'no key that can be used: key "x25519" passed over: without a private '
     . 'half'],
    ['X25519, the half of another',
     q{jwks_private(['x25519', d => jwk_private('x25519b')->{d}])},
     'key "x25519": d does not belong to x'],
    ['X25519, d too short', q{jwks_private(['x25519', d => b64u('d' x 31)])},
     'key "x25519": d of 31 bytes, not of 32'],
    ['X448, x of small order',
     q{jwks_private(['x448', x => b64u("\1" . "\0" x 55)])},
     'key "x448": x is a point of small order'],
    ['EC, the half of another',
     q{jwks_private(['ec256', d => jwk_private('ec256b')->{d}])},
     'key "ec256": d does not belong to x and y'],
    ['RSA, the half of another',
     q{jwks_private(['rsa1', d => jwk_private('rsa2')->{d},
                     map { ($_ => undef) } qw(p q dp dq qi)])},
     $halves],
    ['RSA, the primes of another', q{jwks_private(['rsa1',
     map { ($_ => jwk_private('rsa2')->{$_}) } qw(d p q dp dq qi)])},
     $halves],
    ['RSA, p without q', q{jwks_private(['rsa1', q => undef])},
     'key "rsa1": q is missing'],
    ['RSA, d no string', q{jwks_private(['rsa1', d => 1])},
     'key "rsa1": d is not a string'],
    ['RSA of three primes', q{jwks_private(['rsa1', oth => []])},
     'key "rsa1": oth: a key of more than two primes'],
    ['an empty secret', q{jwks_public(['oct256', k => ''])},
     'key "oct256": a secret of 0 bytes'],
    ['one bad key among good ones',
     q{jwks_public('ec256', ['rsa1', e => undef], 'ed25519')},
     'key "rsa1": e is missing'],
    ['4097 keys', q{to_json({keys => [(jwk_public('ed25519')) x 4097]})},
     '4097 keys, more than 4096'],
    ['more than 4 MiB', q{jwks_public('ec256') . ' ' x (4 << 20)},
     ' is larger than 4194304 bytes'],
);

run_with(broken(@broken), wrong(
    ["} location /u { toucan 'no key';",
     '"toucan" is on with the realm "no key" but there is no '
     . '"toucan_key_file"'],
    ["toucan_key_file $html/none.jwks;", 'none.jwks" failed (2: No such file'],
    ["toucan_key_file $html;", 'is no regular file'],
    ["toucan_key_file $keys/rsa1.jwk/x;", '(20: Not a directory)'],
    ["toucan_key_file /dev/null;", 'key file "/dev/null" is no regular file'],
    ["toucan_key_file relative.jwks;", 'conf/relative.jwks" failed (2:'],
));

__DATA__

=== TEST 1: http, server and location: what a level sets replaces
--- http_config
    toucan_key_file $TEST_NGINX_KEYS_DIR/rsa1.jwks;
    toucan_issuer https://embed.example.com;
    toucan_audience other;
    toucan_embed server;
    toucan "http";
    toucan_token header=X-Http bearer;
    add_header X-Verdict "$toucan_status|$toucan_reason" always;
--- config
    toucan_audience toucan-embed;

    location = /keys {
        toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
        try_files /index.html =404;
    }

    location = /iss {
        toucan_issuer other another;
        try_files /index.html =404;
    }

    location = /token {
        toucan_token bearer;
        try_files /index.html =404;
    }

    location = /kind {
        toucan_embed frame;
        try_files /index.html =404;
    }

    location /deep/ {
        toucan off;

        location = /deep/on {
            toucan "again";
            try_files /index.html =404;
        }
    }
--- cases eval
[
    ['inherited', bearer(key => 'rsa1'), 'ok', 'GET /'],
    ['inherited source', 'X-Http: ' . token(key => 'rsa1'), 'ok', 'GET /'],
    ['inherited key', bearer(), 'key_not_found', 'GET /'],
    ['inherited iss', bearer(key => 'rsa1', claims => {iss => 'other'}),
     'bad_issuer', 'GET /'],
    ['a server replaces', bearer(key => 'rsa1', claims => {aud => 'other'}),
     'bad_audience', 'GET /'],
    ['own key', bearer(), 'ok', 'GET /keys'],
    ['key above it', bearer(key => 'rsa1'), 'key_not_found', 'GET /keys'],
    ['own iss', bearer(key => 'rsa1', claims => {iss => 'another'}), 'ok',
     'GET /iss'],
    ['iss above it', bearer(key => 'rsa1'), 'bad_issuer', 'GET /iss'],
    ['source above it', 'X-Http: ' . token(key => 'rsa1'), 'no_token',
     'GET /token'],
    ['own source', bearer(key => 'rsa1'), 'ok', 'GET /token'],
    ['own kinds', bearer(key => 'rsa1'), 'kind_not_allowed', 'GET /kind'],
    ['on again', '', 'no_token', 'GET /deep/on'],
    ['on again, with a token', bearer(key => 'rsa1'), 'ok', 'GET /deep/on'],
]


=== TEST 2: off in a child lets everybody in, and says so
--- config
    toucan "server";
    toucan_key_file $TEST_NGINX_KEYS_DIR/rsa1.jwks;

    location = /t {
        toucan off;
        add_header X-Status "$toucan_status";
        try_files /index.html =404;
    }

    location /deep/ {
        toucan off;

        location = /deep/t {
            add_header X-Status "$toucan_status";
            try_files /index.html =404;
        }
    }
--- request eval
['GET /t', 'GET /deep/t']
--- response_headers eval
['X-Status: BYPASSED', 'X-Status: BYPASSED']


=== TEST 3: keys, issuers and roles of several lines and levels do not add up
--- config
    toucan_key_file $TEST_NGINX_KEYS_DIR/rsa1.jwks;
    toucan_key_file $TEST_NGINX_KEYS_DIR/rsa2.jwks;
    toucan_roles maker;
    toucan_algorithms RS256;
    toucan_env sandbox;
    toucan_embed server;
    toucan_claim role title;
    toucan_claim distinct_id uid;
    toucan_max_lifetime 60;
    add_header X-Verdict "$toucan_status|$toucan_reason" always;

    location = /all {
        toucan "all";
        try_files /index.html =404;
    }

    location = /own {
        toucan "own";
        toucan_roles viewer;
        toucan_algorithms PS256;
        toucan_env live;
        toucan_claim role job;
        toucan_max_lifetime 1h;
        try_files /index.html =404;
    }
--- cases eval
my %all = (ttl => 60, claims => {title => 'maker', uid => 'u', env => 'sandbox'});
my %own = (alg => 'PS256', claims => {job => 'viewer'});
[
    ['all', bearer(%all, key => 'rsa1'), 'ok', 'GET /all'],
    ['second file', bearer(%all, key => 'rsa2'), 'ok', 'GET /all'],
    ['its alg', bearer(%all, key => 'rsa1', alg => 'PS256'),
     'alg_not_allowed', 'GET /all'],
    ['its cap', bearer(%all, key => 'rsa1', ttl => 61), 'lifetime_too_long',
     'GET /all'],
    ['own', bearer(%own, key => 'rsa2'), 'ok', 'GET /own'],
    ['own alg', bearer(%own, key => 'rsa1', alg => 'RS256'),
     'alg_not_allowed', 'GET /own'],
    ['own role', bearer(%own, key => 'rsa1', claims => {job => 'maker'}),
     'role_denied', 'GET /own'],
    ['own claims only: title is not read',
     bearer(%own, key => 'rsa1', claims => {title => 'viewer'}),
     'role_denied', 'GET /own'],
    ['own env', bearer(%own, key => 'rsa1',
                       claims => {job => 'viewer', env => 'sandbox'}),
     'env_denied', 'GET /own'],
]


=== TEST 4: a gate that is off needs no key
--- config
    location = /t {
        toucan off;
        toucan_issuer x;
        try_files /index.html =404;
    }
--- request
GET /t
--- response_body_like: It works


=== TEST 5: a relative path counts from the configuration
--- gate
toucan_key_file rel.jwks;
--- user_files eval
[['../conf/rel.jwks', jwks_public('ec384')]]
--- cases eval
[['there', bearer(key => 'ec384'), 'ok'], ['else', bearer(), 'key_not_found']]


=== TEST 6: keys that are of no use are passed over, with one warning
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/some.jwks;
--- user_files eval
[['some.jwks', jwks_public(['ec256b', use => 'enc'], ['rsa2', kty => 'XYZ'],
                           ['ed25519', alg => 'XDSA'], 'ec256')]]
--- cases eval
[
    ['the good one', bearer(), 'ok'],
    ['use: enc', bearer(key => 'ec256b'), 'key_not_found'],
    ['kty', bearer(key => 'rsa2'), 'key_not_found'],
    ['alg', bearer(key => 'ed25519'), 'key_not_found'],
]
--- steps eval
sub {
    my @lines = log_lines(qr/some\.jwks/);
    Test::More::is(scalar(grep { /\[warn\]/ } @lines), 1, 'one warning');
    Test::More::like("@lines", qr/key "ec256b" passed over: without a private half it is of no use here \(3 passed over\)/);
}


=== TEST 7: a single JWK, and a private one: only its public half counts
--- gate
toucan_key_file $TEST_NGINX_KEYS_DIR/rsa1.jwk;
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwk;
toucan_key_file $TEST_NGINX_KEYS_DIR/ed25519.jwk;
--- cases eval
[map { [$_, bearer(key => $_), 'ok'] } qw(rsa1 ec256 ed25519)]
