# Every JWS algorithm that is offered, each with the key that fits, and none
# with any other; signatures that are almost right.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;


our %algs = (
    (map { $_ => 'oct512' } qw(HS256 HS384 HS512)),
    (map { $_ => 'rsa1' } qw(RS256 RS384 RS512 PS256 PS384 PS512)),
    ES256 => 'ec256', ES384 => 'ec384', ES512 => 'ec521', ES256K => 'ec256k',
    EdDSA => 'ed25519',
);


# A token that says ALG and KID and is signed by the code.

sub by {
    my ($alg, $kid, $code) = @_;

    return bearer(raw_token(to_json({alg => $alg, kid => $kid}),
                            to_json(claims()), $code));
}


# A raw ECDSA signature as DER.

sub der {
    my $sig = shift;

    my $half = length($sig) / 2;
    my $int = sub {
        my $n = shift =~ s/^\0+//r;
        $n = "\0$n" if ord($n) > 127;
        return "\2" . chr(length $n) . $n;
    };
    my $seq = $int->(substr $sig, 0, $half) . $int->(substr $sig, $half);

    return "\x30" . (length $seq > 127 ? "\x81" : '') . chr(length $seq)
           . $seq;
}


# With an ECDSA signature, changed.

sub ec {
    my ($change, $alg, $key) = @_;

    $alg //= 'ES256';
    $key //= 'ec256';

    return by($alg, $key, sub { $change->(sign($key, $_[0], $alg)) });
}

run_tests();

__DATA__

=== TEST 1: each algorithm with the key that fits
--- gate
toucan_key_file $TEST_NGINX_KEYS_DIR/public.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/secret.jwks;
toucan_algorithms HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256
                  ES384 ES512 ES256K EdDSA;
--- cases eval
[
    (map { [$_, bearer(key => $algs{$_}, alg => $_), 'ok'] } sort keys %algs),
    ['EdDSA, Ed448', bearer(key => 'ed448'), 'ok'],
    (map { ["no kid, $_", bearer(key => $algs{$_}, alg => $_, kid => undef),
            'ok'] } sort keys %algs),
    ['no kid, Ed448', bearer(key => 'ed448', kid => undef), 'ok'],
    (map { ["tampered, $_",
            bearer(tampered(token(key => $algs{$_}, alg => $_))),
            'bad_signature'] } sort keys %algs),
    ['tampered, Ed448', bearer(tampered(token(key => 'ed448'))),
     'bad_signature'],
    (map { ["signed, but not by this key: $_",
            bearer(token(key => $algs{$_}, alg => $_,
                         kid => $algs{$_} eq 'rsa1' ? 'rsa2' : 'ec256b')),
            $algs{$_} eq 'rsa1' || $_ eq 'ES256' ? 'bad_signature'
                                                 : 'alg_not_allowed'] }
     sort keys %algs),
    (map { ["empty signature, $_", by($_, $algs{$_}, undef), 'bad_signature'] }
     sort keys %algs),
    ['secrets that are long enough, HS256',
     bearer(key => 'oct256', alg => 'HS256'), 'ok'],
    ['secrets that are long enough, HS384',
     bearer(key => 'oct384', alg => 'HS384'), 'ok'],
    ['too short for HS384', bearer(key => 'oct256', alg => 'HS384'),
     'alg_not_allowed'],
    ['too short for HS512', bearer(key => 'oct384', alg => 'HS512'),
     'alg_not_allowed'],
]


=== TEST 2: each algorithm with every key of another type
--- gate
toucan_key_file $TEST_NGINX_KEYS_DIR/public.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/secret.jwks;
toucan_algorithms HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256
                  ES384 ES512 ES256K EdDSA;
--- cases eval
my %kind = (rsa1 => qr/^[RP]S/, ec256 => qr/^ES256$/, ec384 => qr/^ES384/,
            ec521 => qr/^ES512/, ec256k => qr/^ES256K/, ed25519 => qr/^Ed/,
            ed448 => qr/^Ed/, oct512 => qr/^HS/);
[
    ['a control', bearer(), 'ok'],
    map {
        my $alg = $_;
        map { ["$alg with $_", by($alg, $_, sub { 's' x 64 }),
               'alg_not_allowed'] }
        grep { $alg !~ $kind{$_} } sort keys %kind
    } sort keys %algs
]


