# A stream ends with its token: event streams and WebSockets over HTTP/1.1 are
# cut when it has expired, is revoked, or is opened by no key any more; what
# has another token goes on.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Server;
use Toucan::Revocations;
use Toucan::Streams;

plan('no_plan');

my $up = upstream();
my $WS = "\nUpgrade: websocket";

my $server = Toucan::Server->new(
    main => 'worker_processes 2;',
    http => http(),
    files => { 'conf/keys.jwks' => jwks_public('ec256', 'ed25519'),
               'conf/apikeys.json' => api_keys() },
);

sub http {
    return <<"END";
    log_format cut '\$uri \$status \$toucan_status \$toucan_reason '
                   '\$toucan_distinct_id';
    toucan_revocation_zone tokens:1m;
    map \$http_upgrade \$hop { default upgrade; '' ''; }
    server {
        listen 127.0.0.1:%port% reuseport;
        access_log logs/access.log cut;
        toucan_key_file keys.jwks;
        toucan_roles any;
        toucan_embed server;
        toucan_leeway 0s;
        toucan_revocation tokens;
        proxy_http_version 1.1;
        proxy_set_header Upgrade \$http_upgrade;
        proxy_set_header Connection \$hop;
        proxy_buffering off;
        location / {
            toucan "t";
            proxy_pass http://127.0.0.1:$up;
        }
        location /kept/ {
            toucan "t";
            toucan_stream_expiry off;
            proxy_pass http://127.0.0.1:$up;
        }
        location /dry/ {
            toucan "t";
            toucan_dry_run on;
            toucan_log_level warn;
            proxy_pass http://127.0.0.1:$up;
        }
        location = /revoke {
            toucan_revoke;
            toucan_api_key_file apikeys.json;
        }
        location = /status {
            stub_status;
        }
    }
END
}

sub open_at {
    my ($path, $more, %o) = @_;

    my $s = stream($server->port, $path, bearer(%o) . $more);
    my $begun = $more ? qr/\r\n\r\n/ : qr/data: 1\n/;

    ok($s->until($begun), "$path: it begins") or diag($s->text);
    is($s->status, $more ? 101 : 200, "$path: by its status");

    return $s;
}

sub goes_on {
    my ($s, $name) = @_;

    ok($s->goes_on, $name);
}

sub logged {
    my ($line, $name) = @_;

    ok(eventually(sub { $server->read('logs/access.log') =~ /^$line$/m }),
       $name) or diag($server->read('logs/access.log'));
}

sub errors { return $server->read('logs/error.log') }

sub user { return (claims => {'user.distinctId' => shift, @_}) }


# Expiry: the short ones end, the long ones do not

my $events = open_at('/a/sse', '', user('long'));
my $socket = open_at('/a/ws', $WS, user('long'));
my $kept = open_at('/kept/sse', '', ttl => 2, user('kept'));
my $dry = open_at('/dry/sse', '', ttl => 2, user('dry'));

my $why = 'toucan: cut: expired .* distinct_id: short, .* token: [0-9a-f]{16} ';

my %short = (
    '/x/sse' => open_at('/x/sse', '', ttl => 2, user('short')),
    '/x/quiet' => open_at('/x/quiet', '', ttl => 2, user('short')),
    '/x/ws' => open_at('/x/ws', $WS, ttl => 2, user('short')),
);

goes_on($short{'/x/ws'}, 'a short WebSocket is one');

for my $path (sort keys %short) {
    ok($short{$path}->ends, "$path ends with its token");

    my $status = $path =~ /ws/ ? 101 : 200;
    logged("$path $status CUT expired short", "$path: logged as cut");
    like(errors(), qr{\[info\].*$why.*GET $path}, "$path: one line says why");
}

unlike($short{'/x/sse'}->text, qr/\n0\r\n\r\n\z/, 'it was not completed');
is(scalar(() = errors() =~ /toucan: cut/g), 3, 'no other line');

goes_on($events, 'an event stream with a longer token goes on');
goes_on($socket, 'a WebSocket with a longer token goes on');
goes_on($kept, 'where it is off, past its end');
goes_on($dry, 'a dry run cuts nothing');

ok(eventually(sub { errors() =~ /\[warn\].*would cut: expired/ }),
   'but says so, at its level');
is(scalar(() = errors() =~ /would cut/g), 1, 'once');
$_->shut for $kept, $dry;
logged('/kept/sse 200 PASSED - kept', 'nothing was cut there');
logged('/dry/sse 200 CUT_DRY_RUN expired dry', 'nor there, as the log says');


# An answer that begins when the token is over is cut, too

my $late = stream($server->port, '/late', bearer(ttl => 1, user('late')));
ok($late->until(qr/data: 1\n/), 'a late answer begins');
ok($late->ends, 'and is cut');
logged('/late 200 CUT expired late', 'it is logged');


# One that ends by itself was not cut, whatever becomes of its connection

my $short = stream($server->port, '/short', bearer(ttl => 1, user('quick')));
ok($short->until(qr/short\n/), 'an answer that ends');
$short->shut;
logged('/short 200 PASSED - quick', 'it has passed');


# Revocation, in each worker

my @mine = map { open_at("/r$_/sse", '', user('jo', sid => "sid$_")) } 1 .. 6;
my @socket = map { open_at("/r$_/ws", $WS, user('jo', sid => "sid$_")) }
             1 .. 6;

is(revoke($server, {sid => 'sid2'})->{status}, 204, 'a session is revoked');
ok($_->ends, 'it is cut') for $mine[1], $socket[1];
logged("/r2/$_ CUT revoked jo", 'and logged') for 'sse 200', 'ws 101';
goes_on($_, 'others are not') for grep { $_ != $mine[1] && $_ != $socket[1] }
                                  @mine, @socket;

is(revoke($server, {distinctId => 'jo'})->{status}, 204, 'so is a user');
ok($_->ends, 'it is cut') for @mine, @socket;
goes_on($_, 'another user is not') for $events, $socket;

is(revoke($server, {distinctId => 'long', issuedBefore => time - 60})
   ->{status}, 204, 'an older session of another');
goes_on($_, 'this one is not meant') for $events, $socket;


# A key that is withdrawn, and one that is put in

my $ed = open_at('/k/sse', '', key => 'ed25519', user('ed'));
my $edws = open_at('/k/ws', $WS, key => 'ed25519', user('ed'));

$server->write('conf/keys.jwks', jwks_public('ed25519', 'ec256', 'rsa1'));
ok(eventually(sub {
    2 == (() = errors() =~ /keys\.jwks" was read again: 3 keys/g);
}), 'a key is added');
goes_on($_, 'all go on') for $events, $socket, $ed, $edws;

$server->write('conf/keys.jwks', jwks_public('ec256'));
ok($_->ends, 'what it opened is cut') for $ed, $edws;
logged("/k/$_ CUT key_not_found ed", 'and logged') for 'sse 200', 'ws 101';
goes_on($_, 'with another key it goes on') for $events, $socket;


# Nothing is left

$_->shut for $events, $socket;

sub active { $server->get('/status')->{body} =~ /Active connections: (\d+)/ }

ok(eventually(sub { (active())[0] == 1 }), 'no connection is left');
unlike(errors(), qr/\[(?:alert|crit|emerg)\]/, 'nothing is wrong');
ok($server->stop('QUIT'), 'it ends when it is told to');
