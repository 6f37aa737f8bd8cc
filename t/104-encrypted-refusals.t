# Encrypted tokens that are refused: what was changed, what a header says, what
# is not base64url; and that all of them fail in one way.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;
use Toucan::Jwe;

our @all = qw(k128 k192 k256 k384 k512 rsa1 ec256 ec384 ec521 x25519 x448);

# One of each kind, with each kind of content encryption.

our @kinds = map { ([@$_, 'A256GCM'], [@$_, 'A128CBC-HS256']) }
    ['dir', 'k256'], ['A256KW', 'k256'], ['A256GCMKW', 'k256'],
    ['RSA-OAEP', 'rsa1'], ['RSA-OAEP-256', 'rsa1'], ['ECDH-ES', 'ec256'],
    ['ECDH-ES', 'x25519'], ['ECDH-ES+A128KW', 'ec521'],
    ['ECDH-ES+A256KW', 'x448'];

our $gate = <<'END';
toucan_type encrypted sealed nested;
toucan_key_file $TEST_NGINX_HTML_DIR/all.jwks;
END

sub with { return bearer(jwe(@_)) }

sub of {
    my ($kind, @more) = @_;

    my ($alg, $key, $enc) = @$kind;

    return bearer(jwe(alg => $alg, key => $key, enc => $enc, @more));
}


# An A256KW token whose header has these members besides.

sub says { return with(header => {@_}) }


# An ECDH-ES token with this member as its epk.

sub epk {
    my ($key, $epk) = @_;

    return with(alg => 'ECDH-ES', key => $key, header => {epk => $epk});
}


# The epk of another token to this key, or the public half of a key.

sub public_half {
    my ($key, %change) = @_;

    return jwk_private([$key, kid => undef, d => undef, %change]);
}


# Changes of bytes that are there.

our @changes = (
    ['the first bit', sub { substr($_, 0, 1) ^= "\x80" }],
    ['the last bit', sub { substr($_, -1, 1) ^= "\x01" }],
    ['one byte less', sub { chop }],
    ['without the first byte', sub { substr($_, 0, 1) = '' }],
    ['one byte more', sub { $_ .= "\0" }],
    ['a zero before it', sub { $_ = "\0$_" }],
    ['zeros', sub { $_ = "\0" x length }],
    ['none', sub { $_ = '' }],
    ['the first half', sub { $_ = substr $_, 0, length() / 2 }],
    ['twice', sub { $_ .= $_ }],
    ['4000 bytes', sub { $_ .= 'x' x 4000 }],
);

# What is left of an answer when the time is taken out of it.

sub answer {
    return Toucan::Cases::ask($_[0])->{text} =~ s/^Date: .*\r\n//mr;
}

run_tests();

__DATA__

=== TEST 1: every part, changed
--- gate eval: $gate
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
[
    map {
        my $kind = $_;
        my $none = $kind->[0] =~ /^(?:dir|ECDH-ES)$/;
        my $name = "@$kind";
        (["$name: a control", of($kind), 'ok'],
         (map {
             my $part = $_;
             map { ["$name: $part, $_->[0]", of($kind, $part => $_->[1]),
                    'bad_decrypt'] } @changes
         } $none ? () : 'encrypted_key', qw(iv ciphertext tag)),
         $none ? ["$name: an encrypted key",
                  of($kind, encrypted_key => sub { $_ = 'x' x 40 }),
                  'bad_decrypt'] : (),
         ["$name: the header", bearer(part(jwe(alg => $kind->[0],
              key => $kind->[1], enc => $kind->[2]), 0,
              sub { $_ = b64u(unb64u($_) =~ s/"JWT"/"jwt"/r) })),
          'bad_decrypt'],
         $kind->[0] eq 'dir' ? () :
         ["$name: parts of another token", do {
             my @a = split /\./, jwe(alg => $kind->[0], key => $kind->[1],
                                     enc => $kind->[2]), -1;
             my @b = split /\./, jwe(alg => $kind->[0], key => $kind->[1],
                                     enc => $kind->[2]), -1;
             bearer(join '.', @a[0, 1], @b[2 .. 4]) }, 'bad_decrypt'])
    } @kinds
]


=== TEST 2: another key than that of the kid
--- gate
toucan_type encrypted sealed;
toucan_key_file $TEST_NGINX_HTML_DIR/all.jwks;
--- user_files eval
[['all.jwks', jwks_private('rsa1', 'ec256', 'x25519',
                           ['k256', k => b64u('x' x 32)])]]
