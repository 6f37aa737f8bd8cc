# Encrypted tokens: a content key for each API key, of a master key; who can
# open them, and that an API key takes its tokens with it.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Jwe qw(jwe);
use Toucan::Service;

use Crypt::AuthEnc::GCM ();
use Crypt::Mac::HMAC ();
use Crypt::PRNG ();

plan('no_plan');

my $WORKERS = 4;

my $master = master_key('m1');
my $second = master_key('m2', k => b64u('s' x 64));
my $same_kid = master_key('m1');

my $a = api_key('a', organization => 'acme');
my $b = api_key('b', organization => 'acme');
my $ab = api_key('a-b', env => 'sandbox');
my $ended = api_key('ended', notAfter => utc(time - 5));

my $server = service(
    api_keys => [$a, $b, $ab, $ended],
    mint_keys => [$master],
    workers => $WORKERS,
    files => {
        'conf/m2.jwks' => mint_keys($second, $master),
        'conf/other.jwks' => mint_keys($same_kid),
        'conf/signs.jwks' => mint_keys('ed25519', $master),
    },
    server => <<'END',
        location = /second {
            toucan_mint;
            toucan_mint_key_file m2.jwks;
        }
        location = /signs {
            toucan_mint;
            toucan_mint_key_file signs.jwks;
        }
        location = /both {
            toucan "t";
            toucan_key_file m2.jwks;
            toucan_env live sandbox;
            proxy_pass http://%upstream%;
        }
        location = /two-files {
            toucan "t";
            toucan_key_file m2.jwks;
            toucan_key_file gate.jwks;
            proxy_pass http://%upstream%;
        }
        location = /other {
            toucan "t";
            toucan_key_file other.jwks;
            proxy_pass http://%upstream%;
        }
        location = /signed {
            toucan "t";
            toucan_key_file gate.jwks;
            toucan_type signed;
            proxy_pass http://%upstream%;
        }
        location = /encrypted {
            toucan "t";
            toucan_key_file gate.jwks;
            toucan_type encrypted;
            proxy_pass http://%upstream%;
        }
END
);

# The token

my $answer = mint($server, $a, {
    user => { distinctId => "Ren\x{e9}e", role => 'maker',
              attributes => { customerId => 7 } },
});
my $token = $answer->{json}{token};
my ($header) = peek($token);

is($answer->{status}, 200, 'a token is made') or diag($answer->{body});
is_deeply($header, { alg => 'dir', enc => 'A256GCM', typ => 'JWT',
                     kid => 'm1.a' }, 'its header');
is(scalar(my @parts = split(/\./, $token, -1)), 5, 'it has five parts');
is($parts[1], '', 'the second of which is empty');
is(length unb64u($parts[2]), 12, 'an IV of 96 bits');
is(length unb64u($parts[4]), 16, 'a tag of 128 bits');

my $claims = opened($token, $master, 'a');

is($claims->{user}{distinctId}, "Ren\x{e9}e", 'CryptX opens it');
is_deeply([@$claims{qw(jti sid client_id organization)}],
          [@{$answer->{json}}{qw(jti sessionId)}, 'a', 'acme'],
          'and it says what the answer does');
lacks($token, b64u('Ren'), 'nobody else reads it');

# RFC 5869 by hand: CryptX's derivation is held against it

sub hkdf {
    my ($secret, $info) = @_;

    my $prk = Crypt::Mac::HMAC::hmac('SHA256', "\0" x 32, $secret);

    return Crypt::Mac::HMAC::hmac('SHA256', $prk, "$info\x01");
}

is(unpack('H*', hkdf(unb64u($_->[0]{k}), $_->[1])),
   unpack('H*', content_key(@$_)), "the content key of $_->[0]{kid}.$_->[1]")
    for [$master, 'a'], [$second, 'a-b'];

ok(Toucan::Service::opened_encrypted($token, hkdf(unb64u($master->{k}), 'a')),
   'which opens it, too');

for my $case (
    ['another API key\'s content key', content_key($master, 'b')],
    ['that of an id in other case', content_key($master, 'A')],
    ['that of another master key', content_key($second, 'a')],
    ['that of one with the same kid', content_key($same_kid, 'a')],
    ['the master key', unb64u($master->{k})],
    ['that of the kid', content_key($master, 'm1.a')],
    ['that of the whole API key', content_key($master, $a->{text})],
)
{
    my ($name, $key) = @$case;

    is(Toucan::Service::opened_encrypted($token, $key), undef,
       "$name does not open it");
}

is(opened(part_changed($token, $_), $master, 'a'), undef,
   "part $_ of it cannot be changed") for 0, 2, 3, 4;

