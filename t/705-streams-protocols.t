# Streams that are cut over HTTP/2, where others of the same connection go on,
# and those that come from other kinds of upstreams.

use strict;
use warnings;

use lib 't/lib';
use Toucan::Test;
use Toucan::Http2;
use Toucan::Server;
use Toucan::Revocations;
use Toucan::Streams;

plan('no_plan');

my $up = upstream();

my $server = Toucan::Server->new(
    http => http(),
    files => { 'conf/keys.jwks' => jwks_public('ec256'),
               'conf/apikeys.json' => api_keys() },
);

sub http {
    return <<"END";
    log_format cut '\$uri \$status \$toucan_status \$toucan_reason '
                   '\$toucan_distinct_id';
    toucan_revocation_zone tokens:1m;
    keepalive_timeout 60s;
    server {
        listen 127.0.0.1:%port%;
        listen 127.0.0.1:%port2% http2;
        access_log logs/access.log cut;
        toucan_key_file keys.jwks;
        toucan_roles any;
        toucan_embed server;
        toucan_leeway 0s;
        toucan_revocation tokens;
        proxy_buffering off;
        location / {
            toucan "t";
            proxy_pass http://127.0.0.1:$up;
        }
        location /buffered/ {
            toucan "t";
            proxy_buffering on;
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

sub user {
    my ($name, %o) = @_;
    return (authorization => 'Bearer '
            . token(%o, claims => {'user.distinctId' => $name}));
}

sub logged {
    my ($line, $name) = @_;

    ok(eventually(sub { $server->read('logs/access.log') =~ /^$line$/m }),
       $name) or diag($server->read('logs/access.log'));
}


# Silent streams of one connection: nothing but ours tells the client

my $h2 = Toucan::Http2->new($server->port(2));

my $short = $h2->get('/x/quiet', user('short', ttl => 2));
my $long = $h2->get('/a/quiet', user('long'));

ok($h2->begins($_), 'a stream begins') for $short, $long;
ok($h2->is_reset($short), 'the short one is reset');
is($h2->stream($short)->{reset}, 2, 'as INTERNAL_ERROR');
ok(!$h2->stream($short)->{complete}, 'it was not completed');
logged('/x/quiet 200 CUT expired short', 'it is logged');

ok(!defined $h2->stream($long)->{reset}, 'the other one is not');
ok($h2->pings, 'the connection goes on');

my $new = $h2->get('/a/sse', user('new'));
ok($h2->begins($new), 'and takes more');
ok($h2->goes_on($new), 'which go on');


# Revoked, while another one is at work

is(revoke($server, {distinctId => 'long'})->{status}, 204, 'a revocation');
ok($h2->is_reset($long), 'resets its stream');
ok($h2->goes_on($new), 'and no other');
is($h2->goaway, undef, 'nobody was sent away');


# The last one of a connection

is(revoke($server, {distinctId => 'new'})->{status}, 204, 'one more');
ok($h2->is_reset($new), 'resets the last one');
ok($h2->pings, 'the connection goes on');

my $whole = $h2->get('/short', user('whole'));
ok($h2->completes($whole), 'and takes more');
is($h2->stream($whole)->{data}, "short\n", 'as a whole');


# A client that takes no more: its window is at its end

for my $place ('/flood', '/buffered/flood') {
    my $slow = $h2->get($place, user('slow', ttl => 2));

    ok($h2->until(sub { length $h2->stream($slow)->{data} >= 65535 }),
       "$place: the window is used up");
    ok($h2->is_reset($slow), "$place: reset");
    is(length $h2->stream($slow)->{data}, 65535, "$place: no byte came");
    logged("$place 200 CUT expired slow", "$place: it is logged");
    ok($h2->pings, "$place: the connection goes on");
}

$h2->shut;

sub active { $server->get('/status')->{body} =~ /Active connections: (\d+)/ }

ok(eventually(sub { (active())[0] == 1 }), 'no connection is left');
unlike($server->read('logs/error.log'), qr/\[(?:alert|crit|emerg)\]/,
       'nothing is wrong');
ok($server->stop('QUIT'), 'it ends when it is told to');
