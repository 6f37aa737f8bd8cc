# A JWS inside of a JWE: what must hold of the inner token, and that it is
# looked at with the rules of any other.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;
use Toucan::Jwe;

sub with { return bearer(nested(@_)) }


# Around these bytes.

sub around {
    my ($text, @more) = @_;

    return bearer(jwe(key => 'rsa1', nested => $text, @more));
}


# HS256 with the secret of a key.

sub hs {
    my ($key, %header) = @_;

    return raw_token(to_json({alg => 'HS256', %header}), to_json(claims()),
                     sub { Crypt::Mac::HMAC::hmac('SHA256', secret($key),
                                                  $_[0]) });
}

our $gate = <<'END';
toucan_key_file $TEST_NGINX_HTML_DIR/enc.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/public.jwks;
END

run_tests();

__DATA__

=== TEST 1: every signature inside
--- gate eval: $gate
--- user_files eval
[['enc.jwks', jwks_private(['rsa1', kid => 'enc', use => 'enc'])]]
--- cases eval
my @signed = (['ES256', 'ec256'], ['ES384', 'ec384'], ['ES512', 'ec521'],
              ['ES256K', 'ec256k'], ['EdDSA', 'ed25519'], ['EdDSA', 'ed448'],
              map { [$_, 'rsa2'] } qw(RS256 RS384 RS512 PS256 PS384 PS512));
[
    map {
        my ($alg, $key) = @$_;
        my %inner = (inner => {alg => $alg, key => $key});
        (["$alg $key", with(%inner, kid => 'enc'), 'ok'],
         ["$alg $key, no kid outside", with(%inner, kid => undef), 'ok'],
         ["$alg $key, no kid inside",
          with(inner => {alg => $alg, key => $key, kid => undef},
               kid => 'enc'), 'ok'],
         ["$alg $key, tampered",
          around(tampered(token(alg => $alg, key => $key)), kid => 'enc'),
          'bad_signature'],
         ["$alg $key, without a signature",
          around(token(alg => $alg, key => $key) =~ s/[^.]*\z//r,
                 kid => 'enc'), 'bad_signature'])
    } @signed
]


=== TEST 2: what the inner token must not be
--- gate eval: $gate
--- user_files eval
[['enc.jwks', jwks_private('rsa1', ['k256', use => 'enc'],
                           ['k512', kid => undef, use => 'enc'])]]
