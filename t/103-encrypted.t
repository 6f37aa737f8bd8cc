# Encrypted tokens that are let in: every key management with every content
# encryption; which key opens one, and which algorithms a location accepts.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;
use Toucan::Jwe;

our @all = qw(k128 k192 k256 k384 k512 rsa1 ec256 ec384 ec521 x25519 x448);


# The header line of a jwe() or a nested() with these options.

sub with        { return bearer(jwe(@_)) }
sub with_nested { return bearer(nested(@_)) }


# Every key management with this content encryption: [ALG, KEY].

sub ways { return (['dir', $dir_key{$_[0]}], @wraps) }


# By another maker: Crypt::JWT (of Debian 12, which writes an epk that is no
# object, so that ECDH-ES is not among them).

sub crypt_jwt {
    my ($alg, $enc, $key) = @_;

    my $jwk = jwk_private($key);

    return bearer(Crypt::JWT::encode_jwt(
        payload => claims(), alg => $alg, enc => $enc,
        key => $jwk->{kty} eq 'oct' ? secret($key)
                                    : \key_text("$key.pub.pem"),
        extra_headers => {kid => $key, typ => 'JWT'}));
}

run_tests();

__DATA__

=== TEST 1: each key management with each content encryption
--- gate
toucan_type encrypted sealed;
toucan_key_file $TEST_NGINX_HTML_DIR/all.jwks;
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
[
    map {
        my $enc = $_;
        map { ["@$_ $enc", with(alg => $_->[0], enc => $enc, key => $_->[1]),
               'ok'] } ways($enc)
    } @encs
]


=== TEST 2: the same around a JWS, by what stands as default
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/all.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256b.jwks;
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
my $inner = token(key => 'ec256b');
[
    map {
        my $enc = $_;
        map { ["@$_ $enc", with(alg => $_->[0], enc => $enc, key => $_->[1],
                                nested => $inner), 'ok'] } ways($enc)
    } @encs
]


=== TEST 3: made by Crypt::JWT
--- gate
toucan_type encrypted sealed;
toucan_key_file $TEST_NGINX_HTML_DIR/all.jwks;
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
[
    map {
        my $enc = $_;
        map { ["@$_ $enc", crypt_jwt($_->[0], $enc, $_->[1]), 'ok'] }
        grep { $_->[0] !~ /^ECDH/ } ways($enc)
    } @encs
]


=== TEST 4: the parties of an ECDH-ES
--- gate
toucan_type sealed;
toucan_key_file $TEST_NGINX_HTML_DIR/all.jwks;
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
[
    map {
        my ($alg, $key) = @$_;
        map {
            my ($name, %header) = @$_;
            ["$name, $alg $key", with(alg => $alg, key => $key,
                                      header => \%header), 'ok']
        } ['both', apu => b64u('Alice'), apv => b64u('Bob')],
          ['apu', apu => b64u("\0\xff")], ['apv', apv => b64u('Bob')],
          ['empty', apu => '', apv => ''],
          ['256 bytes', apu => b64u('a' x 256), apv => b64u('b' x 256)]
    } grep { $_->[0] =~ /^ECDH/ } @wraps
]


=== TEST 5: the kid selects
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/set.jwks;
--- user_files eval
my $k = jwk_private('k256');
my $other = b64u('k' x 32);
[['set.jwks', jwks_private('k256', ['k256', kid => 'other', k => $other],
                           ['k256', kid => 'two', k => $other],
                           ['k256', kid => 'two'],
                           ['k128', kid => undef], 'rsa1')]]
--- cases eval
[
    ['its own', with(), 'ok'],
    ['the kid of another key', with(kid => 'other'), 'bad_decrypt'],
    ['the kid of two, of which the second fits', with(kid => 'two'), 'ok'],
    ['the kid of a key of another type', with(kid => 'rsa1'),
     'alg_not_allowed'],
    ['no kid: all that fit are tried', with(kid => undef), 'ok'],
    ['no kid, dir', with(kid => undef, alg => 'dir'), 'ok'],
    ['no kid, the key without one', with(key => 'k128', kid => undef), 'ok'],
    ['no kid, a key that is not there', with(key => 'k192', kid => undef),
     'key_not_found'],
    ['a kid that nobody has: the key without one',
     with(key => 'k128', kid => 'nobody'), 'ok'],
    ['a kid that nobody has, and no key without one that fits',
     with(kid => 'nobody'), 'key_not_found'],
    ['a kid that nobody has, dir, and one without a kid of another length',
     with(kid => 'nobody', alg => 'dir'), 'alg_not_allowed'],
]


