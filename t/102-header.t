# What a token's header may say: types, critical extensions, keys that it
# brings along, key names that are something else.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;


# A good token but for what is changed or added in its header.

sub with {
    my %change = @_;

    my %header = (alg => 'ES256', kid => 'ec256', typ => 'JWT', %change);
    delete @header{grep { !defined $header{$_} } keys %header};

    return bearer(raw_token(to_json(\%header), to_json(claims()), 'ec256'));
}


# Signed by a key that the server does not know.

sub foreign {
    my %change = @_;

    my %header = (alg => 'ES256', kid => 'ec256', %change);
    delete @header{grep { !defined $header{$_} } keys %header};

    return bearer(raw_token(to_json(\%header), to_json(claims()), 'ec256b'));
}

sub is_true { return JSON::PP::true }

run_tests();

__DATA__

=== TEST 1: typ and cty
--- gate
--- cases eval
[
    (map { ["typ <" . ($_ // '-') . '>', with(typ => $_), 'ok'] }
     undef, 'JWT', 'jwt', 'Jwt', 'at+jwt', 'AT+JWT', 'application/jwt',
     'application/at+jwt', 'APPLICATION/JWT'),
    (map { ["typ <$_>", with(typ => $_), 'bad_type'] }
     '', 'JWS', 'JWE', 'JOSE', 'JOSE+JSON', 'application/', 'application/json',
     'application/application/jwt', 'text/jwt', 'JWT ', ' JWT', 'jwt+at',
     'at+jwt;x=y', 'dpop+jwt', 'secevent+jwt', 'logout+jwt', 'refresh',
     'JWTS', 'J'),
    (map { ['typ ' . to_json($_), with(typ => $_), 'bad_claim'] }
     null(), 1, ['JWT'], {}, is_true()),
    (map { ['cty ' . to_json($_), with(cty => $_), 'bad_type'] }
     'JWT', 'json', '', null(), 1),
    ['enc', with(enc => 'A256GCM'), 'bad_claim'],
    ['enc: null', with(enc => null()), 'bad_claim'],
    ['zip', with(zip => 'DEF'), 'bad_claim'],
    ['zip: null', with(zip => null()), 'bad_claim'],
]


=== TEST 2: critical extensions
--- gate
--- cases eval
[
    ['a control', with(exp => 1, x => 'y'), 'ok'],
    (map { ['crit ' . to_json($_), with(crit => $_, exp => 1),
            'crit_unknown'] }
     ['exp'], ['b64'], ['unknown'], ['alg'], [], 'exp', null(), {}, 1),
    ['b64: false', with(b64 => JSON::PP::false), 'crit_unknown'],
    ['b64: true', with(b64 => is_true()), 'crit_unknown'],
    ['b64: false in crit', with(b64 => JSON::PP::false, crit => ['b64']),
     'crit_unknown'],
    ['Crit is another name', with(Crit => ['exp']), 'ok'],
    ['crit, and a signature that does not hold',
     foreign(crit => ['exp'], exp => 1), 'crit_unknown'],
]


=== TEST 3: alg and kid of the wrong form
--- gate
--- cases eval
[
    ['a control', with(), 'ok'],
    (map { ['alg ' . to_json($_), with(alg => $_), 'bad_claim'] }
     null(), 1, ['ES256'], {}, is_true()),
    ['no alg', with(alg => undef), 'bad_claim'],
    ['ALG', with(alg => undef, ALG => 'ES256'), 'bad_claim'],
    (map { ['kid ' . to_json($_), with(kid => $_), 'bad_claim'] }
     null(), 7, 1.5, ['ec256'], {}, is_true()),
    ['a kid of 256 bytes', with(kid => 'k' x 256), 'key_not_found'],
    ['a kid of 257 bytes', with(kid => 'k' x 257), 'bad_claim'],
    ['an empty header', bearer(raw_token('{}', to_json(claims()), 'ec256')),
     'bad_claim'],
]


=== TEST 4: a kid is a name and nothing else
--- gate
--- cases eval
[
    ['a control', with(), 'ok'],
    (map { ["kid <$_>", with(kid => $_), 'key_not_found'] }
     '', 'EC256', 'ec25', 'ec2566', ' ec256', 'ec256 ', '/dev/null',
     '../../../../../../dev/null', '/etc/passwd', './ec256', 'ec256.jwks',
     '../t-keys/ec256', q(' OR '1'='1), q(x' UNION SELECT 'k), '$(id)',
     '`id`', '|id', '*', '.*', '%00', 'http://127.0.0.1/k', '0', '-1',
     'ec256,rsa1'),
    ['a new line', with(kid => "ec256\n"), 'key_not_found'],
    ['a NUL', with(kid => "ec256\0"), 'bad_json'],
    ['signed with nothing, kid of a file of nothing',
     bearer(raw_token('{"alg":"HS256","kid":"/dev/null"}', to_json(claims()),
                      sub { Crypt::Mac::HMAC::hmac('SHA256', "\0", $_[0]) })),
     'key_not_found'],
]


=== TEST 5: keys that a token brings along are not used
--- gate
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
--- cases eval
my $url = 'http://127.0.0.1:' . Test::Nginx::Util::server_port()
          . '/ec256b.jwks';
my $der = 'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A';
my @own = (
    ['jwk', {jwk => jwk_public('ec256b')}],
    ['jwk of the kid', {jwk => jwk_public(['ec256b', kid => 'ec256'])}],
    ['jku', {jku => $url}],
    ['jku, a file', {jku => "file://$ENV{TEST_NGINX_KEYS_DIR}/ec256b.jwks"}],
    ['x5u', {x5u => $url}],
    ['x5c', {x5c => [$der]}],
    ['x5t', {x5t => b64u('t' x 20), 'x5t#S256' => b64u('t' x 32)}],
    ['all of them', {jwk => jwk_public('ec256b'), jku => $url, x5u => $url,
                     x5c => [$der]}],
);
[
    ['a control', with(), 'ok'],
    (map { ["$_->[0], the kid known", foreign(%{$_->[1]}), 'bad_signature'] }
     @own),
    (map { ["$_->[0], the kid not known",
            foreign(kid => 'ec256b', %{$_->[1]}), 'key_not_found'] } @own),
    (map { ["$_->[0], no kid", foreign(kid => undef, %{$_->[1]}),
            'bad_signature'] } @own),
    ['a good token that brings one along',
     with(jwk => jwk_public('ec256b'), jku => $url), 'ok'],
    ['its own public key, which is ours',
     with(kid => 'other', jwk => jwk_public('ec256')), 'key_not_found'],
    ['HS256 with a jwk',
     bearer(raw_token(to_json({alg => 'HS256', jwk => jwk_public('oct256')}),
                      to_json(claims()), 'oct256')), 'key_not_found'],
]
--- no_error_log
ec256b.jwks


=== TEST 6: nothing is said of a claim before the signature holds
--- gate
toucan_issuer nobody;
--- cases eval
my %bad = (claims => {iss => 'x', exp => 1, aud => undef, user => undef});
[
    ['not signed by us', bearer(token(%bad, key => 'ec256b', kid => 'ec256')),
     'bad_signature'],
    ['tampered', bearer(tampered(token(%bad))), 'bad_signature'],
    ['expired and tampered', bearer(tampered(token(age => 9999))),
     'bad_signature'],
    ['the issuer, once it holds', bearer(), 'bad_issuer'],
    ['the claims, once it holds', bearer(%bad), 'bad_claim'],
]
