# What is not minted: each wrong field, more than the API key grants, keys that
# are none, requests of another form; said with the field, in the log with the
# reason, and nowhere with a secret.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;

plan('no_plan');

my $any = api_key('any', permissions => { dashboard => ['can_edit'] });
my $key = api_key('7f3a', roles => ['explorer'],
    permissions => { dashboard => ['can_view'], ai => 'can_query' },
    origins => ['https://app.acme.example', 'https://b.example:8443'],
    maxLifetime => 300,
);
my $bare = api_key('bare', permissions => undef);
my $soon = api_key('soon', notAfter => utc(time + 200));
my $late = api_key('late', notAfter => utc(time - 1));
my $other = api_key('other', scopes => ['revoke', 'introspect']);
my $tests = api_key('tests', env => 'sandbox');
my $wrong = api_key('7f3a');
my $gone = api_key('gone');

my $server = service(
    api_keys => [$any, $key, $bare, $soon, $late, $other, $tests],
    http => 'toucan_max_lifetime 30m;',
    server => <<'END',
        location = /any {
            toucan_mint;
            toucan_mint_key_file mint.jwks;
            toucan_roles any;
        }
        location = /strict {
            toucan_mint;
            toucan_mint_key_file mint.jwks;
            toucan_attribute customerId type=integer required;
            toucan_attribute region type=strings required;
            toucan_attribute name required;
        }
        location = /loud {
            toucan_mint;
            toucan_mint_key_file mint.jwks;
            toucan_log_level error;
        }
        location = /quiet {
            toucan_mint;
            toucan_mint_key_file mint.jwks;
            error_log logs/quiet.log notice;
        }
END
);

my $read = 0;
my @answers;

# what the error log has got since the last time

sub logged {
    my $log = $server->read('logs/error.log');
    my $new = substr $log, $read;

    $read = length $log;

    return $new;
}

