# Public keys in PEM: what is taken, which tokens they open, what nginx does
# not start with, and files that change while it runs.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;

repeat_each(1);         # what comes twice is not the same

use File::Temp qw(tempdir);

my $tmp = tempdir('toucan-pem-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# [KEY, ALG]

our @keys = (['rsa1', 'RS256'], ['rsa1', 'PS512'], ['ec256', 'ES256'],
             ['ec384', 'ES384'], ['ec521', 'ES512'], ['ec256k', 'ES256K'],
             ['ed25519', 'EdDSA'], ['ed448', 'EdDSA']);


# The public half as issuers write it: by openssl, curves by their names.

our %pem;

sub pem {
    my $name = shift;

    return $pem{$name} //= key_text("$name.pub.pem") if $name !~ /^ec/;

    return $pem{$name} //= openssl('pkey', '-in',
        "$ENV{TEST_NGINX_KEYS_DIR}/$name.pem", '-pubout',
        '-ec_param_enc', 'named_curve');
}


# What a command prints; a new private key; its public half.

sub openssl {
    my @args = @_;

    system('openssl', @args, '-out', "$tmp/out") == 0
        or die "openssl @args failed\n";

    return Toucan::Test::slurp("$tmp/out");
}

sub new_key {
    my ($algorithm, @options) = @_;

    Toucan::Test::spew("$tmp/key", openssl('genpkey', '-quiet', '-algorithm',
        $algorithm, map { ('-pkeyopt', $_) } @options));

    return "$tmp/key";
}

sub new_public {
    return openssl('pkey', '-in', new_key(@_), '-pubout');
}

# An EC key that brings the numbers of its curve along, and these changed.

sub spelled_out {
    my $change = shift;

    Toucan::Test::spew("$tmp/der", openssl('pkey', '-in',
        "$ENV{TEST_NGINX_KEYS_DIR}/ec256.pem", '-pubout', '-outform', 'DER',
        '-ec_param_enc', 'explicit'));
    my $der = Toucan::Test::slurp("$tmp/der");
    my $before = $der;
    if ($change) { $change->() for $der }
    die "nothing was changed\n" if $change && $der eq $before;

    return "-----BEGIN PUBLIC KEY-----\n" . MIME::Base64::encode_base64($der)
           . "-----END PUBLIC KEY-----\n";
}

sub certificate {
    return openssl('req', '-x509', '-new', '-subj', '/CN=x', '-key',
                   "$ENV{TEST_NGINX_KEYS_DIR}/rsa1.pem");
}


# Blocks: with this file nginx does not start, and says why.

my $n = 0;

sub broken {
    my $text = '';

    for my $case (@_) {
        my ($name, $content, $why) = @$case;
        $n++;
        $text .= <<"END";
=== FILE $n: $name
--- config
    location /t {
        toucan "embed";
        toucan_key_file \$TEST_NGINX_HTML_DIR/bad.pem;
    }
--- user_files eval
[['bad.pem', $content]]
--- must_die
--- error_log
[emerg]
bad.pem": $why


END
    }

    return $text;
}

our $whole = 'a PEM block that is not whole, or not base64';
our $curve = 'a PEM key on another curve than P-256, P-384, P-521 or '
             . 'secp256k1, by its name';
our $type = sub { "a PEM block of type \"$_[0]\", not \"PUBLIC KEY\"" };
our $other = 'a PEM key of a type that cannot verify signatures here';
our $json = 'not strict JSON:';

