# What a good signature does not excuse: times, issuer, audience, identity,
# environment, role, and the form of every claim.

use lib 't/lib';
use Toucan::Test;
use Toucan::Cases;


# A token with these changes of its claims.

sub with { return bearer(claims => {@_}) }


# A token whose payload is the usual one, with a text changed.

sub edited {
    my ($from, $to) = @_;

    my $payload = to_json(claims());
    $payload =~ s/$from/$to/ or die "no $from in $payload\n";

    return bearer(raw_token('{"alg":"ES256","kid":"ec256"}', $payload,
                            'ec256'));
}

sub is_true { return JSON::PP::true }

our @not_integers = (
    ['a string', '"1"'], ['an empty string', '""'], ['null', 'null'],
    ['true', 'true'], ['an array', '[1]'], ['an object', '{}'],
    ['a float', '1.5'], ['a float that is whole', '1.0'],
    ['an exponent', '1e9'], ['negative', '-1'], ['negative zero', '-0.0'],
    ['2^53 + 1', '9007199254740993'], ['2^63 - 1', '9223372036854775807'],
    ['-2^63', '-9223372036854775808'],
);

run_tests();

__DATA__

=== TEST 1: exp, iat and nbf with the default leeway of 30s
--- gate
--- cases eval
my $now = time;
[
    ['good', bearer(), 'ok'],
    ['a second left', bearer(ttl => 31, age => 30), 'ok'],
    ['expired, within the leeway', bearer(ttl => 600, age => 610), 'ok'],
    ['expired', bearer(ttl => 600, age => 660), 'expired'],
    ['expired for long', bearer(ttl => 600, age => 86400), 'expired'],
    ['exp at 0', with(exp => 0), 'expired'],
    ['exp before iat', with(exp => $now - 100, iat => $now), 'expired'],
    ['exp = iat', with(exp => $now + 10, iat => $now + 10), 'ok'],
    ['iat within the leeway', bearer(age => -15, claims => {nbf => undef}),
     'ok'],
    ['iat in the future', bearer(age => -90, claims => {nbf => undef}),
     'not_yet_valid'],
    ['nbf within the leeway', with(nbf => $now + 15), 'ok'],
    ['nbf in the future', with(nbf => $now + 90), 'not_yet_valid'],
    ['nbf behind exp', with(nbf => $now + 9999), 'not_yet_valid'],
    ['nbf in the past', with(nbf => 1), 'ok'],
    ['nbf before iat', with(nbf => $now - 500), 'ok'],
    ['no nbf', with(nbf => undef), 'ok'],
    ['no iat', with(iat => undef), 'bad_claim'],
    ['no exp', with(exp => undef), 'bad_claim'],
    ['neither', with(iat => undef, exp => undef), 'bad_claim'],
    ['iat at 0', with(iat => 0), 'lifetime_too_long'],
    ['expired and of too long a life', bearer(ttl => 9000, age => 9900),
     'expired'],
    ['not yet, and of too long a life', bearer(ttl => 9000, age => -900),
     'not_yet_valid'],
]


=== TEST 2: a leeway of its own, for times only
--- gate
toucan_leeway 10m;
toucan_max_lifetime 10m;
--- cases eval
my $now = time;
[
    ['expired, within', bearer(age => 1140), 'ok'],
    ['expired', bearer(age => 1260), 'expired'],
    ['iat, within', bearer(age => -540), 'ok'],
    ['iat', bearer(age => -660), 'not_yet_valid'],
    ['nbf, within', with(nbf => $now + 540), 'ok'],
    ['nbf', with(nbf => $now + 660), 'not_yet_valid'],
    ['the life', bearer(ttl => 600), 'ok'],
    ['the life is not stretched', bearer(ttl => 601), 'lifetime_too_long'],
]


