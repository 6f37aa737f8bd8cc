# A host application as it is: one call from its server, with a key and a user,
# and a page that goes on with the token.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;

use HTTP::Tiny ();

plan('no_plan');

my $key = api_key('7f3a', roles => ['explorer', 'maker'],
                  organization => 'acme');
my $master = master_key('m1');

sub platform {
    return service(
        api_keys => [$key],
        mint_keys => [$_[0]],
        server => <<'END',
        location = /embed/generate-token {
            toucan_mint;
            toucan_mint_key_file mint.jwks;
        }
        location /embed/ {
            toucan "embed";
            toucan_token bearer arg=token;
            toucan_key_file gate.jwks;
            toucan_embed component frame;
            toucan_permission dashboard can_view;
            proxy_pass http://%upstream%;
        }
END
    );
}

my $body = '{"user":{"distinctId":"user-123","role":"explorer",'
           . '"attributes":{"customerId":42,"region":["north","west"]}}}';


# Clients of servers, as each of them writes its request

my %clients = (
    'a fetch() of a server' => <<'END',
accept: */*
accept-language: *
sec-fetch-mode: cors
user-agent: node
accept-encoding: gzip, deflate
content-type: application/json
END
    'requests' => <<'END',
User-Agent: python-requests/2.32.3
Accept-Encoding: gzip, deflate
Accept: */*
Content-Type: application/json
END
    'axios' => <<'END',
Accept: application/json, text/plain, */*
Content-Type: application/json
User-Agent: axios/1.7.9
Accept-Encoding: gzip, compress, deflate, br
END
    'Java' => <<'END',
Content-Type: application/json; charset=UTF-8
User-Agent: Java-http-client/17.0.1
END
);

for my $signer ('ed25519', $master) {
    my $server = platform($signer);
    my $how = ref $signer ? 'encrypted' : 'signed';
    my $token;

    for my $client (sort keys %clients) {
        my $answer = ask($server, 'POST /embed/generate-token',
                         $clients{$client} . "x-api-key: $key->{text}\n",
                         $body);
        my $got = $answer->{json};

        is("$answer->{status} $got->{expiresIn}", '200 15m',
           "$how, $client: token and expiresIn");
        $token = $got->{token};

        my $claims = opened($token, $signer, '7f3a');

        is($claims->{user}{distinctId}, 'user-123', "$how, $client: whose");
        is($claims->{exp} - $claims->{iat}, 900, "$how, $client: how long");
    }

    # one that is written in the language of this suite

    my $answer = HTTP::Tiny->new(timeout => 10)->post(
        'http://127.0.0.1:' . $server->port . '/embed/generate-token',
        { headers => { 'x-api-key' => $key->{text},
                       'content-type' => 'application/json' },
          content => $body });
    my $got = JSON::PP::decode_json($answer->{content});

    is("$answer->{status} $got->{expiresIn}", '200 15m', "$how, HTTP::Tiny");

    # the page

    my $origin = 'https://app.acme.example';
    my $sees = 'user-123 explorer acme 42 north,west '
               . 'ai:can_query dashboard:can_view {"customer_id":42}';

    for my $token ($token, $got->{token}) {
        my $component = gated($server, $token, "Origin: $origin",
                              path => '/embed/dashboards/sales');

        is($component->{reason}, 'ok', "$how: a component is let in");
        is_deeply($component->{header}{'access-control-allow-origin'},
                  [$origin], "$how: and its page may read the answer");
        is(join(' ', map { $_ // '' } @{$component->{sees}}{
                qw(id role organization customerId region permissions rls)}),
           $sees, "$how: the backend knows who it is");

        my $frame = ask($server, "GET /embed/dashboards/sales?token=$token",
                        "Sec-Fetch-Site: cross-site\n"
                        . "Sec-Fetch-Mode: navigate\n"
                        . "Sec-Fetch-Dest: iframe\nReferer: $origin/");

        is($frame->{verdict}, 'PASSED', "$how: a frame is let in");
    }

    is(gated($server, $token, 'Origin: https://evil.example',
             path => '/embed/x')->{reason}, 'origin_denied',
       "$how: another page is not");
    is(gated($server, 'x' . $token, "Origin: $origin",
             path => '/embed/x')->{verdict}, 'REJECTED',
       "$how: nor another token");

    # and what it must not do

    my $browser = ask($server, 'POST /embed/generate-token', join("\n",
        "Origin: $origin", 'Sec-Fetch-Site: cross-site',
        'Content-Type: application/json', "x-api-key: $key->{text}"), $body);

    is("$browser->{status} $browser->{code}", '403 KEY_IN_BROWSER',
       "$how: the page itself gets no token");
}
