# The file of API keys: what it may say and what nginx -t makes of the rest; how
# it changes while nginx runs; what an API key may be used for.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Service;

use IO::Socket::INET ();
use Time::HiRes ();

plan('no_plan');

my $good = api_key('good');


# Files with which nginx does not start

my $tested = service(api_keys => [$good]);

$tested->write('conf/nginx.conf',
               $tested->read('conf/nginx.conf')
               =~ s/api-keys\.json/tested.json/r);

sub tested {
    my $text = shift;

    $tested->write('conf/tested.json', $text);

    return $tested->test;
}

sub is_taken {
    my ($name, $text) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($said, $ok) = tested($text);

    ok($ok, "taken: $name") or diag($said);
    lacks($said, 'API key file', "taken: $name: without a word");
}

sub is_refused {
    my ($name, $text, $why) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($said, $ok) = tested($text);
    my ($line) = $said =~ /API key file ".*\/tested\.json": (.*)/;

    ok(!$ok, "refused: $name");
    $line //= $said;
    $line =~ s/ in \S+nginx\.conf:\d+\z//;
    is($line, $why, "refused: $name: why");
    like($said, qr/^nginx: \[emerg\] /m, "refused: $name: emerg");
    lacks($said, $good->{entry}{sha256}, "refused: $name: no digest");
}

# the second of three entries, changed

sub entry {
    my %changes = @_;
    my %entry = (%{api_key('second')->{entry}}, %changes);

    delete @entry{grep { !defined $entry{$_} } keys %entry};

    return api_keys($good, \%entry, api_key('third'));
}

my $hex = $good->{entry}{sha256};

is_taken('the least', to_json({ keys => [
    { id => 'a', sha256 => $hex, scopes => ['mint'] }] }));
is_taken('all there is', entry(
    scopes => ['mint', 'revoke', 'introspect'], env => 'sandbox',
    organization => 'acme', roles => ['explorer', 'maker'],
    permissions => { dashboard => ['can_edit'], x => 'can_view', y => [] },
    origins => ['https://app.acme.example', 'http://[::1]:8080'],
    maxLifetime => 900, notAfter => '2027-01-01T00:00:00Z',
    comment => 'whose it is',
));
is_taken('the longest', entry(
    id => 'A-z0' . 'x' x 60, organization => "\x{e9}" x 128,
    roles => ['x' x 1000], maxLifetime => 315360000,
    origins => [map { "https://a$_.example" } 1 .. 64],
    notAfter => '9999-12-31T23:59:59Z', comment => '',
));
is_taken('a time that is over', entry(notAfter => '1970-01-01T00:00:01Z'));
is_taken('a leap day', entry(notAfter => $_))
    for '2028-02-29T12:00:00Z', '2000-02-29T00:00:00Z';
is_taken('a digest in capitals', entry(sha256 => uc $hex));
is_taken('the digest of another', entry(sha256 => $hex));
is_taken('two keys of one organization', entry(organization => 'acme'));
is_taken('ids that begin alike',
         api_keys(map { api_key($_) } qw(a ab abc a-b a- A aB 0 -)));
is_taken('4096 keys', api_keys(map { { id => "k$_", sha256 => $hex,
                                       scopes => ['mint'] } } 1 .. 4096));

my %must_be = (
    id => '1 to 64 letters, digits and "-"',
    sha256 => '64 hexadecimal digits, not all of them 0',
    scopes => 'an array of "mint", "revoke" and "introspect"',
    env => '"live" or "sandbox"',
    organization => 'a string of 1 to 256 bytes',
    roles => 'an array of one or more strings that are not empty',
    permissions => 'an object of models and their actions',
    origins => 'an array of 1 to 64 exact origins',
    maxLifetime => 'an integer of seconds, at least 1',
    notAfter => 'a time in UTC such as "2027-01-01T00:00:00Z"',
    comment => 'a string',
);