--- cases eval
[
    ['a control', with(key => 'rsa1'), 'ok'],
    ['RSA', with(key => 'rsa2', kid => 'rsa1'), 'bad_decrypt'],
    ['EC', with(key => 'ec256b', kid => 'ec256'), 'bad_decrypt'],
    ['EC, direct', with(key => 'ec256b', kid => 'ec256', alg => 'ECDH-ES'),
     'bad_decrypt'],
    ['X25519', with(key => 'x25519b', kid => 'x25519'), 'bad_decrypt'],
    (map { ["secret, $_", with(alg => $_), 'bad_decrypt'] }
     qw(dir A256KW A256GCMKW)),
    ['without a kid', with(kid => undef), 'bad_decrypt'],
]


=== TEST 3: an encrypted key fails in one way, whatever is wrong with it
--- gate
toucan_type sealed;
toucan_key_file $TEST_NGINX_HTML_DIR/rsa1.jwks;
--- user_files eval
[['rsa1.jwks', jwks_private('rsa1')]]
--- steps eval
sub {
    for my $alg (qw(RSA-OAEP RSA-OAEP-256)) {
        for my $enc (qw(A256GCM A128CBC-HS256)) {
            my $by = sub { bearer(jwe(key => 'rsa1', alg => $alg, enc => $enc,
                                      @_)) };
            my $with = sub {
                my $bytes = shift;
                return $by->(encrypted_key => sub { $_ = $bytes });
            };
            my $rsa = Crypt::PK::RSA->new;
            $rsa->import_key(jwk_public('rsa1'));
            my $other = $alg eq 'RSA-OAEP' ? 'SHA256' : 'SHA1';
            my $same = $alg eq 'RSA-OAEP' ? 'SHA1' : 'SHA256';

            is(verdict($by->()), 'ok', "$alg $enc: a control");

            my $want = answer($by->(tag => sub { $_ ^= "\1" x length }));

            like($want, qr/\r\nX-Verdict: \w+\|bad_decrypt\r/, 'a bad tag');

            my %bad = (
                'no padding' => $with->("\0" . 'x' x 255),
                'random bytes' =>
                    $with->("\1" . Crypt::PRNG::random_bytes(255)),
                'zeros' => $with->("\0" x 256),
                'ones' => $with->("\xff" x 256),
                'one' => $with->("\0" x 255 . "\1"),
                'nothing' => $with->(''),
                '255 bytes' => $with->('x' x 255),
                '257 bytes' => $with->("\0" . 'x' x 256),
                'PKCS #1 v1.5' =>
                    $with->($rsa->encrypt('k' x 32, 'v1.5')),
                'another hash' =>
                    $with->($rsa->encrypt('k' x 32, 'oaep', $other)),
                'a label' =>
                    $with->($rsa->encrypt('k' x 32, 'oaep', $same, 'label')),
                'another key in it' =>
                    $with->($rsa->encrypt('k' x 32, 'oaep', $same)),
                (map { my $n = $_;
                       ("a key of $n bytes" => $with->($rsa->encrypt(
                            'k' x $n, 'oaep', $same))) } 1, 16, 31, 33, 64),
                'no key in it' => $with->($rsa->encrypt('', 'oaep', $same)),
                'the ciphertext' => $by->(ciphertext => sub { $_ ^= 'x' }),
                'the iv' => $by->(iv => sub { $_ ^= 'x' }),
            );

            is(answer($bad{$_}), $want, "$alg $enc: $_, the same answer")
                for sort keys %bad;
        }
    }

    is(scalar(log_lines(qr/\[(?:error|crit|alert)\]/)), 0,
       'nor does the log know more');

    my %said;
    $said{$_}++ for map { /toucan: (.*), token: \w+/ ? $1 : () }
                    log_lines(qr/bad_decrypt/);
    is(scalar keys %said, 1, 'it says one thing') or diag(join "\n", %said);
}


