# Exchanging an ID token of somebody else's issuer for one of ours (RFC 8693):
# what the form, the token and its claims must be, what comes out of it, and
# what nginx does not start with.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Jwe;
use Toucan::Service;
use Toucan::Sessions;

my $SSO = 'https://login.example.net';
my $APP = 'https://app.example.com';
my $JWT = 'urn:ietf:params:oauth:token-type:jwt';
my $ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
my $ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
my $EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

plan('no_plan');

my $master = master_key('master');
my $key = wide_key('7f3a');

my $server = endpoints(<<'END', {
    toucan_mint_key_file mint.jwks;
    toucan_key_file gate.jwks;
    toucan_attribute customerId type=integer required;
    toucan_attribute region type=strings;

    location = /exchange {
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1 audience=app-2
            'grant={"dashboard":["can_edit"],"ai":"can_query"}';
        toucan_claim role role;
        toucan_claim attributes attributes;
    }

    location = /mapped {
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1;
        toucan_claim distinct_id email;
        toucan_claim role "/https:~1~1acme.example~1role";
        toucan_claim attributes app_metadata.analytics.row;
        toucan_claim permissions "/a.b/c~0d";
        toucan_claim resources things;
        toucan_claim origins places;
        toucan_claim organization org.name;
    }

    location = /unmapped {
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1;
    }

    location = /ungranted {
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1;
        toucan_claim role role;
        toucan_claim attributes attributes;
    }

    location = /any-role {
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1;
        toucan_roles any;
        toucan_claim attributes attributes;
    }

    location = /sandbox {
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1;
        toucan_env sandbox;
        toucan_claim role role;
        toucan_claim attributes attributes;
    }

    location = /envs {
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1;
        toucan_env sandbox live;
        toucan_claim role role;
        toucan_claim attributes attributes;
    }

    location = /brief {
        toucan_exchange key_file=sso.jwks issuer=https://login.example.net
                        audience=app-1;
        toucan_mint_lifetime 90s;
        toucan_claim role role;
        toucan_claim attributes attributes;
    }

    location = /nested {
        toucan_exchange key_file=sso.jwks key_file=ours.jwks
                        issuer=https://login.example.net audience=app-1;
        toucan_claim role role;
        toucan_claim attributes attributes;
    }

    location = /own-keys {
        toucan_exchange key_file=sso.jwks key_file=gate.jwks
                        issuer=https://login.example.net audience=app-1;
    }

    location = /moving {
        toucan_exchange key_file=moving.jwks issuer=https://login.example.net
                        audience=app-1;
        toucan_claim role role;
        toucan_claim attributes attributes;
    }

    location = /mint { toucan_mint; toucan_api_key_file api.json; }
    location = /refresh { toucan "r"; toucan_refresh; }
    location = /refresh-clients { toucan "r"; toucan_refresh;
                                  toucan_api_key_file api.json; }
    location = /t { toucan "t"; try_files /file =404; }
    location = /t-edit { toucan "t"; toucan_permission dashboard can_edit;
                         try_files /file =404; }
END
    'sso.jwks' => jwks_public(qw(rsa1 ec256 ed25519b)),
    'moving.jwks' => jwks_public('rsa1'),
    'ours.jwks' => jwks_private('rsa2'),
    'gate.jwks' => jwks_public('ed25519'),
    'mint.jwks' => mint_keys('ed25519'),
    'api.json' => api_keys($key),
});


# An ID token, and the request to exchange it.  Changes of the claims: undef is
# without it.