sub part_changed {
    my ($token, $n) = @_;

    my @parts = split /\./, $token, -1;
    my $bytes = unb64u($parts[$n]);

    $bytes =~ s/JWT/JWX/ or substr($bytes, 0, 1) ^= "\x01";
    $parts[$n] = b64u($bytes);

    return join '.', @parts;
}

my ($of_second) = map { $_->{json}{token} } mint($server, $a, undef,
                                                 path => '/second');

is((peek($of_second))[0]{kid}, 'm2.a', 'the first master key makes it');
ok(opened($of_second, $second, 'a'), 'CryptX opens that, too');
is((peek(minted($server, $a, undef, path => '/signs')))[0]{alg}, 'EdDSA',
   'a key that signs, where it is the first');


# IVs and identifiers, of four processes with the same parent

{
    my (%iv, %jti, %pid);

    for (1 .. 400) {
        my $answer = mint($server, $a);
        my $token = $answer->{json}{token} // next;

        $iv{(split /\./, $token)[2]}++;
        $jti{$answer->{json}{jti}}++;
        $pid{$answer->{pid}}++;
    }

    is(scalar keys %pid, $WORKERS, 'made by all workers');
    is(scalar keys %iv, 400, 'four hundred IVs differ');
    is(scalar keys %jti, 400, 'and the jti');
    is(scalar(grep { length unb64u($_) != 12 } keys %iv), 0, '96 bits each');
}


# Gates