=== TEST 3: algorithms that are never offered, signed or not
--- gate
--- cases eval
[
    ['a control', bearer(), 'ok'],
    (map {
        ["<$_>, empty signature", by($_, 'ec256', undef), 'alg_not_allowed'],
        ["<$_>, ES256 signature", by($_, 'ec256', 'ec256'), 'alg_not_allowed'],
    } qw(none None NONE nOnE nonE), '', ' none', 'none ', 'es256', 'ES256 ',
      'Es256', 'ES-256', 'HS1', 'RS1', 'MD5', 'ESB256', 'Ed25519', 'EDDSA',
      'RSA1_5', 'RSA-OAEP', 'dir', 'A256KW', 'A256GCMKW', 'ECDH-ES',
      'PBES2-HS256+A128KW', 'ES256,none'),
    ['none, with typ', bearer(raw_token('{"typ":"JWT","alg":"none"}',
                                        to_json(claims()), undef)),
     'alg_not_allowed'],
    ['none, without kid', by('none', undef, undef), 'bad_claim'],
]


=== TEST 4: HMAC with a public key as the secret
--- gate
toucan_key_file $TEST_NGINX_KEYS_DIR/public.jwks;
--- cases eval
my $pem = key_text('rsa1.pub.pem');
my $ec = key_text('ec256.pub.pem');
my $jwk = jwk_public('rsa1');
my $der = MIME::Base64::decode_base64(join '', $pem =~ /^([^-]+)$/gm);
my %secrets = (
    'PEM' => $pem, 'PEM without the newline' => $pem =~ s/\n\z//r,
    'PEM of CRLF' => $pem =~ s/\n/\r\n/gr, 'PEM of an EC key' => $ec,
    'DER' => $der, 'DER, PKCS #1' => substr($der, 24),
    'JWK' => to_json($jwk), 'JWKS' => jwks_public('rsa1'),
    'n' => unb64u($jwk->{n}), 'n as text' => $jwk->{n}, 'nothing' => "\0",
);
# HMAC fills a short key with zeros: "\0" is the empty one
my $hs = sub {
    my ($alg, $kid, $secret) = @_;
    my $hash = 'SHA' . substr($alg, 2);
    return by($alg, $kid,
              sub { Crypt::Mac::HMAC::hmac($hash, $secret, $_[0]) });
};
[
    ['a control', bearer(key => 'rsa1'), 'ok'],
    map {
        my $name = $_;
        (["$name, HS256", $hs->('HS256', 'rsa1', $secrets{$name}),
          'alg_not_allowed'],
         ["$name, HS512", $hs->('HS512', 'rsa1', $secrets{$name}),
          'alg_not_allowed'],
         ["$name, HS256, kid of an EC key",
          $hs->('HS256', 'ec256', $secrets{$name}), 'alg_not_allowed'])
    } sort keys %secrets
]


=== TEST 5: the same without kid, and where HS* is allowed
--- gate
toucan_key_file $TEST_NGINX_KEYS_DIR/rsa1.jwks;
toucan_algorithms HS256 RS256;
--- cases eval
my $pem = key_text('rsa1.pub.pem');
my $hs = sub { Crypt::Mac::HMAC::hmac('SHA256', $pem, $_[0]) };
[
    ['a control', bearer(key => 'rsa1'), 'ok'],
    ['with kid', by('HS256', 'rsa1', $hs), 'alg_not_allowed'],
    ['without kid', bearer(raw_token('{"alg":"HS256"}', to_json(claims()),
                                     $hs)), 'key_not_found'],
]


=== TEST 6: what stands by default: no HS* for keys without alg
--- gate
toucan_key_file $TEST_NGINX_KEYS_DIR/public.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/secret.jwks;
toucan_key_file $TEST_NGINX_HTML_DIR/bound.jwks;
--- user_files eval
[['bound.jwks', jwks_public(['oct512', kid => 'bound', alg => 'HS512'])]]
--- cases eval
[
    (map { [$_, bearer(key => $algs{$_}, alg => $_), 'ok'] }
     grep { !/^HS/ } sort keys %algs),
    (map { [$_, bearer(key => $algs{$_}, alg => $_), 'alg_not_allowed'] }
     grep { /^HS/ } sort keys %algs),
    ['HS512, bound', bearer(key => 'oct512', alg => 'HS512', kid => 'bound'),
     'ok'],
    ['HS256, bound to HS512',
     bearer(key => 'oct512', alg => 'HS256', kid => 'bound'),
     'alg_not_allowed'],
    ['HS512 without kid', bearer(key => 'oct512', kid => undef), 'ok'],
    ['HS256 without kid', bearer(key => 'oct512', alg => 'HS256',
                                 kid => undef), 'alg_not_allowed'],
]