=== TEST 3: no leeway
--- gate
toucan_leeway 0;
--- cases eval
[
    ['good', bearer(age => 5), 'ok'],
    ['expired just now', bearer(ttl => 60, age => 60), 'expired'],
    ['from the future', bearer(age => -60), 'not_yet_valid'],
]


=== TEST 4: the default cap of an hour
--- gate
--- cases eval
[
    ['3600 seconds', bearer(ttl => 3600), 'ok'],
    ['3601 seconds', bearer(ttl => 3601), 'lifetime_too_long'],
    ['3601 seconds, a minute left', bearer(ttl => 3601, age => 3541),
     'lifetime_too_long'],
    ['2^53', with(exp => 9007199254740992), 'lifetime_too_long'],
]


=== TEST 5: no cap: exp stays required
--- gate
toucan_max_lifetime 0;
--- cases eval
[
    ['ten years', bearer(ttl => 315360000), 'ok'],
    ['2^53', with(exp => 9007199254740992), 'ok'],
    ['iat at 0', with(iat => 0), 'ok'],
    ['no exp', with(exp => undef), 'bad_claim'],
    ['expired', bearer(age => 9999), 'expired'],
]


=== TEST 6: times are integers
--- gate
--- cases eval
[
    ['good', edited(qr/"exp":(\d+)/, '"exp" : ' . (time + 60)), 'ok'],
    map {
        my $name = $_;
        map { ["$name: $_->[0]", edited(qr/"$name":\d+/, "\"$name\":$_->[1]"),
               'bad_claim'] } @not_integers
    } qw(exp iat nbf)
]


=== TEST 7: issuer and audience
--- gate
toucan_issuer https://embed.example.com https://two.example.com;
toucan_audience toucan-embed toucan-chart;
--- cases eval
[
    ['first', bearer(), 'ok'],
    ['second', with(iss => 'https://two.example.com', aud => 'toucan-chart'),
     'ok'],
    (map { ["iss <$_>", with(iss => $_), 'bad_issuer'] }
     '', 'https://embed.example.com/', 'https://embed.example.co',
     'https://EMBED.example.com', 'https://embed.example.com ', 'x',
     'https://embed.example.com https://two.example.com',
     'https://embed.example.com.evil.test'),
    ['no iss', with(iss => undef), 'bad_issuer'],
    (map { ['iss ' . to_json($_), with(iss => $_), 'bad_claim'] }
     null(), 1, ['https://embed.example.com'], is_true()),
    ['aud in an array', with(aud => ['x', 'toucan-embed']), 'ok'],
    ['aud in an array of one', with(aud => ['toucan-embed']), 'ok'],
    ['aud twice', with(aud => [('toucan-embed') x 2]), 'ok'],
    (map { ["aud <$_>", with(aud => $_), 'bad_audience'] }
     '', 'x', 'Toucan-Embed', 'toucan-embe', 'toucan-embed2',
     'toucan-embed toucan-chart'),
    ['aud in an array of others', with(aud => ['x', 'y', '']),
     'bad_audience'],
    ['no aud', with(aud => undef), 'bad_audience'],
    (map { ['aud ' . to_json($_), with(aud => $_), 'bad_claim'] }
     null(), 1, [], {}, [1], ['toucan-embed', 1], ['toucan-embed', null()],
     [['toucan-embed']], {'toucan-embed' => 1}),
    ['iss before aud', with(iss => 'x', aud => 'y'), 'bad_issuer'],
    ['iss before exp', bearer(age => 9999, claims => {iss => 'x'}),
     'bad_issuer'],
    ['aud before exp', bearer(age => 9999, claims => {aud => 'x'}),
     'bad_audience'],
]


=== TEST 8: issuer and audience where the location names none
--- gate
--- cases eval
[
    ['any', with(iss => 'x', aud => 'y'), 'ok'],
    ['none', with(iss => undef, aud => undef), 'ok'],
    ['iss of the wrong form', with(iss => 5), 'bad_claim'],
    ['aud of the wrong form', with(aud => 5), 'bad_claim'],
    ['aud of nobody', with(aud => []), 'bad_claim'],
]