sub refused {
    my ($name, $answer, $status, $code, $reason, $field, $message, $id) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    push @answers, "$answer->{head}\r\n\r\n$answer->{body}";

    my $got = $answer->{json} // {};
    my @names = ('code', defined $field ? 'field' : (), 'message');

    is(join(' ', $answer->{status}, $answer->{code}, $answer->{reason},
            $answer->{field} // '-'),
       join(' ', $status, $code, $reason, $field // '-'), $name)
        or diag($answer->{body});
    is($answer->{verdict}, 'REJECTED', "$name: the verdict");
    is(join(' ', sort keys %$got), "@names", "$name: the members");
    is($got->{message}, $message, "$name: the message") if defined $message;
    is_deeply([map { $_ // [] } @{$answer->{header}}{qw(content-type
                                                        cache-control)}],
              [['application/json'], ['no-store']], "$name: JSON, not kept");

    my @lines = logged() =~ /^(.* toucan: .*)$/mg;
    my $in_log = length($field // '') ? $field : '-';

    $in_log =~ s/([^!-~]|[%"',\\])/sprintf '%%%02X', ord $1/ge;
    $id //= '[\w-]+';

    is(scalar @lines, 1, "$name: a line in the log");
    like($lines[0] // '',
         qr/:\ toucan_mint\ refused:\ $reason\ \(.+\),\ field:\ \Q$in_log\E,
            \ API\ key:\ $id,/x,
         "$name: with reason, field and key");
}

sub passes {
    my ($name, @how) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $answer = mint($server, @how);

    logged();
    is("$answer->{status} $answer->{reason}", '200 ', "a control: $name")
        or diag($answer->{body});
    ok(opened($answer->{json}{token}, 'ed25519'), "a control: $name: a token");
}

# a request with these changes: "user.role" goes down, undef takes away

sub with {
    my %changes = @_;

    my $body = { user => { distinctId => 'user-123', role => 'explorer' } };

    for my $path (keys %changes) {
        my @names = split /\./, $path;
        my $last = pop @names;
        my $at = $body;
        $at = $at->{$_} //= {} for @names;

        if (defined $changes{$path}) {
            $at->{$last} = $changes{$path};

        } else {
            delete $at->{$last};
        }
    }

    return to_json($body);
}

sub resource { return { type => 'dashboard', id => 'sales',
                        actions => ['can_view'], @_ } }

# as nested as may be, and deeper
sub nested_in { return '[' x $_[0] . '1' . ']' x $_[0] }


# Bodies that are no strict JSON object

passes('the usual request', $any, with());

my $user = '"user":{"distinctId":"u","role":"explorer"}';

passes('written by hand', $any, " {\r\n\t$user } ");

for my $case (
    ['empty', ''],
    ['blanks', '  '],
    ['an array', '[]'],
    ['an array of one', "[{$user}]"],
    ['a string', '"user"'],
    ['a number', '1'],
    ['null', 'null'],
    ['cut short', "{$user"],
    ['more after it', "{$user}{}"],
    ['a comma too many', "{$user,}"],
    ['a comment', "{$user}/**/"],
    ['a byte order mark', "\xef\xbb\xbf{$user}"],
    ['single quotes', "{'user':{'distinctId':'u','role':'explorer'}}"],
    ['a member twice', "{$user,$user}"],
    ['a member twice, spelt otherwise', qq({$user,"us\\u0065r":{}})],
    ['further down, twice',
     '{"user":{"distinctId":"u","distinctId":"v","role":"explorer"}}'],
    ['not UTF-8', qq({"user":{"distinctId":"\xff","role":"explorer"}})],
    ['an overlong form',
     qq({"user":{"distinctId":"\xc0\xaf","role":"explorer"}})],
    ['half a pair', '{"user":{"distinctId":"\\ud800","role":"explorer"}}'],
    ['a NUL', '{"user":{"distinctId":"a\\u0000b","role":"explorer"}}'],
    ['a raw NUL', qq({"user":{"distinctId":"a\0b","role":"explorer"}})],
    ['a raw newline', qq({"user":{"distinctId":"a\nb","role":"explorer"}})],
    ['a number that begins with 0', "{$user,\"expiresIn\":0900}"],
    ['a number too large', "{$user,\"expiresIn\":1e400}"],
    ['NaN', "{$user,\"expiresIn\":NaN}"],
    ['too deep', "{$user,\"resources\":" . nested_in(16) . '}'],
    ['too many values',
     "{$user,\"resources\":[" . join(',', (1) x 1100) . ']}'],
    ['a form', 'user=u&role=explorer'],
)
{
    my ($name, $body) = @$case;

    refused($name, mint($server, $any, $body), 400, 'INVALID_REQUEST',
            'bad_request', '', 'the body must be a strict JSON object',
            'any');
}


# Each field

my $is_attr = 'it must be a string, an integer within 2^53, a boolean, or an '
              . 'array of strings or of integers';
my $is_perm = 'it must be the name of a model, with can_view, can_edit, '
              . 'can_query, or an array of these';
my $is_resource = 'it must be an object of type, id (1 to 256 bytes) and '
                  . 'actions';
my $is_origin = 'it must be an origin such as "https://app.example.com"';
my $is_seconds = 'it must be an integer of seconds, at least 1';
my $too_long = 'it is longer than tokens may last here';

passes('every member', $any, with(
    'user.attributes' => { customerId => 1, name => 'x', admin => \1,
                           region => [], years => [1] },
    permissions => { dashboard => 'can_view' },
    resources => [resource(), resource(id => 'x' x 256)],
    origins => ['https://app.acme.example', 'http://[::1]:8080'],
    expiresIn => 1800,
));

for my $case (
    ['no user', { user => undef }, '/user', 'the user is missing'],
    (map { ["user $_->[0]", { user => $_->[1] }, '/user',
            'it must be an object'] }
     ['null', null()], ['a string', 'u'], ['an array', []], ['true', \1]),
    ['no distinctId', { 'user.distinctId' => undef }, '/user/distinctId',
     'it is missing'],
    (map { ["distinctId $_->[0]", { 'user.distinctId' => $_->[1] },
            '/user/distinctId', 'it must be a string of 1 to 256 bytes'] }
     ['empty', ''], ['null', null()], ['a number', 7], ['an array', ['u']],
     ['of 257 bytes', 'x' x 257],
     ['of 258 bytes in 129 letters', "\x{e9}" x 129]),
    (map { ["role $_->[0]", { 'user.role' => $_->[1] }, '/user/role',
            'it must be a string that is not empty'] }
     ['empty', ''], ['null', null()], ['a number', 7],
     ['an array', ['explorer']], ['false', \0]),
    ['role absent', { 'user.role' => undef }, '/user/role', 'it is missing'],
    (map { ["role $_->[0]", { 'user.role' => $_->[1] }, '/user/role',
            'it is not one of the roles accepted here'] }
     ['unknown', 'admin'], ['in capitals', 'Explorer'],
     ['with a blank', 'explorer ']),
    (map { ["attributes $_->[0]", { 'user.attributes' => $_->[1] },
            '/user/attributes', 'it must be an object'] }
     ['null', null()], ['an array', []], ['a string', 'x']),
    (map { ["an attribute $_->[0]", { 'user.attributes.name' => $_->[1] },
            '/user/attributes/name', $is_attr] }
     ['null', null()], ['a float', 1.5], ['an object', {}],
     ['a list in a list', [['x']]], ['of two types', ['x', 1]],
     ['of booleans', [\1]], ['of null', [null()]],
     ['too large', 9007199254740993], ['too small', -9007199254740993]),
    (map { ["$_->[0]: $_->[1]", { "user.attributes.$_->[0]" => $_->[2] },
            "/user/attributes/$_->[0]",
            'it is of another type than declared'] }
     ['customerId', 'a string', '42'], ['customerId', 'true', \1],
     ['customerId', 'a list', [42]], ['name', 'a number', 42],
     ['name', 'a list', ['x']], ['admin', 'a string', 'true'],
     ['admin', 'a number', 1], ['region', 'a string', 'north'],
     ['region', 'of integers', [1]], ['years', 'of strings', ['1']]),
    (map { ["an attribute nobody declared: $_->[1]" =~ s/\n/ /r,
            { 'user.attributes' => { $_->[0] => 'x' } },
            "/user/attributes/$_->[1]", 'it is not declared here'] }
     ['other', 'other'], ['Name', 'Name'], ['', ''], ['a/b', 'a~1b'],
     ['~1/~0', '~01~1~00'], ['%2F', '%2F'], ["a\nb", "a\nb"]),
    ['of several wrong ones, the first',
     { 'user.attributes' => { customerId => 'x', zzz => null() } },
     '/user/attributes/zzz', $is_attr],
    (map { ["permissions $_->[0]", { permissions => $_->[1] },
            '/permissions', 'it must be an object'] }
     ['null', null()], ['an array', ['can_view']], ['a string', 'can_view']),
    (map { ["a permission $_->[0]", { permissions => { dashboard => $_->[1] } },
            '/permissions/dashboard', $is_perm] }
     ['null', null()], ['true', \1], ['an object', {}], ['unknown', 'can_fly'],
     ['empty', ''], ['of a number', ['can_view', 1]],
     ['of an unknown one', ['can_view', 'can_fly']],
     ['nine times', [('can_view') x 9]]),
    (map { ["a model named \"$_->[0]\"",
            { permissions => { $_->[0] => 'can_view' } },
            "/permissions/$_->[1]", $is_perm] }
     ['', ''], ['a b', 'a b'], ['a/b', 'a~1b'], ['a:b', 'a:b'],
     ['x' x 65, 'x' x 65]),
    (map { ["resources $_->[0]", { resources => $_->[1] }, '/resources',
            'it must be an array'] }
     ['null', null()], ['an object', {}], ['a string', 'sales']),
    (map { ["a resource $_->[0]", { resources => [$_->[1]] }, '/resources/0',
            $is_resource] }
     ['null', null()], ['a string', 'sales'], ['empty', {}],
     ['without a type', { id => 'a', actions => [] }],
     ['without an id', { type => 'dashboard', actions => [] }],
     ['without actions', { type => 'dashboard', id => 'a' }],
     ['with more', resource(name => 'x')],
     ['of a type that is none', resource(type => '')],
     ['with a number as id', resource(id => 7)],
     ['with an empty id', resource(id => '')],
     ['with too long an id', resource(id => 'x' x 257)],
     ['with an unknown action', resource(actions => ['can_fly'])],
     ['with actions that are none', resource(actions => 1)]),
    ['the third resource', { resources => [resource(), resource(), 1] },
     '/resources/2', $is_resource],
    (map { ["origins $_->[0]", { origins => $_->[1] }, '/origins',
            'it must be an array of at most 64 origins'] }
     ['null', null()], ['a string', 'https://a.example'], ['an object', {}],
     ['too many', [('https://a.example') x 65]]),
    (map { ["the origin " . (ref $_ ? 'null' : $_), { origins => [$_] },
            '/origins/0', $is_origin] }
     null(), 7, '', 'null', '*', 'https://*.acme.example', 'app.acme.example',
     'https://app.acme.example/', 'https://app.acme.example?x',
     'https://u@app.acme.example', 'https://app.acme.example:0',
     'https://app.acme.example.', '~https://.*'),
    ['the second origin', { origins => ['https://a.example', 'b'] },
     '/origins/1', $is_origin],
    (map { ["expiresIn $_->[0]", { expiresIn => $_->[1] }, '/expiresIn',
            $is_seconds] }
     ['0', 0], ['negative', -1], ['a float', 1.5], ['a string', '900'],
     ['with a unit', '15m'], ['null', null()], ['true', \1],
     ['beyond 2^53', 9007199254740993]),
    ['expiresIn longer than here', { expiresIn => 1801 }, '/expiresIn',
     $too_long],
    ['expiresIn as long as can be', { expiresIn => 9007199254740991 },
     '/expiresIn', $too_long],
    (map { ["a member that is none: $_->[0]", { $_->[0] => 1 }, $_->[1],
            'there is no such member'] }
     ['User', '/User'], ['permission', '/permission'],
     ['expires_in', '/expires_in'], ['env', '/env'], ['sub', '/sub'],
     ['organization', '/organization'], ['exp', '/exp'],
     ['user.id', '/user/id'], ['user.distinct_id', '/user/distinct_id'],
     ['user.roles', '/user/roles'], ['x/y~z', '/x~1y~0z'], ['', '/']),
    ['a token too large', { 'user.attributes.name' => 'x' x 7000 }, '',
     'the token would be larger than tokens may be here'],
    ['a token of too many values',
     { 'user.attributes.years' => [(1) x 1012] }, '',
     'the token would hold more values than tokens may'],
)
{
    my ($name, $changes, $field, $message) = @$case;
    my $body = exists $changes->{''} ? to_json({ '' => 1 }) : with(%$changes);

    refused($name, mint($server, $any, $body), 400, 'INVALID_REQUEST',
            'bad_request', $field, $message, 'any');
}

my %needed = (customerId => 42, region => ['north'], name => 'Ann');

passes('what is required is there', $any,
       with('user.attributes' => \%needed), path => '/strict');

for my $case (
    ['no attributes', undef, 'customerId|region|name'],
    ['none at all', {}, 'customerId|region|name'],
    (map { my $name = $_; my %less = %needed; delete $less{$name};
           ["no $name", \%less, $name] } sort keys %needed),
    ['an empty name', { %needed, name => '' }, 'name'],
    ['an empty list', { %needed, region => [] }, 'region'],
)
{
    my ($name, $attributes, $field) = @$case;
    my $answer = mint($server, $any, with('user.attributes' => $attributes),
                      path => '/strict');
    like($answer->{field}, qr{^/user/attributes/(?:$field)\z},
         "required: $name: the field");
    refused("required: $name", $answer, 400, 'INVALID_REQUEST', 'bad_request',
            $answer->{field}, 'it is required and must not be empty', 'any');
}


# More than the API key grants

my $not_role = 'it is not one of the API key\'s roles';
my $not_granted = 'it is more than may be granted here';
my $not_actions = 'they are more than may be granted here';
my $not_origin = 'it is not one of the API key\'s origins';
my $not_so_long = 'it is longer than the API key permits';

passes('all that the key grants', $key, with(
    permissions => { dashboard => ['can_view', 'can_view'],
                     ai => ['can_query'] },
    resources => [resource(), resource(type => 'ai', actions => 'can_query')],
    origins => ['https://b.example:8443', 'https://APP.acme.example:443'],
    expiresIn => 300,
));
passes('without roles, any of the location', $any, with('user.role' =>
                                                        'maker'));
passes('can_edit grants can_view', $any,
       with(permissions => { dashboard => ['can_view', 'can_edit'] }));
passes('no permissions of a key that grants none', $bare,
       with(permissions => {}, resources => []));
passes('as long as the key lasts', $soon, with(expiresIn => 100));

for my $case (
    ['a role', $key, { 'user.role' => 'maker' }, '/user/role', $not_role],
    ['no role', $key, { 'user.role' => undef }, '/user/role', $not_role,
     '/any'],
    ['a model', $key, { permissions => { chart => 'can_view' } },
     '/permissions/chart', $not_granted],
    ['can_edit', $key, { permissions => { dashboard => 'can_edit' } },
     '/permissions/dashboard', $not_granted],
    ['one action of two',
     $key, { permissions => { dashboard => ['can_view', 'can_query'] } },
     '/permissions/dashboard', $not_granted],
    ['one model of two',
     $key, { permissions => { ai => 'can_query', database => ['can_query'] } },
     '/permissions/database', $not_granted],
    ['can_view of ai', $key, { permissions => { ai => ['can_view'] } },
     '/permissions/ai', $not_granted],
    ['can_query of can_edit', $any,
     { permissions => { dashboard => ['can_query'] } },
     '/permissions/dashboard', $not_granted],
    ['of a key that grants none', $bare,
     { permissions => { dashboard => 'can_view' } },
     '/permissions/dashboard', $not_granted],
    ['no action, of a model that is not granted', $bare,
     { permissions => { dashboard => [] } }, '/permissions/dashboard',
     $not_granted],
    ['an object, of a key that grants none', $bare,
     { resources => [resource()] }, '/resources/0/actions', $not_actions],
    ['an object of another type', $key,
     { resources => [resource(), resource(type => 'chart')] },
     '/resources/1/actions', $not_actions],
    ['an object with more actions', $key,
     { resources => [resource(actions => ['can_view', 'can_edit'])] },
     '/resources/0/actions', $not_actions],
    ['an object with more actions, though no permission is asked', $key,
     { permissions => {}, resources => [resource(actions => 'can_edit')] },
     '/resources/0/actions', $not_actions],
    (map { ["the origin $_", $key, { origins => [$_] }, '/origins/0',
            $not_origin] }
     'https://evil.example', 'http://app.acme.example',
     'https://app.acme.example:8443', 'https://b.example',
     'https://app.acme.example.evil.example', 'https://acme.example',
     'https://x.app.acme.example'),
    ['the second origin', $key,
     { origins => ['https://app.acme.example', 'https://c.example'] },
     '/origins/1', $not_origin],
    ['a second more', $key, { expiresIn => 301 }, '/expiresIn',
     $not_so_long],
    ['longer than the key lasts', $soon, { expiresIn => 201 }, '/expiresIn',
     $not_so_long],
)
{
    my ($name, $by, $changes, $field, $message, $path) = @$case;

    refused("beyond the key: $name",
            mint($server, $by, with(%$changes), path => $path // '/mint'),
            403, 'SCOPE_EXCEEDS_KEY', 'scope_exceeds_key', $field, $message,
            $by->{id});
}

refused('a key that may not mint', mint($server, $other, with()), 403,
        'SCOPE_EXCEEDS_KEY', 'scope_exceeds_key', undef,
        'the API key does not permit this', 'other');
refused('a key that may not mint, and a body that is wrong',
        mint($server, $other, '{'), 403, 'SCOPE_EXCEEDS_KEY',
        'scope_exceeds_key', undef, undef, 'other');


# API keys

my %answers = (
    api_key_missing => [401, 'API_KEY_MISSING', 'an API key is required'],
    api_key_invalid => [401, 'API_KEY_INVALID', 'the API key is not valid'],
    api_key_expired => [401, 'API_KEY_INVALID', 'the API key is not valid'],
    api_key_conflict => [400, 'INVALID_REQUEST',
                         'the request carries more than one API key'],
);

my $text = $any->{text};
my ($secret) = $text =~ /^tk_live_any_(.*)/;

for my $case (
    ['none', '', 'missing'],
    ['empty', 'X-API-Key:', 'missing'],
    ['Bearer alone', 'Authorization: Bearer', 'missing'],
    ['Bearer and blanks', 'Authorization: Bearer   ', 'missing'],
    ['another scheme', "Authorization: Basic $text", 'missing'],
    ['no scheme', "Authorization: $text", 'missing'],
    ['another header', "API-Key: $text", 'missing'],
    ['in a cookie', "Cookie: x-api-key=$text", 'missing'],
    ['no key at all', 'X-API-Key: x', 'invalid'],
    ['another secret', "X-API-Key: $wrong->{text}", 'invalid'],
    ['another secret, as Bearer', "Authorization: Bearer $wrong->{text}",
     'invalid'],
    ['an id that is not there', "X-API-Key: $gone->{text}", 'invalid'],
    ['the id of another', "X-API-Key: tk_live_7f3a_$secret", 'invalid'],
    ['the prefix of tests', "X-API-Key: tk_test_any_$secret", 'invalid'],
    ['the prefix of live', 'X-API-Key: '
     . ($tests->{text} =~ s/^tk_test/tk_live/r), 'invalid'],
    ['no prefix', "X-API-Key: any_$secret", 'invalid'],
    ['in capitals', 'X-API-Key: ' . uc $text, 'invalid'],
    ['the id in capitals', 'X-API-Key: ' . ($text =~ s/any/ANY/r), 'invalid'],
    ['cut short', 'X-API-Key: ' . substr($text, 0, -1), 'invalid'],
    ['a letter more', "X-API-Key: ${text}x", 'invalid'],
    ['a blank within', 'X-API-Key: ' . ($text =~ s/any_/any_ /r), 'invalid'],
    ['in quotes', "X-API-Key: \"$text\"", 'invalid'],
    ['very long', 'X-API-Key: ' . $text . 'x' x 4000, 'invalid'],
    ['its digest', "X-API-Key: $any->{entry}{sha256}", 'invalid'],
    ['not any longer', "X-API-Key: $late->{text}", 'expired', 'late'],
    ['twice', "X-API-Key: $text\nX-API-Key: $text", 'conflict'],
    ['two', "X-API-Key: $text\nx-api-key: $key->{text}", 'conflict'],
    ['in both headers', "X-API-Key: $text\nAuthorization: Bearer $text",
     'conflict'],
    ['one wrong beside it', "X-API-Key: $wrong->{text}\n"
                            . "Authorization: Bearer $text", 'conflict'],
)
{
    my ($name, $headers, $reason, $id) = @$case;
    my ($status, $code, $message) = @{$answers{"api_key_$reason"}};
    my $answer = mint($server, undef, with(), headers => $headers);

    refused("API key: $name", $answer, $status, $code, "api_key_$reason",
            undef, $message, $id // '-');
    is_deeply($answer->{header}{'www-authenticate'} // [],
              $status != 401 ? []
              : [$code eq 'API_KEY_MISSING'
                 ? 'Bearer realm="token service"'
                 : 'Bearer realm="token service", error="invalid_token"'],
              "API key: $name: WWW-Authenticate");
}

passes('the key', $any, with());

refused('a wrong key says nothing of the body',
        mint($server, $wrong, '{'), 401, 'API_KEY_INVALID', 'api_key_invalid',
        undef, undef, '-');


# Methods, media types, sizes

for my $method (qw(GET HEAD PUT DELETE PATCH OPTIONS)) {
    for my $headers ('', "X-API-Key: $text\nContent-Type: application/json") {
        my $answer = ask($server, "$method /mint", $headers,
                         $method =~ /^P/ ? with() : undef);

        is_deeply($answer->{header}{allow}, ['POST'], "$method: Allow");

        if ($method eq 'HEAD') {
            is("$answer->{status} $answer->{reason} $answer->{body}",
               '405 method_not_allowed ', 'HEAD');
            logged();
            next;
        }

        refused($method . ($headers ? ' with a key' : ''), $answer, 405,
                'METHOD_NOT_ALLOWED', 'method_not_allowed', undef,
                'the method is not allowed here', '-');
    }
}

for my $case (
    ['none', ''],
    ['empty', 'Content-Type:'],
    ['text/plain', 'Content-Type: text/plain'],
    ['a form', 'Content-Type: application/x-www-form-urlencoded'],
    ['one that begins so', 'Content-Type: application/jsonp'],
    ['one of the kind', 'Content-Type: application/vnd.api+json'],
    ['text/json', 'Content-Type: text/json'],
    ['a list', 'Content-Type: application/json, text/plain'],
    ['a part', 'Content-Type: application/js'],
)
{
    my ($name, $header) = @$case;

    refused("media type: $name",
            ask($server, 'POST /mint', "X-API-Key: $text\n$header", with()),
            415, 'UNSUPPORTED_MEDIA_TYPE', 'media_type', undef,
            'the body must be JSON: application/json', 'any');
}

refused('of another key, the media type is not looked at',
        ask($server, 'POST /mint', "X-API-Key: $wrong->{text}", with()),
        401, 'API_KEY_INVALID', 'api_key_invalid', undef, undef, '-');

refused('too large', mint($server, $any, with() . ' ' x 16384), 413,
        'BODY_TOO_LARGE', 'body_too_large', undef, 'the body is too large',
        'any');
refused('much too large', mint($server, $any, with() . ' ' x 900_000), 413,
        'BODY_TOO_LARGE', 'body_too_large', undef, undef, 'any');
refused('too large, in chunks',
        mint($server, $any, with() . ' ' x 16384, chunked => 4000), 413,
        'BODY_TOO_LARGE', 'body_too_large', undef, undef, 'any');
passes('not too large', $any, with() . ' ' x 15000);


# Browsers

my $json = 'Content-Type: application/json';
my $in_browser = 'an API key belongs on a server: this one was sent by a '
                 . 'browser and must be replaced';

for my $case (
    ['Origin', 'Origin: https://app.acme.example'],
    ['Origin: null', 'Origin: null'],
    ['our own Origin', 'Origin: http://localhost'],
    (map { ["Sec-Fetch-Site: $_", "Sec-Fetch-Site: $_"] }
     qw(same-origin same-site cross-site none)),
    ['both', "Origin: https://a.example\nSec-Fetch-Site: cross-site"],
)
{
    my ($name, $headers) = @$case;

    for my $by ($any, $key, $other, $late) {
        my $answer = mint($server, $by, with(), headers => $headers);
        my $log = substr $server->read('logs/error.log'), $read;

        like($log, qr/\[alert\].*refused: key_in_browser .*API key: $by->{id},/,
             "$name: alert for the key $by->{id}");
        refused("$name: the key $by->{id}", $answer, 403, 'KEY_IN_BROWSER',
                'key_in_browser', undef, $in_browser, $by->{id});
    }

    for my $by ($wrong, $gone) {
        my $answer = mint($server, $by, with(), headers => $headers);

        lacks(substr($server->read('logs/error.log'), $read), '\[alert\]',
              "$name: no alert for a key that is none");
        refused("$name: a key that is none", $answer, 403, 'KEY_IN_BROWSER',
                'key_in_browser', undef, $in_browser, '-');
    }

    refused("$name: no key", mint($server, undef, with(),
                                  headers => $headers),
            401, 'API_KEY_MISSING', 'api_key_missing', undef, undef, '-');
    refused("$name: before the media type",
            ask($server, 'POST /mint', "X-API-Key: $text\n$headers", with()),
            403, 'KEY_IN_BROWSER', 'key_in_browser', undef, undef, 'any');
}

passes('Sec-Fetch-Mode alone is no browser', $any, with(),
       headers => 'Sec-Fetch-Mode: cors');
passes('nor are Referer and Sec-Fetch-Dest', $any, with(),
       headers => "Referer: https://a.example/\nSec-Fetch-Dest: empty");

for my $method ('OPTIONS', 'POST') {
    my $answer = ask($server, "$method /mint", join("\n",
        'Origin: https://app.acme.example',
        'Access-Control-Request-Method: POST',
        'Access-Control-Request-Headers: x-api-key'), $method eq 'POST'
                                                      ? with() : undef);

    is($answer->{status}, $method eq 'POST' ? 401 : 405,
       "a preflight, or what looks like one: $method");
    push @answers, $answer->{head};
}


# How loud

logged();
mint($server, $wrong, with(), path => '/loud');
like(logged(), qr/\[error\].*toucan_mint refused: api_key_invalid/,
     'toucan_log_level');
mint($server, $wrong, with(), path => '/quiet');
is($server->read('logs/quiet.log'), '', 'info is not logged at notice');
mint($server, $any, with(), path => '/quiet', headers => 'Origin: null');
like($server->read('logs/quiet.log'), qr/\[alert\].*API key: any,/,
     'an alert is');


# Secrets

my $log = join "\n", map { $server->read("logs/$_") }
                     qw(error.log quiet.log access.log stdout);
my $said = join "\n", @answers;

cmp_ok(length $log, '>', 10_000, 'there is a log');
cmp_ok(scalar @answers, '>', 200, 'and there are refusals');

for my $what (['error and access log', $log], ['refusals', $said]) {
    my ($name, $all) = @$what;

    lacks($all, 'tk_(?:live|test)_', "$name: no API key");
    lacks($all, join('|', map { quotemeta(($_->{text} =~ /_([^_].{31,})/)[0]) }
                          $any, $key, $bare, $soon, $late, $other, $tests,
                          $wrong, $gone), "$name: no secret");
    lacks($all, join('|', map { $_->{entry}{sha256} } $any, $key),
          "$name: no digest");
    lacks($all, 'eyJ[\w-]+\.', "$name: no token");
}

lacks($said, '(?i)^(?:Access-Control|Vary|Set-Cookie)',
      'refusals: no CORS header');
lacks($server->read('logs/error.log'), '\[(?:emerg|crit)\]',
      'nothing went wrong');


# The body of a request that is refused is no request of its own

{
    my $inner = "POST /mint HTTP/1.1\r\nHost: localhost\r\n$json\r\n"
                . "X-API-Key: $text\r\nContent-Length: " . length(with())
                . "\r\n\r\n" . with();
    my $sock = Toucan::Server::connection($server->port);

    for my $outer ($wrong->{text}, $text) {
        print $sock "POST /mint HTTP/1.1\r\nHost: localhost\r\n$json\r\n"
                    . "X-API-Key: $outer\r\nContent-Length: "
                    . length($inner) . "\r\n\r\n$inner";
    }

    print $sock "GET /mint HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: close\r\n\r\n";
    $sock->flush;

    my $all = do { local $/; <$sock> } // '';

    is(join(' ', $all =~ m{^HTTP/1\.1 (\d+)}mg), '401 400 405',
       'three requests on a connection, three answers');
    is(join(' ', $all =~ /"code":"(\w+)"/g),
       'API_KEY_INVALID INVALID_REQUEST METHOD_NOT_ALLOWED', 'each its own');
    lacks(logged(), 'issued', 'and no token');
}


# An API key in the arguments, which the client itself puts into logs, is none

is(ask($server, "POST /mint?x-api-key=$text&api_key=$text", $json,
       with())->{code}, 'API_KEY_MISSING', 'a key in the arguments is none');