=== TEST 4: what a header must not say
--- gate eval: $gate
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
my $null = null();
[
    ['a control', says(x => 'y', p2c => 5, apu => 7), 'ok'],
    ['no enc', with(header => {enc => undef}), 'bad_claim'],
    ['no alg', with(header => {alg => undef}), 'bad_claim'],
    (map {
        my $value = $_;
        map { ["$_ " . to_json($value), says($_ => $value), 'bad_claim'] }
        qw(alg enc kid typ)
    } $null, 1, [], {}, ['A256GCM'], JSON::PP::true),
    (map { ['zip ' . to_json($_), says(zip => $_), 'bad_claim'] }
     'DEF', '', 'none', $null, 1),
    ['a kid of 257 bytes', with(kid => 'k' x 257), 'bad_claim'],
    (map { ['crit ' . to_json($_), says(crit => $_), 'crit_unknown'] }
     ['exp'], ['zip'], [], $null, 'exp'),
    ['b64', says(b64 => JSON::PP::false), 'crit_unknown'],
    (map { ["typ <$_>", says(typ => $_), 'bad_type'] }
     '', 'JWS', 'JWE', 'JOSE', 'jwt+at'),
    (map { ["typ <$_>", says(typ => $_), 'ok'] }
     'jwt', 'at+jwt', 'application/JWT'),
    ['a member twice', with(text => '{"alg":"A256KW","enc":"A256GCM",'
                                    . '"alg":"dir","kid":"k256"}'),
     'bad_json'],
    ['an array', with(text => '["A256KW"]'), 'bad_json'],
    ['no JSON', with(text => 'A256KW'), 'bad_json'],
    ['nothing', with(text => ''), 'bad_json'],
    ['not UTF-8', with(text => qq({"alg":"A256KW","kid":"\xff"})),
     'bad_json'],
    ['an empty object', with(text => '{}'), 'bad_claim'],
    ['keys that a token brings along',
     with(alg => 'dir', kid => 'nobody',
          header => {jwk => jwk_private('k256'), jku => 'http://127.0.0.1/'}),
     'key_not_found'],
]


=== TEST 5: the iv and tag of A*GCMKW
--- gate eval: $gate
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
my $by = sub { with(alg => 'A256GCMKW', header => {@_}) };
[
    ['a control', $by->(), 'ok'],
    ['no iv', $by->(iv => undef), 'bad_claim'],
    ['no tag', $by->(tag => undef), 'bad_claim'],
    (map { my $n = $_; ["an iv of $n bytes", $by->(iv => b64u('i' x $n)),
                        'bad_claim'] } 0, 1, 8, 11, 13, 16),
    (map { my $n = $_; ["a tag of $n bytes", $by->(tag => b64u('t' x $n)),
                        'bad_claim'] } 0, 1, 4, 12, 15, 17, 32),
    (map { my $v = $_; map { ["$_ " . to_json($v), $by->($_ => $v),
                              'bad_claim'] } qw(iv tag) }
     null(), 1, [], {}),
    (map { my $v = $_; map { ["$_ <$v>", $by->($_ => $v), 'bad_base64'] }
                       qw(iv tag) }
     'AAAAAAAAAAAAAAA=', 'AAAA+AAAAAAAAAAA', 'AAAA AAAAAAAAAAA', 'A', 'AB'),
    ['another iv', $by->(iv => b64u('i' x 12)), 'bad_decrypt'],
    ['another tag', $by->(tag => b64u('t' x 16)), 'bad_decrypt'],
    ['of no matter with A256KW', says(iv => 1, tag => []), 'ok'],
]


