# What is cut comes from all kinds of upstreams, from files, by redirects and
# by subrequests; and what is let in by somebody else is not cut.

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

my $grpc = Toucan::Server->new(plain => 1, http => <<"END");
    server {
        listen 127.0.0.1:%port% http2;
        proxy_buffering off;
        location / { proxy_pass http://127.0.0.1:$up; }
    }
END

my $accel = Toucan::Server->new(plain => 1, http => <<'END');
    server {
        listen 127.0.0.1:%port%;
        location / {
            add_header X-Accel-Redirect /inner$uri;
            return 200;
        }
        location /gated/ {
            add_header X-Accel-Redirect /off$uri;
            return 200;
        }
    }
END

my $server = Toucan::Server->new(
    main => 'thread_pool one threads=1;',
    http => http(),
    files => { 'conf/keys.jwks' => jwks_public('ec256'),
               'conf/apikeys.json' => api_keys(),
               file => 'x' x 10_000_000,
               page => 'page <!--# include virtual="/sub/sse" -->'
                       . '<!--# include virtual="/sub/quiet" --> end' },
);

sub http {
    return <<"END";
    log_format cut '\$request_uri \$status \$toucan_status \$toucan_reason '
                   '\$toucan_distinct_id';
    toucan_revocation_zone tokens:1m;
    proxy_buffering off;
    fastcgi_buffering off;
    proxy_http_version 1.1;
    server {
        listen 127.0.0.1:%port%;
        listen 127.0.0.1:%port2% http2;
        access_log logs/access.log cut;
        toucan_key_file keys.jwks;
        toucan_roles any;
        toucan_embed server;
        toucan_leeway 0s;
        toucan_revocation tokens;
        root .;
        location /proxy/ {
            toucan "t";
            proxy_pass http://127.0.0.1:$up;
        }
        location /grpc/ {
            toucan "t";
            grpc_pass grpc://127.0.0.1:@{[$grpc->port]};
        }
        location /fastcgi/ {
            toucan "t";
            fastcgi_pass 127.0.0.1:$up;
        }
        location /file/ {
            toucan "t";
            limit_rate 20k;
            try_files /file =404;
        }
        location /sendfile/ {
            toucan "t";
            sendfile on;
            aio threads=one;
            limit_rate 20k;
            try_files /file =404;
        }
        location /threads/ {
            toucan "t";
            aio threads=one;
            output_buffers 1 4k;
            limit_rate 100k;
            try_files /file =404;
        }
        location /busy/ {
            toucan "t";
            aio threads=one;
            output_buffers 1 4k;
            limit_rate 2m;
            try_files /file =404;
        }
        location /accel/ {
            toucan "t";
            proxy_pass http://127.0.0.1:@{[$accel->port]};
        }
        location /gated/ {
            toucan "t";
            proxy_pass http://127.0.0.1:@{[$accel->port]};
        }
        location /error/ {
            toucan "t";
            error_page 404 = /inner/sse;
            try_files /nothing =404;
        }
        location /refused/ {
            toucan "t";
            error_page 401 = /inner/sse;
            proxy_pass http://127.0.0.1:$up;
        }
        location /any/ {
            toucan "t";
            satisfy any;
            allow all;
            proxy_pass http://127.0.0.1:$up;
        }
        location /ssi/ {
            toucan "t";
            ssi on;
            ssi_types *;
            try_files /page =404;
        }
        location /after/ {
            toucan "t";
            post_action /post/short;
            proxy_pass http://127.0.0.1:$up;
        }
        location /filed/ {
            toucan "t";
            post_action /post/short;
            limit_rate 20k;
            try_files /file =404;
        }
        location /off/ {
            internal;
            toucan "t";
            toucan_stream_expiry off;
            proxy_pass http://127.0.0.1:$up;
        }
        location ~ ^/(?:inner|sub)/ {
            internal;
            proxy_pass http://127.0.0.1:$up;
        }
        location /post/ {
            internal;
            proxy_pass http://127.0.0.1:$up;
        }
        location = /count {
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
    return token(%o, claims => {'user.distinctId' => $name});
}

sub user2 { return (authorization => 'Bearer ' . user(@_)) }

sub logged {
    my ($line, $name) = @_;

    ok(eventually(sub { $server->read('logs/access.log') =~ /^$line$/m }),
       $name) or diag($server->read('logs/access.log'));
}

sub errors { return $server->read('logs/error.log') }


# All of them at the same time, each with a token that is over soon and with
# one that is not; how it begins

my %cut = (
    '/proxy/sse' => qr/data: 1\n/,
    '/grpc/sse' => qr/data: 1\n/,
    '/fastcgi/x' => qr/data: 1\n/,
    '/file/x' => qr/x{1000}/,
    '/sendfile/x' => qr/x{1000}/,
    '/threads/x' => qr/x{1000}/,
    '/accel/sse' => qr/data: 1\n/,
    '/error/x' => qr/data: 1\n/,
    '/any/sse' => qr/data: 1\n/,
    '/ssi/x' => qr/data: 1\n/,
    '/after/sse' => qr/data: 1\n/,
    '/filed/x' => qr/x{1000}/,
);
my (%short, %long);

for my $path (sort keys %cut) {
    $short{$path} = stream($server->port, $path,
                           bearer(user('short', ttl => 3)));
    $long{$path} = stream($server->port, $path, bearer(user('long')));
}

my %kept = (
    '/gated/sse' => stream($server->port, '/gated/sse',
                           bearer(user('short', ttl => 3))),
    '/refused/x' => stream($server->port, '/refused/x',
                           bearer(user('short', ttl => 3, age => 60))),
    '/any/sse?none' => stream($server->port, '/any/sse?none', ''),
    '/any/sse?old' => stream($server->port, '/any/sse?old',
                             bearer(user('short', ttl => 3, age => 60))),
);

my $h2 = Toucan::Http2->new($server->port(2), 16 << 20);
my (%short2, %long2);

for my $path (sort keys %cut) {
    $short2{$path} = $h2->get($path, user2('brief', ttl => 3));
    $long2{$path} = $h2->get($path, user2('long'));
}

for my $path (sort keys %cut) {
    ok($_->until($cut{$path}), "$path begins") or diag($_->text)
        for $short{$path}, $long{$path};
    ok($h2->begins($_), "$path begins over HTTP/2")
        for $short2{$path}, $long2{$path};
}

for my $path (sort keys %kept) {
    ok($kept{$path}->until(qr/data: 1\n/), "$path begins");
}

for my $path (sort keys %cut) {
    ok($short{$path}->ends, "$path is cut");
    unlike($short{$path}->text, qr/\n0\r\n\r\n\z/, "$path: not completed");
    unlike($short{$path}->text, qr/short/, "$path: no post_action is told");
    ok($h2->is_reset($short2{$path}), "$path is reset over HTTP/2");
    ok(!$h2->stream($short2{$path})->{complete}, "$path: nor completed there");
    logged("$path 200 CUT expired $_", "$path: $_: it is logged")
        for 'short', 'brief';
}

for my $path (sort keys %cut) {
    ok($long{$path}->goes_on, "$path goes on with a longer token");
    ok($h2->goes_on($long2{$path}), "$path goes on, over HTTP/2");
}

ok(!defined $h2->stream($long2{$_})->{reset}, "$_ has not been reset")
    for sort keys %cut;
is($h2->goaway, undef, 'the connection goes on');

for my $path (sort keys %kept) {
    ok($kept{$path}->goes_on, "$path is not cut");
    $kept{$path}->shut;
}

logged('/gated/sse 200 PASSED - short', 'the last policy is what counts');
logged('/refused/x 200 REJECTED expired -', 'what was refused is not cut');
logged('/any/sse\?none 200 BYPASSED no_token -', 'nor what is let in so');
logged('/any/sse\?old 200 BYPASSED expired -', 'nor with a token');


# All of a user's at once: some of them have work in a thread

my @many = map { stream($server->port, '/busy/x', bearer(user('many'))) }
           1 .. 40;

ok(!(grep { !$_->until(qr/x{20000}/) } @many), 'many files are on their way');
is(revoke($server, {distinctId => 'many'})->{status}, 204, 'they are revoked');
ok(!(grep { !$_->ends } @many), 'they are cut');
ok(eventually(sub {
    40 == (() = $server->read('logs/access.log')
                =~ m{^/busy/x 200 CUT revoked many$}mg);
}), 'each of them');
ok($long{'/threads/x'}->goes_on, 'another one goes on');


# Nothing is left, here or at the upstream

$_->shut for values %long;
$h2->shut;

sub active { $server->get('/status')->{body} =~ /Active connections: (\d+)/ }

ok(eventually(sub { (active())[0] == 1 }), 'no connection is left');
ok(eventually(sub { $server->get('/count')->{body} eq '0' }),
   'nor one of the upstream');
unlike(errors(), qr/\[(?:alert|crit|emerg)\]/, 'nothing is wrong');
unlike($grpc->read('logs/error.log'), qr/\[(?:alert|crit|emerg)\]/,
       'nor there');
ok($server->stop('QUIT'), 'it ends when it is told to');