=== TEST 7: toucan_algorithms limits keys with alg, too
--- gate
toucan_algorithms RS256 ES256 HS256;
toucan_key_file $TEST_NGINX_KEYS_DIR/public.jwks;
toucan_key_file $TEST_NGINX_HTML_DIR/bound.jwks;
--- user_files eval
[['bound.jwks', jwks_public(['rsa1', kid => 'b1', alg => 'RS256'],
                            ['rsa1', kid => 'b2', alg => 'PS256'],
                            ['ed25519', kid => 'b3', alg => 'EdDSA'],
                            ['oct512', kid => 'b4', alg => 'HS256'],
                            ['oct512', kid => 'b5'])]]
--- cases eval
[
    ['RS256', bearer(key => 'rsa1'), 'ok'],
    ['ES256', bearer(), 'ok'],
    ['HS256, bound', bearer(key => 'oct512', alg => 'HS256', kid => 'b4'),
     'ok'],
    ['HS256, not bound', bearer(key => 'oct512', alg => 'HS256', kid => 'b5'),
     'ok'],
    ['HS512', bearer(key => 'oct512', kid => 'b5'), 'alg_not_allowed'],
    ['PS256', bearer(key => 'rsa1', alg => 'PS256'), 'alg_not_allowed'],
    ['EdDSA', bearer(key => 'ed25519'), 'alg_not_allowed'],
    ['RS256, bound', bearer(key => 'rsa1', kid => 'b1'), 'ok'],
    ['PS256, bound', bearer(key => 'rsa1', kid => 'b2', alg => 'PS256'),
     'alg_not_allowed'],
    ['RS256, bound to PS256', bearer(key => 'rsa1', kid => 'b2'),
     'alg_not_allowed'],
    ['EdDSA, bound', bearer(key => 'ed25519', kid => 'b3'),
     'alg_not_allowed'],
    ['an algorithm nobody has', by('nope', 'b1', 'rsa1'), 'alg_not_allowed'],
]


=== TEST 8: ECDSA signatures that are almost right
--- gate
--- cases eval
my $n = pack 'H*', 'ffffffff00000000ffffffffffffffffbce6faada7179e84'
                   . 'f3b9cac2fc632551';
[
    ['good', ec(sub { $_[0] }), 'ok'],
    (map { [$_->[0], ec($_->[1]), 'bad_signature'] }
     ['DER', \&der],
     ['r = 0', sub { "\0" x 32 . substr $_[0], 32 }],
     ['s = 0', sub { substr($_[0], 0, 32) . "\0" x 32 }],
     ['both 0', sub { "\0" x 64 }], ['all ones', sub { "\xff" x 64 }],
     ['r = n', sub { $n . substr $_[0], 32 }],
     ['s = n', sub { substr($_[0], 0, 32) . $n }],
     ['r = s = 1', sub { ("\0" x 31 . "\1") x 2 }],
     ['63 bytes', sub { substr $_[0], 0, 63 }],
     ['65 bytes', sub { "$_[0]\0" }], ['a zero before it', sub { "\0$_[0]" }],
     ['r and s with a zero before each',
      sub { "\0" . substr($_[0], 0, 32) . "\0" . substr($_[0], 32) }],
     ['twice', sub { $_[0] x 2 }], ['132 bytes', sub { $_[0] . 's' x 68 }],
     ['4000 bytes', sub { $_[0] . 's' x 3936 }], ['1 byte', sub { 's' }],
     ['swapped', sub { substr($_[0], 32) . substr $_[0], 0, 32 }]),
    ['DER, ES512', ec(\&der, 'ES512', 'ec521'), 'bad_signature'],
    ['ES512, 130 bytes', ec(sub { substr $_[0], 2 }, 'ES512', 'ec521'),
     'bad_signature'],
    ['ES512, good', ec(sub { $_[0] }, 'ES512', 'ec521'), 'ok'],
    ['a hash of another length',
     by('ES384', 'ec384', sub {
        Toucan::Test::private('ec384')->sign_message_rfc7518($_[0], 'SHA256')
     }), 'bad_signature'],
    ['the payload alone is signed',
     by('ES256', 'ec256', sub { sign('ec256', (split /\./, $_[0])[1]) }),
     'bad_signature'],
    ['another header is signed', do {
        my @a = split /\./, token();
        my @b = split /\./, token(header => {x => 1});
        bearer("$b[0].$a[1].$a[2]") }, 'bad_signature'],
    ['another payload is signed', do {
        my @a = split /\./, token();
        my @b = split /\./, token(claims => {'user.role' => 'maker'});
        bearer("$a[0].$b[1].$a[2]") }, 'bad_signature'],
]


