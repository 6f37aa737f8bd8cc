# Owns: what every suite in t/ shares: Test::Nginx set up for this module,
# the keys, and tokens made at run time by an implementation that is not ours
# (CryptX, Crypt::JWT).

package main;

sub Toucan::Test::Eval::run { return eval $_[0] }

package Toucan::Test;

use strict;
use warnings;

use Cwd qw(abs_path);
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url decode_base64url);

use Test::Nginx::Socket -base;
use Test::Base::Filter ();
use Test::Nginx::Util ();

use Crypt::JWT ();
use Crypt::Mac::HMAC ();
use Crypt::PK::ECC ();
use Crypt::PK::Ed25519 ();
use Crypt::PK::RSA ();
use Crypt::PRNG ();

our @EXPORT = qw(
    run_tests token bearer raw_token claims sign tampered
    jwks_public jwk_public key_text b64u unb64u to_json null
);


=head1 SYNOPSIS

    use lib 't/lib';
    use Toucan::Test;

    run_tests();

    __DATA__

    === TEST 1: a valid token
    --- config
        location /t {
            toucan "embed";
            toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
            return 200 "let in\n";
        }
    --- request
    GET /t
    --- more_headers eval
    bearer()
    --- response_body
    let in

=head1 WHAT A SUITE GETS

No plan is needed; one that is made (C<plan tests =E<gt> ...>) is kept.
Whatever a configuration listens on is moved to 127.0.0.1.  Each block fails
on [alert], [crit] and [emerg] in the error log, beside its own
C<no_error_log>, but for a level that its own C<error_log> expects (and for
C<must_die>, where nginx is meant to complain).

With C<TOUCAN_CACHED=1> in the environment every configuration has a cache for
all of its locations, and every request is sent twice, the second time with a
token that was opened before.  A suite for which that is not the same says
C<repeat_each(1)>.

=head2 Files of keys

C<$TEST_NGINX_KEYS_DIR> holds, made once and kept in F<build/t-keys>, for each
key NAME (its kid is its name):

    NAME.jwks     a set with the half that a verifier needs
    NAME.jwk      the private (or the secret) key
    NAME.pem      the same, PEM (not for oct*)
    NAME.pub.pem  the public half, PEM (not for oct*)

and C<public.jwks>, all public halves, and C<secret.jwks>, all oct* keys. Names:
rsa1 rsa2 rsa1024 ec256 ec256b ec384 ec521 ec256k ed25519 ed25519b ed448
oct128 oct256 oct384 oct512.  A set of another making goes into
C<--- user_files> (in C<$TEST_NGINX_HTML_DIR>) with C<jwks_public>.

=cut


my $root = abs_path(dirname(__FILE__) . '/../../..');
my $dir = "$root/build/t-keys/2";       # another number for keys made otherwise
my $json = JSON::PP->new->canonical->ascii->allow_nonref->convert_blessed;
my $null = bless {}, 'Toucan::Test::Null';

my %kinds = (
    rsa1 => ['rsa', 2048, 'RS256'],
    rsa2 => ['rsa', 2048, 'RS256'],
    rsa1024 => ['rsa', 1024, 'RS256'],
    ec256 => ['ec', 'secp256r1', 'ES256'],
    ec256b => ['ec', 'secp256r1', 'ES256'],
    ec384 => ['ec', 'secp384r1', 'ES384'],
    ec521 => ['ec', 'secp521r1', 'ES512'],
    ec256k => ['ec', 'secp256k1', 'ES256K'],
    ed25519 => ['ed', undef, 'EdDSA'],
    ed25519b => ['ed', undef, 'EdDSA'],
    ed448 => ['ed448', undef, 'EdDSA'],
    oct128 => ['oct', 16, 'HS256'],
    oct256 => ['oct', 32, 'HS256'],
    oct384 => ['oct', 48, 'HS384'],
    oct512 => ['oct', 64, 'HS512'],
);

$ENV{TEST_NGINX_KEYS_DIR} ||= $dir;
$ENV{TEST_NGINX_HTML_DIR} ||= html_dir();

no_long_string();
repeat_each(2) if $ENV{TOUCAN_CACHED};
server_addr('127.0.0.1');
make_keys();


# Test::Nginx listens on all addresses, and writes "http2 on" for versions
# that do not know it: its configuration is put right once it is written.