=== TEST 9: who it is
--- gate
--- cases eval
[
    ['good', bearer(), 'ok'],
    ['256 bytes', with('user.distinctId' => 'u' x 256), 'ok'],
    ['257 bytes', with('user.distinctId' => 'u' x 257), 'bad_claim'],
    ['257 bytes in 129 characters',
     with('user.distinctId' => "\x{e9}" x 128 . 'u'), 'bad_claim'],
    ['256 bytes in 128 characters', with('user.distinctId' => "\x{e9}" x 128),
     'ok'],
    ['empty', with('user.distinctId' => '', sub => ''), 'bad_claim'],
    ['absent', with('user.distinctId' => undef), 'bad_claim'],
    ['absent, with sub', with('user.distinctId' => undef, sub => 'user-123'),
     'bad_claim'],
    (map { ['distinctId ' . to_json($_),
            with('user.distinctId' => $_, sub => undef), 'bad_claim'] }
     null(), 42, ['user-123'], {}, is_true()),
    ['no sub', with(sub => undef), 'ok'],
    ['another sub', with(sub => 'user-124'), 'bad_claim'],
    ['sub in another case', with(sub => 'USER-123'), 'bad_claim'],
    ['an empty sub', with(sub => ''), 'bad_claim'],
    (map { ['sub ' . to_json($_), with(sub => $_), 'bad_claim'] }
     null(), 123, ['user-123'], {}),
    ['no user', with(user => undef), 'bad_claim'],
    (map { ['user ' . to_json($_), with(user => $_), 'bad_claim'] }
     null(), 'user-123', ['user-123'], {}, 1),
    ['a name twice', edited(qr/"distinctId":/,
                            '"distinctId":"root","distinctId":'), 'bad_json'],
]


=== TEST 10: the other names
--- gate
--- cases eval
[
    (map { my $name = $_;
        (["no $name", with($name => undef), 'ok'],
         ["$name of 256 bytes", with($name => 'x' x 256), 'ok'],
         ["$name of 257 bytes", with($name => 'x' x 257), 'bad_claim'],
         ["$name is empty", with($name => ''), 'bad_claim'],
         map { ["$name " . to_json($_), with($name => $_), 'bad_claim'] }
         null(), 1, ['x'], {}, is_true())
    } qw(jti sid client_id)),
    ['no organization', with(organization => undef), 'ok'],
    ['an empty organization', with(organization => ''), 'bad_claim'],
    (map { ['organization ' . to_json($_), with(organization => $_),
            'bad_claim'] } null(), 1, ['x'], {}),
]


=== TEST 11: env, live by default
--- gate
--- cases eval
[
    ['live', bearer(), 'ok'],
    ['absent is live', with(env => undef), 'ok'],
    ['sandbox', with(env => 'sandbox'), 'env_denied'],
    ['sandbox, expired', bearer(age => 9999, claims => {env => 'sandbox'}),
     'expired'],
    (map { ['env ' . to_json($_), with(env => $_), 'bad_claim'] }
     '', 'test', 'LIVE', 'live ', null(), 1, ['live'], is_true()),
]


=== TEST 12: env sandbox
--- gate
toucan_env sandbox;
--- cases eval
[
    ['sandbox', with(env => 'sandbox'), 'ok'],
    ['live', bearer(), 'env_denied'],
    ['absent is live', with(env => undef), 'env_denied'],
]


=== TEST 13: both environments
--- gate
toucan_env live sandbox;
--- cases eval
[
    ['sandbox', with(env => 'sandbox'), 'ok'],
    ['live', bearer(), 'ok'],
    ['absent', with(env => undef), 'ok'],
    ['another', with(env => 'staging'), 'bad_claim'],
]


