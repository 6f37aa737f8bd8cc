# Introspection (RFC 7662): what is said of a good token, to whom, and that of
# any other nothing is said but that it is not active.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;
use Toucan::Sessions;

plan('no_plan');

my $master = master_key('master');

my %members = (
    acme => { scopes => ['introspect'] },
    full => {},
    minter => { scopes => ['mint', 'revoke'] },
    umbrella => { organization => 'umbrella' },
    any => { organization => undef },
    test => { env => 'sandbox' },
    'test-any' => { env => 'sandbox', organization => undef },
    ended => { notAfter => utc(time - 1) },
);

my %keys = map { $_ => wide_key($_, %{$members{$_}}) } keys %members;

sub all_but {
    my %gone = map { $_ => 1 } @_;

    return api_keys(map { $keys{$_} } grep { !$gone{$_} } sort keys %keys);
}

my $server = endpoints(<<'END', {
    toucan_api_key_file api.json;
    toucan_key_file gate.jwks;
    toucan_key_file master.jwks;

    location = /introspect { toucan_introspect; }
    location = /sandbox { toucan_introspect; toucan_env sandbox; }
    location = /large { toucan_introspect; toucan_max_token_size 16k; }
    location = /mapped { toucan_introspect;
                         toucan_claim organization tenant; }
    location = /mint { toucan_mint; toucan_mint_key_file master.jwks; }
    location = /mint-signed { toucan_mint; toucan_mint_key_file mint.jwks; }
    location = /t { toucan "t"; try_files /file =404; }
END
    'api.json' => all_but(),
    'gate.jwks' => jwks_public('ed25519', 'ec256'),
    'mint.jwks' => mint_keys('ed25519'),
    'master.jwks' => mint_keys($master),
});

my $type = 'Content-Type: application/x-www-form-urlencoded';

sub header_for {
    my $name = shift;

    return "$type\nX-API-Key: $keys{$name}{text}";
}

