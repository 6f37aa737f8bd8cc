# Refreshing: the same user and session in a new token, as long as the session
# lasts, the API key is there and allows it, and never for anybody whom the
# gate did not pass.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;
use Toucan::Sessions;

my $APP = 'https://app.example.com';
my $ORG = 'https://other.example.com';

plan('no_plan');


# API keys: one that allows what the tokens here have, and each with one thing
# less.

my %members = (
    full => {},
    many => { roles => ['explorer', 'maker'], origins => [$APP, $ORG] },
    revoker => { scopes => ['revoke', 'introspect'] },
    minter => { scopes => ['mint'] },
    maker => { roles => ['maker'] },
    view => { permissions => { dashboard => ['can_view'] } },
    none => { permissions => undef },
    bound => { origins => [$APP] },
    short => { maxLifetime => 60 },
    long => { maxLifetime => 3000 },
    ending => { notAfter => utc(time + 300) },
    ended => { notAfter => utc(time - 1) },
    test => { env => 'sandbox' },
    foreign => { organization => 'umbrella' },
    any => { organization => undef },
);

my %keys = map { $_ => wide_key($_, %{$members{$_}}) } keys %members;

sub all_but {
    my %gone = map { $_ => 1 } @_;

    return api_keys(map { $keys{$_} } grep { !$gone{$_} } sort keys %keys);
}

my $master = master_key('master');