=== TEST 9: RSA, EdDSA and HMAC signatures that are almost right
--- gate
toucan_algorithms RS256 PS256 EdDSA HS256;
toucan_key_file $TEST_NGINX_KEYS_DIR/public.jwks;
toucan_key_file $TEST_NGINX_KEYS_DIR/secret.jwks;
--- cases eval
my $rsa = Toucan::Test::private('rsa1');
my $with = sub {
    my ($alg, $key, $change) = @_;
    return by($alg, $key, sub { $change->(sign($key, $_[0], $alg)) });
};
[
    (map { ["good, $_->[0]", $with->(@$_, sub { $_[0] }), 'ok'] }
     ['RS256', 'rsa1'], ['PS256', 'rsa1'], ['EdDSA', 'ed25519'],
     ['EdDSA', 'ed448'], ['HS256', 'oct256']),
    (map {
        my @key = @$_;
        (["one byte less, @key", $with->(@key, sub { substr $_[0], 0, -1 }),
          'bad_signature'],
         ["one byte more, @key", $with->(@key, sub { "$_[0]\0" }),
          'bad_signature'],
         ["a zero before it, @key", $with->(@key, sub { "\0$_[0]" }),
          'bad_signature'],
         ["zeros, @key", $with->(@key, sub { "\0" x length $_[0] }),
          'bad_signature'],
         ["ones, @key", $with->(@key, sub { "\xff" x length $_[0] }),
          'bad_signature'],
         ["as hex, @key", $with->(@key, sub { unpack 'H*', $_[0] }),
          'bad_signature'])
    } ['RS256', 'rsa1'], ['PS256', 'rsa1'], ['EdDSA', 'ed25519'],
      ['EdDSA', 'ed448'], ['HS256', 'oct256']),
    ['PS256 said, RS256 signed',
     by('PS256', 'rsa1', sub { sign('rsa1', $_[0], 'RS256') }),
     'bad_signature'],
    ['RS256 said, PS256 signed',
     by('RS256', 'rsa1', sub { sign('rsa1', $_[0], 'PS256') }),
     'bad_signature'],
    ['RS256 said, RS512 signed',
     by('RS256', 'rsa1', sub { sign('rsa1', $_[0], 'RS512') }),
     'bad_signature'],
    ['PS256 with a salt of 20 bytes',
     by('PS256', 'rsa1', sub { $rsa->sign_message($_[0], 'SHA256', 'pss',
                                                  20) }), 'bad_signature'],
    ['PS256 without a salt',
     by('PS256', 'rsa1', sub { $rsa->sign_message($_[0], 'SHA256', 'pss',
                                                  0) }), 'bad_signature'],
    ['HS256, the first 16 bytes',
     $with->('HS256', 'oct256', sub { substr $_[0], 0, 16 }),
     'bad_signature'],
    ['HS256 said, HS512 signed',
     by('HS256', 'oct512', sub { sign('oct512', $_[0], 'HS512') }),
     'bad_signature'],
    ['HS256 with the base64url text as secret',
     by('HS256', 'oct256', sub {
        Crypt::Mac::HMAC::hmac('SHA256', jwk_public('oct256')->{k}, $_[0])
     }), 'bad_signature'],
]


=== TEST 10: an RSA key of 1024 bits is no key
--- gate
toucan_key_file $TEST_NGINX_KEYS_DIR/rsa1.jwks;
--- cases eval
[
    ['a control', bearer(key => 'rsa1'), 'ok'],
    ['1024 bits', bearer(key => 'rsa1024'), 'key_not_found'],
]