--- cases eval
my %none = ('none' => 'none', 'None' => 'None', 'NONE' => 'NONE');
my $kid = sub { (alg => $_[0], kid => 'ec256') };
[
    ['a control', with(), 'ok'],
    (map { my $alg = $_;
        (["alg $alg", around(raw_token(to_json({$kid->($alg)}),
                                       to_json(claims()), undef)),
          'alg_not_allowed'],
         ["alg $alg, with a signature",
          around(raw_token(to_json({$kid->($alg)}), to_json(claims()),
                           'ec256')), 'alg_not_allowed']) }
     qw(none None NONE nOnE RSA1_5 A256KW RSA-OAEP-256 dir), ''),
    ['HS256 under the secret that decrypts', around(hs('k256', kid => 'k256'),
                                                    key => 'k256'),
     'alg_not_allowed'],
    ['HS256 under it, no kid', around(hs('k256'), key => 'k256'),
     'alg_not_allowed'],
    ['HS256 under it, sealed to another', around(hs('k256', kid => 'k256')),
     'alg_not_allowed'],
    ['HS256 under one without a kid', around(hs('k512')), 'alg_not_allowed'],
    ['HS256 under the public key that encrypts', around(raw_token(
        '{"alg":"HS256","kid":"rsa1"}', to_json(claims()),
        sub { Crypt::Mac::HMAC::hmac('SHA256', key_text('rsa1.pub.pem'),
                                     $_[0]) })), 'alg_not_allowed'],
    ['by a key that is not ours', with(inner => {key => 'ec256b',
                                                 kid => 'ec256'}),
     'bad_signature'],
    ['by a key of no kid here', with(inner => {kid => 'nobody'}),
     'key_not_found'],
    ['a key that it brings along',
     with(inner => {key => 'ec256b', kid => 'ec256',
                    header => {jwk => jwk_public('ec256b')}}),
     'bad_signature'],
    ['expired', with(inner => {age => 9999}), 'expired'],
    ['not yet valid', with(inner => {age => -500}), 'not_yet_valid'],
    ['crit', with(inner => {header => {crit => ['exp']}}), 'crit_unknown'],
    ['another typ', with(inner => {header => {typ => 'dpop+jwt'}}),
     'bad_type'],
    ['enc inside', with(inner => {header => {alg => 'ES256',
                                             enc => 'A256GCM'}}),
     'bad_claim'],
    ['zip inside', with(inner => {header => {alg => 'ES256', zip => 'DEF'}}),
     'bad_claim'],
    ['no kind of token', around('foo'), 'bad_format'],
    ['nothing', around(''), 'bad_format'],
    ['a payload', around('{"a":1}'), 'bad_format'],
    ['a payload with dots', around(to_json(claims())), 'bad_base64'],
    ['a token and a line end', around(token() . "\n"), 'bad_base64'],
    ['a blank and a token', around(' ' . token()), 'bad_base64'],
    ['two parts', around(token() =~ s/\.[^.]*\z//r), 'bad_format'],
    ['four parts', around(token() . '.'), 'bad_format'],
    ['six parts', around(token() . '...'), 'bad_format'],
    ['a payload that is no JSON', with(inner => {payload => 'foo'}),
     'bad_json'],
    ['a header that is no JSON', around(raw_token('foo', '{}', 'ec256')),
     'bad_json'],
]


=== TEST 3: one level, and no more
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/enc.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/public.jwks;
toucan_type signed encrypted nested sealed;
--- user_files eval
[['enc.jwks', jwks_private('rsa1', 'k256')]]
--- cases eval
[
    ['a control', with(), 'ok'],
    ['a JWE, and a JWS in it', around(nested()), 'bad_type'],
    ['a JWE', around(jwe()), 'bad_type'],
    ['five empty parts', around('....'), 'bad_type'],
    ['a JWS that announces another', with(inner => {header => {cty => 'JWT'}}),
     'bad_type'],
    ['a JWS in a JWS', bearer(payload => token()), 'bad_json'],
    ['a JWS in a JWS that says so', bearer(header => {cty => 'JWT'},
                                           payload => token()), 'bad_type'],
]


=== TEST 4: cty says that there is one
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/enc.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/public.jwks;
toucan_type signed encrypted nested sealed;
--- user_files eval
[['enc.jwks', jwks_private('rsa1', 'k256')]]
--- cases eval
[
    (map { ["cty <$_>", with(header => {cty => $_}), 'ok'] }
     qw(JWT jwt Jwt application/jwt APPLICATION/JWT)),
    (map { ["cty <$_>", with(header => {cty => $_}), 'bad_type'] }
     '', 'JWS', 'JWE', 'JOSE', 'json', 'application/', 'application/json',
     'text/jwt', 'JWT ', 'at+jwt', 'application/application/jwt'),
    (map { ['cty ' . to_json($_), with(header => {cty => $_}), 'bad_type'] }
     null(), 1, [], ['JWT'], {}),
    ['without cty it is claims, and no JSON', with(header => {cty => undef}),
     'bad_json'],
    ['a cty in a JWE of claims', bearer(jwe(header => {cty => 'json'})),
     'bad_type'],
    ['cty in a JWS', bearer(header => {cty => 'JWT'}), 'bad_type'],
    ['typ of the outer one', with(header => {typ => 'JWE'}), 'bad_type'],
    ['no typ in the outer one', with(header => {typ => undef}), 'ok'],
]


=== TEST 5: a secret that may do both is used for both, if HS256 is asked for
--- config eval
my $keys = 'toucan_key_file $TEST_NGINX_HTML_DIR/both.jwks;';
Toucan::Cases::config($keys)
. place('hs', "$keys toucan_algorithms HS256 A256KW;")
. place('enc', 'toucan_key_file $TEST_NGINX_HTML_DIR/enc.jwks;
                toucan_algorithms HS256 A256KW;')
--- user_files eval
[['both.jwks', jwks_private('k256')],
 ['enc.jwks', jwks_private(['k256', use => 'enc'])]]
--- cases eval
my $token = around(hs('k256', kid => 'k256'), key => 'k256');
[
    ['no HMAC by default', $token, 'alg_not_allowed'],
    ['asked for', $token, 'ok', 'GET /hs'],
    ['asked for, but the key is for encryption', $token, 'alg_not_allowed',
     'GET /enc'],
    ['the same key, decrypting', bearer(jwe()), 'ok', 'GET /enc'],
]


=== TEST 6: the outer one fails first
--- gate eval: $gate . 'toucan_issuer nobody;'
--- user_files eval
[['enc.jwks', jwks_private('rsa1')]]
--- cases eval
my $bad = sub { (tag => sub { substr($_, 0, 1) ^= 'x' }, @_) };
[
    ['both good', with(), 'bad_issuer'],
    ['a bad tag', with($bad->()), 'bad_decrypt'],
    ['a bad tag, expired inside', with($bad->(inner => {age => 9999})),
     'bad_decrypt'],
    ['a bad tag around nothing', around('', $bad->()), 'bad_decrypt'],
    ['a bad signature inside, of another issuer',
     around(tampered(token())), 'bad_signature'],
    ['the JWS alone', bearer(), 'bad_issuer'],
]
