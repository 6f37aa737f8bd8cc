# Tokens that others made, with their keys and their verdicts, through a live
# server: Wycheproof, the RFCs, the JOSE cookbook (TOUCAN_VECTORS, or
# ../shared/vectors beside a checkout; without them there is nothing to do).
#
# Most payloads are a text, so that a gate lets none of them in: a token that
# is valid gets as far as its payload (bad_json) or its claims (bad_claim).

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;
use Toucan::Jwe;

use Cwd qw(abs_path);

our $vectors = abs_path($ENV{TOUCAN_VECTORS} // '../shared/vectors') // '';

if (!-d $vectors) {
    plan(skip_all => 'the third-party vectors are not here; '
                     . 'TOUCAN_VECTORS says where they are');
}


# Wycheproof: why a case of this name is refused.  "rejectsValid" refuses a set
# in which secrets and public keys stand together; here it is none of these
# that opens tokens of the others, so that such a set is let in.

my %wycheproof = (
    (map { $_ => 'bad_json' } qw(acceptsValid rejectsValid
        rejectsMissingHeader rejectsMissingHeaderAndSignature)),
    (map { $_ => 'bad_signature' } qw(rejectsModifiedSignature
        rejectsMissingSignature rejectsModifiedPayload rejectsMissingPayload
        rejectsAttackerProvidedEmbeddedJwk)),
    (map { $_ => 'bad_format' } qw(rejectsMissingSignatureAndSeparator
        rejectsMissingPayloadAndSeparator rejectsMissingHeaderAndSeparator
        rejectsMissingHeaderSignatureAndSeparator
        rejectsMissingHeaderSignatureAndSeparators rejectsExtraEmptyComponent
        rejectsExtraComponent rejectsValidJsonSerialization
        rejectsMissingAuthenticationTagAndSeparator
        rejectsMissingCiphertextAndSeparator rejectsMissingIvAndSeparator
        rejectsMissingEncryptedKeyAndSeparator)),
    (map { $_ => 'bad_decrypt' } qw(rejectsModifiedAuthenticationTag
        rejectsMissingAuthenticationTag rejectsModifiedCiphertext
        rejectsMissingCiphertext rejectsModifiedIv rejectsMissingIv
        rejectsModifiedEncryptedKey rejectsMissingEncryptedKey)),
    (map { $_ => 'alg_not_allowed' } qw(
        rejectsNoneAlgorithmAndMissingSignature
        rejectsSymmetryConfusionAttacks_aesKeyFromEcVerificationKeyBytes)),
    rejectsInvalidCurvePoint => 'bad_claim',
    rejectsEmptyString => 'no_token',
);

# Of a header that was changed it depends on what.

my %modified = (
    'jws_aes' => 'key_not_found', 'jws_ec' => 'key_not_found',
    'jws_rsa' => 'key_not_found', 'jwe_aes' => 'key_not_found',
    'jwe_ec' => 'bad_claim',
);

# [TOKEN, KEYS, verdict] of rfc-latchset/, without the endings

my @rfcs = (
    (map { ["rfc7515_$_", "rfc7515_$_", 'bad_claim'] } qw(A.1 A.2 A.3)),
    ['rfc7515_A.4', 'rfc7515_A.4', 'bad_json'],
    (map { ["rfc7520_$_", "rfc7520_$_", 'bad_json'] }
     qw(4.1 4.2 4.3 4.4 5.2 5.4 5.5 5.6 5.7 5.8)),

    # "none", detached, RSA1_5, PBES2, zip

    ['rfc7515_A.5', 'rfc7515_A.1', 'alg_not_allowed'],
    ['rfc7520_4.5', 'rfc7520_4.5', 'bad_signature'],
    ['rfc7520_5.1', 'rfc7520_5.1', 'alg_not_allowed'],
    ['rfc7520_5.3', 'rfc7520_5.3', 'alg_not_allowed'],
    ['rfc7520_5.9', 'rfc7520_5.9', 'bad_claim'],

    # the keys of another

    ['rfc7515_A.1', 'rfc7515_A.2', 'key_not_found'],
    ['rfc7515_A.2', 'rfc7515_A.1', 'key_not_found'],
    ['rfc7515_A.4', 'rfc7515_A.3', 'key_not_found'],
    ['rfc7515_A.3', 'rfc7515_A.4', 'key_not_found'],
    ['rfc7515_A.2', 'rfc7520_4.1', 'bad_signature'],
    ['rfc7515_A.1', 'rfc7520_4.4', 'bad_signature'],
    ['rfc7520_4.4', 'rfc7520_4.1', 'key_not_found'],
    ['rfc7520_5.6', 'rfc7520_5.8', 'key_not_found'],
    ['rfc7520_5.8', 'rfc7515_A.1', 'key_not_found'],
    ['rfc7520_4.4', 'rfc7520_3.6', 'key_not_found'],

    # sets of several keys

    ['rfc7515_A.2', 'rfc7515_A.6', 'bad_claim'],
    ['rfc7515_A.3', 'rfc7515_A.6', 'bad_claim'],
    ['rfc7515_A.1', 'rfc7515_A.6', 'key_not_found'],
    ['rfc7520_4.1', 'rfc7520_4.8', 'bad_json'],
    ['rfc7520_4.4', 'rfc7520_4.8', 'bad_json'],
    ['rfc7515_A.1', 'rfc7517_A.3', 'bad_claim'],
    ['rfc7515_A.2', 'rfc7517_A.2', 'bad_signature'],
);

# Cookbook

my %cookbook = (
    'jws/4_5' => 'bad_signature', 'jwe/5_1' => 'alg_not_allowed',
    'jwe/5_3' => 'alg_not_allowed', 'jwe/5_9' => 'bad_claim',
    'rfc7797/h' => 'crit_unknown',
);

our (@cases, @files, %count);
my %place;


# A location with these keys.

sub keys_at {
    my $keys = shift;

    return $place{$keys} //= do {
        push @files, [scalar(@files) . '.jwks', $keys];
        $#files;
    };
}

