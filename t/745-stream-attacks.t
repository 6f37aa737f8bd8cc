# Attacks on the end of streams: answers that would outlive their token by a
# detour, and what a cut at a bad moment might break.

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
my $WS = "\nUpgrade: websocket";

my $server = Toucan::Server->new(
    http => http(),
    files => { 'conf/keys.jwks' => jwks_public('ec256'),
               'conf/apikeys.json' => api_keys(),
               'tmp/file' => 'x' x 4_000_000,
               'tmp/ssi.html' =>
                   '<!--#include virtual="/open/sse" --><!--#include'
                   . ' virtual="/open/late" --><!--#include'
                   . ' virtual="/open/quiet" -->' },
);

sub http {
    return <<"END";
    log_format cut '\$uri \$status \$toucan_status \$toucan_reason '
                   '\$toucan_distinct_id';
    toucan_revocation_zone tokens:1m;
    map \$http_upgrade \$hop { default upgrade; '' ''; }
    proxy_cache_path cache keys_zone=cache:1m;
    server {
        listen 127.0.0.1:%port2%;
        add_header X-Accel-Redirect \$arg_to;
        return 200;
    }
    server {
        listen 127.0.0.1:%port%;
        listen 127.0.0.1:%port3% http2;
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
        location /open/ {
            toucan off;
            proxy_pass http://127.0.0.1:$up;
        }
        location /led/ {
            toucan "t";
            proxy_pass http://127.0.0.1:%port2%;
        }
        location /error/ {
            toucan "t";
            error_page 502 = /open/sse;
            proxy_pass http://127.0.0.1:1;
        }
        location /tried/ {
            toucan "t";
            try_files /nothing \@tried;
        }
        location \@tried {
            proxy_pass http://127.0.0.1:$up;
        }
        location /deaf/ {
            toucan "t";
            proxy_ignore_client_abort on;
            proxy_pass http://127.0.0.1:$up;
        }
        location /mirrored/ {
            toucan "t";
            mirror /open/quiet;
            proxy_pass http://127.0.0.1:$up;
        }
        location /large/ {
            toucan "t";
            alias tmp/;
            limit_rate 20k;
            ssi on;
        }
        location /threads/ {
            toucan "t";
            alias tmp/;
            aio threads;
            limit_rate 500k;
        }
        location /after/ {
            toucan "t";
            alias tmp/;
            limit_rate 20k;
            post_action /done;
        }
        location /after/up/ {
            toucan "t";
            proxy_pass http://127.0.0.1:$up;
            post_action /done;
        }
        location = /done {
            internal;
            access_log logs/after.log cut;
            proxy_pass http://127.0.0.1:$up/short;
        }
        location /cached/ {
            toucan "t";
            proxy_cache cache;
            proxy_cache_valid any 1h;
            proxy_cache_key \$uri;
            proxy_buffering on;
            proxy_pass http://127.0.0.1:$up;
        }
        location /posted/ {
            toucan "t";
            proxy_request_buffering off;
            proxy_pass http://127.0.0.1:$up;
        }
        location /slow/ {
            toucan "t";
            auth_request /open/late;
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

    return bearer(%o, claims => {'user.distinctId' => $name});
}

sub auth {
    return (authorization => 'Bearer '
            . token(claims => {'user.distinctId' => shift}));
}

# A client that sends what it is given

sub raw {
    my $s = bless { sock => Toucan::Server::connection($server->port),
                    text => '', ended => 0 }, 'Toucan::Streams';

    $s->say(shift);

    return $s;
}

sub logged {
    my ($line, $name) = @_;

    ok(eventually(sub { $server->read('logs/access.log') =~ /^$line$/m }),
       $name) or diag($server->read('logs/access.log'));
}

sub errors { return $server->read('logs/error.log') }

sub active { return $server->get('/status')->{body} =~ /Active \D*(\d+)/ }

sub nobody_is_left {
    ok(eventually(sub { (active())[0] == 1 }), "$_[0]: no connection is left")
        or diag(active());
}


# Detours: the answer comes from where there is no gate

my %path = (
    '/sse' => 'control: no detour',
    '/led/a?to=/open/sse' => 'X-Accel-Redirect',
    '/led/a?to=/open/quiet' => 'X-Accel-Redirect, in silence',
    '/led/a?to=/large/file' => 'X-Accel-Redirect to a file',
    '/error/sse' => 'error_page',
    '/tried/sse' => 'try_files, a named location',
    '/deaf/sse' => 'proxy_ignore_client_abort',
    '/mirrored/sse' => 'mirror',
    '/large/file' => 'a file at its rate',
    '/large/ssi.html' => 'SSI',
    '/threads/file' => 'a file, by threads',
    '/after/file' => 'a file, with a post_action',
    '/after/up/sse' => 'an upstream, with a post_action',
    '/after/up/flood' => 'one that says more than is taken',
);

my (%gone, %kept);

for my $path (sort keys %path) {
    my $name = $path{$path};

    $gone{$path} = stream($server->port, $path, user('gone', ttl => 3));
    $kept{$path} = stream($server->port, $path, user('kept'));

    ok($_->until(qr/\r\n\r\n/), "$name: it begins")
        for $gone{$path}, $kept{$path};
    is($gone{$path}->status, 200, "$name: well");
}

for my $path (sort keys %path) {
    my $name = $path{$path};

    ok($gone{$path}->ends, "$name: it ends with its token");
    ok($kept{$path}->goes_on, "$name: another goes on")
        if $path !~ /quiet|threads|ssi/;

    my ($length) = $gone{$path}->text =~ /^Content-Length: (\d+)/m;
    $gone{$path}->text =~ /\r\n\r\n(.*)/s;
    ok(defined $length ? length $1 < $length : $1 !~ /(?:^|\n)0\r\n\r\n/,
       "$name: it was not completed");
}

is(scalar(() = errors() =~ /toucan: cut: expired/g), scalar keys %path,
   'each is logged once');
is(scalar(() = $server->read('logs/after.log') =~ m{/done}g), 3,
   'each post_action took place');

$_->shut for values %kept;
nobody_is_left('detours');


# A WebSocket's client that speaks before it is answered, and again: nginx read
# that over the header of the request, whose line and Host stand in the log

my $forged = "\n2026/01/01 00:00:00 [error] forged\n";
my $early = raw("GET /slow/ws HTTP/1.1\r\nHost: localhost\r\n"
                . "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                . user('early', ttl => 5) . "\r\n\r\nearly");

select undef, undef, undef, 0.3;
$early->say($forged x 100);

ok($early->until(qr/\r\n\r\nearly(?:\Q$forged\E){100}/),
   'all that was said early is there');
ok($early->ends, 'and it is cut');
like(errors(),
     qr{cut: expired .* "GET /slow/ws HTTP/1\.1".* host: "localhost"$}m,
     'the log tells of its request');
unlike(errors(), qr/forged/, 'and nothing else');
logged('/slow/ws 101 CUT expired early', 'so does the other one');


# Bodies that are still read when the answer has begun

my @posted = map {
    raw("POST /posted/$_ HTTP/1.1\r\nHost: localhost\r\n"
        . user('posted', ttl => 2)
        . "\r\nContent-Length: 1000000\r\n\r\n" . 'x' x 1000);
} qw(sse quiet flood);

ok($_->until(qr/\r\n\r\n/), 'an answer to half a body begins') for @posted;
ok($_->ends, 'and is cut') for @posted;


# An answer that is cut while it goes into a cache is not what others get

my $first = stream($server->port, '/cached/flood', user('cached', ttl => 2));
ok($first->until(qr/x{1000}/), 'an answer is cached');
ok($first->ends, 'and cut');

my $second = stream($server->port, '/cached/flood', user('second', ttl => 2));
ok($second->until(qr/x{1000}/), 'the next one gets its own');
ok($second->ends, 'and is cut, too');
is((() = errors() =~ /cut: expired.*"GET \/cached/g), 2, 'by the gate');


# A connection that is kept is nobody's token's

my $idle = stream($server->port, '/kept/short', user('idle', ttl => 1));
ok($idle->until(qr/short\n/), 'an answer that ends');
select undef, undef, undef, 2.5;
$idle->say("GET /short HTTP/1.1\r\nHost: localhost\r\n" . user('next')
           . "\r\n\r\n");
ok($idle->until(qr/short\n.*short\n/s), 'the next one on its connection');
$idle->shut;


# Many streams of one HTTP/2 connection at once, and one among them

my $h2 = Toucan::Http2->new($server->port(3));

my @many = map { $h2->get("/m$_/quiet", auth('many')) } 1 .. 100;
my $other = $h2->get('/o/sse', auth('other'));

ok($h2->until(sub { 101 == grep { defined $h2->stream($_)->{status} }
                           @many, $other }), '101 streams begin');
is(revoke($server, {distinctId => 'many'})->{status}, 204, 'a revocation');
ok($h2->until(sub { 100 == grep { defined $h2->stream($_)->{reset} } @many }),
   'resets the hundred');
ok($h2->goes_on($other), 'and not the other one');
ok($h2->pings, 'the connection goes on');
$h2->shut;


# Who has many streams and many revocations is still answered

my @open = map { stream($server->port, "/f$_/quiet", user("f$_")) } 1 .. 200;
$_->until(qr/data: 1/) for @open;

my $refused = 0;

for my $n (1 .. 200) {
    revoke($server, {distinctId => "nobody$n"});
    $refused++ if $server->get('/status')->{status} != 200;
}

is($refused, 0, 'a flood of revocations: everybody is answered');
is(revoke($server, {distinctId => 'f7'})->{status}, 204, 'one that is meant');
ok($open[6]->ends, 'is cut');
is(scalar(grep { !$_->{ended} && !$_->take(0) } @open), 199,
   'and none of the others');

for my $n (1 .. 6) {
    $server->write('conf/keys.jwks',
                   jwks_public('ec256', ($n % 2 ? 'ed25519' : ())));
    ok(eventually(sub {
        $n <= (() = errors() =~ /keys\.jwks" was read again/g);
    }), "keys change, $n");
}

is(revoke($server, {distinctId => 'f8'})->{status}, 204, 'another one');
ok($open[7]->ends, 'is cut');
is(scalar(grep { !$_->{ended} && !$_->take(0) } @open), 198,
   'keys that come and go cut nobody');

$_->shut for @open;
nobody_is_left('at the end');
unlike(errors(), qr/\[(?:alert|crit|emerg)\]/, 'nothing is wrong');
ok($server->stop('QUIT'), 'it ends when it is told to');