sub id_token {
    my %o = @_;

    my $iat = time - ($o{age} // 60);
    my %claims = (
        iss => $SSO, aud => 'app-1', sub => '248289761001', iat => $iat,
        exp => $iat + ($o{ttl} // 600), auth_time => $iat - 5000,
        nonce => 'n-0S6_WzA2Mj', sid => 'sso-session', role => 'explorer',
        attributes => { customerId => 42, region => ['north'] },
        %{$o{claims} // {}},
    );

    delete @claims{grep { !defined $claims{$_} } keys %claims};

    return token(key => 'rsa1', %o, payload => \%claims);
}

sub body_of {
    my ($token, %changes) = @_;

    my @parameters = (
        grant_type => $EXCHANGE, subject_token_type => $ID_TOKEN,
        subject_token => $token
    );

    my %usual = @parameters;
    my @names = (grep({ exists $usual{$_} } @parameters),
                 grep { !exists $usual{$_} } sort keys %changes);

    return form(map { ($_ => exists $changes{$_} ? $changes{$_}
                                                 : $usual{$_}) } @names);
}

my $type = 'Content-Type: application/x-www-form-urlencoded';

sub exchange {
    my ($where, $token, %changes) = @_;

    return ask($server, "POST $where", $type, body_of($token, %changes));
}

# a row of a table: what is different about the ID token

sub with {
    my ($name, $want, $claims, $where, %o) = @_;

    return [$name, $want, 'POST ' . ($where // '/exchange'), $type,
            body_of(id_token(%o, claims => $claims))];
}

sub claims_at {
    my ($where, $claims, %o) = @_;

    my $answer = exchange($where, id_token(%o, claims => $claims));

    is(says($answer), '200 ok TOKEN', "exchanged at $where");

    return opened($answer->{json}{token}, 'ed25519') // {};
}


# What comes out

my $now = time;
my $answer = exchange('/exchange', id_token());
my $body = $answer->{json};
my $claims = opened($body->{token}, 'ed25519') // {};

is(says($answer), '200 ok TOKEN', 'an exchange');
is(join(' ', sort keys %$body),
   'access_token env expiresAt expiresIn expiresInSeconds expires_in '
   . 'issued_token_type jti refreshAfter sessionId token tokenType token_type',
   'the members of the answer');
is($body->{access_token}, $body->{token}, 'access_token is the token');
is(join('|', @$body{qw(issued_token_type token_type expires_in tokenType
                       expiresIn expiresInSeconds env)}),
   "$JWT|Bearer|900|Bearer|15m|900|live", 'what they say');
is($body->{$_->[0]}, $claims->{$_->[1]}, "$_->[0] is the token's")
    for ['jti', 'jti'], ['sessionId', 'sid'], ['expiresAt', 'exp'];
is(header_of($answer, 'Cache-Control'), 'no-store', 'it is not stored');
is(header_of($answer, 'Content-Type'), 'application/json', 'it is JSON');

ok($claims->{iat} >= $now && $claims->{iat} <= $now + 5, 'iat is now');
is($claims->{auth_time}, $claims->{iat}, 'the session begins now');
is($claims->{nbf}, $claims->{iat}, 'nbf');
is($claims->{exp} - $claims->{iat}, 900, 'it lasts as the location says');
like($claims->{$_}, qr/^[\w-]{22}\z/, "$_ is one of ours") for qw(jti sid);

delete @$claims{qw(iat nbf exp jti sid auth_time)};
is(to_json($claims), to_json({
    iss => 'https://embed.example.com', aud => 'toucan-embed', env => 'live',
    sub => '248289761001',
    user => { distinctId => '248289761001', role => 'explorer',
              attributes => { customerId => 42, region => ['north'] } },
    permissions => { dashboard => ['can_edit'], ai => 'can_query' },
}), 'and this is all that it says');

$claims = claims_at('/brief', {});
is($claims->{exp} - $claims->{iat}, 90, 'toucan_mint_lifetime');


# A gate, and a session

my $token = $body->{token};

table('afterwards', $server,
    ['it passes a gate', '200 ok LET IN', 'GET /t', bearer($token)],
    ['one that asks for a permission', '200 ok LET IN', 'GET /t-edit',
     bearer($token)],
    ['the ID token does not', '401 key_not_found TOKEN_INVALID', 'GET /t',
     bearer(id_token())],
    ['it is refreshed, and nobody asks for an API key', '200 ok TOKEN',
     'POST /refresh', bearer($token)],
    ['nor where there are some', '200 ok TOKEN', 'POST /refresh-clients',
     bearer($token)],
);

$answer = ask($server, 'POST /refresh', bearer($token));
my $next = opened($answer->{json}{token}, 'ed25519') // {};

is($next->{sid}, $body->{sessionId}, 'of the same session');
isnt($next->{jti}, $body->{jti}, 'another token');
ok(!exists $next->{client_id}, 'of no API key');

isnt(exchange('/exchange', id_token())->{json}{sessionId}, $body->{sessionId},
     'another exchange is another session');


# Algorithms

for (['rsa1', 'RS256'], ['rsa1', 'RS512'], ['rsa1', 'PS256'],
     ['ec256', 'ES256'], ['ed25519b', 'EdDSA'])
{
    my ($name, $alg) = @$_;

    my $good = id_token(key => $name, alg => $alg);

    is(says(exchange('/exchange', $good)), '200 ok TOKEN', "$alg");
    is(says(exchange('/exchange', tampered($good))),
       '400 bad_signature TOKEN_INVALID', "$alg: tampered");
}

table('the signature', $server,
    with('control', '200 ok TOKEN', {}),
    with('of a key that is not theirs', '400 key_not_found TOKEN_INVALID', {},
         undef, key => 'rsa2'),
    with('under a kid of theirs', '400 bad_signature TOKEN_INVALID', {},
         undef, key => 'rsa2', kid => 'rsa1'),
    with('without a kid', '200 ok TOKEN', {}, undef, kid => undef),
    with('of our own key', '400 key_not_found TOKEN_INVALID', {}, undef,
         key => 'ed25519'),
    ['none', '400 alg_not_allowed TOKEN_INVALID', 'POST /exchange', $type,
     body_of(raw_token('{"alg":"none"}', to_json({ iss => $SSO }), undef))],
    ['garbage', '400 bad_format TOKEN_INVALID', 'POST /exchange', $type,
     body_of('garbage')],
    ['an API key', '400 bad_format TOKEN_INVALID', 'POST /exchange', $type,
     body_of($key->{text})],
    ['large', '400 too_large TOKEN_INVALID', 'POST /exchange', $type,
     body_of('x' x 8193)],
    ['as large as may be', '400 bad_format TOKEN_INVALID', 'POST /exchange',
     $type, body_of('x' x 8192)],
);


# The form

my $good = id_token();

for my $name (qw(grant_type subject_token_type subject_token)) {
    for (['missing', undef], ['empty', ''], ['twice', ['x', 'x']]) {
        my ($what, $value) = @$_;

        is(says(exchange('/exchange', $good, $name => $value)),
           "400 bad_request INVALID_REQUEST /$name", "$name: $what");
    }
}

is(says(exchange('/exchange', $good, subject_token => [$good, $good])),
   '400 bad_request INVALID_REQUEST /subject_token',
   'subject_token: twice the same');

for (['grant_type', 'client_credentials'], ['grant_type', uc $EXCHANGE],
     ['grant_type', "$EXCHANGE "], ['subject_token_type', $JWT],
     ['subject_token_type', $ACCESS], ['subject_token_type', 'id_token'],
     ['requested_token_type', $ID_TOKEN], ['requested_token_type', 'jwt'],
     ['requested_token_type', ''], ['requested_token_type', [$JWT, $JWT]],
     ['actor_token', $good], ['actor_token_type', $ID_TOKEN],
     ['scope', 'openid'], ['audience', 'toucan-embed'],
     ['resource', 'https://embed.example.com/'], ['scope', ['', '']])
{
    my ($name, $value) = @$_;

    is(says(exchange('/exchange', $good, $name => $value)),
       "400 bad_request INVALID_REQUEST /$name",
       "$name: " . (ref $value ? 'twice' : "\"$value\""));
}

for (['requested_token_type', $JWT], ['requested_token_type', $ACCESS],
     ['client_id', 'app-1'], ['unknown', ''], ['unknown', ['a', 'b']])
{
    my ($name, $value) = @$_;

    is(says(exchange('/exchange', $good, $name => $value)), '200 ok TOKEN',
       "$name: " . (ref $value ? 'twice' : "\"$value\""));
}

my $text = body_of($good);

table('the body', $server,
    ['none', '400 bad_request INVALID_REQUEST /grant_type', 'POST /exchange',
     $type, ''],
    ['in the query', '400 bad_request INVALID_REQUEST /grant_type',
     'POST /exchange?' . body_of('x'), $type, ''],
    ['a broken escape', '400 bad_request INVALID_REQUEST /subject_token',
     'POST /exchange', $type, $text . '%4'],
    ['a broken escape, no hex', '400 bad_request INVALID_REQUEST '
     . '/subject_token', 'POST /exchange', $type, $text . '%zz'],
    ['an escaped name', '200 ok TOKEN', 'POST /exchange', $type,
     $text =~ s/subject_token=/%73ubject%5Ftoken=/r],
    ['an escaped name is the same one', '400 bad_request INVALID_REQUEST '
     . '/subject_token', 'POST /exchange', $type,
     $text . '&%73ubject_token=x'],
    ['ampersands at the ends', '200 ok TOKEN', 'POST /exchange', $type,
     "&$text&&"],
    ['a NUL', '400 bad_base64 TOKEN_INVALID', 'POST /exchange', $type,
     $text . '%00'],
    ['JSON', '415 media_type UNSUPPORTED_MEDIA_TYPE', 'POST /exchange',
     'Content-Type: application/json', '{}'],
    ['no type', '415 media_type UNSUPPORTED_MEDIA_TYPE', 'POST /exchange', '',
     $text],
    ['a type that only begins so', '415 media_type UNSUPPORTED_MEDIA_TYPE',
     'POST /exchange', "${type}x", $text],
    ['a type with a charset', '200 ok TOKEN', 'POST /exchange',
     "$type; charset=UTF-8", $text],
    ['a type in capitals', '200 ok TOKEN', 'POST /exchange', uc $type,
     $text],
    ['16384 bytes', '200 ok TOKEN', 'POST /exchange', $type,
     "$text&x=" . 'y' x (16384 - 3 - length $text)],
    ['one more', '413 body_too_large BODY_TOO_LARGE', 'POST /exchange', $type,
     "$text&x=" . 'y' x (16385 - 3 - length $text)],
    ['GET', '405 method_not_allowed METHOD_NOT_ALLOWED',
     'GET /exchange?' . body_of('x')],
    ['PUT', '405 method_not_allowed METHOD_NOT_ALLOWED', 'PUT /exchange',
     $type, $text],
);

is(says(ask($server, 'POST /exchange', $type, $text, chunked => 100)),
   '200 ok TOKEN', 'the body: in chunks');
is(header_of(ask($server, 'GET /exchange'), 'Allow'), 'POST',
   'what is allowed');


# What a refusal says

for (['requested_token_type', 'x', 'invalid_request'],
     ['grant_type', 'x', 'unsupported_grant_type'],
     ['grant_type', undef, 'invalid_request'],
     ['grant_type', [$EXCHANGE, 'x'], 'invalid_request'],
     ['scope', 'openid', 'invalid_scope'],
     ['audience', 'toucan-embed', 'invalid_target'],
     ['resource', 'https://embed.example.com/', 'invalid_target'])
{
    my ($name, $value, $error) = @$_;

    is(exchange('/exchange', $good, $name => $value)->{json}{error}, $error,
       "$name: error");
}

for (['a parameter', body_of($good, subject_token_type => 'x'), 400],
     ['a token', body_of(tampered($good)), 400],
     ['an identity', body_of(id_token(claims => { role => 'admin' })), 403],
     ['its permissions', body_of(id_token(claims => {
         permissions => { x => 'can_view' } })), 403])
{
    my ($what, $text, $status) = @$_;

    my $answer = ask($server, 'POST /exchange', $type, $text);
    my $json = $answer->{json};

    is($answer->{status}, $status, "$what: the status");
    is($json->{error}, 'invalid_request', "$what: error");
    is($json->{error_description}, $json->{message},
       "$what: error_description");
    ok(length($json->{message} // ''), "$what: message");
    is(header_of($answer, 'WWW-Authenticate'), '', "$what: no challenge");
    is(header_of($answer, 'Cache-Control'), 'no-store',
       "$what: not stored");
    unlike($answer->{body}, qr/admin|248289|eyJ[\w-]+\./,
           "$what: says no value");
}

$answer = exchange('/exchange', tampered($good));
is(join(' ', sort keys %{$answer->{json}}),
   'code error error_description message', 'no field for a token');

is(ask($server, 'POST /exchange', 'Content-Type: application/json', '{}')
   ->{json}{message},
   'the body must be a form: application/x-www-form-urlencoded',
   'which media type is wanted');
is(exchange('/exchange', id_token(claims => { role => undef }))
   ->{json}{message}, 'it is missing', 'no role');


# Issuer, audience, party

my $aud = '400 bad_audience TOKEN_INVALID';
my $iss = '400 bad_issuer TOKEN_INVALID';
my $claim = '400 bad_claim TOKEN_INVALID';

table('whose it is', $server,
    with('another issuer', $iss, { iss => 'https://evil.test' }),
    with('with a slash more', $iss, { iss => "$SSO/" }),
    with('our own', $iss, { iss => 'https://embed.example.com' }),
    with('none', $iss, { iss => undef }),
    with('null', $claim, { iss => null() }),
    with('another audience', $aud, { aud => 'app-3' }),
    with('our own audience', $aud, { aud => 'toucan-embed' }),
    with('no audience', $aud, { aud => undef }),
    with('an empty list', $claim, { aud => [] }),
    with('null as audience', $claim, { aud => null() }),
    with('the second audience', '200 ok TOKEN', { aud => 'app-2' }),
    with('a list of one', '200 ok TOKEN', { aud => ['app-2'] }),
    with('two, one of them ours, no azp', $aud, { aud => ['app-1', 'x'] }),
    with('two of ours, no azp', $aud, { aud => ['app-1', 'app-2'] }),
    with('two, azp ours', '200 ok TOKEN',
         { aud => ['app-1', 'x'], azp => 'app-1' }),
    with('two, azp the other', $aud, { aud => ['app-1', 'x'], azp => 'x' }),
    with('azp ours', '200 ok TOKEN', { azp => 'app-1' }),
    with('azp another of ours', '200 ok TOKEN', { azp => 'app-2' }),
    with('azp somebody', $aud, { azp => 'app-3' }),
    with('azp empty', $aud, { azp => '' }),
    with('azp null', $aud, { azp => null() }),
    with('azp a list', $aud, { azp => ['app-1'] }),
    with('azp ours, the audience not', $aud, { aud => 'x', azp => 'app-1' }),
    with('another nonce', '200 ok TOKEN', { nonce => 'x' }),
    with('no nonce', '200 ok TOKEN', { nonce => undef }),
    with('more claims', '200 ok TOKEN', { acr => 1, amr => ['pwd'],
                                          at_hash => 'x' }),
);


# Time

table('time', $server,
    with('expired', '400 expired TOKEN_EXPIRED', {}, undef, age => 700),
    with('within the leeway', '200 ok TOKEN', {}, undef, age => 610),
    with('ten hours', '200 ok TOKEN', {}, undef, ttl => 36000),
    with('ten years', '200 ok TOKEN', {}, undef, ttl => 315360000),
    with('from the future', '400 not_yet_valid TOKEN_INVALID', {}, undef,
         age => -60),
    with('nbf ahead', '400 not_yet_valid TOKEN_INVALID',
         { nbf => time + 60 }),
    with('nbf within the leeway', '200 ok TOKEN', { nbf => time + 10 }),
    with('without exp', $claim, { exp => undef }),
    with('without iat', $claim, { iat => undef }),
    with('exp a string', $claim, { exp => time + 600 . '' }),
);


# What is no ID token

$answer = mint($server, $key, { user => { distinctId => 'u',
    role => 'explorer', attributes => { customerId => 1 } } });
is(says($answer), '200 ok TOKEN', 'minted');

my $minted = $answer->{json}{token};
my $bad_type = '400 bad_type TOKEN_INVALID';

table('no ID token', $server,
    (map { with("typ $_", $bad_type, {}, undef, header => { typ => $_ }) }
     'at+jwt', 'AT+JWT', 'application/at+jwt', 'logout+jwt', 'JOSE'),
    (map { with("typ " . ($_ // 'absent'), '200 ok TOKEN', {}, undef,
                header => { typ => $_ }) }
     'JWT', 'jwt', undef),
    with('that somebody signed out', $bad_type, { events => {
        'http://schemas.openid.net/event/backchannel-logout' => {} } }),
    ['one that was minted', '400 key_not_found TOKEN_INVALID',
     'POST /exchange', $type, body_of($minted)],
    ['whoever has our key', $iss, 'POST /own-keys', $type,
     body_of($minted)],
    ['one that was exchanged', $iss, 'POST /own-keys', $type,
     body_of($token)],
);


# Who it is

table('who it is', $server,
    with('no sub', $claim, { sub => undef }),
    with('sub empty', $claim, { sub => '' }),
    with('sub a number', $claim, { sub => 5 }),
    with('sub of 256 bytes', '200 ok TOKEN', { sub => 'x' x 256 }),
    with('sub of 257', $claim, { sub => 'x' x 257 }),
    with('a distinctId beside it does not matter', '200 ok TOKEN',
         { user => { distinctId => 'root' } }),
    with('a role that is not accepted', '403 role_denied IDENTITY_DENIED '
         . '/user/role', { role => 'admin' }),
    with('no role', '403 role_denied IDENTITY_DENIED /user/role',
         { role => undef }),
    with('a role, where they are not mapped', '403 role_denied '
         . 'IDENTITY_DENIED /user/role', {}, '/unmapped'),
    with('a role that is a list', $claim, { role => ['explorer'] }),
    with('no role, where any is accepted', '200 ok TOKEN',
         { role => undef }, '/any-role'),
    with('no attributes', '403 attribute_missing IDENTITY_DENIED '
         . '/user/attributes/customerId', { attributes => undef }),
    with('without the required one', '403 attribute_missing IDENTITY_DENIED '
         . '/user/attributes/customerId', { attributes => { region => [] } }),
    with('of another type', '403 attribute_type IDENTITY_DENIED '
         . '/user/attributes/customerId',
         { attributes => { customerId => '42' } }),
    with('another one of another type', '403 attribute_type IDENTITY_DENIED '
         . '/user/attributes/region',
         { attributes => { customerId => 42, region => [1] } }),
    with('undeclared', '403 attribute_undeclared IDENTITY_DENIED '
         . '/user/attributes/a~1b~0c',
         { attributes => { customerId => 42, 'a/b~c' => 1 } }),
    with('null', $claim, { attributes => { customerId => null() } }),
    with('no object', $claim, { attributes => 'x' }),
);

is(claims_at('/exchange', { sub => 'x', user => { distinctId => 'root' } })
       ->{user}{distinctId}, 'x', 'sub is who it is');
is(claims_at('/exchange', { sub => "J\x{fc}rgen \"\x{263a}\"" })->{sub},
   "J\x{fc}rgen \"\x{263a}\"", 'whatever it is made of');

$claims = claims_at('/exchange', { client_id => 'app-1', azp => 'app-1' });
ok(!exists $claims->{client_id}, 'the client is none of ours');
isnt($claims->{sid}, 'sso-session', 'nor is the session');


# Mapped claims

my %mapped = (
    email => 'u@example.com', role => 'admin', sub => '1',
    'https://acme.example/role' => 'maker',
    app_metadata => { analytics => { row => { customerId => 7 } } },
    'a.b' => { 'c~d' => { dashboard => ['can_view'] } },
    things => [{ type => 'dashboard', id => 'sales',
                 actions => ['can_view'] }],
    places => [$APP], org => { name => 'Acme' },
);

$claims = claims_at('/mapped', \%mapped);
is(to_json({ map { $_ => $claims->{$_} } qw(sub user permissions resources
                                            origins organization) }),
   to_json({
       sub => 'u@example.com', organization => 'Acme', origins => [$APP],
       user => { distinctId => 'u@example.com', role => 'maker',
                 attributes => { customerId => 7 } },
       permissions => { dashboard => ['can_view'] },
       resources => $mapped{things},
   }), 'each from its place');

table('mapped', $server,
    with('control', '200 ok TOKEN', \%mapped, '/mapped'),
    with('no distinct id', $claim, { %mapped, email => undef }, '/mapped'),
    with('a name with dots is no path', '403 role_denied IDENTITY_DENIED '
         . '/user/role', { %mapped, 'https://acme.example/role' => undef },
         '/mapped'),
    with('something on the way is no object', $claim,
         { %mapped, app_metadata => 'x' }, '/mapped'),
    with('nothing on the way', '403 attribute_missing IDENTITY_DENIED '
         . '/user/attributes/customerId', { %mapped, app_metadata => undef },
         '/mapped'),
    with('permissions of no such form', $claim,
         { %mapped, 'a.b' => { 'c~d' => ['can_view'] } }, '/mapped'),
    with('resources of no such form', $claim,
         { %mapped, things => {} }, '/mapped'),
    with('origins of no such form', $claim, { %mapped, places => ['x'] },
         '/mapped'),
    with('an organization that is no string', $claim,
         { %mapped, org => { name => 5 } }, '/mapped'),
);

my $bound = exchange('/mapped', id_token(claims => \%mapped));

is(says(ask($server, 'GET /t', bearer($bound->{json}{token}))),
   '403 token_origin_denied ORIGIN_DENIED', 'origins bind the token');


# grant=

my $denied = '403 permission_denied PERMISSION_DENIED';

table('grant=', $server,
    with('less', '200 ok TOKEN', { permissions => { ai => ['can_query'] } }),
    with('as much', '200 ok TOKEN',
         { permissions => { dashboard => ['can_edit', 'can_view'] } }),
    with('an empty list', '200 ok TOKEN', { permissions => {} }),
    with('another action', "$denied /permissions/ai",
         { permissions => { dashboard => 'can_view', ai => 'can_edit' } }),
    with('another model', "$denied /permissions/database",
         { permissions => { database => 'can_view' } }),
    with('resources within it', '200 ok TOKEN',
         { resources => [{ type => 'dashboard', id => 'x',
                           actions => ['can_edit'] }] }),
    with('resources beyond it', "$denied /resources/1/actions",
         { resources => [map { { type => $_, id => 'x',
                                 actions => ['can_view'] } }
                         'dashboard', 'database'] }),
    with('none of it where there is none', '200 ok TOKEN',
         { permissions => { database => ['can_edit'] } }, '/ungranted'),
);

is(to_json(claims_at('/exchange', {})->{permissions}),
   '{"ai":"can_query","dashboard":["can_edit"]}',
   'what is not asked for is all of it');
is(to_json(claims_at('/exchange', { permissions => { ai => 'can_query' } })
               ->{permissions}), '{"ai":"can_query"}', 'less is less');
is(to_json(claims_at('/exchange', { permissions => {} })->{permissions}),
   '{}', 'nothing is nothing');
ok(!exists claims_at('/ungranted', {})->{permissions},
   'no grant=, and no claim: no permissions');


# Environments

my $env = '403 env_denied IDENTITY_DENIED';

table('env', $server,
    with('live', '200 ok TOKEN', { env => 'live' }),
    with('sandbox', $env, { env => 'sandbox' }),
    with('sandbox in a sandbox', '200 ok TOKEN', { env => 'sandbox' },
         '/sandbox'),
    with('live in a sandbox', $env, { env => 'live' }, '/sandbox'),
    with('none in a sandbox', '200 ok TOKEN', {}, '/sandbox'),
    with('none in both', '200 ok TOKEN', {}, '/envs'),
    with('unknown', $claim, { env => 'prod' }, '/envs'),
);

is(claims_at('/sandbox', {})->{env}, 'sandbox', 'a sandbox makes its own');
is(claims_at('/envs', {})->{env}, 'live', 'absent is live elsewhere');
is(claims_at('/envs', { env => 'sandbox' })->{env}, 'sandbox',
   'and what is there is kept');


# An ID token in an encrypted one

my $inner = id_token();

for (['nested', '200 ok TOKEN', jwe(key => 'rsa2', nested => $inner)],
     ['nested and tampered', '400 bad_signature TOKEN_INVALID',
      jwe(key => 'rsa2', nested => tampered($inner))],
     ['nested, an access token', $bad_type, jwe(key => 'rsa2',
         nested => id_token(header => { typ => 'at+jwt' }))],
     ['nested in an access token', $bad_type, jwe(key => 'rsa2',
         nested => $inner, header => { typ => 'at+jwt' })],
     ['not signed at all', $bad_type, jwe(key => 'rsa2', payload => {
         iss => $SSO, aud => 'app-1', sub => 'x', iat => time,
         exp => time + 600, role => 'maker',
         attributes => { customerId => 1 } })])
{
    my ($name, $want, $token) = @$_;

    is(says(exchange('/nested', $token)), $want, $name);
}

is(says(exchange('/exchange', jwe(key => 'rsa2', nested => $inner))),
   '400 key_not_found TOKEN_INVALID', 'nested for somebody else');


# No browser may read it

for (['with Origin', "Origin: $APP"],
     ['of the same site', 'Sec-Fetch-Site: same-origin'])
{
    my ($name, $header) = @$_;

    $answer = ask($server, 'POST /exchange', "$type\n$header", $text);
    unlike($answer->{head}, qr/^Access-Control-/mi, "$name: no CORS");
}

$answer = ask($server, 'OPTIONS /exchange', "Origin: $APP\n"
              . 'Access-Control-Request-Method: POST');
is(says($answer), '405 method_not_allowed METHOD_NOT_ALLOWED',
   'no preflight passes');
unlike($answer->{head}, qr/^Access-Control-/mi, 'no CORS there either');


# Their keys change

is(says(exchange('/moving', id_token())), '200 ok TOKEN', 'the old key');
is(says(exchange('/moving', id_token(key => 'ec256'))),
   '400 key_not_found TOKEN_INVALID', 'not yet the new one');

$server->write('conf/moving.jwks', jwks_public('ec256'));
eventually('the new key', sub {
    says(exchange('/moving', id_token(key => 'ec256'))) eq '200 ok TOKEN'
});
is(says(exchange('/moving', id_token())), '400 key_not_found TOKEN_INVALID',
   'the old one no more');


# Our keys change to what cannot sign for it

$server->write('conf/mint.jwks', mint_keys($master));
eventually('a master key has nothing for an ID token', sub {
    says(exchange('/exchange', $good)) eq '503 not_ready UNAVAILABLE'
});
is(exchange('/exchange', $good)->{json}{error}, 'server_error',
   'which is our mistake');

$server->write('conf/mint.jwks', mint_keys('ed25519'));
eventually('a key that signs has', sub {
    says(exchange('/exchange', $good)) eq '200 ok TOKEN'
});


# What nginx does not start with

$server->write('conf/master.jwks', mint_keys($master));
$server->write('conf/broken.jwks', '{"keys":');

my $keys = 'toucan_mint_key_file mint.jwks;';
my $line = 'toucan_exchange key_file=sso.jwks issuer=i audience=a';
my $needs = '"toucan_exchange" in the location "/e" needs ';
my $all = '"toucan_exchange" directive needs "key_file=PATH", one '
          . '"issuer=VALUE" and "audience=VALUE"';
my $no = ' in the "toucan_exchange" directive: it is no parameter, or stands '
         . 'twice';
my $must = ' in the "toucan_exchange" directive: it must be "key_file=PATH"';
my $object = '"toucan_exchange" directive has a "grant=" that is no JSON '
             . 'object of models and actions';

refused_conf($server,
    ["$keys location /e { $line; }"],
    ["$keys location /e { $line audience=b key_file=gate.jwks; }"],
    ["$keys location /e { $line 'grant={}'; }"],
    ["location /e { $line; }", $needs . 'a "toucan_mint_key_file"'],
    ["$keys location /e { $line; toucan x; toucan_key_file gate.jwks; }",
     $needs . '"toucan off"'],
    ["$keys toucan x; toucan_key_file gate.jwks; location /e { $line; }",
     $needs . '"toucan off"'],
    ["$keys toucan x; toucan_key_file gate.jwks; "
     . "location /e { toucan off; $line; }"],
    ["toucan_mint_key_file master.jwks; location /e { $line; }",
     $needs . 'a key that signs'],
    ["toucan_mint_key_file gate.jwks; location /e { $line; }",
     'mint key file'],
    ["$keys toucan_type encrypted; location /e { $line; }",
     $needs . '"toucan_type" with "signed" or "nested"'],
    ["$keys toucan_type encrypted nested; location /e { $line; }"],
    ["$keys toucan_mint_lifetime 2h; location /e { $line; }",
     $needs . 'a "toucan_mint_lifetime" of at least a second'],
    ["$keys location /e { toucan_exchange issuer=i audience=a; }", $all],
    ["$keys location /e { toucan_exchange key_file=sso.jwks audience=a; }",
     $all],
    ["$keys location /e { toucan_exchange key_file=sso.jwks issuer=i; }",
     $all],
    ["$keys location /e { toucan_exchange; }",
     'invalid number of arguments in "toucan_exchange" directive'],
    ["$keys location /e { $line issuer=j; }", "invalid value \"issuer=j\"$no"],
    ["$keys location /e { $line 'grant={}' 'grant={}'; }",
     "invalid value \"grant={}\"$no"],
    ["$keys location /e { $line client=x; }", "invalid value \"client=x\"$no"],
    ["$keys location /e { $line Issuer=x; }", "invalid value \"Issuer=x\"$no"],
    ["$keys location /e { $line issuer; }", "invalid value \"issuer\"$must"],
    ["$keys location /e { $line issuer=; }", "invalid value \"issuer=\"$must"],
    ["$keys location /e { $line audience=; }",
     "invalid value \"audience=\"$must"],
    ["$keys location /e { $line key_file=; }",
     "invalid value \"key_file=\"$must"],
    ["$keys location /e { $line grant=; }", "invalid value \"grant=\"$must"],
    ["$keys location /e { $line =; }", "invalid value \"=\"$must"],
    (map { ["$keys location /e { $line 'grant=$_'; }", $object] }
     '[]', 'x', '{', '{"dashboard":"can_fly"}', '{"dashboard":{}}', 'null',
     '{"dashboard":null}', '{"a":"can_view","a":"can_edit"}'),
    ["$keys location /e { $line key_file=gone.jwks; }", 'gone.jwks'],
    ["$keys location /e { $line key_file=broken.jwks; }", 'broken.jwks'],
    ["$keys location /e { $line "
     . join(' ', map { "key_file=sso.jwks" } 1 .. 15) . '; }'],
    ["$keys location /e { $line "
     . join(' ', map { "key_file=sso.jwks" } 1 .. 16) . '; }',
     'invalid value "key_file=sso.jwks" in the "toucan_exchange" directive: '
     . 'there may be at most 16 key files'],
    ["$keys location /e { $line; $line; }",
     '"toucan_exchange" directive is duplicate'],
    ["$keys location /e { $line; toucan_mint; }",
     'stands beside another handler of its location'],
    ["$keys $line;", '"toucan_exchange" directive is not allowed here'],
);


# Nothing that opens anything is in a log

my @log = split /^/, $server->read('logs/error.log');

is(join('', grep { /eyJ[\w-]+\.|tk_(?:live|test)_/ } @log), '',
   'no token and no key in the error log');
is(join('', grep { /\[(?:alert|crit)\]/ } @log), '', 'nothing broke');
ok(scalar(grep { /toucan: toucan_exchange issued a token, distinct_id: 24/ }
          @log), 'a token that was issued is in the log');
ok(scalar(grep { m{toucan: toucan_exchange refused: role_denied .* field: } }
          @log), 'so is a refusal');

ok($server->stop('QUIT'), 'it ends well');