my %wrong = (
    id => ['', 'a_b', 'a.b', 'a b', "\x{e9}", 'x' x 65, 7, ['a'], null()],
    sha256 => ['', substr($hex, 1), "${hex}0", "x" . substr($hex, 1),
               '0' x 64, unb64u($hex), 7, null()],
    scopes => [[], 'mint', ['Mint'], ['mint', 'admin'], ['mint', 1], {},
               ['mint', ''], null()],
    env => ['', 'Live', 'test', 'prod', 1, ['live'], null()],
    organization => ['', 'x' x 257, "\x{e9}" x 129, 1, [], null()],
    roles => [[], 'explorer', ['explorer', ''], ['explorer', 1], {}, null()],
    permissions => [[], 'can_view', { dashboard => 'view' },
                    { dashboard => [1] }, { '' => 'can_view' },
                    { 'a b' => 'can_view' }, { dashboard => null() },
                    null()],
    origins => [[], 'https://a.example', ['*'], ['https://*.a.example'],
                ['https://a.example/'], ['a.example'], ['null'], [1],
                ['https://a.example', ''], {}, null(),
                [map { "https://a$_.example" } 1 .. 65]],
    maxLifetime => [0, -1, 1.5, '900', '15m', 315360001, \1, null()],
    notAfter => ['', '2027-01-01', '2027-01-01T00:00:00', 1798761600,
                 '2027-01-01T00:00:00+00:00', '2027-01-01 00:00:00Z',
                 '2027-01-01T00:00:00.5Z', '2027-1-01T00:00:00Z',
                 '2027-02-29T00:00:00Z', '2100-02-29T00:00:00Z',
                 '2027-04-31T00:00:00Z', '2027-13-01T00:00:00Z',
                 '2027-00-01T00:00:00Z', '2027-01-00T00:00:00Z',
                 '2027-01-01T24:00:00Z', '2027-01-01T00:60:00Z',
                 '2027-01-01T00:00:60Z', '1969-12-31T23:59:59Z',
                 '1970-01-01T00:00:00Z', '2027-01-01t00:00:00z', null()],
    comment => [1, [], null()],
);

for my $member (sort keys %wrong) {
    my $n = 0;

    is_refused("$member, wrong value " . ++$n, entry($member => $_),
               qq(key 2: "$member" is not $must_be{$member}))
        for @{$wrong{$member}};
}

is_refused("without $_", entry($_ => undef), qq(key 2: "$_" is missing))
    for qw(id sha256 scopes);
is_refused("a member \"$_\"", entry($_ => 1),
           qq(key 2: "$_" is no member of an API key))
    for qw(scope Env key secret max_lifetime orgnization), '';

is_refused("an entry that is $_->[0]", '{"keys":[' . to_json($good->{entry})
           . ",$_->[1]]}", 'key 2: not an object')
    for ['null', 'null'], ['a string', '"x"'], ['an array', '[]'];

is_refused('the first', api_keys({ %{$good->{entry}}, env => 'x' }),
           'key 1: "env" is not "live" or "sandbox"');
is_refused('an id twice', api_keys($good, api_key('b'), api_key('good')),
           'the id "good" is there twice');
is_refused($_->[0], $_->[1],
           'not an object of the array "keys" alone')
    for ['no keys', '{}'], ['keys that are no array', '{"keys":{}}'],
        ['keys that are null', '{"keys":null}'],
        ['more than keys', '{"keys":[],"version":1}'];
is_refused('4097 keys', api_keys(map { { id => "k$_", sha256 => $hex,
                                         scopes => ['mint'] } } 1 .. 4097),
           '4097 keys, more than 4096');

for my $case (
    ['an empty file', '', 'not strict JSON: an unexpected end'],
    ['cut short', substr(api_keys($good), 0, -1),
     'not strict JSON: an unexpected end'],
    ['a member twice', '{"keys":[{"id":"a","id":"b"}]}', 'not strict JSON: '],
    ['a list', '[]', 'not a JSON object'],
    ['keys in PEM', key_text('ec256.pub.pem'), 'not a JSON object'],
)
{
    my ($name, $text, $why) = @$case;
    my ($said, $ok) = tested($text);

    ok(!$ok, "refused: $name");
    like($said, qr/\[emerg\].*API key file ".*tested\.json": $why/,
         "refused: $name: why");
}