{
    my $write = \&Test::Nginx::Util::write_config_file;

    no warnings 'redefine';

    *Test::Nginx::Util::write_config_file = sub ($$$) {
        my @r = $write->(@_);

        my $file = $Test::Nginx::Util::ConfFile;
        my $text = slurp($file);
        $text =~ s/^(\s*listen\s+)(?:\*:)?(\d+)(?=[\s;])/${1}127.0.0.1:$2/gm;

        if ($ENV{TOUCAN_CACHED} && $text !~ /toucan_cache_zone/) {
            $text =~ s/^(http \{)$/$1\n    toucan_cache_zone cached:4m;\n    toucan_cache cached;/m
                or die "no http block in $file";
        }

        if (($ENV{TEST_NGINX_VERSION_NUM} // 0) < 1025001) {
            $text =~ s/^(\s*listen\s[^;]*);(\s*)http2 on;/$1 http2;$2/gm;
        }

        spew($file, $text);

        return @r;
    };
}


# Test::Base evaluates `eval' sections in a package of its own and takes an
# error's text as the value: here they see what the suite sees, and die.

{
    no warnings 'redefine';

    *Test::Base::Filter::eval = sub {
        my @r = Toucan::Test::Eval::run($_[1]);
        die "an eval section: $@\n$_[1]\n" if $@;
        return @r;
    };
}


add_block_preprocessor(sub {
    my $block = shift;

    my $own = $block->no_error_log;
    my @own = !defined $own ? ()
            : ref $own eq 'ARRAY' ? @$own
            : ref $own ? ($own)
            : split /\n+/, $own;

    my $want = $block->error_log;
    $want = !defined $want ? ''
          : ref $want eq 'ARRAY' ? join "\n", map { $_ // '' } @$want
          : "$want";

    for my $level (qw(alert crit emerg)) {
        next if $level eq 'emerg' && defined $block->must_die;
        next if $want =~ /\[?\Q$level\E\\?\]/;
        next if grep { defined && /\Q[$level\E/ } @own;
        push @own, "[$level]";
    }

    $block->set_value('no_error_log', \@own);
});


{
    no warnings 'redefine';

    *run_tests = sub () {
        plan('no_plan') unless Test::More->builder->has_plan;

        Test::Nginx::Util::run_tests();
    };
}


=head1 FUNCTIONS

=head2 token(OPTIONS)

A compact JWS, valid unless the options say otherwise.

    key => 'rsa1'         name of the key, default ec256
    alg => 'PS256'        default: what fits the key
    kid => 'other'        default: the key's name; undef = none
    header => {...}       more of the header; undef as value: without it
    ttl => 600, age => 0  exp = iat + ttl, iat = now - age, in seconds
    claims => {...}       changes of the claims, see claims()
    payload => TEXT/HASH  the whole payload instead

    token(key => 'rsa1', claims => {'user.role' => 'maker', aud => undef})

=cut

sub token {
    my %o = @_;

    my $key = $o{key} // 'ec256';
    my $alg = $o{alg} // $kinds{$key}[2];

    my %header = (typ => 'JWT', kid => exists $o{kid} ? $o{kid} : $key,
                  %{$o{header} // {}});
    delete @header{grep { !defined $header{$_} } keys %header};

    my $payload = $o{payload} // claims(%o);
    $payload = $json->encode($payload) if ref $payload;

    # Crypt::JWT of Debian 12 has no Ed448, and refuses what must be refused

    if ($key eq 'ed448' || $key eq 'rsa1024' || $key eq 'oct128'
        || exists $header{crit} || exists $header{alg})
    {
        return raw_token($json->encode({alg => $alg, %header}), $payload,
                         $key, $alg);
    }

    return Crypt::JWT::encode_jwt(payload => $payload, alg => $alg,
                                  key => private($key),
                                  extra_headers => \%header);
}


=head2 bearer(OPTIONS or TOKEN)

The header line C<Authorization: Bearer ...>, for C<--- more_headers eval>.

=cut

sub bearer {
    return 'Authorization: Bearer ' . (@_ == 1 ? $_[0] : token(@_));
}


=head2 claims(OPTIONS)

The claims of token() as a hash.  In C<claims =E<gt> {...}> a name with dots
goes down (C<'user.attributes.customerId' =E<gt> 7>), undef takes the claim
away, null() is JSON's null.

=cut

sub claims {
    my %o = @_;

    my $iat = time - ($o{age} // 0);

    my $claims = {
        iss => 'https://embed.example.com',
        aud => 'toucan-embed',
        sub => 'user-123',
        jti => 'jti-' . Crypt::PRNG::random_bytes_hex(8),
        iat => $iat,
        nbf => $iat,
        exp => $iat + ($o{ttl} // 600),
        organization => 'acme',
        env => 'live',
        client_id => 'k_7f3a',
        sid => 's_5c2e',
        user => {
            distinctId => 'user-123',
            role => 'explorer',
            attributes => { customerId => 42, region => ['north', 'west'] },
        },
        permissions => { dashboard => ['can_view'], ai => ['can_query'] },
    };

    my $changes = $o{claims} // {};

    # whoever renames the user means both of its names

    if (defined $changes->{'user.distinctId'} && !exists $changes->{sub}) {
        $claims->{sub} = $changes->{'user.distinctId'};
    }

    for my $path (sort keys %$changes) {
        my @names = split /\./, $path;
        my $last = pop @names;
        my $at = $claims;
        $at = $at->{$_} = ref $at->{$_} eq 'HASH' ? $at->{$_} : {} for @names;

        if (defined $changes->{$path}) {
            $at->{$last} = $changes->{$path};

        } else {
            delete $at->{$last};
        }
    }

    return $claims;
}


=head2 raw_token(HEADER, PAYLOAD, SIGNER [, ALG])

A token of exactly these bytes, however wrong.  SIGNER is the name of a key
(ALG: how it signs, default what fits it), code that is given the signing
input and returns the signature, or undef for an empty signature.

    raw_token('{"alg":"none"}', '{}', undef)

=cut

sub raw_token {
    my ($header, $payload, $signer, $alg) = @_;

    my $input = b64u($header) . '.' . b64u($payload);
    my $sig = !defined $signer ? ''
            : ref $signer ? $signer->($input)
            : sign($signer, $input, $alg);

    return $input . '.' . b64u($sig);
}


=head2 sign(KEY, BYTES [, ALG])

The signature of BYTES, raw.

=cut

sub sign {
    my ($name, $input, $alg) = @_;

    $alg //= $kinds{$name}[2];
    my $kind = $kinds{$name}[0];
    my ($bits) = $alg =~ /(\d{3})/;
    my $hash = 'SHA' . ($bits // 512);

    return sign_ed448($input) if $kind eq 'ed448';

    my $key = private($name);

    return Crypt::Mac::HMAC::hmac($hash, $key, $input) if $alg =~ /^HS/;
    return $key->sign_message($input) if $alg eq 'EdDSA';
    return $key->sign_message_rfc7518($input, $hash) if $alg =~ /^ES/;
    return $key->sign_message($input, $hash, 'v1.5') if $alg =~ /^RS/;
    return $key->sign_message($input, $hash, 'pss', $bits / 8);
}


=head2 tampered(TOKEN)

The same token with the first byte of its signature changed.

=cut

sub tampered {
    my ($h, $p, $s) = split /\./, shift;

    $s = unb64u($s);
    substr($s, 0, 1) ^= "\x01";

    return "$h.$p." . b64u($s);
}


=head2 jwks_public(KEY ...), jwk_public(KEY)

The halves that a verifier needs, as the text of a JWKS (jwk_public: as one
hash).  A KEY is a name, or a list of a name and the members to change (undef:
without it), or a hash taken as it is.

    jwks_public('rsa1', ['ec256', alg => 'ES256', kid => undef])

=cut

sub jwks_public {
    return $json->encode({keys => [map { jwk_public($_) } @_]});
}

sub jwk_public {
    my $key = shift;

    return $key if ref $key eq 'HASH';

    my ($name, %change) = ref $key ? @$key : ($key);
    my $jwk = $json->decode(slurp("$dir/$name.jwk"));

    if ($jwk->{kty} ne 'oct') {
        delete @$jwk{qw(d p q dp dq qi)};
    }

    $jwk = {%$jwk, %change};
    delete @$jwk{grep { !defined $jwk->{$_} } keys %$jwk};

    return $jwk;
}


=head2 key_text(FILE), b64u(BYTES), unb64u(TEXT), to_json(DATA), null()

A key file's text (C<key_text('rsa1.pub.pem')>), base64url, canonical JSON, and
what stands for JSON's null in it.

=cut

sub key_text { return slurp("$dir/$_[0]") }
sub b64u     { return encode_base64url($_[0], '') }
sub unb64u   { return decode_base64url($_[0]) }
sub to_json  { return $json->encode($_[0]) }
sub null     { return $null }

sub Toucan::Test::Null::TO_JSON { return undef }


# The private key as CryptX wants it; for oct its bytes.

my %loaded;

sub private {
    my $name = shift;

    my $kind = ($kinds{$name} // die "no key \"$name\"\n")->[0];

    return $loaded{$name} //= do {
        my $text = slurp("$dir/$name.jwk");

        $kind eq 'oct'   ? unb64u($json->decode($text)->{k})
        : $kind eq 'rsa' ? Crypt::PK::RSA->new(\$text)
        : $kind eq 'ec'  ? Crypt::PK::ECC->new("$dir/$name.pem")
        :                  Crypt::PK::Ed25519->new(\$text);
    };
}


# Made once, whoever comes first; suites run side by side.

sub make_keys {
    make_path($dir);

    open my $lock, '>', "$dir/.lock" or die "$dir/.lock: $!\n";
    flock $lock, LOCK_EX or die "$dir/.lock: $!\n";

    my @new = grep { !-e "$dir/$_.jwks" } sort keys %kinds;

    for my $name (@new) {
        my ($kind, $arg) = @{$kinds{$name}};
        my $jwk;

        if ($kind eq 'oct') {
            $jwk = {kty => 'oct', k => b64u(Crypt::PRNG::random_bytes($arg))};

        } elsif ($kind eq 'ed448') {
            $jwk = make_ed448($name);

        } else {
            my $pk = $kind eq 'rsa' ? Crypt::PK::RSA->new
                   : $kind eq 'ec'  ? Crypt::PK::ECC->new
                   :                  Crypt::PK::Ed25519->new;

            $pk->generate_key($kind eq 'rsa' ? ($arg / 8, 65537)
                              : defined $arg ? $arg : ());

            $jwk = $json->decode($pk->export_key_jwk('private'));

            # RFC 8812 section 3.1; CryptX of Debian 12 is older than it
            $jwk->{crv} = 'secp256k1' if $name eq 'ec256k';

            for (['', 'private'], ['.pub', 'public']) {
                my ($ext, $half) = @$_;
                my $type = $kind eq 'rsa' && $half eq 'public'
                           ? 'public_x509' : $half;
                spew("$dir/$name$ext.pem", $pk->export_key_pem($type));
            }
        }

        $jwk->{kid} = $name;
        spew("$dir/$name.jwk", $json->encode($jwk));
        spew("$dir/$name.jwks", jwks_public($name));
    }

    # what is too weak to be loaded is in no set of many

    if (@new) {
        my @good = grep { !/^(?:rsa1024|oct128)$/ } sort keys %kinds;

        spew("$dir/public.jwks", jwks_public(grep { !/^oct/ } @good));
        spew("$dir/secret.jwks", jwks_public(grep { /^oct/ } @good));
    }

    close $lock;
}


# Ed448 by OpenSSL's command line.

sub make_ed448 {
    my $name = shift;

    my $pem = "$dir/$name.pem";

    openssl('genpkey', '-algorithm', 'ed448', '-out', $pem);
    openssl('pkey', '-in', $pem, '-pubout', '-out', "$dir/$name.pub.pem");
    openssl('pkey', '-in', $pem, '-outform', 'DER', '-out', "$dir/tmp.der");
    my $d = substr(slurp("$dir/tmp.der"), -57);
    openssl('pkey', '-in', $pem, '-pubout', '-outform', 'DER', '-out',
            "$dir/tmp.der");
    my $x = substr(slurp("$dir/tmp.der"), -57);
    unlink "$dir/tmp.der";

    return {kty => 'OKP', crv => 'Ed448', x => b64u($x), d => b64u($d)};
}

sub sign_ed448 {
    my $input = shift;

    my $tmp = "$dir/tmp.$$";

    spew($tmp, $input);
    openssl('pkeyutl', '-sign', '-rawin', '-inkey', "$dir/ed448.pem", '-in',
            $tmp, '-out', "$tmp.sig");
    my $sig = slurp("$tmp.sig");
    unlink $tmp, "$tmp.sig";

    return $sig;
}

sub openssl {
    system('openssl', @_) == 0 or die "openssl @_ failed\n";
}


sub slurp {
    my $file = shift;

    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    my $text = <$in>;

    return $text;
}

sub spew {
    my ($file, $text) = @_;

    open my $out, '>:raw', $file or die "$file: $!\n";
    print $out $text or die "$file: $!\n";
    close $out or die "$file: $!\n";
}


1;
