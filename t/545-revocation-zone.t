# Zones of revocations: their directives, reloads, nginx -t beside a running
# one, and a zone that is full.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;
use Toucan::Revocations;

plan('no_plan');

my $MAIN = 'worker_processes 2;';

my $server = Toucan::Server->new(
    main => $MAIN,
    http => revocations(),
    files => { 'conf/keys.jwks' => jwks_public('ec256'),
               'conf/apikeys.json' => api_keys() },
);

my $dir = $server->dir;

sub named {
    my ($name, %o) = @_;
    return token(age => 5, claims => {jti => $name, sid => "sid-$name"}, %o);
}

sub is_reason {
    my ($token, $want, $name, $path) = @_;
    is(scalar reason_of($server, $token, $path), $want, $name);
}

sub is_204 {
    my ($body, $name, $path) = @_;
    my $r = revoke($server, $body, 'all', $path);
    is($r->{status}, 204, $name) or diag($r->{body});
}

sub log_of { $server->read('logs/error.log') }

sub reload {
    my %before = map { $_ => 1 } $server->workers;

    $server->signal('HUP');

    return eventually(sub {
        my @now = $server->workers;
        return @now == 2 && !grep { $before{$_} } @now;
    });
}

# a reload that fails leaves the workers alone

sub reload_fails {
    my ($name, $http, $words) = @_;

    my @before = $server->workers;

    $server->conf($MAIN, $http);
    truncate "$dir/logs/error.log", 0;
    $server->signal('HUP');

    ok(eventually(sub { log_of() =~ /\[emerg\].*$words/ }),
       "$name: refused, and told") or diag(log_of());
    is("@{[$server->workers]}", "@before", "$name: the workers stay");
}

is(eventually(sub { (my @w = $server->workers) == 2 }), 1, 'two workers');


# Directives that are wrong

sub fails {
    my ($name, $http, $words) = @_;

    $server->conf($MAIN, $http);
    my ($text, $ok) = $server->test;
    ok(!$ok, "$name: fails");
    like($text, qr/\[emerg\].*$words/, "$name: is told");
}

my ($text, $ok) = $server->test;
ok($ok, 'a control') or diag($text);

for my $row (
    ['no size', 'x', '"x".*NAME:SIZE'],
    ['no name', ':1m', '":1m".*NAME:SIZE'],
    ['an empty size', 'x:', '"x:".*NAME:SIZE'],
    ['a size that is none', 'x:big', '"x:big".*NAME:SIZE'],
    ['a size below 0', 'x:-1', '"x:-1".*NAME:SIZE'],
    ['a size of 0', 'x:0', '"x:0".*8 pages'],
    ['a size below 8 pages', 'x:31k', '"x:31k".*8 pages'],
    ['an unknown parameter', 'x:1m file=y', '"file=y".*state=PATH'],
    ['an empty path', 'x:1m state=', '"state=".*state=PATH'],
    ['too many', 'x:1m state=y z', 'invalid number of arguments'],
    ['a zone twice', 'tokens:1m', '"tokens:1m".*a zone of this name'],
    ['a zone twice, of two sizes', 'tokens:2m', 'tokens.*'],
    ['a name of limit_req', 'limits:1m', '"limits".*different use'],
    ['a folder that is not there', 'x:1m state=nowhere/y', 'nowhere/'],
    ['a folder as a file', 'x:1m state=conf', 'conf" '],
) {
    my ($name, $zone, $words) = @$row;

    fails($name, revocations(http =>
          'limit_req_zone $binary_remote_addr zone=limits:1m rate=1r/s;'
          . "toucan_revocation_zone $zone;"), $words);
}

fails('one state file of two', revocations(http => <<'END'),
    toucan_revocation_zone a:1m state=logs/y;
    toucan_revocation_zone b:1m state=logs/y;
END
      '"state=logs/y".*another zone');
fails('the twin of another', revocations(http => <<'END'),
    toucan_revocation_zone a:1m state=logs/y;
    toucan_revocation_zone b:1m state=logs/y.alt;
END
      '"state=logs/y.alt".*another zone');
fails('a zone that nobody makes',
      revocations(gate => 'toucan_revocation nobody;'),
      '"toucan_revocation" names "nobody", and no "toucan_revocation_zone" '
      . 'makes this zone');
fails('a zone that nobody makes, where nobody asks',
      revocations(server => 'location = /x { toucan_revocation nobody; }'),
      '"toucan_revocation" names "nobody"');
fails('a zone of limit_req', revocations(
          http => 'limit_req_zone $uri zone=limits:1m rate=1r/s;',
          gate => 'toucan_revocation limits;'), '"limits".*different use');
fails('no name at all', revocations(gate => 'toucan_revocation "";'),
      '"" in the "toucan_revocation"');
fails('twice in a location',
      revocations(gate => 'toucan_revocation off; toucan_revocation off;'),
      'is duplicate');
fails('a zone in a location',
      revocations(gate => 'toucan_revocation_zone x:1m;'),
      'not allowed here');
fails('toucan_revoke without a zone', revocations(server => <<'END'),
    location /r {
        toucan_revoke; toucan_revocation off;
        toucan_api_key_file apikeys.json;
    }
END
      'toucan_revoke.*needs a "toucan_revocation"');
fails('toucan_revoke without API keys',
      revocations(server => 'location /r { toucan_revoke; }'),
      'toucan_revoke.*needs a "toucan_api_key_file"');

