# Owns: the keys and tokens of the bench of instructions, made at run time by an
# implementation that is not ours (CryptX, Crypt::JWT).

package Toucan::Tokens;

use strict;
use warnings;

use Crypt::JWT ();
use Crypt::PK::ECC ();
use Crypt::PK::Ed25519 ();
use Crypt::PK::RSA ();
use Crypt::PRNG ();
use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

our @EXPORT = qw(keys_and_tokens);


# The text of a key set, and a hash: kind of token => a list of them, since the
# signatures of some kinds are random.  "bad": forged.

sub keys_and_tokens {
    my $rsa = Crypt::PK::RSA->new;
    $rsa->generate_key(256, 65537);

    my $ec = Crypt::PK::ECC->new;
    $ec->generate_key('secp256r1');

    my $ed = Crypt::PK::Ed25519->new;
    $ed->generate_key;

    my $secret = Crypt::PRNG::random_bytes(32);
    my $content = Crypt::PRNG::random_bytes(32);

    my %kinds = (
        hs  => [alg => 'HS256', key => $secret],
        rs  => [alg => 'RS256', key => $rsa],
        es  => [alg => 'ES256', key => $ec],
        ed  => [alg => 'EdDSA', key => $ed],
        jwe => [alg => 'dir', enc => 'A256GCM', key => $content],
    );

    my @jwks = (
        {kid => 'hs', kty => 'oct', alg => 'HS256', k => b64u($secret)},
        {kid => 'jwe', kty => 'oct', alg => 'A256GCM', use => 'enc',
         k => b64u($content)},
        (map { {%{$_->[1]->export_key_jwk('public', 1)}, kid => $_->[0]} }
             ['rs', $rsa], ['es', $ec], ['ed', $ed]),
    );

    my %tokens;

    for my $kind (keys %kinds) {
        push @{$tokens{$kind}}, Crypt::JWT::encode_jwt(
            payload => claims($_), @{$kinds{$kind}},
            extra_headers => {typ => 'JWT', kid => $kind}) for 1 .. 20;
    }

    for my $token (@{$tokens{hs}}) {
        my $at = rindex($token, '.') + 1;
        my $forged = $token;

        substr($forged, $at, 1, substr($token, $at, 1) eq 'A' ? 'B' : 'A');
        push @{$tokens{bad}}, $forged;
    }

    return (JSON::PP->new->canonical->encode({keys => \@jwks}), \%tokens);
}

sub claims {
    my $n = shift;
    my $now = time;
    my $user = sprintf 'user-%06d', $n;

    return JSON::PP->new->canonical->encode({
        iss => 'https://embed.example.com', aud => 'toucan-embed',
        sub => $user, jti => sprintf('01JG7ZK4M8%06d', $n), iat => $now,
        exp => $now + 3000, sid => sprintf('s_%06d', $n),
        organization => 'acme', client_id => 'k_7f3a',
        user => {
            distinctId => $user, role => 'explorer',
            attributes => {customerId => 42, region => ['north', 'west'],
                           tier => 'gold', beta => JSON::PP::true,
                           plant => 'Linz'},
        },
        permissions => {dashboard => ['can_view'], ai => ['can_query']},
        origins => ['https://app.acme.example'],
    });
}

sub b64u {
    return encode_base64url($_[0], '');
}


1;