=== TEST 14: the default roles
--- gate
--- cases eval
[
    ['explorer', bearer(), 'ok'],
    ['maker', with('user.role' => 'maker'), 'ok'],
    (map { ["role <$_>", with('user.role' => $_), 'role_denied'] }
     'admin', 'Explorer', 'explorer ', 'explore', 'any', 'explorer,maker',
     'r' x 2000),
    ['absent', with('user.role' => undef), 'role_denied'],
    (map { ['role ' . to_json($_), with('user.role' => $_), 'bad_claim'] }
     '', null(), 1, ['explorer'], {}, is_true()),
    ['env before role', with(env => 'sandbox', 'user.role' => 'x'),
     'env_denied'],
]


=== TEST 15: roles of the location
--- gate
toucan_roles viewer "power user";
--- cases eval
[
    ['viewer', with('user.role' => 'viewer'), 'ok'],
    ['power user', with('user.role' => 'power user'), 'ok'],
    ['explorer', bearer(), 'role_denied'],
    ['absent', with('user.role' => undef), 'role_denied'],
]


=== TEST 16: any role, or none; the form still counts
--- gate
toucan_roles any;
--- cases eval
[
    ['explorer', bearer(), 'ok'],
    ['of any name', with('user.role' => 'whoever'), 'ok'],
    ['absent', with('user.role' => undef), 'ok'],
    ['empty', with('user.role' => ''), 'bad_claim'],
    ['null', with('user.role' => null()), 'bad_claim'],
    ['a list', with('user.role' => ['explorer']), 'bad_claim'],
]


=== TEST 17: the form of attributes, permissions, resources and origins
--- gate
--- cases eval
my $many = ['x', 'y'];
[
    ['without any of them',
     with('user.attributes' => undef, permissions => undef), 'ok'],
    ['empty', with('user.attributes' => {}, permissions => {},
                   resources => []), 'ok'],
    ['every type', with('user.attributes' => {
        a => 'x', b => 1, c => is_true(), d => $many, e => [1, 2], f => [],
        g => '', h => -9007199254740992}), 'ok'],
    (map { ['attribute ' . to_json($_), with('user.attributes' => {a => $_}),
            'bad_claim'] }
     null(), 1.5, {}, {b => 1}, [[]], [{}], [null()], ['a', 1], [1, 'a'],
     [is_true()], [1.5]),
    ['an attribute above 2^53',
     edited(qr/"customerId":42/, '"customerId":9007199254740993'),
     'bad_claim'],
    ['an attribute below -2^53',
     edited(qr/"customerId":42/, '"customerId":-9007199254740993'),
     'bad_claim'],
    (map { ['attributes ' . to_json($_), with('user.attributes' => $_),
            'bad_claim'] } null(), [], 'x', 1),
    ['an action that is no list', with(permissions => {ai => 'can_query'}),
     'ok'],
    (map { ['permissions ' . to_json($_), with(permissions => $_),
            'bad_claim'] }
     null(), [], 'x', {a => null()}, {a => 1}, {a => {}}, {a => [1]},
     {'a b' => ['can_view']}, {'' => ['can_view']}),
    ['a resource', with(resources => [{type => 'dashboard', id => 'sales',
                                       actions => ['can_view']}]), 'ok'],
    (map { ['resources ' . to_json($_), with(resources => $_), 'bad_claim'] }
     null(), {}, 'x', ['x'], [null()], [{}], [{type => 'dashboard'}],
     [{type => 'dashboard', id => 7, actions => ['can_view']}],
     [{type => 'a/b', id => 'x', actions => ['can_view']}]),
    (map { ['origins ' . to_json($_), with(origins => $_), 'bad_claim'] }
     null(), 'https://a.example', {}, [1], [null()], ['a.example'],
     ['https://a.example/'], ['https://*.a.example'], ['null'], ['~.*'],
     [map { "https://a$_.example" } 1 .. 65]),
]
