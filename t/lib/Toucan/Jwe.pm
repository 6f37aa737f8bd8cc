# Owns: encrypted tokens made at run time by CryptX (X448: by openssl), however
# wrong, and key sets with private halves.

package Toucan::Jwe;

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Exporter qw(import);
use File::Temp qw(tempdir);
use JSON::PP ();

use Crypt::AuthEnc::GCM qw(gcm_encrypt_authenticate);
use Crypt::KeyWrap ();
use Crypt::Mac::HMAC qw(hmac);
use Crypt::Mode::CBC ();
use Crypt::PK::ECC ();
use Crypt::PK::RSA ();
use Crypt::PK::X25519 ();
use Crypt::PRNG qw(random_bytes);

use Toucan::Test ();

our @EXPORT = qw(
    jwe sealed nested part jwk_private jwks_private secret place
    @encs @wraps %dir_key
);


=head1 KEYS

Beside those of Toucan::Test, made anew by each suite: C<k128>, C<k192>,
C<k256>, C<k384>, C<k512> (secrets), C<x25519>, C<x25519b>, C<x448>.

=head1 LISTS

C<@encs>: the content encryptions; C<%dir_key>: the key that one of them wants
with C<dir>; C<@wraps>: every other key management, as C<[ALG, KEY]>.

=cut

our @encs = qw(A128GCM A192GCM A256GCM A128CBC-HS256 A192CBC-HS384
               A256CBC-HS512);

our %dir_key = (
    'A128GCM' => 'k128', 'A192GCM' => 'k192', 'A256GCM' => 'k256',
    'A128CBC-HS256' => 'k256', 'A192CBC-HS384' => 'k384',
    'A256CBC-HS512' => 'k512',
);

our @wraps = (
    (map { ["A${_}KW", "k$_"], ["A${_}GCMKW", "k$_"] } 128, 192, 256),
    ['RSA-OAEP', 'rsa1'], ['RSA-OAEP-256', 'rsa1'],
    (map { my $alg = $_;
           map { [$alg, $_] } qw(ec256 ec384 ec521 x25519 x448) }
     'ECDH-ES', map { "ECDH-ES+A${_}KW" } 128, 192, 256),
);

my %key_size = (
    'A128GCM' => 16, 'A192GCM' => 24, 'A256GCM' => 32,
    'A128CBC-HS256' => 32, 'A192CBC-HS384' => 48, 'A256CBC-HS512' => 64,
);

my %usual = (
    (map { ("k$_" => "A${_}KW") } 128, 192, 256),
    (map { ("k$_" => 'dir') } 384, 512),
    (map { ("rsa$_" => 'RSA-OAEP-256') } 1, 2),
    (map { ($_ => 'ECDH-ES+A256KW') }
     qw(ec256 ec256b ec384 ec521 x25519 x25519b x448)),
);

# What DER puts in front of the bytes of an X448 key (RFC 8410).

my $x448_public = pack 'H*', '3042300506032b656f033900';
my $x448_private = pack 'H*', '3046020100300506032b656f043a0438';

my %made;


=head1 FUNCTIONS

=head2 jwe(OPTIONS)

A compact JWE of the claims of Toucan::Test::token(), valid unless the options
say otherwise.

    key => 'rsa1'         default k256; or a JWK (a hash; then with alg, kid)
    alg => 'RSA-OAEP'     default: what fits the key
    enc => 'A128GCM'      default A256GCM
    kid => 'other'        default: the key's name; undef = none
    header => {...}       more of the header, or other values; undef: without
    text => BYTES         the header, as it is
    claims, age, ttl, payload   as token()
    nested => TOKEN       this is the payload; cty is JWT
    cek => BYTES          the content encryption key, where one is chosen
    encrypted_key => CODE, iv => CODE, ciphertext => CODE, tag => CODE
                          changes of these parts' bytes, which are in $_

The tag covers the header as it is sent, so that it is not the reason for a
refusal of a header.

=head2 sealed(OPTIONS), nested(OPTIONS)

jwe() to C<rsa1>; jwe() to C<rsa1> around a token() of the options in
C<inner =E<gt> {...}>.

=cut

