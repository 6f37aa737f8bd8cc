# Attacks on the token service: tokens that say more than the API key or the
# provider may grant, requests that break the worker or the next request,
# ways around an endpoint, and what is left behind of a secret.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;
use Toucan::Service;
use Toucan::Sessions;

use IO::Select ();
use IO::Socket::INET ();
use Test::More;

plan('no_plan');

my $json = 'Content-Type: application/json';
my $urlencoded = 'Content-Type: application/x-www-form-urlencoded';
my $user = '"user":{"distinctId":"ana","role":"explorer"}';

my $acme = api_key('acme', scopes => ['mint', 'introspect'],
                   roles => ['explorer'], maxLifetime => 600,
                   origins => ['https://app.acme.example']);
my $wide = wide_key('wide', permissions => { dashboard => ['can_edit'] });
my $other = api_key('other');
my $ended = api_key('ended', notAfter => utc(time - 10));
my $sandbox = api_key('sandbox', env => 'sandbox');

my %files = (
    'api.json' => api_keys($acme, $wide, $other, $ended, $sandbox),
    'mint.jwks' => mint_keys('ed25519'),
    'gate.jwks' => jwks_public('ed25519'),
    'idp.jwks' => jwks_public('rsa1'),
);

my $lines = <<'END';
    toucan_api_key_file api.json;
    toucan_mint_key_file mint.jwks;
    toucan_key_file gate.jwks;
    client_body_timeout 2s;
    error_log logs/error.log notice;

    location = /mint { toucan_mint; keepalive_timeout 10s; }
    location = /refresh { toucan r; toucan_refresh; keepalive_timeout 10s; }
    location = /introspect { toucan_introspect; }
    location = /keys { toucan_keys; keepalive_timeout 10s; }
    location = /t { toucan t; toucan_embed server component;
                    toucan_origin https://app.acme.example;
                    try_files /file =404; }
    location = /view { toucan t; toucan_permission dashboard can_view $arg_d;
                       try_files /file =404; }

    location = /if { toucan_mint; if ($arg_x) { set $y 1; } }
    location = /keys-if { toucan_keys; if ($arg_x) { set $y 1; } }
    location = /refresh-if { toucan r; toucan_refresh;
                             if ($arg_x) { set $y 1; } }
    location = /post-only { toucan_mint; limit_except POST { deny all; } }
    location = /but-get { toucan_mint; limit_except GET { allow all; } }

    location = /on-disk { toucan_mint; client_body_in_file_only on; }
    location = /proxied { client_body_in_file_only on;
                          proxy_pass http://127.0.0.1:%port%/file; }

    location = /exchange {
        toucan_exchange key_file=idp.jwks issuer=https://idp.example
                        audience=client organization=acme
                        'grant={"dashboard":["can_view"]}';
        toucan_claim role profile.role;
        toucan_claim permissions profile.permissions;
        toucan_claim resources profile.resources;
        toucan_claim origins profile.origins;
        toucan_claim attributes profile.attributes;
    }
    location = /exchange-any {
        toucan_exchange key_file=idp.jwks issuer=https://idp.example
                        audience=client;
    }

    location = /ssi { ssi on; ssi_types *; try_files /ssi =404; }
    location = /mirror { mirror /mint; try_files /file =404; }
    location = /auth { auth_request /mint; try_files /file =404; }
    location = /page { try_files /none =404; error_page 404 = /mint; }
    location = /gate-page { toucan g; error_page 401 403 404 = @mint; }
    location = /gate-keys { toucan g; error_page 401 403 404 = /keys; }
    location = /named { try_files /none =404; error_page 404 = @mint; }
    location @mint { toucan_mint; }
    location = /413 { toucan_mint; client_max_body_size 10;
                      error_page 413 = @mint; }
END

our $server = endpoints($lines, \%files);
$server->write('tmp/ssi', '[<!--#include virtual="/mint" -->|'
                          . '<!--#include virtual="/keys" -->]');

my $worker = ask($server, 'GET /keys-if')->{pid};


# More than the API key grants, by way of JSON

sub body { return "{$user" . join('', map { ",$_" } @_) . '}' }

my $no_json = '400 bad_request INVALID_REQUEST ';
my $beyond = '403 scope_exceeds_key SCOPE_EXCEEDS_KEY';
my $bad = '400 bad_request INVALID_REQUEST';

for my $case (
    ['control', '200 ok TOKEN', body()],
    ['an escaped name', '200 ok TOKEN', body('"expires\u0049n":60')],
    ['a member twice, once escaped', $no_json,
     '{"user":{"distinctId":"a","role":"explorer","\u0072ole":"maker"}}'],
    ['the user twice', $no_json,
     body('"us\u0065r":{"distinctId":"b","role":"maker"}')],
    ['a model twice', $no_json, body('"permissions":{"dashboard":"can_view",'
                                     . '"dashboar\u0064":"can_edit"}')],
    ['a resource twice', $no_json,
     body('"resources":[{"type":"dashboard","id":"a","actions":"can_view",'
          . '"\u0061ctions":"can_edit"}]')],
    ['another role', "$beyond /user/role",
     '{"user":{"distinctId":"a","role":"maker"}}'],
    ['two roles', "$bad /user/role",
     '{"user":{"distinctId":"a","role":["explorer","maker"]}}'],
    ['a role and a NUL', $no_json,
     '{"user":{"distinctId":"a","role":"explorer\u0000"}}'],
    ['a role that looks so', "$bad /user/role",
     "{\"user\":{\"distinctId\":\"a\",\"role\":\"explorer\xe2\x80\x8b\"}}"],
    ['to edit', "$beyond /permissions/dashboard",
     body('"permissions":{"dashboard":["can_view","can_edit"]}')],
    ['an action in capitals', "$bad /permissions/dashboard",
     body('"permissions":{"dashboard":"CAN_VIEW"}')],
    ['a model in capitals', "$beyond /permissions/Dashboard",
     body('"permissions":{"Dashboard":"can_view"}')],
    ['a model with no actions', "$beyond /permissions/chart",
     body('"permissions":{"chart":[]}')],
    ['every model', "$bad /permissions/*",
     body('"permissions":{"*":"can_view"}')],
    ['to edit one object', "$beyond /resources/0/actions",
     body('"resources":[{"type":"dashboard","id":"a","actions":"can_edit"}]')],
    ['an object of another type', "$beyond /resources/1/actions",
     body('"resources":[{"type":"dashboard","id":"a","actions":"can_view"},'
          . '{"type":"chart","id":"a","actions":[]}]')],
    ['no resources at all', "$bad /resources", body('"resources":null')],
    ['its origin, spelt otherwise', '200 ok TOKEN',
     body('"origins":["HTTPS://APP.acme.example:443"]')],
    ['another origin', "$beyond /origins/1",
     body('"origins":["https://app.acme.example","https://a.test"]')],
    ['another port', "$beyond /origins/0",
     body('"origins":["https://app.acme.example:444"]')],
    ['another scheme', "$beyond /origins/0",
     body('"origins":["http://app.acme.example:443"]')],
    ['a longer origin', "$beyond /origins/0",
     body('"origins":["https://app.acme.example.evil.test"]')],
    ['an origin and a NUL', $no_json,
     body('"origins":["https://app.acme.example\u0000.evil.test"]')],
    ['the origin null', "$bad /origins/0", body('"origins":["null"]')],
    ['null for origins', "$bad /origins", body('"origins":null')],
    ['an organization', "$bad /organization", body('"organization":"evil"')],
    ['the environment', "$bad /env", body('"env":"live"')],
    ['a session', "$bad /sid", body('"sid":"s"')],
    ['when it began', "$bad /auth_time", body('"auth_time":9999999999')],
    ['an attribute that is not declared', "$bad /user/attributes/a",
     '{"user":{"distinctId":"a","role":"explorer","attributes":{"a":1}}}'],
    ['a second longer', "$beyond /expiresIn", body('"expiresIn":601')],
    ['longer than here', "$bad /expiresIn", body('"expiresIn":3601')],
    ['2^32 seconds and one', "$bad /expiresIn",
     body('"expiresIn":4294967297')],
    (map { ["$_ seconds", $_ =~ /^\d{17,}$|e99/ ? $bad : "$bad /expiresIn",
            body("\"expiresIn\":$_")] }
     '600.0', '6e2', '-1', '0', '"600"', 'true', '[600]'),
    ['2^64 seconds and one', undef, body('"expiresIn":18446744073709551617')],
    ['two texts', $no_json, body() . '{}'],
    ['a NUL behind it', $no_json, body() . "\0"],
    ['a BOM before it', $no_json, "\xef\xbb\xbf" . body()],
    ['half a character', $no_json,
     '{"user":{"distinctId":"\ud800","role":"explorer"}}'],
) {
    my ($what, $want, $text) = @$case;
    my $says = says(mint($server, $acme, $text));

    defined $want ? is($says, $want, "asked for: $what")
                  : like($says, qr/^\Q$bad\E/, "asked for: $what");
}

# What is empty grants nothing

my $nothing = minted($server, $other, body('"resources":[]'));
my $nowhere = minted($server, $acme, body('"origins":[]'));
my $bound = minted($server, $acme, body());
my $good = minted($server, $other, body());
my $page = 'Origin: https://app.acme.example';

table('empty', $server,
    ['control', '200 ok LET IN', 'GET /view?d=a', bearer($good)],
    ['no resources', '403 object_denied PERMISSION_DENIED', 'GET /view?d=a',
     bearer($nothing)],
    ['control of origins', '200 ok LET IN', 'GET /t',
     bearer($bound) . "\n$page"],
    ['no origins', '403 token_origin_denied ORIGIN_DENIED', 'GET /t',
     bearer($nowhere) . "\n$page"]);


# Without a right key

my $text = $acme->{text};
my ($secret) = $text =~ /^tk_live_acme_(.*)$/;
my $invalid = '401 api_key_invalid API_KEY_INVALID';
my $missing = '401 api_key_missing API_KEY_MISSING';
my $conflict = '400 api_key_conflict INVALID_REQUEST';

table('key', $server, map { [$_->[0], $_->[1], 'POST /mint',
                             "$json\n$_->[2]", body()] }
    ['control', '200 ok TOKEN', "X-API-Key: $text"],
    ['as Bearer', '200 ok TOKEN', "Authorization: bearer  $text"],
    ['another id', $invalid, "X-API-Key: tk_live_other_$secret"],
    ['no such id', $invalid, "X-API-Key: tk_live_none_$secret"],
    ['this id in capitals', $invalid, "X-API-Key: tk_live_ACME_$secret"],
    ['of the sandbox', $invalid, "X-API-Key: tk_test_acme_$secret"],
    ['another secret', $invalid, "X-API-Key: tk_live_acme_" . 'a' x 43],
    ['half of it', $invalid, 'X-API-Key: ' . substr($text, 0, 50)],
    ['its digest', $invalid, "X-API-Key: $acme->{entry}{sha256}"],
    ['ended', '401 api_key_expired API_KEY_INVALID',
     "X-API-Key: $ended->{text}"],
    ['without a scheme', $missing, "Authorization: $text"],
    ['Basic', $missing, 'Authorization: Basic ' . b64u("acme:$text")],
    ['empty, and as Bearer', $conflict,
     "X-API-Key:\nAuthorization: Bearer $text"],
    ['twice', $conflict, "X-API-Key: $text\nX-API-Key: $text"],
    ['a wrong one, then this', $conflict,
     "X-API-Key: tk_live_a\nX-API-Key: $text"],
    ['two in one', $invalid, "X-API-Key: tk_live_a, $text"],
    ['with an underscore', $missing, "X_API_Key: $text"],
    ['in a browser', '403 key_in_browser KEY_IN_BROWSER',
     "X-API-Key: $text\nOrigin:"]);

is(ask($server, 'POST /mint', "$json\nX-API-Key: tk_live_other_$secret",
       body())->{body},
   ask($server, 'POST /mint', "$json\nX-API-Key: tk_live_none_$secret",
       body())->{body}, 'nobody is told which ids there are');


# In blocks: the worker has the configuration of an endpoint, and goes on

table('block', $server,
    (map { my $path = $_;
           [$path, '200 ok TOKEN', "POST $path", "$json\nX-API-Key: $text",
            body()] } '/if', '/if?x=1', '/post-only', '/but-get'),
    ['if, without a key', $missing, 'POST /if?x=1', $json, body()],
    ['if, GET', '405 method_not_allowed METHOD_NOT_ALLOWED', 'GET /if?x=1'],
    ['denied', '403 ', 'GET /post-only'],
    ['refresh', '200 ok TOKEN', 'POST /refresh-if', bearer($good)],
    ['refresh, if', '200 ok TOKEN', 'POST /refresh-if?x=1', bearer($good)],
    ['refresh, if, no token', '401 no_token TOKEN_MISSING',
     'POST /refresh-if?x=1'],
    ['keys', '200 ok', 'GET /keys-if'],
    ['keys, if', '200 ok', 'GET /keys-if?x=1']);

is(join(' ', $server->workers), $worker, 'no worker has ended');


# A body is not written to a disk

ask($server, 'POST /proxied', $json, body());
is(buffered(), 1, 'a control: this body is written');

is(says(mint($server, $acme, undef, path => '/on-disk')), '200 ok TOKEN',
   'client_body_in_file_only');

my $long = body() . ' ' x 8000;

for my $size (1, 3, 4000) {
    is(says(mint($server, $acme, $long, chunked => $size)), '200 ok TOKEN',
       "chunks of $size bytes");
}

is(says(mint($server, $acme, $long . ' ' x (16385 - length $long),
             chunked => 1)), '413 body_too_large BODY_TOO_LARGE',
   'one byte too many, byte by byte');

is(buffered(), 1, 'no other one was');

sub buffered {
    return scalar(() = $server->read('logs/error.log')
                       =~ /request body is buffered to a temporary file/g);
}


# Ways around: a part of another request, what a gate has seen

my $reject = '405 method_not_allowed METHOD_NOT_ALLOWED';
my $all = "$json\nX-API-Key: $text";

table('way', $server,
    ['control', '200 ok TOKEN', 'POST /named', $all, body()],
    ['mirror', '200  LET IN', 'GET /mirror', $all],
    ['auth_request', '500 ', 'GET /auth', $all],
    ['error_page', $reject, 'POST /page', $all, body()],
    ['a gate before it', '404 no_token', 'POST /gate-page', $all, body()],
    ['a gate, and the keys', '404 no_token', 'GET /gate-keys'],
    ['a gate has let it in', '404 ok', 'POST /gate-page',
     bearer($good) . "\n$all", body()],
    ['a body that nginx refused', "$bad ", 'POST /413', $all, body()]);

my $included = ask($server, 'GET /ssi', $all);
is($included->{status}, 200, 'SSI');
like($included->{body}, qr/404 Not Found.*\|.*404 Not Found/s,
     'includes neither a token nor keys');
unlike($included->{body}, qr/eyJ|"kty"/, 'of any kind');

for my $path (qw(/mint /refresh /introspect /exchange /keys)) {
    my $answer = ask($server, "OPTIONS $path",
                     "$page\nAccess-Control-Request-Method: POST\n"
                     . 'Access-Control-Request-Headers: x-api-key');

    isnt($answer->{status}, 204, "$path answers no preflight");
    lacks($answer->{head}, qr/^Access-Control-/i, "$path: no CORS headers");
}


# The next request on a connection is what the client sent as one

my $head = "Host: x\r\nX-API-Key: $text\r\n$json\r\n";
my $request = "POST /mint HTTP/1.1\r\n${head}Content-Length: "
              . length(body()) . "\r\n\r\n" . body();
my $chunk = sprintf "%x\r\n%s\r\n0\r\n", length body(), body();
my $length = sub { "Content-Length: " . length($_[0]) . "\r\n\r\n$_[0]" };

for my $case (
    ['three', '200 200 200', $request x 3],
    ['another method', '405 200', "PUT /mint HTTP/1.1\r\n$head"
     . $length->(body()) . $request],
    ['no key, the body a request', '401 200', "POST /mint HTTP/1.1\r\n"
     . "Host: x\r\n" . $length->($request) . $request],
    ['too large', '413 200', "POST /mint HTTP/1.1\r\n$head"
     . $length->('x' x 20000) . $request],
    ['chunks without a key', '401 200', "POST /mint HTTP/1.1\r\nHost: x\r\n"
     . "Transfer-Encoding: chunked\r\n\r\n$chunk\r\n$request"],
    ['chunks with trailers', '200 200', "POST /mint HTTP/1.1\r\n$head"
     . "Transfer-Encoding: chunked\r\n\r\n${chunk}X-API-Key: a\r\n\r\n"
     . $request],
    ['a length and chunks', '400', "POST /mint HTTP/1.1\r\n$head"
     . "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n$chunk\r\n"],
    ['a length too small', '400 400', "POST /mint HTTP/1.1\r\n$head"
     . 'Content-Length: ' . (length(body()) - 1) . "\r\n\r\n" . body()
     . $request],
    ['no body', '400 200', "POST /mint HTTP/1.1\r\n$head\r\n$request"],
    ['Expect, refused', '100 401 200', "POST /mint HTTP/1.1\r\nHost: x\r\n"
     . "Expect: 100-continue\r\n" . $length->(body()) . $request],
    ['HEAD', '405 200', "HEAD /mint HTTP/1.1\r\nHost: x\r\n\r\n$request"],
    ['keys, with a body', '200 200', "GET /keys HTTP/1.1\r\nHost: x\r\n"
     . $length->(body()) . $request],
    ['refresh, with a body', '401 200', "POST /refresh HTTP/1.1\r\n"
     . "Host: x\r\n" . $length->(body()) . $request],
) {
    my ($what, $want, $bytes) = @$case;
    is(statuses($bytes), $want, "pipelined: $what");
}

statuses($_, 1) for (
    "POST /mint HTTP/1.1\r\n${head}Content-Length: 99\r\n\r\n{",
    "POST /mint HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n5\r\na",
) x 20;

is(says(mint($server, $acme)), '200 ok TOKEN', 'closed early, 40 times');
is(join(' ', $server->workers), $worker, 'by the same worker');

# Sends it, with a close at once or when nothing has come for a while; the
# statuses that came.

sub statuses {
    my ($bytes, $close) = @_;

    local $SIG{PIPE} = 'IGNORE';

    my $sock = Toucan::Server::connection($server->port);
    print $sock $bytes;
    $sock->flush;

    return close $sock if $close;

    my ($got, $select) = ('', IO::Select->new($sock));

    while ($select->can_read(0.5)) {
        last if !sysread $sock, $got, 65536, length $got;
    }

    return join ' ', $got =~ m{HTTP/1\.1 (\d+)}g;
}


# An ID token that says what the provider may not

sub id_token {
    my (%o) = @_;
    my $claims = delete $o{claims} // {};

    return token(key => 'rsa1', %o, claims => {
        iss => 'https://idp.example', aud => 'client', user => undef,
        permissions => undef, organization => undef, env => undef,
        sid => undef, client_id => undef,
        $claims->{profile} ? () : ('profile.role' => 'explorer'),
        %$claims });
}

sub exchange {
    my ($token, $path) = @_;

    return ask($server, 'POST ' . ($path // '/exchange'), $urlencoded, form(
        grant_type => 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type => 'urn:ietf:params:oauth:token-type:id_token',
        subject_token => $token));
}

my $jwk = to_json(jwk_public('rsa1'));
my $forged = sub {
    my $secret = shift;
    return raw_token('{"alg":"HS256","kid":"rsa1"}',
        to_json(claims(claims => { iss => 'https://idp.example',
                                   aud => 'client' })),
        sub { Crypt::Mac::HMAC::hmac('SHA256', $secret, $_[0]) });
};

for my $case (
    ['control', '200 ok TOKEN', id_token()],
    ['this organization', '200 ok TOKEN',
     id_token(claims => { organization => 'acme' })],
    ['another organization',
     '403 permission_denied PERMISSION_DENIED /organization',
     id_token(claims => { organization => 'evil' })],
    ['this organization, longer',
     '403 permission_denied PERMISSION_DENIED /organization',
     id_token(claims => { organization => 'acme ' })],
    ['no string', '400 bad_claim TOKEN_INVALID',
     id_token(claims => { organization => ['acme'] })],
    ['its permissions', '200 ok TOKEN',
     id_token(claims => { 'profile.permissions' =>
                          { dashboard => 'can_view' } })],
    ['more permissions',
     '403 permission_denied PERMISSION_DENIED /permissions/dashboard',
     id_token(claims => { 'profile.permissions' =>
                          { dashboard => 'can_edit' } })],
    ['more resources',
     '403 permission_denied PERMISSION_DENIED /resources/0/actions',
     id_token(claims => { 'profile.resources' => [
         { type => 'ai', id => 'a', actions => 'can_query' }] })],
    ['permissions of another form', '400 bad_claim TOKEN_INVALID',
     id_token(claims => { 'profile.permissions' => ['dashboard'] })],
    ['a profile of another form', '400 bad_claim TOKEN_INVALID',
     id_token(claims => { profile => 'explorer' })],
    ['another role', '403 role_denied IDENTITY_DENIED /user/role',
     id_token(claims => { 'profile.role' => 'root' })],
    ['an attribute', '403 attribute_undeclared IDENTITY_DENIED '
     . '/user/attributes/a',
     id_token(claims => { 'profile.attributes' => { a => 1 } })],
    ['the sandbox', '403 env_denied IDENTITY_DENIED',
     id_token(claims => { env => 'sandbox' })],
    ['signed with the public key as secret', '400 alg_not_allowed '
     . 'TOKEN_INVALID', $forged->(key_text('rsa1.pub.pem'))],
    ['signed with its JWK as secret', '400 alg_not_allowed TOKEN_INVALID',
     $forged->($jwk)],
    ['signed with nothing', '400 alg_not_allowed TOKEN_INVALID',
     $forged->("\0")],
    ['a token of ours', '400 key_not_found TOKEN_INVALID', $good],
    ['an API key', '400 bad_format TOKEN_INVALID', $text],
) {
    my ($what, $want, $token) = @$case;
    is(says(exchange($token)), $want, "exchange: $what");
}

is((peek(exchange(id_token())->{json}{token}))[1]{organization}, 'acme',
   'the organization is the location\'s');
is((peek(exchange(id_token(claims => { organization => 'acme' }))
         ->{json}{token}))[1]{client_id}, undef, 'and it names no API key');

# a control: without the parameter the provider may name any

is((peek(exchange(id_token(claims => { organization => 'evil',
                                       'user.role' => 'explorer' }),
                  '/exchange-any')->{json}{token}))[1]{organization}, 'evil',
   'without organization= it is the provider\'s');


# Who was revoked by the key of an organization has no new session there; nor
# in the sandbox.  The ID token names neither.

my ($live, $test) = map { wide_key("$_-revokes", env => $_,
                                   scopes => ['revoke']) } 'live', 'sandbox';
my $revoking = service(
    api_keys => [$live, $test], http => 'toucan_revocation_zone all:1m;',
    files => { 'conf/idp.jwks' => $files{'idp.jwks'} }, server => <<'END');
        toucan_revocation all;
        toucan_mint_key_file mint.jwks;
        location = /revoke { toucan_revoke; }
        location = /live { toucan_exchange key_file=idp.jwks audience=client
            issuer=https://idp.example organization=acme; }
        location = /test { toucan_env sandbox; toucan_exchange
            key_file=idp.jwks audience=client issuer=https://idp.example
            organization=acme; }
        location = /evil { toucan_exchange key_file=idp.jwks audience=client
            issuer=https://idp.example organization=evil; }
END

sub session_of {
    my ($name, $path) = @_;

    local $server = $revoking;

    return says(exchange(id_token(claims => {
        sub => $name, profile => 1, 'user.role' => 'explorer' }), $path));
}

for my $case (['ana', '/live', $live], ['bea', '/test', $test]) {
    my ($name, $path, $key) = @$case;

    is(session_of($name, $path), '200 ok TOKEN', "$path: a control");
    is(says(mint($revoking, $key, { distinctId => $name },
                 path => '/revoke')), '204 ok', "$path: revoked");
    is(session_of($name, $path), '400 revoked TOKEN_REVOKED',
       "$path: no new session");
    is(session_of("$name-2", $path), '200 ok TOKEN', "$path: others have one");
}

is(session_of('ana', '/evil'), '200 ok TOKEN', 'and so has another ana');


# What nginx does not start with

my $common = 'toucan_api_key_file api.json; toucan_mint_key_file mint.jwks; '
             . 'toucan_key_file gate.jwks;';
my $sso = 'toucan_exchange key_file=idp.jwks issuer=https://i audience=c';

refused_conf(endpoints('location / { }', \%files),
    ["$common location /m { toucan_mint; }"],
    ["$common location /m { toucan_mint; if (\$arg_a) { "
     . 'proxy_pass http://127.0.0.1:1; } }'],
    ["$common location /m { toucan_mint; proxy_pass http://127.0.0.1:1; }",
     '"toucan_mint" in the location "/m" needs a location without another '
     . 'handler'],
    ["$common location /m { if (\$arg_a) { toucan_mint; } }",
     '"toucan_mint" directive is not allowed here'],
    ["$common toucan_claim resources a.b; location /m { toucan_mint; }",
     '"toucan_mint" in the location "/m" needs a location without '
     . '"toucan_claim"'],
    ["$common toucan_claim resources a.b; location /e { $sso; }"],
    ["$common location /e { toucan_exchange key_file=gate.jwks audience=c "
     . 'issuer=https://embed.example.com; }',
     'needs an "issuer=" other than the first "toucan_issuer"'],
    ["$common location /e { $sso organization=a; }"],
    ["$common location /e { $sso organization=; }", 'organization='],
    ["$common location /e { $sso organization=a organization=b; }",
     'it is no parameter, or stands twice'],
    ["$common location /m { toucan_mint; toucan_mint_key_file api.json; }",
     'kty is missing'],
    ["$common location /m { toucan_mint; toucan_api_key_file mint.jwks; }",
     '"id" is missing'],
    ["$common location /m { toucan g; location /m/m { toucan_mint; } }",
     'needs "toucan off"']);


# What the file of keys may become

sub becomes {
    my ($what, $file, $bytes, $log) = @_;

    my $from = length $server->read('logs/error.log');

    $server->write("conf/$file", $bytes);

    eventually("$what: it was looked at", sub {
        return substr($server->read('logs/error.log'), $from) =~ $log;
    });

    return says(mint($server, $acme));
}

my $read = qr/mint\.jwks" was read again/;
my $kept = qr/mint\.jwks" was not taken over/;
my $not_ready = '503 not_ready UNAVAILABLE';
my $content_key = { kty => 'oct', kid => 'a', alg => 'dir', enc => 'A256GCM',
                    k => b64u('k' x 32) };

for my $case (['no bytes', ''], ['no keys', '{"keys":[]}'],
              ['half a file', '{"keys":['])
{
    is(becomes($case->[0], 'mint.jwks', $case->[1], $kept), '200 ok TOKEN',
       "$case->[0]: the old key");
}

is(becomes('a content key', 'mint.jwks', to_json({keys => [$content_key]}),
           $read), $not_ready, 'a key of everybody, not of an API key: none');
is(becomes('half a file again', 'mint.jwks', '{"keys":[', $kept), $not_ready,
   'half a file again: none still');
is(becomes('back', 'mint.jwks', $files{'mint.jwks'}, $read), '200 ok TOKEN',
   'the first one again');
is(becomes('withdrawn', 'api.json', api_keys($wide),
           qr/api\.json" was read again/), $invalid, 'a withdrawn key');
is(says(ask($server, 'POST /refresh', bearer($good))),
   '403 not_refreshable NOT_REFRESHABLE', 'and its session');


# Nothing is left of it

my $all_logs = join '', map { $server->read("logs/$_") }
               qw(error.log access.log stdout);

lacks($all_logs, qr/\Q$secret\E/, 'no secret is in a log');
lacks($all_logs, qr/eyJ[\w-]{20}/, 'nor a token');

$server = endpoints($lines, \%files);
$worker = ask($server, 'GET /keys-if')->{pid};

SKIP: {
    skip('the memory of another process is not to be read here', 1)
        if !defined found('toucan_cleanse');

    ask($server, 'GET /t', "X-Control: control-$secret");
    ok(found("control-$secret"), 'a header is found in the memory');

    for my $size (undef, 11) {
        my $name = 'name-' . unpack 'H*', pack 'd', rand;
        my $how = defined $size ? 'chunked' : 'whole';

        is(says(mint($server, $acme,
                     { user => { distinctId => $name, role => 'explorer' } },
                     defined $size ? (chunked => $size) : ())),
           '200 ok TOKEN', "minted, $how");
        gone("the API key, $how", "acme_$secret");
        gone("the user, $how", $name);
    }

    my $token = token(key => 'ed25519');
    is(says(ask($server, 'POST /introspect',
                "$urlencoded\nAuthorization: Bearer $text",
                form(token => $token))), '200 ok ACTIVE', 'introspected');
    gone('the API key as Bearer', "acme_$secret");
    gone('the token', substr $token, -40);

    $token = id_token();
    is(says(exchange($token)), '200 ok TOKEN', 'exchanged');
    gone('the ID token', substr $token, -40);

    is(says(ask($server, 'POST /mint', "$json\nX-API-Key: $text\n$page",
                body())), '403 key_in_browser KEY_IN_BROWSER', 'refused');
    gone('the API key that was refused', "acme_$secret");
}

ok($server->stop('QUIT'), 'it ends well');


sub gone {
    my ($what, $mark) = @_;

    my $left = 1;

    for (1 .. 100) {
        $left = found($mark) or last;
        select undef, undef, undef, 0.02;
    }

    ok(!$left, "$what: nothing is left");
}

# How often a text stands in the worker's memory; undef when that cannot be
# read.

sub found {
    my $mark = shift;

    open my $maps, '<', "/proc/$worker/maps" or return;
    open my $mem, '<:raw', "/proc/$worker/mem" or return;

    my ($count, $read) = (0, 0);

    while (my $line = <$maps>) {
        my ($from, $to) = $line =~ /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
        my ($at, $end) = map { unpack 'Q>', pack 'H16', sprintf '%016s', $_ }
                         $from, $to;

        next if $end - $at > 1 << 28;

        sysseek $mem, $at, 0 or next;
        $read += sysread($mem, my $piece, $end - $at) // 0;
        $count++ while ($piece // '') =~ /\Q$mark\E/g;
    }

    return $read ? $count : undef;
}