=== TEST 6: the epk of ECDH-ES
--- gate eval: $gate
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
my $ec = public_half('ec256b');
my $x = public_half('x25519b');
my $p = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff';
[
    ['a control', with(alg => 'ECDH-ES', key => 'ec256'), 'ok'],
    ['a control, X25519', with(alg => 'ECDH-ES', key => 'x25519'), 'ok'],
    ['another key, on the curve', epk('ec256', $ec), 'bad_decrypt'],
    ['another key, X25519', epk('x25519', $x), 'bad_decrypt'],
    ['none', epk('ec256', undef), 'bad_claim'],
    ['none, X25519', epk('x25519', undef), 'bad_claim'],
    (map { ['epk ' . to_json($_), epk('ec256', $_), 'bad_claim'] }
     null(), 1, 'AAAA', [], {}, [$ec], to_json($ec)),
    (map { ["EC: $_->[0]", epk('ec256', {%$ec, @$_[1 .. $#$_]}),
            'bad_claim'] }
     ['kty OKP', kty => 'OKP'], ['kty oct', kty => 'oct', k => 'AAAA'],
     ['kty RSA', kty => 'RSA'], ['no such kty', kty => 'DSA'],
     ['no such crv', crv => 'P-257'], ['brainpool', crv => 'BP-256'],
     ['crv null', crv => null()], ['crv of another length', crv => 'P-384'],
     ['crv secp256k1', crv => 'secp256k1'], ['crv Ed25519', crv => 'Ed25519'],
     ['off the curve', x => $ec->{y}],
     ['swapped', x => $ec->{y}, y => $ec->{x}],
     ['zero', x => b64u("\0" x 32), y => b64u("\0" x 32)],
     ['x = p', x => b64u(pack 'H*', $p)],
     ['one byte less', x => b64u('x' x 31)],
     ['one byte more', x => b64u("\0" . unb64u($ec->{x}))],
     ['empty x', x => ''], ['x is no string', x => 1], ['x null', x => null()],
     ['y null', y => null()],
     ['padding', x => $ec->{x} . '='], ['a blank', x => ' ' . $ec->{x}],
     ['+', x => '+' . substr $ec->{x}, 1]),
    (map { my %e = %$ec; delete $e{$_};
           ["EC without $_", epk('ec256', \%e), 'bad_claim'] }
     qw(kty crv x y)),
    (map { ["OKP: $_->[0]", epk('x25519', {%$x, @$_[1 .. $#$_]}),
            'bad_claim'] }
     ['kty EC', kty => 'EC'], ['crv Ed25519', crv => 'Ed25519'],
     ['crv X448', crv => 'X448'], ['31 bytes', x => b64u('x' x 31)],
     ['33 bytes', x => b64u('x' x 33)], ['empty', x => ''],
     ['bad base64', x => '!' . substr $x->{x}, 1]),
    (map { ["OKP: a point of small order, $_",
            epk('x25519', {%$x, x => b64u(pack 'H*', $_)}), 'bad_claim'] }
     '00' x 32, '01' . '00' x 31, 'ec' . 'ff' x 30 . '7f',
     'ed' . 'ff' x 30 . '7f', 'ee' . 'ff' x 30 . '7f',
     'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
     '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
     '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7'),
    (map { ["OKP: a point of small order, X448, $_",
            epk('x448', public_half('x448', x => b64u(pack 'H*', $_))),
            'bad_claim'] }
     '00' x 56, '01' . '00' x 55, 'fe' . 'ff' x 27 . 'fe' . 'ff' x 27,
     'ff' x 28 . 'fe' . 'ff' x 27, '00' x 28 . 'ff' x 28),
    ['P-384 to P-256', epk('ec256', public_half('ec384')), 'bad_decrypt'],
    ['X25519 to P-256', epk('ec256', $x), 'bad_decrypt'],
    ['P-256 to X25519', epk('x25519', $ec), 'bad_decrypt'],
    ['a private half is of no matter',
     with(alg => 'ECDH-ES', key => 'ec256',
          header => {epk => public_half('ec256b', d => 1)}), 'bad_decrypt'],
]


=== TEST 7: the parties of ECDH-ES
--- gate eval: $gate
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
my $by = sub { with(alg => 'ECDH-ES', key => 'ec256', header => {@_}) };
[
    ['a control', $by->(apu => b64u('a' x 256), apv => b64u('b' x 256)),
     'ok'],
    (map { my $name = $_;
        (["$name of 257 bytes", $by->($name => b64u('a' x 257)), 'bad_claim'],
         ["$name of 1024 bytes", $by->($name => b64u('a' x 1024)),
          'bad_claim'],
         (map { ["$name " . to_json($_), $by->($name => $_), 'bad_claim'] }
          null(), 1, [], {}),
         (map { ["$name <$_>", $by->($name => $_), 'bad_base64'] }
          'QQ==', 'A', 'QR', 'a b', 'a+b/')) } qw(apu apv)),
]


=== TEST 8: base64url in each part
--- gate eval: $gate
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
my $token = jwe(alg => 'A256KW', payload => {%{claims()}, x => 'y'});
my @parts = qw(header key iv ciphertext tag);
[
    ['a control', bearer($token), 'ok'],
    map {
        my $n = $_;
        map { ["$parts[$n]: $_->[0]", bearer(part($token, $n, $_->[1])),
               'bad_base64'] }
        ['padding', sub { $_ .= '=' }], ['more padding', sub { $_ .= '==' }],
        ['+', sub { substr($_, 0, 1) = '+' }],
        ['/', sub { substr($_, 0, 1) = '/' }],
        ['a sign', sub { substr($_, 1, 1) = '*' }],
        ['a blank', sub { substr($_, 1, 1) = '%20' }],
        ['a single character', sub { $_ = 'A' }],
        ['one too many', sub { $_ = 'AAAAA' }],
        ['bits behind the end', sub { $_ = 'AB' }],
        ['bits behind the end, again', sub { $_ = 'AAB' }],
        ['not ASCII', sub { $_ .= "\xc3\xa4" }]
    } 0 .. 4
]


=== TEST 9: another number of parts
--- gate eval: $gate
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
my $token = jwe();
my $dir = jwe(alg => 'dir');
my @p = split /\./, $token;
[
    ['a control', bearer($token), 'ok'],
    ['a control, dir', bearer($dir), 'ok'],
    ['four', bearer(join '.', @p[0 .. 3]), 'bad_format'],
    ['six', bearer("$token.x"), 'bad_format'],
    ['six, the last empty', bearer("$token."), 'bad_format'],
    ['six, the first empty', bearer(".$token"), 'bad_format'],
    ['ten', bearer("$token.$token"), 'bad_format'],
    ['two', bearer(join '.', @p[0, 1]), 'bad_format'],
    ['one', bearer($p[0]), 'bad_format'],
    ['three: a JWS with enc', bearer(join '.', @p[0 .. 2]), 'bad_claim'],
    ['dir without its empty part', bearer($dir =~ s/\.\././r), 'bad_format'],
    ['nothing but dots', bearer('....'), 'bad_json'],
    ['a JWS with two parts more', bearer(token() . '..'), 'bad_claim'],
    ['JSON serialization', bearer(to_json({protected => $p[0], iv => $p[2],
        encrypted_key => $p[1], ciphertext => $p[3], tag => $p[4]})),
     'bad_format'],
]


=== TEST 10: what is inside is looked at behind the tag, as in a JWS
--- gate eval: $gate . 'toucan_issuer https://embed.example.com;'
--- user_files eval
[['all.jwks', jwks_private(@all)]]
--- cases eval
my $by = sub { (with(payload => $_[0]), with(payload => $_[0], tag => sub {
                substr($_, 3, 1) ^= 'x' })) };
[
    ['a control', with(), 'ok'],
    map {
        my ($name, $payload, $why) = @$_;
        my ($good, $bad) = $by->($payload);
        ([$name, $good, $why], ["$name, a bad tag", $bad, 'bad_decrypt'])
    } ['nothing', '', 'bad_json'], ['text', 'foo', 'bad_json'],
      ['an array', '[]', 'bad_json'], ['a string', '"a"', 'bad_json'],
      ['cut short', substr(to_json(claims()), 0, -1), 'bad_json'],
      ['a member twice', '{"exp":1,"exp":2}', 'bad_json'],
      ['not UTF-8', qq({"a":"\xff"}), 'bad_json'],
      ['a NUL', '{"a":"\u0000"}', 'bad_json'],
      ['too deep', '{"a":' . '[' x 40 . ']' x 40 . '}', 'bad_json'],
      ['a JWS that cty does not announce', token(), 'bad_json'],
      ['no claims', '{}', 'bad_claim'],
      ['expired', claims(age => 9999), 'expired'],
      ['another issuer', claims(claims => {iss => 'x'}), 'bad_issuer'],
      ['no user', claims(claims => {user => undef}), 'bad_claim']
]


=== TEST 11: too large
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/all.jwks;
toucan_max_token_size 4k;
--- user_files eval
[['all.jwks', jwks_private('k256')]]
--- cases eval
my $base = length jwe(alg => 'dir', claims => {x => ''});
# four characters hold three bytes, and the x stands for itself
my $fill = sub { jwe(alg => 'dir', claims => {x => 'x' x $_[0]}) };
my $n = int((4096 - $base) * 3 / 4);
$n-- while length $fill->($n) > 4096;
$n++ while length $fill->($n + 1) <= 4096;
[
    ['the largest', bearer($fill->($n)), 'ok'],
    ['larger', bearer($fill->($n + 1)), 'too_large'],
    ['a large ciphertext', bearer(part(jwe(), 3, sub { $_ .= 'A' x 8192 })),
     'too_large'],
]