sub reason { return gated($server, $_[0], '', path => $_[1] // '/t')
                    ->{reason} }

my $seen = gated($server, $token)->{sees};

is(reason($token), 'ok', 'the gate with both files opens it');
is("$seen->{id} $seen->{role} $seen->{organization} $seen->{jti}",
   "Ren%C3%A9e maker acme $claims->{jti}", 'and passes it on');
is(reason($of_second), 'key_not_found', 'not that of another master key');
is(reason($of_second, '/both'), 'ok', 'which another gate has');
is(reason($token, '/both'), 'ok', 'beside the first');
is(reason($token, '/two-files'), 'ok', 'one of several files');
is(reason($of_second, '/two-files'), 'ok', 'and the other');
is(reason($token, '/other'), 'bad_decrypt',
   'another master key of the same kid does not open it');
is(reason($token, '/signed'), 'bad_type', 'nor does a gate for signed ones');
is(reason($token, '/encrypted'), 'ok', 'but one for encrypted ones');
is(reason(minted($server, $a, undef, path => '/signs'), '/encrypted'),
   'bad_type', 'a control: which refuses a signed one');
is(reason(minted($server, $ab)), 'env_denied', 'of the sandbox');
is(reason(minted($server, $ab), '/both'), 'ok', 'where that is accepted');
is(reason(part_changed($token, $_)), 'bad_decrypt', "part $_ changed")
    for 2, 3, 4;

# made by others, with the one key or another

sub forged {
    my ($kid, $key, %claims) = @_;

    my $head = b64u(to_json({ alg => 'dir', enc => 'A256GCM',
                              defined $kid ? (kid => $kid) : () }));
    my $iv = Crypt::PRNG::random_bytes(12);

    return join '.', $head, '', map { b64u($_) } $iv,
        Crypt::AuthEnc::GCM::gcm_encrypt_authenticate(
            'AES', $key, $iv, $head,
            to_json(Toucan::Test::claims(claims => \%claims)));
}

my $bytes = unb64u($master->{k});

is(reason(forged('m1.a', content_key($master, 'a'))), 'ok',
   'a control: made by CryptX');

for my $case (
    ['b\'s content key for a', 'm1.a', content_key($master, 'b'),
     'bad_decrypt'],
    ['the master key for a', 'm1.a', $bytes, 'bad_decrypt'],
    ['the master key for itself', 'm1', $bytes, 'alg_not_allowed'],
    ['the master key for none', undef, $bytes, 'alg_not_allowed'],
    ['a\'s content key, which it does not name', undef,
     content_key($master, 'a'), 'alg_not_allowed'],
    ['a\'s content key for the master', 'm1', content_key($master, 'a'),
     'alg_not_allowed'],
    (map { ["the kid \"$_\"", $_, content_key($master, $_ =~ /\.(.*)/),
            'key_not_found'] }
     'm1.', '.a', 'm1.A', 'M1.a', 'm1.a.', 'm1.nobody', 'm1..a', 'm1.a ',
     'm2.a'),
    ['an API key that is over', 'm1.ended', content_key($master, 'ended'),
     'key_not_found'],
)
{
    my ($name, $kid, $key, $reason) = @$case;

    is(reason(forged($kid, $key)), $reason, "made with $name");
}

# a gate that has no API keys, or not these

my $upstream = $server->{upstream}->port;
my $alone = Toucan::Server->new(
    files => {
        'conf/gate.jwks' => mint_keys($master, 'ec256'),
        'conf/none.json' => '{"keys":[]}',
        'conf/b.json' => api_keys($b),
    },
    http => <<"END",
    server {
        listen 127.0.0.1:%port%;
        add_header X-Verdict "\$toucan_status|\$toucan_reason" always;
        toucan_embed server;
        toucan_key_file gate.jwks;
        location = /t {
            toucan "t";
            proxy_pass http://127.0.0.1:$upstream;
        }
        location = /none {
            toucan "t";
            toucan_api_key_file none.json;
            proxy_pass http://127.0.0.1:$upstream;
        }
        location = /b {
            toucan "t";
            toucan_api_key_file b.json;
            proxy_pass http://127.0.0.1:$upstream;
        }
    }
END
);

my $of_b = minted($server, $b);

for my $case (
    ['no API key file', '/t', 'key_not_found', 'key_not_found'],
    ['a file of none', '/none', 'key_not_found', 'key_not_found'],
    ['a file of another', '/b', 'key_not_found', 'ok'],
)
{
    my ($name, $path, $of_a, $other) = @$case;

    is(gated($alone, $token, '', path => $path)->{reason}, $of_a,
       "$name: a's token");
    is(gated($alone, $of_b, '', path => $path)->{reason}, $other,
       "$name: b's token");
    is(gated($alone, token(), '', path => $path)->{reason}, 'ok',
       "$name: a control: a signed one");
}


# An API key takes its tokens with it

sub everywhere {
    my ($what, $token, $reason, $path) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    by_all($server, $what, sub {
        my $answer = gated($server, $token, '', path => $path // '/t');
        return ($answer, $answer->{reason});
    }, $reason);
}

everywhere('before', $token, 'ok');
everywhere('before: of the other', $of_b, 'ok');

my $since = time;
$server->write('conf/api-keys.json', api_keys($b, $ab));
everywhere('a is withdrawn', $token, 'key_not_found');
everywhere('from every gate', $token, 'key_not_found', '/both');
everywhere('of each master key', $of_second, 'key_not_found', '/both');
cmp_ok(time - $since, '<=', 5, 'within about a second');
everywhere('b\'s tokens go on', $of_b, 'ok');
everywhere('signed ones, too', token(), 'ok');
is(mint($server, $a)->{reason}, 'api_key_invalid', 'and a makes no more');

$server->write('conf/api-keys.json', 'broken');
eventually('a broken file: each worker says so', sub {
    my $n = () = $server->read('logs/error.log')
                 =~ /api-keys\.json" was not taken over/g;
    return $n == $WORKERS;
});
everywhere('a broken file does not bring a back', $token, 'key_not_found');
everywhere('nor take b away', $of_b, 'ok');

$server->write('conf/api-keys.json', api_keys($a, $b, $ab));
everywhere('a is back: so are its tokens', $token, 'ok');

my $renewed = api_key('a');

$server->write('conf/api-keys.json', api_keys($renewed, $b, $ab));
eventually('a has another secret', sub {
    return mint($server, $renewed)->{status} == 200;
});
is(reason($token), 'ok', 'its tokens are those of the id: they go on');

# by its time, though a leeway would let the token in

my $end = time + 6;
my $brief = api_key('brief', notAfter => utc($end));

$server->write('conf/api-keys.json', api_keys($a, $b, $brief));

my $of_brief;
eventually('a key with an end', sub {
    my $answer = mint($server, $brief);
    $of_brief = $answer->{json}{token} // $of_brief;
    return $answer->{status} == 200;
});
is(opened($of_brief, $master, 'brief')->{exp}, $end, 'its tokens end with it');

my $in_leeway = forged('m1.brief', content_key($master, 'brief'));

eventually('they are let in', sub {
    return reason($of_brief) eq 'ok' && reason($in_leeway) eq 'ok'
});
cmp_ok(time, '<=', $end, 'before the end');
everywhere('and then are not', $of_brief, 'key_not_found');
everywhere('however long they say', $in_leeway, 'key_not_found');
cmp_ok(time, '>=', $end, 'not before it');
cmp_ok(time, '<=', $end + 6, 'within about a second of it, though the leeway '
       . 'is 30');
everywhere('those of others go on', $of_b, 'ok');


# Nothing of a key is in a log

{
    my $log = join "\n", map { $server->read("logs/$_") }
                         qw(error.log access.log);

    lacks($log, join('|', map { quotemeta } map {
              ($_->{k}, unpack('H*', unb64u($_->{k}))) } $master, $second),
          'no master key is in a log');
    lacks($log, join('|', map { quotemeta } map {
              (b64u($_), unpack('H*', $_)) }
              content_key($master, 'a'), content_key($master, 'b')),
          'nor a content key');
    lacks($log, quotemeta($parts[3]), 'nor a token');
    lacks($log, '\[(?:alert|crit|emerg)\]', 'nothing went wrong');
}