sub jwe {
    my %o = @_;

    my $key = $o{key} // 'k256';
    my $alg = $o{alg} // $usual{$key} // die "no key \"$key\"\n";
    my $enc = $o{enc} // 'A256GCM';

    my %header = (alg => $alg, enc => $enc, typ => 'JWT',
                  kid => exists $o{kid} ? $o{kid} : $key,
                  defined $o{nested} ? (cty => 'JWT') : ());

    my ($cek, $encrypted, %more) = wrap($alg, $enc, $key, $o{cek},
                                        $o{header} // {});

    %header = (%header, %more, %{$o{header} // {}});
    delete @header{grep { !defined $header{$_} } keys %header};

    my $payload = $o{nested} // $o{payload} // Toucan::Test::claims(%o);
    $payload = Toucan::Test::to_json($payload) if ref $payload;

    my $head = Toucan::Test::b64u($o{text} // Toucan::Test::to_json(\%header));
    my ($iv, $ciphertext, $tag) = encrypt($enc, $cek, $head, $payload);

    my %part = (encrypted_key => $encrypted, iv => $iv,
                ciphertext => $ciphertext, tag => $tag);

    for my $name (grep { $o{$_} } keys %part) {
        $o{$name}->() for $part{$name};
    }

    return join '.', $head, map { Toucan::Test::b64u($_) }
                            @part{qw(encrypted_key iv ciphertext tag)};
}

sub sealed {
    return jwe(key => 'rsa1', @_);
}

sub nested {
    my %o = @_;

    my $inner = Toucan::Test::token(%{delete $o{inner} // {}});

    return jwe(key => 'rsa1', nested => $inner, %o);
}


=head2 part(TOKEN, N, CODE)

The token with part N (from 0) changed by the code, in which it is in $_, still
encoded.

=cut

sub part {
    my ($token, $n, $code) = @_;

    my @parts = split /\./, $token, -1;
    $code->() for $parts[$n];

    return join '.', @parts;
}


=head2 jwk_private(KEY), jwks_private(KEY ...), secret(KEY)

As jwk_public() and jwks_public(), with the private halves; a secret's bytes.

=cut

sub jwk_private {
    my $key = shift;

    my ($name, %change) = ref $key ? @$key : ($key);
    my $jwk = {%{made($name)}, kid => $name, %change};
    delete @$jwk{grep { !defined $jwk->{$_} } keys %$jwk};

    return $jwk;
}

sub jwks_private {
    return Toucan::Test::to_json({keys => [map { jwk_private($_) } @_]});
}

sub secret {
    return Toucan::Test::unb64u(made($_[0])->{k});
}


=head2 place(NAME, LINES)

A gated location F</NAME> with these lines, which answers as Toucan::Cases
expects.

=cut

sub place {
    my ($name, $lines) = @_;

    return <<"END";
    location = /$name {
        toucan "embed";
        $lines
        add_header X-Verdict "\$toucan_status|\$toucan_reason" always;
        try_files /index.html =404;
    }
END
}


# A private key as a hash.

sub made {
    my $name = shift;

    return $name if ref $name;

    return $made{$name} //= do {
        $name =~ /^k(\d+)$/
            ? {kty => 'oct', k => Toucan::Test::b64u(random_bytes($1 / 8))}
        : $name =~ /^x25519/
            ? JSON::PP::decode_json(Crypt::PK::X25519->new->generate_key
                                    ->export_key_jwk('private'))
        : $name eq 'x448' ? make_x448()
        : JSON::PP::decode_json(Toucan::Test::key_text("$name.jwk"));
    };
}

sub public {
    my %jwk = %{made($_[0])};

    delete @jwk{qw(d p q dp dq qi kid)};

    return \%jwk;
}


# The content encryption key, the encrypted key, and members of the header.

sub wrap {
    my ($alg, $enc, $key, $cek, $header) = @_;

    $cek //= random_bytes($key_size{$enc} // 32);

    if ($alg eq 'dir') {
        return (secret($key), '');

    } elsif ($alg =~ /^A\d+KW$/) {
        return ($cek, Crypt::KeyWrap::aes_key_wrap(secret($key), $cek));

    } elsif ($alg =~ /^A\d+GCMKW$/) {
        my $iv = random_bytes(12);
        my ($encrypted, $tag) = gcm_encrypt_authenticate('AES', secret($key),
                                                         $iv, '', $cek);
        return ($cek, $encrypted, iv => Toucan::Test::b64u($iv),
                tag => Toucan::Test::b64u($tag));

    } elsif ($alg =~ /^RSA-OAEP(-256)?$/) {
        my $rsa = Crypt::PK::RSA->new;
        $rsa->import_key(public($key));
        return ($cek, $rsa->encrypt($cek, 'oaep', $1 ? 'SHA256' : 'SHA1'));

    } elsif ($alg =~ /^ECDH-ES(\+A(\d+)KW)?$/) {
        my ($epk, $secret) = agree($key);
        my ($name, $size) = $1 ? ($alg, $2 / 8) : ($enc, $key_size{$enc});
        my $kek = concat_kdf($secret, $name, $size,
                             map { defined && !ref ? Toucan::Test::unb64u($_)
                                                   : '' }
                             @$header{qw(apu apv)});

        return $1 ? ($cek, Crypt::KeyWrap::aes_key_wrap($kek, $cek),
                     epk => $epk)
                  : ($kek, '', epk => $epk);
    }

    # one that is not offered: no matter what

    return ($cek, random_bytes(40));
}


# An ephemeral key, and the secret that it and the recipient's have in common.

sub agree {
    my $key = shift;

    my $jwk = public($key);

    if ($jwk->{crv} eq 'X448') {
        my $own = make_x448();
        my $secret = derive_x448($own, $jwk);
        delete $own->{d};

        return ($own, $secret);
    }

    my $class = $jwk->{crv} eq 'X25519' ? 'Crypt::PK::X25519'
                                        : 'Crypt::PK::ECC';
    my $peer = $class->new;
    $peer->import_key($jwk);

    my $own = $class->new;
    $own->generate_key($class eq 'Crypt::PK::ECC' ? $peer->curve2hash : ());

    return (JSON::PP::decode_json($own->export_key_jwk('public')),
            $own->shared_secret($peer));
}


# RFC 7518 section 4.6.2

sub concat_kdf {
    my ($secret, $algorithm, $size, $apu, $apv) = @_;

    my $info = join '', map({ pack 'N/a', $_ } $algorithm, $apu, $apv),
                        pack('N', $size * 8);
    my $out = '';

    for (my $i = 1; length $out < $size; $i++) {
        $out .= sha256(pack('N', $i) . $secret . $info);
    }

    return substr $out, 0, $size;
}


# RFC 7518 sections 5.2 and 5.3

sub encrypt {
    my ($enc, $cek, $aad, $payload) = @_;

    if ($enc !~ /^A\d+CBC-HS(\d+)$/) {
        my $iv = random_bytes(12);
        return ($iv, gcm_encrypt_authenticate('AES', $cek, $iv, $aad,
                                              $payload));
    }

    my $hash = "SHA$1";
    my ($mac_key, $key) = unpack '(a' . length($cek) / 2 . ')2', $cek;
    my $iv = random_bytes(16);
    my $ciphertext = Crypt::Mode::CBC->new('AES')->encrypt($payload, $key,
                                                           $iv);
    my $tag = substr hmac($hash, $mac_key, $aad, $iv, $ciphertext,
                          pack('Q>', 8 * length $aad)), 0, length $key;

    return ($iv, $ciphertext, $tag);
}


my $tmp;

sub openssl {
    my ($in, @args) = @_;

    $tmp //= tempdir('toucan-jwe-XXXXXX', TMPDIR => 1, CLEANUP => 1);

    my $n = 0;
    my @files = map { ref ? do { $n++; Toucan::Test::spew("$tmp/$n", $$_);
                                 "$tmp/$n" } : $_ } @args;

    Toucan::Test::spew("$tmp/in", $in);
    system('openssl', @files, '-in', "$tmp/in", '-out', "$tmp/out") == 0
        or die "openssl @args failed\n";

    return Toucan::Test::slurp("$tmp/out");
}

sub make_x448 {
    my $d = random_bytes(56);
    my $der = openssl($x448_private . $d, 'pkey', '-inform', 'DER',
                      '-outform', 'DER', '-pubout');

    return {kty => 'OKP', crv => 'X448', d => Toucan::Test::b64u($d),
            x => Toucan::Test::b64u(substr $der, -56)};
}

sub derive_x448 {
    my ($own, $peer) = @_;

    my $private = $x448_private . Toucan::Test::unb64u($own->{d});
    my $public = $x448_public . Toucan::Test::unb64u($peer->{x});

    # pkeyutl has no -in where it derives

    Toucan::Test::spew("$tmp/own", $private);
    Toucan::Test::spew("$tmp/peer", $public);
    system('openssl', 'pkeyutl', '-derive', '-inkey', "$tmp/own", '-keyform',
           'DER', '-peerkey', "$tmp/peer", '-peerform', 'DER', '-out',
           "$tmp/out") == 0
        or die "openssl pkeyutl failed\n";

    return Toucan::Test::slurp("$tmp/out");
}


1;
