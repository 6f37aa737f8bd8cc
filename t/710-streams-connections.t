# Connections that carry what is cut: a client that talks at once, or has not
# yet said all, TLS, workers that a reload leaves behind, a single process.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

use lib 't/lib';
use Toucan::Test;
use Toucan::Http2;
use Toucan::Server;
use Toucan::Revocations;
use Toucan::Streams;

plan('no_plan');

my $up = upstream();
my $pem = "$ENV{TEST_NGINX_KEYS_DIR}/ec256";

sub http {
    return <<"END";
    log_format cut '\$uri \$status \$toucan_status \$toucan_reason '
                   '\$toucan_distinct_id';
    toucan_revocation_zone tokens:1m;
    map \$http_upgrade \$hop { default upgrade; '' ''; }
    server {
        listen 127.0.0.1:%port%;
        listen 127.0.0.1:%port2% http2;
        listen 127.0.0.1:%port3% ssl http2;
        ssl_certificate cert.pem;
        ssl_certificate_key key.pem;
        access_log logs/access.log cut;
        toucan_key_file keys.jwks;
        toucan_roles any;
        toucan_embed server component;
        toucan_origin https://app.example.com;
        toucan_leeway 0s;
        toucan_revocation tokens;
        location / {
            toucan "t";
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection \$hop;
            proxy_buffering off;
            proxy_request_buffering off;
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

my %files = ('conf/keys.jwks' => jwks_public('ec256'),
             'conf/apikeys.json' => api_keys(), certificate());
my $server = Toucan::Server->new(http => http(), files => \%files);

sub certificate {
    my $key = key_text('ec256.pem');
    open my $out, '-|', qw(openssl req -x509 -new -days 2 -subj /CN=localhost
                           -key), "$pem.pem" or die "openssl: $!\n";
    my $cert = do { local $/; <$out> };

    close $out or die "openssl: no certificate\n";

    return ('conf/key.pem' => $key, 'conf/cert.pem' => $cert);
}

sub user {
    my ($name, %o) = @_;
    return token(%o, claims => {'user.distinctId' => $name});
}

sub logged {
    my ($line, $name) = @_;

    ok(eventually(sub { $server->read('logs/access.log') =~ /^$line$/m }),
       $name) or diag($server->read('logs/access.log'));
}

sub errors { return $server->read('logs/error.log') }


# A WebSocket's client that does not wait for the answer: what it sends comes
# into the buffer that its token was in, when it is more than fits behind it

my $early = user('early', ttl => 5);
my $keys = user('keys');
my @early;

for my $token ($early, $keys) {
    my $sock = Toucan::Server::connection($server->port);

    syswrite $sock, "GET /e/ws HTTP/1.1\r\nHost: localhost\r\n"
        . "Origin: https://app.example.com\r\nUpgrade: websocket\r\n"
        . "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        . "Sec-WebSocket-Key: dG91Y2FuIHRvdWNhbiB0bw==\r\n"
        . bearer($token) . "\r\n\r\nhello" . 'y' x 30_000;
    push @early, bless({ sock => $sock, text => '', ended => 0 },
                       'Toucan::Streams');
}

for my $s (@early) {
    ok($s->until(qr/\r\n\r\nhelloy{30000}\z/), 'all that came is answered');
    is($s->status, 101, 'after the handshake');
}

$server->write('conf/keys.jwks', jwks_public('rsa1', 'ec256'));
ok(eventually(sub { errors() =~ /was read again: 2 keys/ }), 'a key is added');
ok($_->goes_on, 'the token can be opened anew') for @early;
ok($early[0]->ends, 'one of them expires');

# so did its URI, which is nginx's own

logged('.* 101 CUT expired early', 'it is logged');

my $print = substr sha256_hex($early), 0, 16;

like(errors(), qr{cut: expired .*origin: https://app\.example\.com, (?x:
                  )distinct_id: early, kid: ec256, token: $print },
     'with what came with the handshake');

ok($early[1]->goes_on, 'the other one goes on');
$server->write('conf/keys.jwks', jwks_public('rsa1'));
ok($early[1]->ends, 'until its key is withdrawn');
logged('.* 101 CUT key_not_found keys', 'it is logged');
$server->write('conf/keys.jwks', jwks_public('ec256'));
ok(eventually(sub {
    2 == (() = errors() =~ /was read again: 1 keys/g);
}), 'it is back');


# An answer that has begun while the request's body comes

my $body = "Content-Length: 1000000\r\n\r\n" . 'b' x 1000;
my %post = map {
    my $sock = Toucan::Server::connection($server->port);

    syswrite $sock, "POST /b/$_ HTTP/1.1\r\nHost: localhost\r\n"
        . bearer(user('body', ttl => $_ eq 'sse' ? 3 : 600)) . "\r\n$body";
    ($_ => bless({ sock => $sock, text => '', ended => 0 },
                 'Toucan::Streams'));
} qw(sse quiet);

my $h2 = Toucan::Http2->new($server->port(2));
my @post = map {
    $h2->get("/h$_/sse", ':method' => 'POST', authorization => 'Bearer '
             . user('body', ttl => $_))
} 3, 600;

ok($post{$_}->until(qr/data: 1\n/), "$_: the answer begins")
    for qw(sse quiet);
ok($h2->begins($_), 'and over HTTP/2') for @post;
$h2->data($_, 'b' x 1000) for @post;
ok($post{sse}->ends, 'it is cut');
logged('/b/sse 200 CUT expired body', 'it is logged');
ok($h2->is_reset($post[0]), 'and over HTTP/2');
logged('/h3/sse 200 CUT expired body', 'it is logged');

$h2->data($_, 'b' x 1000) for @post;
ok($h2->goes_on($post[1]), 'another one goes on, over HTTP/2');
ok($post{quiet}->say('b' x 1000), 'another one takes more');
is(revoke($server, {distinctId => 'body'})->{status}, 204, 'it is revoked');
ok($post{quiet}->ends, 'and cut');
ok($h2->is_reset($post[1]), 'in both protocols');
ok($h2->pings, 'the connection goes on');
$h2->shut;


# TLS

my %tls = map {
    ($_ => [stream(0, '/s/sse', bearer(user("tls-$_")), tls($server->port(3))),
            stream(0, '/s/ws', bearer(user("tls-$_")) . "\nUpgrade: websocket",
                   tls($server->port(3)))])
} qw(one two);
my $tls2 = Toucan::Http2->new(0, 65535, tls($server->port(3), 'h2'));
my %tls2 = map { ($_ => $tls2->get('/s/quiet', authorization => 'Bearer '
                                   . user("tls-$_"))) } qw(one two);

for my $who (qw(one two)) {
    ok($_->until(qr/data: 1\n|101 Switching.*\r\n\r\n/s), "$who begins, TLS")
        for @{$tls{$who}};
    ok($tls2->begins($tls2{$who}), "$who begins, HTTP/2 and TLS");
}

is(revoke($server, {distinctId => 'tls-one'})->{status}, 204, 'revoked');
ok($_->ends, 'one is cut') for @{$tls{one}};
ok($tls2->is_reset($tls2{one}), 'and reset');
logged("/s/$_ CUT revoked tls-one", 'it is logged')
    for 'sse 200', 'ws 101', 'quiet 200';
ok($_->goes_on, 'the other goes on') for @{$tls{two}};
ok($tls2->pings && !defined $tls2->stream($tls2{two})->{reset},
   'and over HTTP/2');
$_->shut for @{$tls{two}};
$tls2->shut;

sub active { $server->get('/status')->{body} =~ /Active connections: (\d+)/ }

ok(eventually(sub { (active())[0] == 1 }), 'no connection is left');


# Workers that a reload leaves behind

my @old = map { stream($server->port, "/o/$_", bearer(user('old', ttl => 6))) }
          qw(sse quiet);
my $revoked = stream($server->port, '/o/slow', bearer(user('gone')));
my ($worker) = $server->workers;

ok($_->until(qr/data: 1\n/), 'before a reload') for @old, $revoked;
$server->signal('HUP');
ok(eventually(sub { grep { $_ != $worker } $server->workers }), 'a reload');
ok((grep { $_ == $worker } $server->workers), 'the old worker is there');
ok($old[0]->goes_on, 'and what it has goes on');
ok(eventually(sub { $server->get('/o/short', bearer(user('new')))->{status}
                    == 200 }), 'a new worker answers');
is(revoke($server, {distinctId => 'gone'})->{status}, 204, 'and revokes');
ok($revoked->ends, 'the old one cuts');
ok($_->ends, 'what expires, too') for @old;
logged('/o/sse 200 CUT expired old', 'it is logged');
ok(eventually(sub { !grep { $_ == $worker } $server->workers }),
   'and it is gone');

unlike(errors(), qr/\[(?:alert|crit|emerg)\]/, 'nothing is wrong');
ok($server->stop('QUIT'), 'it ends when it is told to');


# One process that is all of it

$server = Toucan::Server->new(main => 'master_process off;', http => http(),
                              files => \%files);

my $single = stream($server->port, '/one/sse', bearer(user('one', ttl => 2)));
my $other = stream($server->port, '/one/ws', bearer(user('two'))
                   . "\nUpgrade: websocket");

ok($single->until(qr/data: 1\n/), 'in a single process');
ok($other->until(qr/101 Switching.*\r\n\r\n/s), 'two of them');
ok($single->ends, 'one is cut');
logged('/one/sse 200 CUT expired one', 'it is logged');
ok($other->goes_on, 'the other goes on');
is(revoke($server, {distinctId => 'two'})->{status}, 204, 'it is revoked');
ok($other->ends, 'and cut');
ok(eventually(sub { (active())[0] == 1 }), 'no connection is left');
unlike(errors(), qr/\[(?:alert|crit|emerg)\]/, 'nothing is wrong');
ok($server->stop('QUIT'), 'it ends when it is told to');
