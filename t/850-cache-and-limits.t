# proxy_cache by scope, limit_req and limit_conn by claim.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

repeat_each(1);         # what comes twice is not the same

our $origin = 'Origin: https://app.example.com';
our $cors = qr{^Access-Control-Allow-Origin: https://app\.example\.com\r}m;

our $http = <<'END';
    toucan_attribute customerId type=integer required;
    toucan_origin https://app.example.com;
    proxy_cache_path cache keys_zone=c:1m;
    limit_req_zone $toucan_distinct_id zone=user:1m rate=1r/m;
    limit_req_zone $toucan_organization zone=org:1m rate=1r/m;
    limit_req_zone $binary_remote_addr zone=address:1m rate=1r/m;
    limit_conn_zone $toucan_distinct_id zone=conn:1m;
END

sub cached {
    my ($state, $who) = @_;
    return (qr/^X-Cache: $state\r/m, qr/X-Toucan-Distinct-Id: $who\r/);
}

sub of { my ($name, $customer) = splice @_, 0, 2;
         return user($name, 'user.attributes.customerId' => $customer, @_) }

run_tests();

__DATA__

=== TEST 1: one URL, many users
--- http eval
$::http
--- config
    location /t {
        toucan "t";
        proxy_cache c;
        proxy_cache_key $toucan_scope_key$request_uri;
        proxy_cache_valid 200 1h;
        add_header X-Cache $upstream_cache_status always;
        add_header X-Why "$toucan_status $toucan_reason" always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /arg {
        toucan "t";
        toucan_token arg=token;
        proxy_cache c;
        proxy_cache_key $toucan_scope_key$request_uri;
        proxy_cache_valid 200 1h;
        add_header X-Cache $upstream_cache_status always;
        add_header X-Why "$toucan_status $toucan_reason" always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['the first', 'GET /t', of('ann', 1), '200 PASSED',
     cached('MISS', 'ann'), qr/X-Toucan-Attr-customerId: 1\r/],
    ['again', 'GET /t', of('ann', 1), '200 PASSED', cached('HIT', 'ann')],
    ['another of the same scope', 'GET /t', of('bob', 1), '200 PASSED',
     cached('HIT', 'ann'), qr/X-Toucan-Attr-customerId: 1\r/],
    ['another customer', 'GET /t', of('cay', 2), '200 PASSED',
     cached('MISS', 'cay'), qr/X-Toucan-Attr-customerId: 2\r/],
    ['and again', 'GET /t', of('dan', 2), '200 PASSED',
     cached('HIT', 'cay')],
    ['another role', 'GET /t', of('eve', 1, 'user.role' => 'maker'),
     '200 PASSED', cached('MISS', 'eve'), qr/X-Toucan-Role: maker\r/],
    ['another organization', 'GET /t', of('fay', 1, organization => 'x'),
     '200 PASSED', cached('MISS', 'fay')],
    ['other permissions', 'GET /t', of('gus', 1, permissions => {}),
     '200 PASSED', cached('MISS', 'gus')],
    ['other resources', 'GET /t', of('hal', 1, resources => []),
     '200 PASSED', cached('MISS', 'hal')],
    ['the first is still there', 'GET /t', of('ida', 1), '200 PASSED',
     cached('HIT', 'ann')],
    ['no token gets nothing that is kept', 'GET /t', '',
     '401 REJECTED no_token', [qr/X-Toucan-D/, qr/^X-Cache: HIT/m]],
    ['a forged one neither', 'GET /t', tampered(of('ann', 1)),
     '401 REJECTED bad_signature', [qr/X-Toucan-D/]],
    ['an expired one neither', 'GET /t', bearer(age => 900, ttl => 600),
     '401 REJECTED expired', [qr/X-Toucan-D/]],
    ['another place neither', 'GET /t',
     of('ann', 1) . "\nOrigin: https://evil.example",
     '403 REJECTED kind_not_allowed', [qr/X-Toucan-D/]],
    ['HEAD', 'HEAD /t', of('ann', 1), '200 PASSED', qr/^X-Cache: HIT/m],
    ['the token is no part of the key', 'GET /arg?a=1&token='
     . token(claims => {'user.distinctId' => 'ann'}), '', '200 PASSED',
     cached('MISS', 'ann'), qr{GET /arg\?a=1 HTTP}],
    ['another token', 'GET /arg?a=1&token='
     . token(claims => {'user.distinctId' => 'bob'}), '', '200 PASSED',
     cached('HIT', 'ann')],
]


=== TEST 2: what is kept is nobody's place
A kept answer gets the headers of the request that it answers.

--- http eval
$::http
--- config
    location /t {
        toucan "t";
        toucan_embed component server frame;
        toucan_origin https://app.example.com https://two.example.com;
        proxy_cache c;
        proxy_cache_key $toucan_scope_key$request_uri;
        proxy_cache_valid 200 1h;
        proxy_ignore_headers Vary;
        add_header X-Cache $upstream_cache_status always;
        add_header X-Why "$toucan_status $toucan_reason" always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['one place', 'GET /t', user('ann') . "\n$origin", '200 PASSED',
     cached('MISS', 'ann'), $cors,
     qr{frame-ancestors https://app\.example\.com\r}],
    ['another', 'GET /t', user('ann') . "\nOrigin: https://two.example.com",
     '200 PASSED', cached('HIT', 'ann'),
     qr{^Access-Control-Allow-Origin: https://two\.example\.com\r}m,
     qr{frame-ancestors https://two\.example\.com\r}, [$cors]],
    ['none', 'GET /t', user('ann'), '200 PASSED', cached('HIT', 'ann'),
     [qr/^Access-Control/m]],
]


=== TEST 3: limit_req by user
--- http eval
$::http
--- config
    location /user {
        toucan "t";
        toucan_embed component server;
        limit_req zone=user;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /org {
        toucan "t";
        toucan_embed component server;
        limit_req zone=org;
        limit_req_status 429;
        error_page 429 = /slow;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /address {
        toucan "t";
        toucan_embed component server;
        limit_req zone=address;
        error_page 503 /busy;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /slow {
        return 429 "slowly\n";
    }
    location /busy {
        return 503 "busy\n";
    }
--- shots eval
[
    ['the first', 'GET /user', user('ann') . "\n$origin", '200 PASSED',
     $cors],
    ['one too many', 'GET /user', user('ann') . "\n$origin", '503', $cors,
     qr/^Vary: Origin/m, [qr/X-Toucan-D/]],
    ['another token of the same user', 'GET /user',
     user('ann', jti => 'x', 'user.role' => 'maker') . "\n$origin", '503',
     $cors],
    ['another user', 'GET /user', user('bob') . "\n$origin", '200 PASSED'],
    ['from another place', 'GET /user',
     user('ann') . "\nOrigin: https://evil.example", '503',
     [qr/^Access-Control/m]],
    ['a forged token does not count', 'GET /user',
     tampered(user('cay')) . "\n$origin", '401 REJECTED bad_signature'],
    ['and not again', 'GET /user', tampered(user('cay')) . "\n$origin",
     '401 REJECTED bad_signature'],
    ['whom it named is not limited', 'GET /user', user('cay'),
     '200 PASSED'],
    ['none does not count', 'GET /user', '', '401 REJECTED no_token'],
    ['an organization', 'GET /org', user('ann') . "\n$origin",
     '200 PASSED'],
    ['an organization, another user', 'GET /org', user('bob') . "\n$origin",
     '429 BYPASSED', qr/slowly/, $cors],
    ['another organization', 'GET /org', user('ann', organization => 'x'),
     '200 PASSED'],
    ['by the address', 'GET /address', user('ann') . "\n$origin",
     '200 PASSED', $cors],
    ['by the address, one too many', 'GET /address',
     user('ann') . "\n$origin", '503 BYPASSED', qr/busy/, $cors,
     qr/^Vary: Origin/m],
]


=== TEST 4: limit_conn by user
--- http eval
$::http
--- config
    location /conn/ {
        toucan "t";
        limit_conn conn 1;
        limit_rate 4000;
        alias $TEST_NGINX_HTML_DIR/;
    }
--- user_files eval
">>> long\n" . "x" x 400_000 . "\n>>> short\nshort\n"
--- shots eval
[
    ['a control', 'GET /conn/short', user('ann'), '200 PASSED'],
    ['another control', 'GET /conn/short', user('ann'), '200 PASSED'],
]
--- after eval
sub {
    my $port = Test::Nginx::Util::server_port_for_client();
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $port);
    print $sock "GET /conn/long HTTP/1.1\r\nHost: localhost\r\n"
                . user('ann') . "\r\n\r\n";
    $sock->flush;
    sysread $sock, my $text, 65536;

    Test::More::like($text, qr{^HTTP/1.1 200}, 'one goes on');
    Test::More::is(shoot('GET /conn/short', user('ann'))->{why}, '503',
                   'the second of the same user');
    Test::More::is(shoot('GET /conn/short', user('bob'))->{why},
                   '200 PASSED', 'another user');
    close $sock;

    await('when it is closed, the user is let in again', sub {
        shoot('GET /conn/short', user('ann'))->{status} == 200;
    });
}