my $server = endpoints(<<'END', {
    toucan_api_key_file api.json;
    toucan_key_file gate.jwks;
    toucan_mint_key_file mint.jwks;
    toucan_attribute customerId type=integer required;
    toucan_attribute region type=strings;

    location = /mint { toucan_mint; }
    location = /refresh { toucan "r"; toucan_refresh; }
    location = /t { toucan "t"; try_files /file =404; }

    location = /session { toucan "r"; toucan_refresh;
                          toucan_max_session 1000s; }
    location = /mint-3s { toucan_mint; toucan_mint_lifetime 2s;
                          toucan_max_session 3s; }
    location = /session-3s { toucan "r"; toucan_refresh;
                             toucan_mint_lifetime 2s;
                             toucan_max_session 3s; }
    location = /capped { toucan "r"; toucan_refresh;
                         toucan_mint_lifetime 5s;
                         toucan_max_session 6s; toucan_max_lifetime 0; }
    location = /no-keys-of-clients { toucan "r"; toucan_refresh;
                                     toucan_api_key_file empty.json; }
    location = /issuers { toucan "r"; toucan_refresh;
                          toucan_issuer https://embed.example.com
                                        https://second.example.com; }
    location = /first { toucan "r"; toucan_refresh;
                        toucan_issuer https://second.example.com
                                      https://embed.example.com; }
    location = /envs { toucan "r"; toucan_refresh; toucan_env live sandbox; }
    location = /maker { toucan "r"; toucan_refresh; toucan_roles maker; }
    location = /may { toucan "r"; toucan_refresh;
                      toucan_permission dashboard can_edit; }

    location = /dry { toucan "r"; toucan_refresh; toucan_dry_run on; }
    location = /any { toucan "r"; toucan_refresh; satisfy any; allow all; }
    location = /any-denied { toucan "r"; toucan_refresh; satisfy any;
                             deny all; }
    location = /all-denied { toucan "r"; toucan_refresh; deny all; }
    location = /page { toucan "r"; toucan_refresh; error_page 401 403 @open; }
    location @open { return 200 "let in\n"; }
    location = /again { toucan "r"; toucan_refresh; error_page 401 = @other; }
    location @other { toucan "o"; toucan_refresh; toucan_key_file rsa.jwks; }
    location = /through { toucan "t"; toucan_key_file rsa.jwks;
                          try_files /none @inner; }
    location @inner { toucan "i"; toucan_refresh; }
    location = /through-open { try_files /none @inner; }
    location = /mirrored { toucan "t"; mirror /refresh;
                           try_files /file =404; }

    location = /browser { toucan "r"; toucan_refresh;
                          toucan_embed component server;
                          toucan_origin https://app.example.com
                                        https://other.example.com; }

    location = /cookie { toucan "r"; toucan_refresh; toucan_token cookie=tc; }
    location = /header { toucan "r"; toucan_refresh;
                         toucan_token header=X-Embed-Token; }
    location = /arg { toucan "r"; toucan_refresh; toucan_token arg=token; }
    location = /forward { toucan "r"; toucan_refresh;
                          toucan_forward_token on; }

    location = /sealed-mint { toucan_mint; toucan_mint_key_file master.jwks; }
    location = /sealed { toucan "r"; toucan_refresh;
                         toucan_key_file master.jwks;
                         toucan_mint_key_file master.jwks; }
    location = /sealed-t { toucan "t"; toucan_key_file master.jwks;
                           try_files /file =404; }
    location = /to-sealed { toucan "r"; toucan_refresh;
                            toucan_mint_key_file master.jwks; }
    location = /to-signed { toucan "r"; toucan_refresh;
                            toucan_key_file master.jwks; }
END
    'api.json' => all_but(),
    'empty.json' => '{"keys":[]}',
    'gate.jwks' => jwks_public('ed25519'),
    'mint.jwks' => mint_keys('ed25519'),
    'rsa.jwks' => jwks_public('rsa1'),
    'master.jwks' => mint_keys($master),
});


my $user = { user => { distinctId => 'u', role => 'maker',
                       attributes => { customerId => 1 } } };


# A token as the service makes them, a minute or two old.

sub made {
    my %o = @_;

    my $age = $o{age} // 100;

    return token(key => 'ed25519', age => $age, ttl => 600, %o, claims => {
        auth_time => time - $age, client_id => 'full', %{$o{claims} // {}}
    });
}

sub good { return bearer(made(claims => {@_})) }

sub refreshed {
    my ($name, $where, @headers) = @_;

    my $answer = ask($server, "POST $where", @headers);

    is(says($answer), '200 ok TOKEN', $name);

    return $answer;
}

sub claims_of { return opened($_[0]{json}{token}, 'ed25519') // {} }

sub lifetime_of {
    my $claims = claims_of(refreshed(@_));

    return ($claims->{exp} // 0) - ($claims->{iat} // 0);
}

sub is_near {
    my ($is, $want, $name) = @_;

    ok(defined $is && $is >= $want && $is <= $want + 5, $name)
        or diag(($is // 'nothing') . ", not $want or a little more");
}


# What stays and what does not

my $now = time;
my $old = made(claims => {
    'user.attributes' => { customerId => 7, region => ["\x{fc}", 'a,b"c\\'] },
    resources => [{ type => 'dashboard', id => 'sales',
                    actions => ['can_view'] }],
    origins => [$APP], more => 'of somebody',
});
my $answer = refreshed('a refresh', '/browser',
                       bearer($old) . "\nOrigin: $APP");
my ($was, $is) = (opened($old, 'ed25519'), claims_of($answer));

is_near($is->{iat}, $now, 'iat is now');
is($is->{nbf}, $is->{iat}, 'so is nbf');
is($is->{exp} - $is->{iat}, 600, 'the lifetime is kept');
is($is->{auth_time}, $was->{auth_time}, 'auth_time stays');
is($is->{sid}, 's_5c2e', 'the session stays');
isnt($is->{jti}, $was->{jti}, 'jti is another');
like($is->{jti}, qr/^[\w-]{22}\z/, 'and one of ours');

delete @$_{qw(iat nbf exp jti more)} for $is, $was;
is(to_json($is), to_json($was), 'and nothing else has changed');

my $body = $answer->{json};

is(join(' ', sort keys %$body), 'env expiresAt expiresIn expiresInSeconds jti '
   . 'refreshAfter sessionId token tokenType', 'the members of the answer');
is(join('|', @$body{qw(env expiresIn expiresInSeconds sessionId tokenType)}),
   'live|10m|600|s_5c2e|Bearer', 'what they say');
is($body->{jti}, claims_of($answer)->{jti}, 'jti is the token\'s');
is($body->{expiresAt}, claims_of($answer)->{exp}, 'so is expiresAt');
is($body->{refreshAfter}, claims_of($answer)->{iat} + 480, 'refreshAfter');
is(header_of($answer, 'Cache-Control'), 'no-store', 'it is not stored');
is(header_of($answer, 'Content-Type'), 'application/json', 'it is JSON');
is(header_of($answer, 'Vary'), 'Origin', 'it varies');

is(lifetime_of('of 90 seconds', '/refresh',
               bearer(made(age => 10, ttl => 90))), 90, '90 seconds stay 90');


# A session from its beginning

$answer = mint($server, $keys{full}, $user, path => '/mint');
is(says($answer), '200 ok TOKEN', 'minted');

my $first = claims_of($answer);
my %jti = ($first->{jti} => 1);

for my $n (1 .. 5) {
    $answer = refreshed("refresh $n", '/refresh',
                        bearer($answer->{json}{token}));
    my $claims = claims_of($answer);

    is(join('|', @$claims{qw(sid auth_time client_id)}),
       join('|', @$first{qw(sid auth_time client_id)}),
       "refresh $n: of the same session");
    ok(!$jti{$claims->{jti}}++, "refresh $n: a jti of its own");
    is($claims->{exp} - $claims->{iat}, 900, "refresh $n: lifetime");
}

is(says(ask($server, 'GET /t', bearer($answer->{json}{token}))),
   '200 ok LET IN', 'the last one passes a gate');


# The end of a session

my $begin = time - 700;
$is = claims_of(refreshed('300 seconds before its end', '/session',
                          good(auth_time => $begin)));
is($is->{exp}, $begin + 1000, 'the token ends with the session');

$begin = time - 400;
$is = claims_of(refreshed('600 seconds before its end', '/session',
                          good(auth_time => $begin)));
ok($is->{exp} <= $begin + 1000, 'not a second behind it');

my $ended = '401 session_expired SESSION_EXPIRED';

table('session', $server,
    ['its last second has passed', $ended, 'POST /session',
     good(auth_time => time - 1000)],
    ['long gone', $ended, 'POST /session', good(auth_time => time - 90000)],
    ['1970', $ended, 'POST /session', good(auth_time => 1)],
    ['not in a longer one', '200 ok TOKEN', 'POST /refresh',
     good(auth_time => time - 1000)],
    ['the default: 12 hours', $ended, 'POST /refresh',
     good(auth_time => time - 43200)],
    ['within them', '200 ok TOKEN', 'POST /refresh',
     good(auth_time => time - 43100)],
);

$answer = ask($server, 'POST /session', good(auth_time => 1));
like(header_of($answer, 'WWW-Authenticate'), qr/^Bearer realm="r", error="inv/,
     'the end of a session is a challenge');
is(header_of($answer, 'Cache-Control'), 'no-store', 'and is not stored');

# refreshed again and again, it ends all the same

$answer = mint($server, $keys{full}, $user, path => '/mint-3s');
is($answer->{json}{expiresInSeconds}, 2, 'two seconds of three');

my $end = claims_of($answer)->{auth_time} + 3;
my ($late, $count) = (0, 0);

for (1 .. 200) {
    my $next = ask($server, 'POST /session-3s',
                    bearer($answer->{json}{token}));
    last if $next->{status} != 200 and $answer = $next;

    $answer = $next;
    $count++;
    $late++ if claims_of($answer)->{exp} > $end;
    select undef, undef, undef, 0.05;
}

is(says($answer), $ended, 'a session of three seconds ends');
is($late, 0, 'no token outlived it');
cmp_ok($count, '>=', 10, 'it was refreshed often');

is(lifetime_of('a location of shorter sessions', '/capped',
               bearer(made(age => 0))) <= 6, 1, 'six seconds are left');


# Whom the gate refuses

table('the gate', $server,
    ['control', '200 ok TOKEN', 'POST /refresh', good()],
    ['no token', '401 no_token TOKEN_MISSING', 'POST /refresh'],
    ['expired', '401 expired TOKEN_EXPIRED', 'POST /refresh',
     bearer(made(age => 700))],
    ['within the leeway', '200 ok TOKEN', 'POST /refresh',
     bearer(made(age => 610))],
    ['tampered', '401 bad_signature TOKEN_INVALID', 'POST /refresh',
     bearer(tampered(made()))],
    ['of another key', '401 key_not_found TOKEN_INVALID', 'POST /refresh',
     bearer(made(key => 'ed25519b'))],
    ['of another key, under this kid', '401 bad_signature TOKEN_INVALID',
     'POST /refresh', bearer(made(key => 'ed25519b', kid => 'ed25519'))],
    ['from the future', '401 not_yet_valid TOKEN_INVALID', 'POST /refresh',
     bearer(made(age => -60))],
    ['for somebody else', '401 bad_audience TOKEN_INVALID', 'POST /refresh',
     good(aud => 'other')],
    ['of another issuer', '401 bad_issuer TOKEN_INVALID', 'POST /refresh',
     good(iss => 'https://second.example.com')],
    ['too long', '401 lifetime_too_long TOKEN_INVALID', 'POST /refresh',
     bearer(made(ttl => 3601))],
    ['of another environment', '403 env_denied IDENTITY_DENIED',
     'POST /refresh', good(env => 'sandbox', client_id => 'test')],
    ['of another role', '403 role_denied IDENTITY_DENIED', 'POST /maker',
     good()],
    ['of this role', '200 ok TOKEN', 'POST /maker',
     good('user.role' => 'maker')],
    ['without a required attribute', '403 attribute_missing IDENTITY_DENIED',
     'POST /refresh', good('user.attributes' => { region => ['x'] })],
    ['without the permission', '403 permission_denied PERMISSION_DENIED',
     'POST /may', good()],
    ['with the permission', '200 ok TOKEN', 'POST /may',
     good(permissions => { dashboard => ['can_edit'] })],
    ['an API key', '401 bad_format TOKEN_INVALID', 'POST /refresh',
     bearer($keys{full}{text})],
    ['an API key in its header', '401 no_token TOKEN_MISSING',
     'POST /refresh', "X-API-Key: $keys{full}{text}"],
    ['from a browser', '403 kind_not_allowed ORIGIN_DENIED', 'POST /refresh',
     good() . "\nOrigin: $APP"],
);

table('the request', $server,
    ['GET', '405 method_not_allowed METHOD_NOT_ALLOWED', 'GET /refresh',
     good()],
    ['PUT', '405 method_not_allowed METHOD_NOT_ALLOWED', 'PUT /refresh',
     good(), ''],
    ['OPTIONS', '405 method_not_allowed METHOD_NOT_ALLOWED',
     'OPTIONS /refresh', good()],
    ['GET without a token', '401 no_token TOKEN_MISSING', 'GET /refresh'],
    ['with a body', '200 ok TOKEN', 'POST /refresh',
     good() . "\nContent-Type: application/json", '{"user":{}}'],
    ['with a large body', '200 ok TOKEN', 'POST /refresh', good(),
     'x' x 100_000],
    ['with an empty body', '200 ok TOKEN', 'POST /refresh', good(), ''],
    ['with an API key, too', '200 ok TOKEN', 'POST /refresh',
     good() . "\nX-API-Key: $keys{ended}{text}"],
    ['with a query', '200 ok TOKEN', 'POST /refresh?expiresIn=99999', good()],
);

is(header_of(ask($server, 'GET /refresh', good()), 'Allow'), 'POST',
   '405 says what is allowed');

$answer = ask($server, 'HEAD /refresh', good());
is(says($answer), '405 method_not_allowed', 'HEAD');
is($answer->{body}, '', 'HEAD: no body');


# What is none of the service's, or has no session

my $not = '403 not_refreshable NOT_REFRESHABLE';

table('not refreshable', $server,
    ['control', '200 ok TOKEN', 'POST /refresh', good()],
    (map { ["auth_time $_->[0]", $not, 'POST /refresh',
            good(auth_time => $_->[1])] }
     ['absent', undef], ['a string', '' . time], ['a float', time - 0.5],
     ['zero', 0], ['negative', -5], ['null', null()], ['a list', [time]],
     ['behind iat', time + 5]),
    ['without sid', $not, 'POST /refresh', good(sid => undef)],
    ['a second issuer', $not, 'POST /issuers',
     good(iss => 'https://second.example.com')],
    ['the first issuer', '200 ok TOKEN', 'POST /issuers', good()],
    ['the other way round', $not, 'POST /first', good()],
    ['and its first', '200 ok TOKEN', 'POST /first',
     good(iss => 'https://second.example.com')],
    ['an unknown API key', $not, 'POST /refresh', good(client_id => 'gone')],
    ['API keys are told apart by case', $not, 'POST /refresh',
     good(client_id => 'Full')],
    ['with "k_" before it', $not, 'POST /refresh',
     good(client_id => 'k_full')],
    ['an API key without its scope', $not, 'POST /refresh',
     good(client_id => 'revoker')],
    ['with this scope alone', '200 ok TOKEN', 'POST /refresh',
     good(client_id => 'minter')],
    ['of another file', $not, 'POST /no-keys-of-clients', good()],
    ['of no API key', '200 ok TOKEN', 'POST /no-keys-of-clients',
     good(client_id => undef)],
    ['of no API key, beside others', '200 ok TOKEN', 'POST /refresh',
     good(client_id => undef)],
);

$is = claims_of(refreshed('of no API key', '/refresh',
                          good(client_id => undef)));
ok(!exists $is->{client_id}, 'it stays without one');


# The API key has changed since

my $beyond = '403 scope_exceeds_key SCOPE_EXCEEDS_KEY';

table('the API key', $server,
    ['of other roles', $beyond, 'POST /refresh', good(client_id => 'maker')],
    ['of this role', '200 ok TOKEN', 'POST /refresh',
     good(client_id => 'maker', 'user.role' => 'maker')],
    ['of one permission less', $beyond, 'POST /refresh',
     good(client_id => 'view')],
    ['which the token has not', '200 ok TOKEN', 'POST /refresh',
     good(client_id => 'view', permissions => { dashboard => 'can_view' })],
    ['of no permissions', $beyond, 'POST /refresh',
     good(client_id => 'none')],
    ['nor has the token any', '200 ok TOKEN', 'POST /refresh',
     good(client_id => 'none', permissions => undef)],
    ['resources beyond it', $beyond, 'POST /refresh',
     good(client_id => 'view', permissions => undef,
          resources => [{ type => 'dashboard', id => 'x',
                          actions => ['can_edit'] }])],
    ['resources within it', '200 ok TOKEN', 'POST /refresh',
     good(client_id => 'view', permissions => undef,
          resources => [{ type => 'dashboard', id => 'x',
                          actions => ['can_view'] }])],
    ['bound to origins, the token not', $beyond, 'POST /browser',
     good(client_id => 'bound') . "\nOrigin: $APP"],
    ['the token to another', $beyond, 'POST /browser',
     good(client_id => 'bound', origins => [$ORG]) . "\nOrigin: $ORG"],
    ['the token to this and another', $beyond, 'POST /browser',
     good(client_id => 'bound', origins => [$APP, $ORG]) . "\nOrigin: $APP"],
    ['the token to this', '200 ok TOKEN', 'POST /browser',
     good(client_id => 'bound', origins => [$APP]) . "\nOrigin: $APP"],
    ['of two origins', '200 ok TOKEN', 'POST /browser',
     good(client_id => 'many', origins => [$ORG]) . "\nOrigin: $ORG"],
    ['another organization', $beyond, 'POST /refresh',
     good(client_id => 'foreign')],
    ['bound to none, the token to one', $beyond, 'POST /refresh',
     good(client_id => 'any')],
    ['both bound to none', '200 ok TOKEN', 'POST /refresh',
     good(client_id => 'any', organization => undef)],
    ['of another environment', $beyond, 'POST /envs',
     good(client_id => 'test')],
    ['or the token', $beyond, 'POST /envs', good(env => 'sandbox')],
    ['both of sandbox', '200 ok TOKEN', 'POST /envs',
     good(env => 'sandbox', client_id => 'test')],
    ['its time has passed', $ended, 'POST /refresh',
     good(client_id => 'ended')],
);

is(lifetime_of('maxLifetime below the token\'s', '/refresh',
               good(client_id => 'short')), 60, 'shortens it');
is(lifetime_of('maxLifetime above it', '/refresh',
               good(client_id => 'long')), 600, 'does not lengthen it');

my $left = lifetime_of('notAfter before the token\'s end', '/refresh',
                       good(client_id => 'ending'));
ok($left > 200 && $left <= 300, 'shortens it');


# It changes while nginx runs

is(says(ask($server, 'POST /refresh', good())), '200 ok TOKEN', 'before');

$server->write('conf/api.json', all_but('full'));
eventually('an API key that is withdrawn ends its sessions', sub {
    says(ask($server, 'POST /refresh', good())) eq $not
});
is(says(ask($server, 'POST /refresh', good(client_id => 'minter'))),
   '200 ok TOKEN', 'not those of others');
is(says(ask($server, 'GET /t', good())), '200 ok LET IN',
   'nor its signed tokens, which last as long as they say');

$server->write('conf/api.json', all_but());
eventually('and it is back', sub {
    says(ask($server, 'POST /refresh', good())) eq '200 ok TOKEN'
});


# Nobody gets a token whom the gate did not pass

my %bad = (
    none => ['', 'no_token'],
    garbage => [bearer('x.y.z'), 'bad_base64'],
    expired => [bearer(made(age => 700)), 'expired'],
    tampered => [bearer(tampered(made())), 'bad_signature'],
    foreign => [bearer(made(key => 'ed25519b')), 'key_not_found'],
    role => [good('user.role' => 'admin'), 'role_denied'],
);

for my $name (sort keys %bad) {
    my ($header, $reason) = @{$bad{$name}};

    for my $where (qw(/dry /any /any-denied /page /again /through
                      /through-open /mirrored))
    {
        my $answer = ask($server, "POST $where", $header);

        unlike($answer->{head} . $answer->{body}, qr/eyJ[\w-]+\.|"token"/,
               "$name at $where: no token");
        isnt($answer->{reason}, 'ok', "$name at $where: not passed");
    }

    for my $where (qw(/dry /any)) {
        my $answer = ask($server, "POST $where", $header);

        is($answer->{reason}, $reason, "$name at $where: the gate's reason");
        like($answer->{status}, qr/^40[13]\z/, "$name at $where: refused");
        like($answer->{json}{code} // '', qr/^(?:TOKEN|IDENTITY)_\w+\z/,
             "$name at $where: and told why");
        is(header_of($answer, 'Cache-Control'), 'no-store',
           "$name at $where: not stored");
    }
}

table('beside others', $server,
    ['dry run, a good token', '200 ok TOKEN', 'POST /dry', good()],
    ['satisfy any, a good token', '200 ok TOKEN', 'POST /any', good()],
    ['deny, a good token', '200 ok TOKEN', 'POST /any-denied', good()],
    ['satisfy all and deny', '403 ok', 'POST /all-denied', good()],
    ['error_page, a good token', '200 ok TOKEN', 'POST /page', good()],
    ['error_page, not used', '200 ok TOKEN', 'POST /again', good()],
    ['error_page leads to an open place', '401 no_token LET IN',
     'POST /page', ''],
    ['error_page leads to another gate', '200 ok TOKEN', 'POST /again',
     bearer(made(key => 'rsa1'))],
    ['another gate has passed it, this one not',
     '401 key_not_found TOKEN_INVALID', 'POST /through',
     bearer(made(key => 'rsa1'))],
    ['through an open place to the gate', '200 ok TOKEN',
     'POST /through-open', good()],
    ['mirrored: the answer is the other\'s', '200 ok LET IN',
     'GET /mirrored', good()],
);


# In a browser

my $from = good() . "\nOrigin: $APP";

$answer = refreshed('a component', '/browser', $from);
is(header_of($answer, 'Access-Control-Allow-Origin'), $APP, 'CORS');
is(header_of($answer, 'Cache-Control'), 'no-store', 'not stored');

for (['not refreshable', $not, good(sid => undef) . "\nOrigin: $APP"],
     ['expired', '401 expired TOKEN_EXPIRED',
      bearer(made(age => 700)) . "\nOrigin: $APP"],
     ['ended', $ended, good(auth_time => 1) . "\nOrigin: $APP"])
{
    my ($name, $want, $headers) = @$_;

    $answer = ask($server, 'POST /browser', $headers);
    is(says($answer), $want, $name);
    is(header_of($answer, 'Access-Control-Allow-Origin'), $APP, "$name: CORS");
    is(header_of($answer, 'Vary'), 'Origin', "$name: Vary");
    is(header_of($answer, 'Cache-Control'), 'no-store', "$name: not stored");
}

$answer = ask($server, 'POST /browser',
               good() . "\nOrigin: https://evil.test");
is(says($answer), '403 origin_denied ORIGIN_DENIED', 'another place');
is(header_of($answer, 'Access-Control-Allow-Origin'), '', 'no CORS for it');

$answer = ask($server, 'OPTIONS /browser', "Origin: $APP\n"
               . "Access-Control-Request-Method: POST\n"
               . 'Access-Control-Request-Headers: authorization');
is(says($answer), '204 ok', 'a preflight');
is(header_of($answer, 'Access-Control-Allow-Origin'), $APP, 'answered');
like(header_of($answer, 'Access-Control-Allow-Methods'), qr/\bPOST\b/,
     'POST is allowed');

$answer = ask($server, 'OPTIONS /browser', "Origin: https://evil.test\n"
               . 'Access-Control-Request-Method: POST');
is(says($answer), '403 origin_denied ORIGIN_DENIED', 'a preflight from evil');
is(header_of($answer, 'Access-Control-Allow-Origin'), '', 'no CORS for it');

table('token-bound origins', $server,
    ['this one', '200 ok TOKEN', 'POST /browser',
     good(origins => [$APP]) . "\nOrigin: $APP"],
    ['another', '403 token_origin_denied ORIGIN_DENIED', 'POST /browser',
     good(origins => [$ORG]) . "\nOrigin: $APP"],
);


# Wherever the token is

for (['cookie', '/cookie', sub { "Cookie: a=b; tc=$_[0]" }],
     ['header', '/header', sub { "X-Embed-Token: $_[0]" }],
     ['argument', '/arg', sub { '' }, sub { "?token=$_[0]" }],
     ['bearer, forwarded', '/forward', sub { bearer($_[0]) }])
{
    my ($name, $where, $header, $query) = @$_;

    my $token = made();
    my $more = $query ? $query->($token) : '';

    is(says(ask($server, "POST $where$more", $header->($token))),
       '200 ok TOKEN', $name);
    $more = $query ? $query->(tampered($token)) : '';
    is(says(ask($server, "POST $where$more", $header->(tampered($token)))),
       '401 bad_signature TOKEN_INVALID', "$name: tampered");
}


# Encrypted tokens

sub mint_sealed {
    my $name = shift;

    return mint($server, $keys{$name}, $user, path => '/sealed-mint');
}

$answer = mint_sealed('full');
is(says($answer), '200 ok TOKEN', 'an encrypted one');
is(scalar(split /\./, $answer->{json}{token}, -1), 5, 'it has five parts');

my $next = refreshed('is refreshed', '/sealed',
                     bearer($answer->{json}{token}));
my ($head) = split /\./, $next->{json}{token} // '';

is(scalar(split /\./, $next->{json}{token}, -1), 5, 'to an encrypted one');
like(unb64u($head), qr/"kid":"master\.full"/, 'under the same API key\'s key');
is($next->{json}{sessionId}, $answer->{json}{sessionId}, 'the session stays');
isnt($next->{json}{jti}, $answer->{json}{jti}, 'jti does not');
is(says(ask($server, 'GET /sealed-t', bearer($next->{json}{token}))),
   '200 ok LET IN', 'it passes a gate');
is(says(ask($server, 'GET /t', bearer($next->{json}{token}))),
   '401 key_not_found TOKEN_INVALID', 'not one of other keys');

$next = refreshed('signed to encrypted', '/to-sealed', good());
is(says(ask($server, 'GET /sealed-t', bearer($next->{json}{token}))),
   '200 ok LET IN', 'it passes that gate');
$next = refreshed('encrypted to signed', '/to-signed',
                  bearer($next->{json}{token}));
is(says(ask($server, 'GET /t', bearer($next->{json}{token}))),
   '200 ok LET IN', 'and this one');
is((opened($next->{json}{token}, 'ed25519') // {})->{sid}, 's_5c2e',
   'still that session');

table('a master key', $server,
    ['a session of no API key has no content key',
     '503 not_ready UNAVAILABLE', 'POST /to-sealed',
     good(client_id => undef)],
    ['a session of another API key has', '200 ok TOKEN', 'POST /to-sealed',
     good(client_id => 'minter')],
);

my $theirs = mint_sealed('minter')->{json}{token};
my $ours = mint_sealed('full')->{json}{token};

$server->write('conf/api.json', all_but('full'));
eventually('an API key that goes takes its content keys along', sub {
    says(ask($server, 'POST /sealed', bearer($ours)))
        eq '401 key_not_found TOKEN_INVALID'
});
is(says(ask($server, 'POST /sealed', bearer($theirs))), '200 ok TOKEN',
   'others have theirs');


# What nginx does not start with

my $common = 'toucan_key_file gate.jwks; toucan_mint_key_file mint.jwks;';
my $needs = '"toucan_refresh" in the location "/r" needs ';

refused_conf($server,
    ["$common location /r { toucan r; toucan_refresh; }"],
    ["$common location /r { toucan_refresh; }",
     $needs . '"toucan" with a realm'],
    ["$common toucan r; location /r { toucan off; toucan_refresh; }",
     $needs . '"toucan" with a realm'],
    ['toucan_key_file gate.jwks; location /r { toucan r; toucan_refresh; }',
     $needs . 'a "toucan_mint_key_file"'],
    ["$common toucan_claim role role; location /r { toucan r; "
     . 'toucan_refresh; }', $needs . 'a location without "toucan_claim"'],
    ["$common location /r { toucan r; toucan_refresh; "
     . 'toucan_claim distinct_id sub; }',
     $needs . 'a location without "toucan_claim"'],
    ["$common location /r { toucan r; toucan_refresh; } "
     . 'location /s { toucan s; toucan_claim role role; }'],
    ["$common location /r { toucan r; toucan_refresh; toucan_refresh; }",
     '"toucan_refresh" directive is duplicate'],
    ["$common location /r { toucan r; toucan_refresh; toucan_mint; }",
     'stands beside another handler of its location'],
    ["$common location /r { toucan r; toucan_refresh; "
     . 'proxy_pass http://127.0.0.1:1; }',
     $needs . 'a location without another handler'],
    ["$common location /r { toucan r; toucan_refresh x; }",
     'invalid number of arguments in "toucan_refresh" directive'],
    ["$common toucan_refresh;",
     '"toucan_refresh" directive is not allowed here'],
    ["$common toucan_mint_lifetime 2h; location /r { toucan r; "
     . 'toucan_refresh; }', $needs . 'a "toucan_mint_lifetime" of at least'],
    ["$common toucan_max_session 10m; location /r { toucan r; "
     . 'toucan_refresh; }', $needs . 'a "toucan_mint_lifetime" of at least'],
    ["$common toucan_mint_lifetime 2h; toucan_max_lifetime 2h; "
     . 'location /r { toucan r; toucan_refresh; }'],
);


# Nothing that opens anything is in a log

my @log = split /^/, $server->read('logs/error.log');

is(join('', grep { /eyJ[\w-]+\.|tk_(?:live|test)_/ } @log), '',
   'no token and no key in the error log');
is(join('', grep { /eyJ[\w-]+\./ }
            split /^/, $server->read('logs/access.log')), '',
   'nor in the access log');
is(join('', grep { /\[(?:alert|crit)\]/ } @log), '', 'nothing broke');
ok(scalar(grep { /toucan: toucan_refresh issued a token, distinct_id: u, / }
          @log), 'a token that was issued is in the log');
ok(scalar(grep { /toucan: toucan_refresh refused: not_refreshable / } @log),
   'so is a refusal');

ok($server->stop('QUIT'), 'it ends well');