sub introspect {
    my ($token, $name, $where) = @_;

    return ask($server, 'POST ' . ($where // '/introspect'),
               header_for($name // 'acme'), form(token => $token));
}

sub row {
    my ($what, $want, $token, $name, $where) = @_;

    return [$what, $want, 'POST ' . ($where // '/introspect'),
            header_for($name // 'acme'), form(token => $token)];
}

my $yes = '200 ok ACTIVE';
my $no = '200 ok INACTIVE';


# What is said of a good token

my $token = token(claims => {
    client_id => 'full', text => "\x{fc}\x{263a} \"\\/\n\x{7f}",
    deep => { list => [1, -2, 'x', { a => null() }], empty => [],
              none => {} },
    large => 9007199254740992, auth_time => time - 5, nothing => null(),
    origins => ['https://app.example.com'],
    resources => [{ type => 'dashboard', id => 'x',
                    actions => ['can_view'] }],
});
my $answer = introspect($token);
my $claims = opened($token, 'ec256');

is(says($answer), $yes, 'a good one');
is(to_json($answer->{json}),
   to_json({ %$claims, active => JSON::PP::true(), token_type => 'Bearer' }),
   'active, token_type, and what it says');
like($answer->{body}, qr/^\{"active":true,/, 'active is a boolean');
is(header_of($answer, 'Cache-Control'), 'no-store', 'it is not stored');
is(header_of($answer, 'Content-Type'), 'application/json', 'it is JSON');
unlike($answer->{head}, qr/^Access-Control-/mi, 'no CORS');

# the members that are ours

for (['active', JSON::PP::false()], ['active', 'no'], ['active', null()],
     ['token_type', 'mac'], ['token_type', ['x']])
{
    my ($name, $value) = @$_;

    my $answer = introspect(token(claims => { $name => $value }));
    my $shown = to_json($value);

    is(says($answer), $yes, "a token that says $name $shown");
    is($answer->{json}{token_type}, 'Bearer', "$name $shown: token_type");
    is(scalar(() = $answer->{body} =~ /"$name":/g), 1,
       "$name $shown: it is there once");
    is($answer->{json}{sub}, 'user-123', "$name $shown: the others are");
}


# What is not good

is(introspect(token(ttl => 600, age => 700))->{body}, "{\"active\":false}\n",
   'nothing else is said of one that is not good');

my $expired = introspect(token(ttl => 600, age => 700));

is(header_of($expired, 'Cache-Control'), 'no-store', 'nor is that stored');
is(header_of($expired, 'Content-Type'), 'application/json', 'JSON, too');

table('tokens', $server,
    row('control', $yes, token()),
    row('control, another key', $yes, token(key => 'ed25519')),
    row('garbage', $no, 'garbage'),
    row('dots', $no, '..'),
    row('a NUL', $no, token() . "\0"),
    row('a space', $no, token() . ' '),
    row('an API key', $no, $keys{acme}{text}),
    row('expired', $no, token(age => 700)),
    row('within the leeway', $yes, token(age => 610)),
    row('not yet valid', $no, token(age => -60)),
    row('too long', $no, token(ttl => 3601)),
    row('tampered', $no, tampered(token())),
    row('of an unknown key', $no, token(key => 'rsa1')),
    row('of another key', $no, token(key => 'ec256b', kid => 'ec256')),
    row('of another issuer', $no, token(claims => { iss => 'x' })),
    row('for somebody else', $no, token(claims => { aud => 'x' })),
    row('no distinct id', $no, token(claims => { sub => undef,
                                     'user.distinctId' => undef })),
    row('unsigned', $no, raw_token('{"alg":"none"}', claims(), undef)),
    row('large', $no, 'x' x 9000),
    row('too large by its claims', $no,
        token(claims => { x => 'y' x 7000 })),
    row('not where tokens may be larger', $yes,
        token(claims => { x => 'y' x 7000 }), 'acme', '/large'),
);


# The log says why, and the caller is not told

sub why {
    my $before = length $server->read('logs/error.log');

    introspect(@_);

    return join ',', substr($server->read('logs/error.log'), $before)
                     =~ /answers "active":false: (\w+ \(.+\), API key: \w+),/g;
}

is(why(token(key => 'rsa1')),
   'key_not_found (no key fits the token\'s kid), API key: acme',
   'the log: why not');
like(why(token(), 'umbrella'), qr/^scope_exceeds_key .* API key: umbrella$/,
     'the log: of another organization');
is(why(token()), '', 'the log: nothing of a good one');


# Whose business it is

my $org = { organization => 'umbrella' };
my $none = { organization => undef };
my $test = { env => 'sandbox' };

table('who asks', $server,
    row('the organization', $yes, token()),
    row('another one', $no, token(), 'umbrella'),
    row('about its own', $yes, token(claims => $org), 'umbrella'),
    row('about another\'s', $no, token(claims => $org)),
    row('about nobody\'s', $no, token(claims => $none)),
    row('a key of no organization', $yes, token(), 'any'),
    row('about nobody\'s', $yes, token(claims => $none), 'any'),
    row('sandbox about live', $no, token(), 'test'),
    row('sandbox about sandbox', $yes, token(claims => $test), 'test'),
    row('sandbox about what does not say', $no,
        token(claims => { env => undef }), 'test'),
    row('sandbox of no organization about live', $no, token(), 'test-any'),
    row('sandbox of no organization about sandbox', $yes,
        token(claims => { %$test, %$org }), 'test-any'),
    row('sandbox about another\'s sandbox', $no,
        token(claims => { %$test, %$org }), 'test'),
    row('live about sandbox', $yes, token(claims => $test)),
    row('in a sandbox: sandbox about live', $no, token(), 'test',
        '/sandbox'),
    row('an organization that stands elsewhere', $yes,
        token(claims => { organization => 'umbrella', tenant => 'acme' }),
        'acme', '/mapped'),
    row('and not where it usually is', $no,
        token(claims => { organization => 'acme', tenant => 'umbrella' }),
        'acme', '/mapped'),
);


# The API key

my $text = form(token => token());

table('the API key', $server,
    ['control', $yes, 'POST /introspect', header_for('acme'), $text],
    ['with more scopes', $yes, 'POST /introspect', header_for('full'), $text],
    ['as Bearer', $yes, 'POST /introspect',
     "$type\nAuthorization: Bearer $keys{acme}{text}", $text],
    ['without the scope', '403 scope_exceeds_key SCOPE_EXCEEDS_KEY',
     'POST /introspect', header_for('minter'), $text],
    ['none', '401 api_key_missing API_KEY_MISSING', 'POST /introspect',
     $type, $text],
    ['in the form', '401 api_key_missing API_KEY_MISSING', 'POST /introspect',
     $type, "$text&client_id=acme&client_secret=$keys{acme}{text}"],
    ['the token itself', '401 api_key_invalid API_KEY_INVALID',
     'POST /introspect', "$type\n" . bearer(), $text],
    ['unknown', '401 api_key_invalid API_KEY_INVALID', 'POST /introspect',
     "$type\nX-API-Key: tk_live_acme_" . 'x' x 43, $text],
    ['ended', '401 api_key_expired API_KEY_INVALID', 'POST /introspect',
     header_for('ended'), $text],
    ['two', '400 api_key_conflict INVALID_REQUEST', 'POST /introspect',
     header_for('acme') . "\nAuthorization: Bearer $keys{acme}{text}",
     $text],
    ['in a browser', '403 key_in_browser KEY_IN_BROWSER', 'POST /introspect',
     header_for('acme') . "\nOrigin: https://app.example.com", $text],
    ['in a page of ours', '403 key_in_browser KEY_IN_BROWSER',
     'POST /introspect', header_for('full') . "\nSec-Fetch-Site: same-origin",
     $text],
    ['a wrong one in a browser', '403 key_in_browser KEY_IN_BROWSER',
     'POST /introspect', "$type\nX-API-Key: tk_live_full_" . 'x' x 43
     . "\nOrigin: https://app.example.com", $text],
    ['fetch() of a server', $yes, 'POST /introspect',
     header_for('acme') . "\nSec-Fetch-Mode: cors", $text],
);

for (['none', $type, 401, 'invalid_client'],
     ['unknown', "$type\nX-API-Key: x", 401, 'invalid_client'],
     ['ended', header_for('ended'), 401, 'invalid_client'],
     ['without the scope', header_for('minter'), 403, 'unauthorized_client'],
     ['in a browser', header_for('acme') . "\nOrigin: https://a.example", 403,
      'unauthorized_client'])
{
    my ($name, $headers, $status, $error) = @$_;

    my $answer = ask($server, 'POST /introspect', $headers, $text);

    is("$answer->{status} $answer->{json}{error}", "$status $error",
       "the API key: $name: error");
    is($answer->{json}{error_description}, $answer->{json}{message},
       "the API key: $name: error_description");
    like(header_of($answer, 'WWW-Authenticate'),
         $status == 401 ? qr/^Bearer realm="[^"]+"/ : qr/^\z/,
         "the API key: $name: challenge");
}


# The form

my $bad = '400 bad_request INVALID_REQUEST /token';
my $acme = header_for('acme');

table('the form', $server,
    ['without a token', $bad, 'POST /introspect', $acme, 'a=b'],
    ['without anything', $bad, 'POST /introspect', $acme, ''],
    ['an empty token', $bad, 'POST /introspect', $acme, 'token='],
    ['no value', $bad, 'POST /introspect', $acme, 'token'],
    ['twice', $bad, 'POST /introspect', $acme, "$text&$text"],
    ['twice, once empty', $bad, 'POST /introspect', $acme, "$text&token="],
    ['twice, once escaped', $bad, 'POST /introspect', $acme,
     "$text&%74oken=x"],
    ['a broken escape', $bad, 'POST /introspect', $acme, "$text%"],
    ['another name', $bad, 'POST /introspect', $acme, "Token=x&tokens=y"],
    ['in the query', $bad, 'POST /introspect?token=x', $acme, ''],
    ['a hint', $yes, 'POST /introspect', $acme,
     "$text&token_type_hint=refresh_token"],
    ['behind others', $yes, 'POST /introspect', $acme, "a=b&c&=d&$text"],
    ['JSON', '415 media_type UNSUPPORTED_MEDIA_TYPE', 'POST /introspect',
     "X-API-Key: $keys{acme}{text}\nContent-Type: application/json",
     '{"token":"x"}'],
    ['GET', '405 method_not_allowed METHOD_NOT_ALLOWED',
     'GET /introspect?token=x', $acme],
    ['a preflight', '405 method_not_allowed METHOD_NOT_ALLOWED',
     'OPTIONS /introspect', "Origin: https://app.example.com\n"
     . 'Access-Control-Request-Method: POST'],
    ['16384 bytes', $yes, 'POST /introspect', $acme,
     "$text&x=" . 'y' x (16384 - 3 - length $text)],
    ['one more', '413 body_too_large BODY_TOO_LARGE', 'POST /introspect',
     $acme, "$text&x=" . 'y' x (16385 - 3 - length $text)],
);

$answer = ask($server, 'POST /introspect', $acme, 'token=');
is(join('|', $answer->{json}{error}, header_of($answer, 'Cache-Control')),
   'invalid_request|no-store', 'the form: what a refusal says');


# Encrypted tokens

my $sealed = mint($server, $keys{full})->{json}{token} // '';

is(scalar(split /\./, $sealed, -1), 5, 'an encrypted one');
is(to_json(introspect($sealed)->{json}),
   to_json({ %{opened($sealed, $master, 'full') // {}},
             active => JSON::PP::true(), token_type => 'Bearer' }),
   'it is told as any other');

my $theirs = mint($server, $keys{umbrella})->{json}{token};

table('encrypted', $server,
    row('control', $yes, $sealed),
    row('to another organization', $no, $sealed, 'umbrella'),
    row('of another organization', $no, $theirs),
    row('to that organization', $yes, $theirs, 'umbrella'),
    row('tampered', $no, $sealed =~ s/\.([^.])([^.]*)\z/
        '.' . ($1 eq 'A' ? 'B' : 'A') . $2/er),
);

my $signed = mint($server, $keys{full}, undef,
                  path => '/mint-signed')->{json}{token};

$server->write('conf/api.json', all_but('full'));
eventually('its API key is withdrawn, and it ends', sub {
    says(introspect($sealed)) eq $no
});
is(says(introspect($signed)), $yes, 'a signed one does not');
is(says(introspect($theirs, 'umbrella')), $yes, 'nor those of others');
is(says(introspect(token(), 'full')), '401 api_key_invalid API_KEY_INVALID',
   'and nobody asks with it any more');


# What nginx does not start with

my $needs = '"toucan_introspect" in the location "/i" needs ';
my $files = 'toucan_api_key_file api.json; toucan_key_file gate.jwks;';

refused_conf($server,
    ["$files location /i { toucan_introspect; }"],
    ['toucan_key_file gate.jwks; location /i { toucan_introspect; }',
     $needs . 'a "toucan_api_key_file"'],
    ['toucan_api_key_file api.json; location /i { toucan_introspect; }',
     $needs . 'a "toucan_key_file"'],
    ["$files location /i { toucan_introspect; toucan x; }",
     $needs . '"toucan off"'],
    ["$files toucan x; location /i { toucan_introspect; toucan off; }"],
    ["$files location /i { toucan_introspect; toucan_introspect; }",
     '"toucan_introspect" directive is duplicate'],
    ["$files location /i { toucan_introspect on; }",
     'invalid number of arguments in "toucan_introspect" directive'],
    ["$files toucan_introspect;",
     '"toucan_introspect" directive is not allowed here'],
);


# The log

my @log = split /^/, $server->read('logs/error.log');
my @alerts = grep { /\[alert\]/ } @log;

is(scalar @alerts, 3, 'each right key in a browser is an alert');
is(scalar(grep { /refused: key_in_browser .* API key: (?:acme|full),/ }
          @alerts), 3, 'which names it');
is(join('', grep { /eyJ[\w-]+\.|tk_(?:live|test)_/ } @log), '',
   'no token and no key in the error log');
is(join('', grep { /\[crit\]/ } @log), '', 'nothing broke');

ok($server->stop('QUIT'), 'it ends well');