run_with(broken(
    ['a private key', q{Toucan::Test::slurp(new_key('ed25519'))},
     $type->('PRIVATE KEY')],
    ['a private key behind a public one',
     q{pem('rsa1') . Toucan::Test::slurp(new_key('ed25519'))},
     $type->('PRIVATE KEY')],
    ['a private RSA key', q{openssl('pkey', '-traditional', '-in',
     "$ENV{TEST_NGINX_KEYS_DIR}/rsa1.pem")}, $type->('RSA PRIVATE KEY')],
    ['a private EC key', q{openssl('pkey', '-traditional', '-in',
     "$ENV{TEST_NGINX_KEYS_DIR}/ec256.pem")}, $type->('EC PRIVATE KEY')],
    ['a private key under a password', q{openssl('pkey', '-aes256',
     '-passout', 'pass:secret', '-in', "$ENV{TEST_NGINX_KEYS_DIR}/rsa1.pem")},
     $type->('ENCRYPTED PRIVATE KEY')],
    ['a public RSA key of PKCS #1', q{openssl('rsa', '-RSAPublicKey_out',
     '-in', "$ENV{TEST_NGINX_KEYS_DIR}/rsa1.pem")}, $type->('RSA PUBLIC KEY')],
    ['a certificate', q{certificate()}, $type->('CERTIFICATE')],
    ['EC parameters before the key', q{openssl('ecparam', '-name',
     'prime256v1') . pem('ec256')}, $type->('EC PARAMETERS')],
    ['a block of another name', q{pem('rsa1') =~ s/PUBLIC KEY/PUBLIC  KEY/gr},
     $type->('PUBLIC  KEY')],
    ['cut short', q{substr(pem('rsa1'), 0, -30)}, $whole],
    ['without its end', q{pem('rsa1') =~ s/-----END.*//r}, $whole],
    ['the end of another', q{pem('rsa1') =~ s/END PUBLIC/END PRIVATE/r},
     $whole],
    ['not base64', q{pem('rsa1') =~ s/\nM/\n*/r}, $whole],
    ['cut short behind a whole one', q{pem('rsa1')
     . substr(pem('ec256'), 0, -30)}, $whole],
    ['nothing in it', q{"-----BEGIN PUBLIC KEY-----\n"
     . "-----END PUBLIC KEY-----\n"}, $whole],
    ['something else in it', q{"-----BEGIN PUBLIC KEY-----\nAAAA\n"
     . "-----END PUBLIC KEY-----\n"},
     'a PEM block with no public key that OpenSSL takes'],
    ['RSA of 1024 bits', q{pem('rsa1024')}, 'an RSA modulus of 1024 bits'],
    ['nine keys', q{pem('ed25519') x 9}, 'more than 8 PEM keys'],
    ['X25519', q{new_public('X25519')}, $other],
    ['X448', q{new_public('X448')}, $other],
    ['brainpool', q{new_public('EC', 'ec_paramgen_curve:brainpoolP256r1')},
     $curve],
    ['P-224', q{new_public('EC', 'ec_paramgen_curve:secp224r1')}, $curve],
    ['SM2', q{new_public('SM2')}, $other],
    ['Diffie-Hellman', q{new_public('DH', 'group:ffdhe2048')}, $other],
    ['a curve that is spelled out', q{spelled_out()}, $curve],
    ['the same with another generator', q{spelled_out(sub {
        # its public point is now 1 times G: the private key is known
        s/\x04\x6b\x17\xd1\xf2.{60}/substr $_, -65/es })}, $curve],
    ['RSA-PSS', q{new_public('RSA-PSS', 'rsa_keygen_bits:2048')}, $other],
    ['empty', q{''}, $json],
    ['no block at all', q{"there is no key here\n"}, 'not a JSON object'],
    ['the beginning of a line alone', q{"-----BEGIN \n"},
     'no PEM block that is whole'],
));

__DATA__

=== TEST 1: each type, with a kid that it cannot have and without one
--- config eval
Toucan::Cases::config('')
. join '', map {
    my $i = $_;
    "location = /$i { toucan \"t\"; toucan_key_file "
    . '$TEST_NGINX_HTML_DIR/' . "$i.pem;"
    . 'add_header X-Verdict "$toucan_status|$toucan_reason" always;
       try_files /index.html =404; }'
} 0 .. $#keys
--- user_files eval
[map { ["$_.pem", pem($keys[$_][0])] } 0 .. $#keys]
--- cases eval
[
    map {
        my ($i, $key, $alg) = ($_, @{$keys[$_]});
        my %o = (key => $key, alg => $alg);
        (["$alg $key", bearer(%o), 'ok', "GET /$i"],
         ["$alg $key, another kid", bearer(%o, kid => 'nobody'), 'ok',
          "GET /$i"],
         ["$alg $key, no kid", bearer(%o, kid => undef), 'ok', "GET /$i"],
         ["$alg $key, tampered", bearer(tampered(token(%o))),
          'bad_signature', "GET /$i"],
         ["$alg $key, another type",
          bearer($alg =~ /^ES256K?$/ ? (key => 'ed25519') : ()),
          'key_not_found', "GET /$i"])
    } 0 .. $#keys
]


=== TEST 2: several in one file, and texts around them
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.pem;
--- user_files eval
[['keys.pem', "issued by ops, renew in May\n\n" . pem('rsa1')
  . "\nthe next one:\r\n" . pem('ec256') =~ s/\n/\r\n/gr
  . pem('ed25519') . "and {so} on\n"
  . openssl('pkey', '-in', "$ENV{TEST_NGINX_KEYS_DIR}/ec384.pem", '-pubout',
            '-ec_param_enc', 'named_curve', '-ec_conv_form',
            'compressed')]]
--- cases eval
[
    (map { my @o = @$_;
        (["@o", bearer(@o), 'ok'], ["@o, no kid", bearer(@o, kid => undef),
                                    'ok']) }
     [key => 'rsa1'], [key => 'rsa1', alg => 'PS256'], [key => 'ec256'],
     [key => 'ed25519'], [key => 'ec384']),
    ['another one', bearer(key => 'ec256b'), 'bad_signature'],
    ['another one', bearer(key => 'ec521'), 'key_not_found'],
    ['HS256 with the PEM as the secret', bearer(raw_token(
        '{"alg":"HS256"}', to_json(claims()),
        sub { Crypt::Mac::HMAC::hmac('SHA256', pem('rsa1'), $_[0]) })),
     'key_not_found'],
]


=== TEST 3: eight of them
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.pem;
--- user_files eval
[['keys.pem', pem('ec256b') x 7 . pem('ec256')]]
--- cases eval
[['the last', bearer(), 'ok'], ['the first', bearer(key => 'ec256b'), 'ok'],
 ['none', bearer(tampered(token())), 'bad_signature'],
 ['none of this type', bearer(key => 'rsa1'), 'key_not_found']]


=== TEST 4: beside a key set: who has the kid goes first
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.pem;
toucan_key_file $TEST_NGINX_HTML_DIR/set.jwks;
--- user_files eval
[['keys.pem', pem('ec256')],
 ['set.jwks', jwks_public(['ec256b', kid => 'k'], ['ec384', kid => 'k3'])]]
--- cases eval
[
    ['of the PEM, no kid', bearer(kid => undef), 'ok'],
    ['of the PEM, a kid of nobody', bearer(kid => 'x'), 'ok'],
    ['of the PEM, an empty kid', bearer(kid => ''), 'ok'],
    ['of the PEM, under the kid of the set', bearer(kid => 'k'),
     'bad_signature'],
    ['of the PEM, under a kid of another type', bearer(kid => 'k3'),
     'alg_not_allowed'],
    ['of the set', bearer(key => 'ec256b', kid => 'k'), 'ok'],
    ['of the set, no kid', bearer(key => 'ec256b', kid => undef), 'ok'],
    ['of the set, a kid of nobody', bearer(key => 'ec256b', kid => 'x'),
     'bad_signature'],
    ['of the set, a kid of nobody, another type',
     bearer(key => 'ec384', kid => 'x'), 'key_not_found'],
]


=== TEST 5: keys of a PEM verify and do nothing else
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.pem;
toucan_type encrypted nested sealed signed;
--- user_files eval
[['keys.pem', pem('rsa1') . pem('ec256')]]
--- cases eval
use Toucan::Jwe;
[
    ['a control', bearer(key => 'rsa1'), 'ok'],
    (map { ["@$_", bearer(Toucan::Jwe::jwe(@$_, kid => undef)),
            'alg_not_allowed'] }
     [key => 'rsa1'], [key => 'rsa1', alg => 'RSA-OAEP'], [key => 'ec256'],
     [key => 'ec256', alg => 'ECDH-ES']),
]


=== TEST 6: toucan_algorithms holds for them, too
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.pem;
toucan_algorithms PS256 ES384;
--- user_files eval
[['keys.pem', pem('rsa1') . pem('ec384') . pem('ec256')]]
--- cases eval
[
    ['PS256', bearer(key => 'rsa1', alg => 'PS256'), 'ok'],
    ['RS256', bearer(key => 'rsa1', alg => 'RS256'), 'alg_not_allowed'],
    ['ES384', bearer(key => 'ec384'), 'ok'],
    ['ES256', bearer(), 'alg_not_allowed'],
]


=== TEST 7: a file that changes while nginx runs
--- gate
toucan_key_file $TEST_NGINX_HTML_DIR/keys.pem;
toucan_key_file $TEST_NGINX_HTML_DIR/other.jwks;
--- user_files eval
[['keys.pem', pem('ec256')], ['other.jwks', jwks_public('ed25519')]]
--- cases eval
[['before', bearer(), 'ok'], ['not yet', bearer(key => 'rsa1'),
                              'key_not_found']]
--- steps eval
sub {
    my $kept = qr/\[error\].*keys\.pem" was not taken over, the keys read before stay in force/;

    swap_file('keys.pem', pem('rsa1') . pem('ec256b'));
    await('the new keys are in force',
          sub { verdict(bearer(key => 'rsa1')) eq 'ok' });
    is(verdict(bearer()), 'bad_signature', 'the old one is not');

    for my $bad (['cut short', substr(pem('ec256'), 0, -30), $whole],
                 ['a private key', Toucan::Test::slurp(new_key('ed25519')),
                  $type->('PRIVATE KEY')],
                 ['one that is bad', pem('ec256') . pem('rsa1024'),
                  'an RSA modulus of 1024 bits'],
                 ['empty', '', $json])
    {
        my ($what, $text, $why) = @$bad;
        my $before = () = log_lines($kept);
        swap_file('keys.pem', $text);
        await("$what: the log says it",
              sub { (() = log_lines($kept)) > $before });
        one_look();
        is(scalar(() = log_lines($kept)), $before + 1, 'once');
        ok(scalar(log_lines(qr/keys\.pem": \Q$why\E/)), "and why: $why");
        is(verdict(bearer(key => 'rsa1')), 'ok', 'the keys stay');
        is(verdict(bearer()), 'bad_signature', 'nothing of it is taken');
    }

    swap_file('keys.pem', jwks_public('ec256'));
    await('a key set in its place', sub { verdict(bearer()) eq 'ok' });
    is(verdict(bearer(key => 'rsa1')), 'key_not_found', 'and only it');
    swap_file('keys.pem', pem('ed25519b'));
    await('and PEM again',
          sub { verdict(bearer(key => 'ed25519b', kid => undef)) eq 'ok' });
}
