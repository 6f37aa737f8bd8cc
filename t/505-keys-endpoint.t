# The public halves of the keys that sign, for whoever verifies tokens.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;

use Crypt::JWT ();

plan('no_plan');

my $key = api_key('a');
my $master = master_key('m1');

# what is to be left out stands between the others

my @mint = (
    'ed25519', ['oct256', alg => 'HS256'], ['rsa1', alg => 'PS256'], $master,
    ['ec384', use => 'enc'], 'ec521', ['ec256b', alg => 'ECDH-ES'],
    ['ec256', kid => undef], 'ed448', 'x25519', 'ec256k',
    ['rsa2', use => 'enc'], ['ed25519b', use => 'sig', alg => 'EdDSA'],
);

my @public = (
    ['ed25519'], ['rsa1', alg => 'PS256'], ['ec521'],
    ['ec256', kid => undef], ['ed448'], ['ec256k'],
    ['ed25519b', alg => 'EdDSA'],
);

sub expected { return { keys => [map { jwk_public([@$_, use => 'sig']) } @_] } }

my $server = service(
    api_keys => [$key],
    mint_keys => \@mint,
    workers => 2,
    files => {
        'conf/none.jwks' => mint_keys(['oct256', alg => 'HS256']),
        'conf/master.jwks' => mint_keys($master),
        'conf/fetched.jwks' => key_text('ec256.jwks'),
    },
    server => <<'END',
        location = /jwks {
            toucan_keys;
            toucan_mint_key_file mint.jwks;
        }
        location = /none {
            toucan_keys;
            toucan_mint_key_file none.jwks;
        }
        location = /master {
            toucan_keys;
            toucan_mint_key_file master.jwks;
        }
        location = /fetched {
            toucan "t";
            toucan_key_file fetched.jwks;
            proxy_pass http://%upstream%;
        }
END
);


# The answer

my $answer = ask($server, 'GET /jwks');

is($answer->{status}, 200, 'anybody may ask');
is("$answer->{verdict} $answer->{reason}", 'PASSED ', 'the verdict');
is_deeply($answer->{header}{'content-type'}, ['application/json'],
          'the media type');
is_deeply($answer->{header}{'cache-control'}, ['public, max-age=300'],
          'a cache may keep it for five minutes');
is_deeply($answer->{header}{'content-length'}, [length $answer->{body}],
          'the length');
is_deeply($answer->{json}, expected(@public),
          'the public halves of those that sign, in the order of the file');
lacks($answer->{head}, '(?i)^(?:Access-Control|Set-Cookie)',
      'no more headers than these');

my %member = map { map { $_ => 1 } keys %$_ } @{$answer->{json}{keys} // []};

is(join(' ', sort keys %member), 'alg crv e kid kty n use x y',
   'no member of a private half');

for my $part (map { my $jwk = ref $_ eq 'HASH' ? $_
                              : Toucan::Jwe::jwk_private($_);
                    grep { defined } @$jwk{qw(d p q dp dq qi k)} } @mint)
{
    lacks($answer->{body}, quotemeta $part, 'nothing of a private half');
}

is(ask($server, 'GET /none')->{body} =~ s/\s//gr, '{"keys":[]}',
   'none of secrets');
is(ask($server, 'GET /master')->{body} =~ s/\s//gr, '{"keys":[]}',
   'nor of master keys');

for my $case (
    ['arguments', 'GET /jwks?a=b', ''],
    ['another origin', 'GET /jwks', 'Origin: https://a.example'],
    ['a browser', 'GET /jwks', 'Sec-Fetch-Site: cross-site'],
    ['an API key', 'GET /jwks', "X-API-Key: $key->{text}"],
    ['what is no API key', 'GET /jwks', 'X-API-Key: x'],
    ['a token', 'GET /jwks', bearer()],
    ['another media type', 'GET /jwks', 'Accept: text/html'],
)
{
    my ($name, $request, $headers) = @$case;
    my $again = ask($server, $request, $headers);

    is($again->{body}, $answer->{body}, "$name: the same");
    lacks($again->{head}, '(?i)^Access-Control', "$name: no CORS header");
}


# Methods

{
    my $head = ask($server, 'HEAD /jwks');

    is("$head->{status} $head->{body}", '200 ', 'HEAD: nothing but a head');
    is_deeply([@{$head->{header}}{qw(content-type cache-control
                                     content-length)}],
              [@{$answer->{header}}{qw(content-type cache-control
                                       content-length)}], 'HEAD: the same');
}

for my $method (qw(POST PUT DELETE PATCH OPTIONS)) {
    my $refused = ask($server, "$method /jwks", '', $method =~ /^P/ ? 'x'
                                                    : undef);

    is(join(' ', @$refused{qw(status code reason verdict)}),
       '405 METHOD_NOT_ALLOWED method_not_allowed REJECTED', $method);
    is_deeply([@{$refused->{header}}{qw(allow cache-control content-type)}],
              [['GET, HEAD'], ['no-store'], ['application/json']],
              "$method: Allow");
    lacks($refused->{body}, 'keys', "$method: no keys");
}

like($server->read('logs/error.log'),
     qr/toucan_keys refused: method_not_allowed \(.+\), field: -, API key: -/,
     'which the log says');


# What it is good for

{
    my $token = minted($server, $key);
    my $text = $answer->{body};

    is(eval { Crypt::JWT::decode_jwt(token => $token, kid_keys => $text)
              ->{client_id} } // $@, 'a', 'tokens verify with it');
    ok(!eval { Crypt::JWT::decode_jwt(token => tampered($token),
                                      kid_keys => $text) }, 'others do not');

    is(gated($server, $token, '', path => '/fetched')->{reason},
       'key_not_found', 'a gate without it');
    $server->write('conf/fetched.jwks', $text);
    by_all($server, 'a gate with it', sub {
        my $gated = gated($server, $token, '', path => '/fetched');
        return ($gated, $gated->{reason});
    }, 'ok');

    my $foreign = token(key => 'rsa2');
    is(gated($server, $foreign, '', path => '/fetched')->{reason},
       'key_not_found', 'which takes no other keys for it');
}


# A file that changes

sub is_served {
    my ($what, @keys) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    by_all($server, $what, sub {
        my $now = ask($server, 'GET /jwks');
        return ($now, to_json($now->{json}));
    }, to_json(expected(@keys)));
}

$server->write('conf/mint.jwks', mint_keys('ec256', 'ed25519'));
is_served('another file', ['ec256'], ['ed25519']);
$server->write('conf/mint.jwks', mint_keys('ed25519', 'ec256'));
is_served('another order', ['ed25519'], ['ec256']);
$server->write('conf/mint.jwks', '{');
eventually('a broken file', sub {
    2 == (() = $server->read('logs/error.log')
               =~ /mint key file ".*mint\.jwks" was not taken over/g)
});
is_served('leaves the old one', ['ed25519'], ['ec256']);

lacks(join("\n", map { $server->read("logs/$_") } qw(error.log access.log)),
      '\[(?:alert|crit|emerg)\]', 'nothing went wrong');