ok(!-e "$dir/logs/y" && !-e "$dir/logs/y.alt",
   'nginx -t has made no state file');


# Inheritance: a zone of its own, and none

my $other = revocations(
    http => 'toucan_revocation_zone other:1m;', server => <<'END');
    location = /other/revoke {
        toucan_revocation other;
        toucan_revoke;
        toucan_api_key_file apikeys.json;
    }
    location /other/t {
        toucan "t"; toucan_embed server; toucan_revocation other;
        try_files /conf/nginx.conf =404; root .;
    }
    location /off/t {
        toucan "t"; toucan_embed server; toucan_revocation off;
        try_files /conf/nginx.conf =404; root .;
    }
END

my $first = named('first');

is_204({jti => 'first'}, 'one is revoked before a reload');
$server->conf($MAIN, $other);
ok(reload(), 'a reload with another zone beside it');

is_reason($first, 'revoked', 'what was revoked stays so');
is(revoked_by_all($server, $first), '', 'for every new worker');
is_reason($first, '', 'another zone does not know of it', '/other/t');
is_reason($first, '', '"off" asks nobody', '/off/t');

is_204({sid => 'sid-second'}, 'revoked in the other zone', '/other/revoke');
is_reason(named('second'), '', 'of no effect in the first');
is_reason(named('second'), 'revoked', 'but in its own', '/other/t');


# Reloads that must not be

reload_fails('another size', revocations(size => '2m'),
             'size.*"tokens" cannot be changed by a reload');
is_reason($first, 'revoked', 'another size: it holds');

reload_fails('a state file for it', revocations(state => 'logs/late'),
             'state file.*"tokens" cannot be changed by a reload');
is_reason($first, 'revoked', 'a state file for it: it holds');
ok(!-e "$dir/logs/late", 'a state file for it: it is not made');

$server->conf($MAIN, revocations());
ok(reload(), 'a reload that is right');
is_reason($first, 'revoked', 'and it holds still');
is_204({jti => 'third'}, 'and goes on');
is_reason(named('third'), 'revoked', 'as before');

for my $n (1 .. 5) {
    ok(reload(), "reload $n");
    is_reason($first, 'revoked', "reload $n: it holds");
}


# A worker that is killed

my ($victim) = $server->workers;
kill KILL => $victim;
ok(eventually(sub {
    my @now = $server->workers;
    return @now == 2 && !grep { $_ == $victim } @now;
}), 'a worker is killed and replaced');
is(revoked_by_all($server, $first), '', 'its successor knows');


# A zone that is full

$server->stop;
$server->conf($MAIN, revocations(size => '32k',
                                 server => 'toucan_max_lifetime 60s;'));
$server->start;

my $room = 0;
$room++ while $room < 2000 && revoke($server, {jti => "full-$room"})->{status}
                              == 204;

cmp_ok($room, '>', 500, 'a zone of 32k holds hundreds of revocations');
cmp_ok($room, '<', 1000, 'and not any number');
diag("a zone of 32k: $room entries");

my $answer = revoke($server, {jti => 'more'});
is($answer->{status}, 507, 'one more: 507');
is($answer->{body} =~ /"code":"(\w+)"/ && $1, 'REVOCATIONS_FULL', 'its code');
is_reason(named('more', ttl => 60), '', 'it is not in force');
is(revoke($server, {jti => 'full-7', sid => 'more'})->{status}, 507,
   'one that is there with one that does not fit: 507');
is_204({jti => 'full-7'}, 'one that is there: 204');

my $wrong = 0;

for my $n (0 .. $room - 1) {
    $wrong += reason_of($server, named("full-$n", ttl => 60)) ne 'revoked';
}

is($wrong, 0, 'all of those that were answered hold');
is_reason(named('else', ttl => 60), '', 'others are let in: a control');
like(log_of(), qr/\[error\].*toucan_revoke refused: revocations_full/,
     'the log tells');

# what no token can need any more makes room, a minute for clocks included;
# what is so from the start takes none

$server->stop;
$server->conf($MAIN, revocations(size => '32k', server => <<'END'));
    toucan_max_lifetime 1s;
    toucan_leeway 0;
END
$server->start;

$wrong = 0;

for my $n (1 .. 2 * $room) {
    $wrong += revoke($server, {jti => "old-$n", issuedBefore => time - 70})
              ->{status} != 204;
}

is($wrong, 0, 'what is over takes no room');

my $n = 0;
$n++ while $n < 2000 && revoke($server, {jti => "soon-$n",
                                         issuedBefore => time - 58})
                        ->{status} == 204;
is($n, $room, 'what is not yet over does');
ok(eventually(sub { revoke($server, {jti => 'room'})->{status} == 204 }),
   'until it is');
is_204({jti => "room-$_"}, 'and there is more') for 1 .. 3;

$server->stop;
$server->conf($MAIN, revocations(size => '32k',
                                 server => 'toucan_max_lifetime 0;'));
$server->start;

$n = 0;
$n++ while $n < 2000 && revoke($server, {jti => "old-$n", issuedBefore => 1})
                        ->{status} == 204;
is($n, $room, 'without a cap nothing is ever over');


is(scalar(grep { /\[(?:alert|crit)\]/ && !/exited on signal 9/ }
          split /^/, log_of()), 0, 'nothing broke')
    or diag(grep { /\[(?:alert|crit)\]/ } split /^/, log_of());
ok($server->stop('QUIT'), 'it ends well');