is_refused('a set of keys, which it is not', jwks_public('ec256'),
           'key 1: "id" is missing');

{
    my ($said, $ok) = tested(api_keys($good) . ' ' x (4 * 1024 * 1024));

    ok(!$ok, 'refused: too large a file');
    like($said, qr/API key file "\S+" is larger than 4194304 bytes/, 'why');
    is_taken('almost too large a file',
             do { my $text = api_keys($good);
                  $text . ' ' x (4 * 1024 * 1024 - length $text) });

    unlink $tested->dir . '/conf/tested.json';
    ($said, $ok) = $tested->test;
    ok(!$ok, 'refused: no file');
    like($said, qr/\[emerg\].*open\(\) "\S+tested\.json" failed \(2: /, 'why');

    mkdir $tested->dir . '/conf/tested.json';
    ($said, $ok) = $tested->test;
    ok(!$ok, 'refused: a directory');
    like($said, qr/API key file "\S+tested\.json" is no regular file/, 'why');
    rmdir $tested->dir . '/conf/tested.json';

    ($said, $ok) = tested('{"keys":[]}');
    ok($ok, 'taken: a list of no keys');
    like($said, qr/\[warn\].*API key file "\S+tested\.json" holds no key$/m,
         'with a warning');
}


# Four workers, while the file changes

my $one = api_key('one', roles => ['explorer', 'maker']);
my $two = api_key('two');
my $three = api_key('three');
my $ended = api_key('ended', notAfter => utc(time - 60));

my $server = service(
    api_keys => [$one, $two, $ended], workers => 4,
    server => 'location = /elsewhere { toucan_mint; toucan_mint_key_file '
              . 'mint.jwks; }',
);

my $slowest = 0;

sub changed {
    my ($what, @keys) = @_;

    $server->write('conf/api-keys.json', ref $keys[0] ? api_keys(@keys)
                                                      : $keys[0]);
    return Time::HiRes::time();
}

sub everywhere {
    my ($what, $key, $reason, $since, $body) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    by_all($server, $what, sub {
        my $answer = mint($server, $key, $body);
        return ($answer, $answer->{reason} || $answer->{verdict});
    }, $reason);

    my $took = $since ? Time::HiRes::time() - $since : 0;
    $slowest = $took if $took > $slowest;
}

everywhere('at first, one', $one, 'PASSED');
everywhere('at first, two', $two, 'PASSED');
everywhere('at first, three is not there', $three, 'api_key_invalid');
everywhere('ended is over', $ended, 'api_key_expired');

my $since = changed('a key more', $one, $two, $three);
everywhere('a key that is new', $three, 'PASSED', $since);
everywhere('those that were there', $one, 'PASSED');

$since = changed('a key less', $two, $three);
everywhere('a key that was withdrawn', $one, 'api_key_invalid', $since);
everywhere('those that were not', $two, 'PASSED');

# what is broken, or gone, changes nothing

my $kept = qr/\[error\].*:\ API\ key\ file\ ".*api-keys\.json"\ was\ not
              \ taken\ over,\ the\ keys\ read\ before\ stay\ in\ force/x;

sub times_said {
    my $n = () = $server->read('logs/error.log') =~ /$_[0]/g;

    return $n;
}

for my $case (
    ['cut short', substr(api_keys($one), 0, -2)],
    ['empty', ' '],
    ['one bad entry', api_keys($one, { %{$three->{entry}}, env => 'x' })],
    ['an id twice', api_keys($one, $one)],
)
{
    my ($name, $text) = @$case;

    my $said = times_said($kept);

    changed($name, $text);
    eventually("$name: each worker says so",
               sub { times_said($kept) == $said + 4 });
    everywhere("$name: the old ones stay", $two, 'PASSED');
    everywhere("$name: nothing of it is taken", $one, 'api_key_invalid');
}

like($server->read('logs/error.log'),
     qr/\[error\].*api-keys\.json": key 2: "env" is not "live"/, 'with why');

$since = changed('put right', $two, $three);
eventually('put right: each worker says so', sub {
    times_said('api-keys.json" was read again: 2 keys') == 4 * 2
});

unlink $server->dir . '/conf/api-keys.json';
eventually('a file that is gone: each worker says so', sub {
    times_said('api-keys.json" cannot be looked at') == 4
});
everywhere('a file that is gone: the old ones stay', $two, 'PASSED');

$since = changed('back', $one, $two, $three);
everywhere('it is back', $one, 'PASSED', $since);

# the same id

my $again = api_key('two', roles => ['explorer']);

$since = changed('another secret', $one, $again);
everywhere('the old secret of an id', $two, 'api_key_invalid', $since);
everywhere('its new secret', $again, 'PASSED');

my $maker = { user => { distinctId => 'u', role => 'maker' } };

everywhere('a role that it has', $one, 'PASSED', 0, $maker);
$since = changed('less', { %{$one->{entry}}, roles => ['explorer'] }, $again);
everywhere('and has not any longer', $one, 'scope_exceeds_key', $since,
           $maker);
$since = changed('another scope', { %{$one->{entry}}, scopes => ['revoke'] },
                 $again);
everywhere('a scope that it has not any longer', $one, 'scope_exceeds_key',
           $since);
$since = changed('another environment',
                 { %{$one->{entry}}, env => 'sandbox' }, $again);
everywhere('a key that begins with tk_live_, of the sandbox', $one,
           'api_key_invalid', $since);

# the time comes by itself

my $end = time + 6;

$since = changed('an end', { %{$one->{entry}}, notAfter => utc($end) },
                 $again);
everywhere('a key with an end', $one, 'PASSED');

{
    my $answer = mint($server, $one);

    is($answer->{status}, 200, 'before notAfter');
    is($answer->{json}{expiresAt}, $end, 'its tokens end with it');
}

everywhere('notAfter', $one, 'api_key_expired');
ok(time >= $end, 'not before it came');
everywhere('the other key goes on', $again, 'PASSED');

$since = changed('a later end', { %{$one->{entry}}, notAfter => utc(time
                                                                    + 3600) },
                 $again);
everywhere('a later end', $one, 'PASSED', $since);

# withdrawn while a request is on its way

{
    my $text = to_json({ user => { distinctId => 'u', role => 'explorer' } });
    my @late = map {
        my $sock = Toucan::Server::connection($server->port);
        print $sock "POST /mint HTTP/1.1\r\nHost: localhost\r\n",
                    "Connection: close\r\nX-API-Key: $_->{text}\r\n",
                    "Content-Type: application/json\r\n",
                    'Content-Length: ' . length($text) . "\r\n\r\n",
                    substr($text, 0, 10);
        $sock->flush;
        $sock;
    } $one, $again;

    $since = changed('less', $again);
    everywhere('a key is withdrawn', $one, 'api_key_invalid', $since);

    my @answers = map {
        my $sock = $_;
        print $sock substr($text, 10);
        $sock->flush;
        Toucan::Service::answer(do { local $/; <$sock> });
    } @late;

    is("$answers[0]{status} $answers[0]{reason}", '401 api_key_invalid',
       'the request that had begun with it is refused');
    is("$answers[1]{status} $answers[1]{reason}", '200 ',
       'a control: one with another is not');
}

# the last one

$since = changed('none', '{"keys":[]}');
everywhere('the last key was withdrawn', $again, 'api_key_invalid', $since);
$since = changed('one again', $one);
everywhere('and there is one again', $one, 'PASSED', $since);

Test::More::note(sprintf 'the slowest change took %.1f s in four workers',
                 $slowest);
cmp_ok($slowest, '<', 5, 'a change is in force within about a second');

lacks($server->read('logs/error.log'), '\[(?:alert|crit|emerg)\]',
      'nothing went wrong');


# Environments

my $live = api_key('live', env => 'live');
my $test = api_key('test', env => 'sandbox');
my @ids = map { api_key($_) } qw(a ab abc a-b a- A aB 0 -), 'x' x 64;
my @scopes = map { api_key(join('-', @$_), scopes => $_) }
             ['mint'], ['revoke'], ['introspect'], ['mint', 'revoke'],
             ['revoke', 'introspect'], ['mint', 'introspect'],
             ['mint', 'revoke', 'introspect'], ['mint', 'mint'];

# 9 bytes before the secret: the longest, one more; the shortest, one less
my %length = (
    longest => 256 - length('tk_live_longest_'),
    longer => 257 - length('tk_live_longer_'),
    shortest => 32,
    shorter => 31,
);
my %sized = map { $_ => api_key($_, secret => 's' x $length{$_}) }
            keys %length;
my $signs = join '', grep { !/\w/ } map { chr } 33 .. 126;
my @odd = map { api_key("odd$$_[0]", secret => $$_[1]) }
          [1, '_' x 32], [2, 'a_b' x 12], [3, "${signs}_"], [4, '%41' x 12];

my $mixed = service(
    api_keys => [$live, $test, @ids, @scopes, values %sized, @odd],
    server => <<'END',
        location = /sandbox {
            toucan "t";
            toucan_env sandbox;
            toucan_key_file gate.jwks;
            proxy_pass http://%upstream%;
        }
        location = /both {
            toucan "t";
            toucan_env live sandbox;
            toucan_key_file gate.jwks;
            proxy_pass http://%upstream%;
        }
        location = /introspect {
            toucan_introspect;
            toucan_env live sandbox;
            toucan_key_file gate.jwks;
        }
END
);

for my $case ([$live, 'live', '/t', '/sandbox'],
              [$test, 'sandbox', '/sandbox', '/t'])
{
    my ($key, $env, $here, $there) = @$case;
    my $answer = mint($mixed, $key);
    my $token = $answer->{json}{token};

    is($answer->{json}{env}, $env, "$env: the answer");
    is(opened($token, 'ed25519')->{env}, $env, "$env: the token");
    is(gated($mixed, $token, '', path => $here)->{sees}{env}, $env,
       "$env: accepted there");
    is(gated($mixed, $token, '', path => $there)->{reason}, 'env_denied',
       "$env: not elsewhere");
    is(gated($mixed, $token, '', path => '/both')->{sees}{env}, $env,
       "$env: and where both are");
    is(mint($mixed, $key, { user => { distinctId => 'u', role => 'maker' },
                            env => 'live' })->{field}, '/env',
       "$env: nobody may ask for another");

    my $other = $key->{text} =~ s/^tk_(live|test)_/
                                  $1 eq 'live' ? 'tk_test_' : 'tk_live_'/er;

    is(mint($mixed, $other)->{reason}, 'api_key_invalid',
       "$env: the other prefix");
}

is(mint($mixed, $_)->{status}, 200, "the id \"$_->{id}\"") for @ids;
is(opened(mint($mixed, $_)->{json}{token}, 'ed25519')->{client_id}, $_->{id},
   "the id \"$_->{id}\" is the token's client_id") for @ids;

{
    my ($a) = $ids[0]{text} =~ /^tk_live_a_(.*)/;

    is(mint($mixed, "tk_live_$_\_$a")->{reason}, 'api_key_invalid',
       "\"$_\" with the secret of \"a\"") for qw(ab abc A b), '', 'a_';
}

is(mint($mixed, $sized{$_->[0]})->{reason}, $_->[1],
   "a secret of $length{$_->[0]} bytes")
    for ['longest', ''], ['longer', 'api_key_invalid'], ['shortest', ''],
        ['shorter', 'api_key_invalid'];
is(mint($mixed, $_)->{status}, 200, "a secret as $_->{id}") for @odd;


# Scopes

for my $key (@scopes) {
    my %has = map { $_ => 1 } @{$key->{entry}{scopes}};
    my $token = minted($mixed, $scopes[0]);
    my $introspect = ask($mixed, 'POST /introspect', "X-API-Key: $key->{text}"
        . "\nContent-Type: application/x-www-form-urlencoded",
        "token=$token");

    is(mint($mixed, $key)->{reason}, $has{mint} ? '' : 'scope_exceeds_key',
       "$key->{id}: minting");
    is($introspect->{reason}, $has{introspect} ? '' : 'scope_exceeds_key',
       "$key->{id}: introspecting");
    ok($introspect->{json}{active}, "$key->{id}: it is active")
        if $has{introspect};
}