=== TEST 6: eight keys at most are tried, of those that fit
--- config eval
Toucan::Cases::config('toucan_key_file $TEST_NGINX_HTML_DIR/8.jwks;')
. place('nine', 'toucan_key_file $TEST_NGINX_HTML_DIR/9.jwks;')
--- user_files eval
my @seven = map { ['k256', kid => "k$_", k => b64u($_ x 32)] } 1 .. 7;
[['8.jwks', jwks_private(@seven, 'k256', 'k128', 'k512')],
 ['9.jwks', jwks_private(@seven, 'k256',
                         ['k256', kid => 'k8', k => b64u('8' x 32)])]]
--- cases eval
[
    ['eight', with(kid => undef), 'ok'],
    ['nine', with(kid => undef), 'key_not_found', 'GET /nine'],
    ['nine, by kid', with(), 'ok', 'GET /nine'],
]


=== TEST 7: use, key_ops and alg of a key
--- gate
toucan_type encrypted sealed;
toucan_key_file $TEST_NGINX_HTML_DIR/set.jwks;
--- user_files eval
my @oct = map { ['k256', kid => $_->[0], @$_[1 .. $#$_]] }
    ['enc', use => 'enc'], ['sig', use => 'sig'],
    ['decrypt', key_ops => ['decrypt']], ['unwrap', key_ops => ['unwrapKey']],
    ['encrypt', key_ops => ['encrypt', 'wrapKey']],
    ['A256KW', alg => 'A256KW'], ['A256GCMKW', alg => 'A256GCMKW'],
    ['dir', alg => 'dir'], ['HS256', alg => 'HS256'],
    ['A256GCM', alg => 'A256GCM'], ['A128CBC-HS256', alg => 'A128CBC-HS256'];
my @ec = map { ['ec256', kid => $_->[0], @$_[1 .. $#$_]] }
    ['deriveKey', key_ops => ['deriveKey']],
    ['deriveBits', key_ops => ['deriveBits']],
    ['derive-enc', use => 'enc', key_ops => ['deriveKey']],
    ['ec-sig', use => 'sig'], ['ec-verify', key_ops => ['verify']],
    ['ES256', alg => 'ES256'], ['ECDH-ES', alg => 'ECDH-ES'];
my @rsa = map { ['rsa1', kid => $_->[0], @$_[1 .. $#$_]] }
    ['rsa-256', alg => 'RSA-OAEP-256'], ['rsa-sig', use => 'sig'],
    ['public', map { ($_ => undef) } qw(d p q dp dq qi)],
    ['only d', map { ($_ => undef) } qw(p q dp dq qi)];
[['set.jwks', jwks_private(@oct, @ec, @rsa)]]
--- cases eval
[
    (map { ["oct $_->[0], $_->[1]", with(kid => $_->[0], alg => $_->[1]),
            $_->[2]] }
     ['enc', 'A256KW', 'ok'], ['enc', 'dir', 'ok'],
     ['sig', 'A256KW', 'alg_not_allowed'], ['sig', 'dir', 'alg_not_allowed'],
     ['decrypt', 'dir', 'ok'], ['unwrap', 'A256KW', 'ok'],
     ['encrypt', 'A256KW', 'key_not_found'],
     ['A256KW', 'A256KW', 'ok'], ['A256KW', 'A256GCMKW', 'alg_not_allowed'],
     ['A256KW', 'dir', 'alg_not_allowed'], ['A256GCMKW', 'A256GCMKW', 'ok'],
     ['A256GCMKW', 'A256KW', 'alg_not_allowed'], ['dir', 'dir', 'ok'],
     ['dir', 'A256KW', 'alg_not_allowed'],
     ['HS256', 'A256KW', 'alg_not_allowed'],
     ['A256GCM', 'dir', 'ok'], ['A256GCM', 'A256KW', 'alg_not_allowed'],
     ['A128CBC-HS256', 'dir', 'alg_not_allowed']),
    ['alg: A128CBC-HS256', with(kid => 'A128CBC-HS256', alg => 'dir',
                                enc => 'A128CBC-HS256'), 'ok'],
    ['alg: A256GCM, another enc', with(kid => 'A256GCM', alg => 'dir',
                                       enc => 'A128CBC-HS256'),
     'alg_not_allowed'],
    (map { ["EC $_->[0], $_->[1]",
            with(key => 'ec256', kid => $_->[0], alg => $_->[1]), $_->[2]] }
     ['deriveKey', 'ECDH-ES', 'ok'], ['deriveBits', 'ECDH-ES+A128KW', 'ok'],
     ['derive-enc', 'ECDH-ES', 'ok'], ['ec-sig', 'ECDH-ES', 'alg_not_allowed'],
     ['ec-verify', 'ECDH-ES', 'alg_not_allowed'],
     ['ES256', 'ECDH-ES', 'alg_not_allowed'], ['ECDH-ES', 'ECDH-ES', 'ok'],
     ['ECDH-ES', 'ECDH-ES+A256KW', 'alg_not_allowed']),
    (map { ["RSA $_->[0], $_->[1]",
            with(key => 'rsa1', kid => $_->[0], alg => $_->[1]), $_->[2]] }
     ['rsa-256', 'RSA-OAEP-256', 'ok'],
     ['rsa-256', 'RSA-OAEP', 'alg_not_allowed'],
     ['rsa-sig', 'RSA-OAEP', 'alg_not_allowed'],
     ['public', 'RSA-OAEP', 'alg_not_allowed'], ['only d', 'RSA-OAEP', 'ok']),
]


=== TEST 8: toucan_algorithms
--- config eval
my $keys = 'toucan_type encrypted sealed nested;
            toucan_key_file $TEST_NGINX_HTML_DIR/all.jwks;';
Toucan::Cases::config($keys)
. place('kw', "$keys toucan_algorithms A256KW;")
. place('enc', "$keys toucan_algorithms A256KW RSA-OAEP A128GCM
                A256CBC-HS512;")
. place('jws', "$keys toucan_algorithms ES256 RS256;")
. place('nested', "$keys toucan_algorithms ES256 RSA-OAEP-256;")
. place('only', "$keys toucan_algorithms A256GCM;")
. place('bound', 'toucan_key_file $TEST_NGINX_HTML_DIR/bound.jwks;
                  toucan_algorithms A256GCMKW dir;')
--- user_files eval
[['all.jwks', jwks_private(@all)],
 ['bound.jwks', jwks_private(['k256', alg => 'A256KW'],
                             ['k256', kid => 'gcm', alg => 'A256GCMKW'],
                             ['k256', kid => 'dir', alg => 'A256GCM'])]]
--- cases eval
my $rsa = sub { bearer(sealed(@_)) };
[
    ['no list: A256KW', with(), 'ok'],
    ['A256KW alone', with(), 'ok', 'GET /kw'],
    (map { ["A256KW alone, $_", with(enc => $_), 'ok', 'GET /kw'] } @encs),
    ['A256KW alone, dir', with(alg => 'dir'), 'alg_not_allowed', 'GET /kw'],
    ['A256KW alone, A256GCMKW', with(alg => 'A256GCMKW'), 'alg_not_allowed',
     'GET /kw'],
    ['A256KW alone, A128KW', with(key => 'k128'), 'alg_not_allowed',
     'GET /kw'],
    ['A256KW alone, RSA-OAEP', $rsa->(alg => 'RSA-OAEP'), 'alg_not_allowed',
     'GET /kw'],
    (map { ["with enc, $_", with(enc => $_),
            /^(?:A128GCM|A256CBC-HS512)$/ ? 'ok' : 'alg_not_allowed',
            'GET /enc'] } @encs),
    ['with enc, RSA-OAEP', $rsa->(alg => 'RSA-OAEP', enc => 'A128GCM'), 'ok',
     'GET /enc'],
    ['with enc, RSA-OAEP-256', $rsa->(enc => 'A128GCM'), 'alg_not_allowed',
     'GET /enc'],
    ['JWS alone', bearer(), 'bad_type', 'GET /jws'],
    ['JWS alone, A256KW', with(), 'alg_not_allowed', 'GET /jws'],
    ['nested', with_nested(), 'ok', 'GET /nested'],
    ['nested, another outer one', with_nested(alg => 'RSA-OAEP'),
     'alg_not_allowed', 'GET /nested'],
    ['nested, another inner one',
     with_nested(inner => {key => 'rsa1', alg => 'PS256'}),
     'alg_not_allowed', 'GET /nested'],
    ['an enc and no alg', with(), 'alg_not_allowed', 'GET /only'],
    ['an enc and no alg, dir', with(alg => 'dir'), 'alg_not_allowed',
     'GET /only'],
    ['not the alg of the key', with(), 'alg_not_allowed', 'GET /bound'],
    ['the alg of the key', with(kid => 'gcm', alg => 'A256GCMKW'), 'ok',
     'GET /bound'],
    ['dir, by a key of this enc', with(kid => 'dir', alg => 'dir'), 'ok',
     'GET /bound'],
]


=== TEST 9: algorithms that are never offered, and those of the other kind
--- gate
toucan_type encrypted sealed nested;
toucan_key_file $TEST_NGINX_HTML_DIR/all.jwks;
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
[
    ['a control', with(), 'ok'],
    (map { ["alg <$_>", with(header => {alg => $_}), 'alg_not_allowed'] }
     'RSA1_5', 'PBES2-HS256+A128KW', 'PBES2-HS384+A192KW',
     'PBES2-HS512+A256KW', 'none', 'None', '', 'DIR', 'a256kw', 'A256kw',
     ' A256KW', 'A512KW', 'RSA-OAEP-384', 'RSA-OAEP-512', 'ECDH-1PU',
     'ECDH-ES+A256GCMKW', 'ECDH-ES+A512KW', 'ECDH-SS', 'HPKE-0', 'A256GCM',
     'HS256', 'HS512', 'RS256', 'PS256', 'ES256', 'ES256K', 'EdDSA'),
    (map { ["enc <$_>", with(header => {enc => $_}), 'alg_not_allowed'] }
     '', 'none', 'a256gcm', 'A256GCM ', 'A512GCM', 'A256CBC',
     'A256CBC-HS256', 'A128CBC-HS512', 'A256CTR', 'C20P', 'XC20P', 'A256KW',
     'HS256', 'dir'),
    (map { ["RSA1_5 to $_", with(key => $_, alg => 'RSA1_5'),
            'alg_not_allowed'] } 'rsa1'),
    (map { ["a JWS that says $_",
            bearer(raw_token(to_json({alg => $_, kid => 'k256'}),
                             to_json(claims()), sub { 's' x 32 })),
            'alg_not_allowed'] }
     'dir', 'A256KW', 'RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'A256GCM'),
    (map { ["$_->[0] with a key of another type: $_->[1]",
            with(alg => $_->[0], key => $_->[2], kid => $_->[1]),
            'alg_not_allowed'] }
     ['A256KW', 'rsa1', 'k256'], ['A256KW', 'k128', 'k256'],
     ['A128KW', 'k256', 'k128'], ['RSA-OAEP', 'k256', 'rsa1'],
     ['RSA-OAEP', 'ec256', 'rsa1'], ['ECDH-ES', 'rsa1', 'ec256'],
     ['ECDH-ES', 'k256', 'ec256']),
    (map { ["dir, $_, of a key of another length",
            with(alg => 'dir', key => $dir_key{$_}, enc => $_,
                 kid => $dir_key{$_} eq 'k256' ? 'k512' : 'k256'),
            'alg_not_allowed'] } @encs),
]
