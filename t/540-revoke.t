# toucan_revoke: what can be revoked, for whom, until when; and what is
# refused, with the field.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;
use Toucan::Revocations;

plan('no_plan');

my $server = Toucan::Server->new(
    main => 'worker_processes 2;',
    http => revocations(),
    files => { 'conf/keys.jwks' => jwks_public('ec256'),
               'conf/apikeys.json' => api_keys() },
);

# names that no other check has; "%" stands for their number

my $n = 0;

sub named {
    my %claims = (jti => "j$n", sid => "s$n", 'user.distinctId' => "d$n",
                  organization => 'acme', client_id => "c$n", @_);

    return token(age => delete $claims{age} // 5, claims => \%claims);
}

sub is_reason {
    my ($token, $want, $name) = @_;
    is(scalar reason_of($server, $token), $want, $name);
}


# Whom a revocation reaches: the body, the key, a token, whether it is refused

my $now = time;

my @reach = (
    ['a jti', {jti => 'j%'}, 'all', [], 1],
    ['another jti', {jti => 'J%'}, 'all', [], 0],
    ['a jti that is issued later', {jti => 'j%'}, 'all', [age => -20], 1],
    ['a jti, issued at that second',
     {jti => 'j%', issuedBefore => $now - 100}, 'all',
     [iat => $now - 100], 1],
    ['a jti, issued after it', {jti => 'j%', issuedBefore => $now - 100},
     'all', [iat => $now - 99], 0],
    ['a sid', {sid => 's%'}, 'all', [], 1],
    ['a sid that is issued later', {sid => 's%'}, 'all', [age => -20], 1],
    ['another sid', {sid => 'j%'}, 'all', [], 0],
    ['a user', {distinctId => 'd%'}, 'all', [], 1],
    ['a user with a later token', {distinctId => 'd%'}, 'all', [age => -20],
     0],
    ['a user, issued at that second',
     {distinctId => 'd%', issuedBefore => $now - 100}, 'all',
     [iat => $now - 100], 1],
    ['a user, issued after it',
     {distinctId => 'd%', issuedBefore => $now - 100}, 'all',
     [iat => $now - 99], 0],
    ['another user', {distinctId => 'd'}, 'all', [], 0],
    ['an organization', {organization => 'o%'}, 'all',
     [organization => 'o%'], 1],
    ['an organization with a later token', {organization => 'o%'}, 'all',
     [organization => 'o%', age => -20], 0],
    ['another organization', {organization => 'o%'}, 'all', [], 0],
    ['a client', {clientId => 'c%'}, 'all', [], 1],
    ['a client with a later token', {clientId => 'c%'}, 'all', [age => -20],
     0],
    ['one of three', {jti => 'x%', clientId => 'c%', sid => 'y%'}, 'all', [],
     1],
    ['none of three', {jti => 'x%', clientId => 'z%', sid => 'y%'}, 'all',
     [], 0],

    ['a bound key', {sid => 's%'}, 'acme', [], 1],
    ['a bound key, another organization', {sid => 's%'}, 'acme',
     [organization => 'other'], 0],
    ['a bound key, no organization', {sid => 's%'}, 'acme',
     [organization => undef], 0],
    ['a bound key, a user of another', {distinctId => 'd%'}, 'acme',
     [organization => 'other'], 0],
    ['a key of none, a token of none', {sid => 's%'}, 'all',
     [organization => undef], 1],

    ['a live key, a sandbox token', {jti => 'j%'}, 'all',
     [env => 'sandbox'], 1],
    ['a sandbox key, a sandbox token', {jti => 'j%'}, 'test',
     [env => 'sandbox'], 1],
    ['a sandbox key, a live token', {jti => 'j%'}, 'test', [], 0],
    ['a sandbox key, an organization that is live',
     {organization => 'o%'}, 'test', [organization => 'o%'], 0],
    ['a bound sandbox key', {clientId => 'c%'}, 'acmetest',
     [env => 'sandbox'], 1],
    ['a bound sandbox key, another organization', {clientId => 'c%'},
     'acmetest', [env => 'sandbox', organization => 'other'], 0],
    ['a bound sandbox key, a live token', {clientId => 'c%'}, 'acmetest', [],
     0],

    ['the longest name', {jti => 'l' x 256}, 'all', [jti => 'l' x 256], 1],
    ['a name of many bytes', {distinctId => "d\x{e9}%\x{4e2d}"}, 'all',
     ['user.distinctId' => "d\x{e9}%\x{4e2d}"], 1],
);

for my $row (@reach) {
    my ($name, $body, $key, $claims, $refused) = @$row;

    $n++;

    my %body = %$body;
    my @claims = @$claims;
    s/%/$n/ for grep { defined } values %body, @claims;

    my $token = named(@claims);
    my $bystander = named(jti => "b$n", sid => "b$n",
                          'user.distinctId' => "b$n", client_id => "b$n",
                          organization => "b$n");

    is_reason($token, '', "$name: a control");

    my $answer = revoke($server, \%body, $key);
    is($answer->{status}, 204, "$name: 204") or diag($answer->{body});

    is_reason($token, $refused ? 'revoked' : '',
              "$name: " . ($refused ? 'refused' : 'let in'));
    is_reason($bystander, '', "$name: somebody else is let in");

    next if !$refused;

    is(revoke($server, \%body, $key)->{status}, 204, "$name: once more: 204");
    is_reason($token, 'revoked', "$name: once more: refused");
}


# The answers

$n++;

my $token = named();
my $answer = revoke($server, {jti => "j$n"});

is($answer->{status}, 204, 'revoked');
is($answer->{body}, '', 'without a body');
like($answer->{head}, qr/^Cache-Control: no-store\r?$/m, 'never kept');
unlike($answer->{head}, qr/^Content-(?:Type|Length):/mi, 'and of no type');

$answer = $server->get('/t', bearer($token));
is($answer->{status}, 401, 'the token: 401');
is($answer->{body} =~ /"code":"(\w+)"/ && $1, 'TOKEN_REVOKED', 'its code');
like($answer->{head}, qr/^WWW-Authenticate: .*error="invalid_token"/m,
     'its challenge');
is(revoked_by_all($server, $token), '', 'every worker says so');

# a later cut-off is not undone by an earlier one

$n++;
$token = named();
revoke($server, {distinctId => "d$n"});
revoke($server, {distinctId => "d$n", issuedBefore => 1});
is_reason($token, 'revoked', 'an earlier cut-off undoes nothing');

$n++;
$token = named();
revoke($server, {jti => "j$n"});
revoke($server, {jti => "j$n", issuedBefore => 1});
is_reason($token, 'revoked', 'nor that of a jti');

$n++;
$token = named();
revoke($server, {sid => "s$n", issuedBefore => 1});
is_reason($token, '', 'a cut-off long ago');
revoke($server, {sid => "s$n"});
is_reason($token, 'revoked', 'is widened');


# What is refused: and nothing of it has been done

my @refusals = (
    ['no JSON', 'jti=j%', 'all', 400, 'INVALID_REQUEST', ''],
    ['no body', '', 'all', 400, 'INVALID_REQUEST', ''],
    ['an array', '["j%"]', 'all', 400, 'INVALID_REQUEST', ''],
    ['a member twice', '{"jti":"j%","jti":"j%"}', 'all', 400,
     'INVALID_REQUEST', ''],
    ['nothing to revoke', '{}', 'all', 400, 'INVALID_REQUEST', ''],
    ['only a time', '{"issuedBefore":1}', 'all', 400, 'INVALID_REQUEST', ''],
    ['an unknown member', '{"jti":"j%","reason":"x"}', 'all', 400,
     'INVALID_REQUEST', '/reason'],
    ['a name in capitals', '{"jti":"j%","SID":"s%"}', 'all', 400,
     'INVALID_REQUEST', '/SID'],
    ['a jti that is null', '{"sid":"s%","jti":null}', 'all', 400,
     'INVALID_REQUEST', '/jti'],
    ['a sid that is a number', '{"jti":"j%","sid":7}', 'all', 400,
     'INVALID_REQUEST', '/sid'],
    ['a user that is a list', '{"jti":"j%","distinctId":["d%"]}', 'all', 400,
     'INVALID_REQUEST', '/distinctId'],
    ['an organization that is an object', '{"jti":"j%","organization":{}}',
     'all', 400, 'INVALID_REQUEST', '/organization'],
    ['a client that is a flag', '{"jti":"j%","clientId":true}', 'all', 400,
     'INVALID_REQUEST', '/clientId'],
    ['an empty name', '{"jti":"j%","sid":""}', 'all', 400,
     'INVALID_REQUEST', '/sid'],
    ['a name of 257 bytes', '{"jti":"j%","sid":"' . 's' x 257 . '"}', 'all',
     400, 'INVALID_REQUEST', '/sid'],
    ['a time that is a string', '{"jti":"j%","issuedBefore":"1"}', 'all',
     400, 'INVALID_REQUEST', '/issuedBefore'],
    ['a time with a fraction', '{"jti":"j%","issuedBefore":1.5}', 'all', 400,
     'INVALID_REQUEST', '/issuedBefore'],
    ['a time before the epoch', '{"jti":"j%","issuedBefore":-1}', 'all', 400,
     'INVALID_REQUEST', '/issuedBefore'],
    ['a time to come',
     '{"jti":"j%","issuedBefore":' . ($now + 3600) . '}', 'all', 400,
     'INVALID_REQUEST', '/issuedBefore'],
    ['the organization of another',
     '{"jti":"j%","organization":"other"}', 'acme', 403,
     'SCOPE_EXCEEDS_KEY', '/organization'],
    ['a key of another scope', '{"jti":"j%"}', 'mint', 403,
     'SCOPE_EXCEEDS_KEY', undef],
);

for my $row (@refusals) {
    my ($name, $body, $key, $status, $code, $field) = @$row;

    $n++;
    $body =~ s/%/$n/g;

    my $t = named();
    my $r = revoke($server, $body, $key);

    is($r->{status}, $status, "$name: $status");
    is($r->{body} =~ /"code":"(\w+)"/ && $1, $code, "$name: $code");
    is($r->{body} =~ /"field":"([^"]*)"/ ? $1 : undef, $field,
       "$name: the field") or diag($r->{body});
    is_reason($t, '', "$name: nothing is revoked");
}

my $log = $server->read('logs/error.log');

is(scalar(grep { /\[(?:alert|crit|emerg)\]/ } split /^/, $log), 0,
   'nothing broke') or diag($log);
unlike($log, qr/[sd]\d+"|tk_live_all_/, 'no name and no key is in the log');
ok($server->stop('QUIT'), 'it ends well');
