# Owns: what OpenSSL's command line makes: random bytes, and new keys as the
# members of a JWK (RFC 7518 section 6, RFC 8037 section 2).  Nothing secret is
# on its command line, nor in a file.

package Toucan::NewKey;

use strict;
use warnings;

use Exporter qw(import);
use MIME::Base64 qw(encode_base64url);

our @EXPORT_OK = qw(random secret pair rsa);


# The members of a new JWK, but for kty and what describes it: a secret of so
# many bytes, a pair of keys on a curve, one of RSA of so many bits.

sub secret {
    return (k => encode_base64url(random($_[0]), ''));
}

sub pair {
    my ($kty, $size, $crv) = @_;

    my $made = $kty eq 'OKP' ? genpkey($crv)
             : genpkey('EC', '-pkeyopt', "ec_paramgen_curve:$crv");
    my %n = (d => $made->('priv'), x => $made->('pub'));

    # an uncompressed point: SEC 1, section 2.3.3

    if ($kty eq 'EC') {
        ($n{x}, $n{y}) = $n{x} =~ /^\x04(.{$size})(.*)/s
            or die "openssl made a point of another form\n";
    }

    for (values %n) {
        die "openssl made a number of another length\n" if length != $size;
        $_ = encode_base64url($_, '');
    }

    return (crv => $crv, %n);
}

sub rsa {
    my $bits = shift;

    my %name = (n => 'modulus', e => 'publicExponent', d => 'privateExponent',
                p => 'prime1', q => 'prime2', dp => 'exponent1',
                dq => 'exponent2', qi => 'coefficient');
    my $made = genpkey('RSA', '-quiet', '-pkeyopt', "rsa_keygen_bits:$bits");
    my %n;

    for (keys %name) {
        my $number = $made->($name{$_}) =~ s/^\0+//r;
        my $most = /^[ned]\z/ ? $bits / 8 : $bits / 16;

        die "openssl made a number of another length\n"
            if $number eq '' || length $number > $most
               || /^[npq]\z/ && length $number != $most;
        $n{$_} = encode_base64url($number, '');
    }

    return %n;
}


# Makes a key.  The result tells its numbers, as bytes, by OpenSSL's names.

sub genpkey {
    my $text = openssl('genpkey', '-text', '-algorithm', @_);

    return sub {
        my ($small, $hex) = $text =~ /^$_[0]:(?:[ ](\d+)[ ]\(0x |
                                      \s*\n((?:[ ]+[0-9a-f:]+\n)+))/mx
            or die "openssl tells no \"$_[0]\"\n";

        $hex = defined $small ? sprintf '%x', $small : $hex =~ tr/0-9a-f//cdr;

        return pack 'H*', length($hex) % 2 ? "0$hex" : $hex;
    };
}

sub random {
    my $bytes = openssl('rand', $_[0]);

    die "openssl gave too few random bytes\n" if length $bytes != $_[0];
    return $bytes;
}

sub openssl {
    no warnings 'exec';

    open my $out, '-|:raw', 'openssl', @_ or die "openssl: $!\n";
    my $text = do { local $/; <$out> } // '';
    close $out or die "openssl $_[0] failed\n";

    return $text;
}


1;