sub expect {
    my ($source, $name, $token, $keys, $why) = @_;

    my $i = keys_at($keys);
    my $header = length $token ? bearer($token) : '';

    push @cases, ["$source: $name", $header, $why, "GET /$i"];
    $count{$source}++;

    # of one that holds: a byte of the last part is changed

    return if $why !~ /^bad_(?:json|claim)$/ || $token !~ /\.[\w-]{8,}\z/
              || $name =~ /MissingHeader|InvalidCurve|Modified|zip|5[._]9/;

    my $bad = $token =~ s/\.\K([\w-])(?=[\w-]+\z)/$1 eq 'A' ? 'B' : 'A'/er;
    my $parts = () = $token =~ /\./g;

    push @cases, ["$source: $name, changed", bearer($bad),
                  $parts == 4 ? 'bad_decrypt' : 'bad_signature', "GET /$i"];
}

sub text {
    my $name = shift;

    my $text = Toucan::Test::slurp("$vectors/$name") =~ s/\s+\z//r;

    # some say only the name of another

    return $text =~ /^rfc7[\w.]+\z/ ? text("rfc-latchset/$text") : $text;
}

sub first_of {
    my ($name) = grep { -e "$vectors/$_" } map { "rfc-latchset/$_" } @_;

    return text($name // die "no file @_\n");
}

sub wycheproof {
    my $file = JSON::PP::decode_json(
        text('wycheproof/json_web_crypto_test.json'));

    for my $group (@{$file->{testGroups}}) {
        next if $group->{comment} eq 'jws_rsa_roca_key';

        for my $test (@{$group->{tests}}) {
            my $token = $test->{jws} // $test->{jwe} // '';
            $token = to_json($token) if ref $token;

            for my $half (grep { $group->{$_} } qw(private public)) {
                my $name = $test->{comment};
                my $why = $name eq 'rejectsModifiedHeader'
                          ? $modified{$group->{comment}} : $wycheproof{$name};

                expect('Wycheproof', "$test->{tcId} $name, $half", $token,
                       to_json($group->{$half}),
                       $why // die "a case of a new name: $name\n");
            }
        }
    }

    our @roca = map { to_json($_) } map { @$_{qw(private public)} }
                grep { $_->{comment} eq 'jws_rsa_roca_key' }
                @{$file->{testGroups}};
}

sub rfcs {
    for my $case (@rfcs) {
        my ($token, $keys, $why) = @$case;

        expect('RFCs', "$token with $keys",
               first_of("$token.jwsc", "$token.jwec", "$token.jwe"),
               first_of("$keys.jwk", "$keys.jwkset"), $why);
    }

    for (qw(cve-2023-50967/cve-2023-50967.jwe rfc7515_A.6.jwsg rfc7520_4.1.jwsf rfc7520_4.1.jwsg
            rfc7520_5.7.jwef rfc7520_5.7.jweg))
    {
        expect('RFCs', "$_: a JSON serialization",
               text("rfc-latchset/$_") =~ s/\s+//gr,
               text('rfc-latchset/rfc7520_4.1.jwk'), 'bad_format');
    }
}

sub cookbook {
    for my $path (sort glob "$vectors/jose-cookbook/*/*.json") {
        my ($name) = $path =~ m{cookbook/(.*)\.json};
        my $file = JSON::PP::decode_json(Toucan::Test::slurp($path));
        my $token = $file->{output}{compact} // next;

        # one has a password for a key: any secret will do
        my $key = $file->{input}{key}
                  // {kty => 'oct', k => b64u('k' x 32)};
        my ($why) = map { $cookbook{$_} } grep { $name =~ /^\Q$_\E/ }
                    keys %cookbook;

        expect('cookbook', $name, $token, to_json($key), $why // 'bad_json');
    }
}

wycheproof();
rfcs();
cookbook();

run_tests();

__DATA__

=== TEST 1: every vector
--- config eval
"large_client_header_buffers 4 32k; toucan_embed server;"
. join '', map { place($_, "
    toucan_key_file \$TEST_NGINX_HTML_DIR/$_.jwks;
    toucan_type signed encrypted nested sealed;
    toucan_algorithms @{[join ' ', qw(HS256 HS384 HS512 RS256 RS384 RS512
        PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA dir),
        map { $_->[0] } @wraps]};") } 0 .. $#files
--- user_files eval
\@files
--- cases eval
[@cases]
--- steps eval
sub {
    is($count{Wycheproof}, 110, 'Wycheproof: 82 cases, 28 of them with both halves');
    is($count{RFCs}, 42, 'RFCs');
    is($count{cookbook}, 17, 'cookbook');
}


=== TEST 2: Wycheproof 46, a key of the ROCA vulnerability: not taken
--- config
    location /t {
        toucan "t";
        toucan_key_file $TEST_NGINX_HTML_DIR/roca.jwks;
    }
--- user_files eval
[['roca.jwks', $roca[0]]]
--- must_die
--- error_log
roca.jwks": key "kid-rsa-roca-sign": an RSA modulus that can be factored


=== TEST 3: nor its public half
--- config
    location /t {
        toucan "t";
        toucan_key_file $TEST_NGINX_HTML_DIR/roca.jwks;
    }
--- user_files eval
[['roca.jwks', $roca[1]]]
--- must_die
--- error_log
roca.jwks": key "kid-rsa-roca-sign": an RSA modulus that can be factored
