# The identity reaches every kind of upstream, once, whole and in its place.

use lib 't/lib';
use Toucan::Test;
use Toucan::Upstream;

our $forged = join "\n", "X-Toucan-Role: forged", "x_toucan_role: forged",
    "X.Toucan.Role: forged", "X-TOUCAN-ROLE: forged";

# as the CGI-like protocols name it
our $cgi = sees_all('ann');
$cgi =~ s/^([^:]+): (.*)$/my $v = $2; 'HTTP_' . uc($1) =~ tr|-|_|r . "=$v"/gme;

run_tests();

__DATA__

=== TEST 1: proxy_pass
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n$::forged"
--- sees eval
sees_all('ann')


=== TEST 2: grpc_pass
--- config
    location /t {
        toucan "t";
        grpc_pass grpc://127.0.0.1:$TEST_NGINX_GRPC_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n$::forged"
--- sees eval
lc sees_all('ann')


=== TEST 3: fastcgi_pass
--- config
    location /t {
        toucan "t";
        fastcgi_pass 127.0.0.1:$TEST_NGINX_FASTCGI_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n$::forged"
--- sees eval
$::cgi


=== TEST 4: uwsgi_pass
--- config
    location /t {
        toucan "t";
        uwsgi_pass 127.0.0.1:$TEST_NGINX_UWSGI_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n$::forged"
--- sees eval
$::cgi


=== TEST 5: scgi_pass
--- config
    location /t {
        toucan "t";
        scgi_pass 127.0.0.1:$TEST_NGINX_SCGI_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n$::forged"
--- sees eval
$::cgi


=== TEST 6: proxy_pass over HTTP/1.1, kept alive, users taking turns
--- more_http
    upstream kept {
        server 127.0.0.1:$TEST_NGINX_HTTP_PORT;
        keepalive 2;
    }
--- config
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location /t {
        toucan "t";
        proxy_pass http://kept;
    }
    location /open {
        proxy_pass http://kept;
    }
--- pipelined_requests eval
[map { "GET /$_" } qw(t open t open t t)]
--- more_headers eval
[user('ann'), "X-Toucan-Role: forged", user('ben'), "X-Keep: 1",
 "X-Toucan-Role: forged", user('ann')]
--- error_code eval
[200, 200, 200, 200, 401, 200]
--- sees_only: distinct|forged
--- sees eval
["X-Toucan-Distinct-Id: ann\n", "", "X-Toucan-Distinct-Id: ben\n", "", "",
 "X-Toucan-Distinct-Id: ann\n"]


=== TEST 7: pipelined requests of different users on one connection
--- config
    location /r {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- pipelined_requests eval
[map { "GET /r$_" } 1 .. 5]
--- more_headers eval
[user('ann') . "\nX-Toucan-Role: forged", user('ben'),
 "X-Toucan-Distinct-Id: forged", user('cid', 'user.role' => 'maker'),
 user('ann')]
--- sees_only: distinct|forged|role
--- error_code eval
[200, 200, 401, 200, 200]
--- sees eval
["X-Toucan-Distinct-Id: ann\nX-Toucan-Role: explorer\n",
 "X-Toucan-Distinct-Id: ben\nX-Toucan-Role: explorer\n",
 "",
 "X-Toucan-Distinct-Id: cid\nX-Toucan-Role: maker\n",
 "X-Toucan-Distinct-Id: ann\nX-Toucan-Role: explorer\n"]


=== TEST 8: the same, with attributes, to FastCGI
--- config
    location /r {
        toucan "t";
        toucan_attribute customerId column=customer_id required;
        fastcgi_pass 127.0.0.1:$TEST_NGINX_FASTCGI_PORT;
    }
--- pipelined_requests eval
[map { "GET /r$_" } 1 .. 12]
--- more_headers eval
[map { user("user-$_", 'user.attributes' => {customerId => $_})
       . "\nX-Toucan-Attr-customerId: forged" } 1 .. 12]
--- sees_only: distinct|forged|rls|attr
--- sees eval
[map { "HTTP_X_TOUCAN_DISTINCT_ID=user-$_
HTTP_X_TOUCAN_RLS={\"customer_id\":$_}
HTTP_X_TOUCAN_ATTR_CUSTOMERID=$_\n" } 1 .. 12]


=== TEST 9: HTTP/2 from the client, each upstream
--- http2
--- config
    location /t {
        toucan "t";
        grpc_pass grpc://127.0.0.1:$TEST_NGINX_GRPC_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees eval
lc sees_all('ann')


=== TEST 10: HTTP/2 to FastCGI
--- http2
--- config
    location /t {
        toucan "t";
        fastcgi_pass 127.0.0.1:$TEST_NGINX_FASTCGI_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees eval
$::cgi


=== TEST 11: HTTP/2, sixty headers of the client's
--- http2
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
join "\n", user('ann'), map { "X-Keep: $_" } 1 .. 60
--- sees_only: X-
--- sees eval
join("", map { "x-keep: $_\n" } 1 .. 60) . sees_all('ann')


=== TEST 12: attributes and values with escapes over gRPC
--- config
    location /t {
        toucan "t";
        toucan_attribute a column=a;
        grpc_pass grpc://127.0.0.1:$TEST_NGINX_GRPC_PORT;
    }
--- request
GET /t
--- more_headers eval
user("\x{fc}", 'user.attributes' => {a => "x\r\ny,\x{1f426}" x 40})
--- sees_only: distinct|attr|rls
--- sees eval
"x-toucan-distinct-id: %C3%BC
x-toucan-rls: {\"a\":\"" . ('x\r\ny,\ud83d\udc26' x 40) . "\"}
x-toucan-attr-a: " . ("x%0D%0Ay,%F0%9F%90%A6" x 40) . "\n"


=== TEST 13: an upstream in another gated server of ours strips what it gets
--- more_http
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location / {
            toucan "second";
            proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
        }
    }
--- config
    location /t {
        toucan "first";
        toucan_forward_token on;
        proxy_set_header X-Toucan-Role forged;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- more_headers eval
user('ann')
--- sees eval
sees_all('ann')


=== TEST 14: X-Accel-Redirect from a gated to an ungated location
--- more_http
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Accel-Redirect /final;
            return 200;
        }
    }
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /final {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees_only: toucan|forged|authorization
--- sees eval
sees_all('ann')


=== TEST 15: X-Accel-Redirect from a gated to a gated location: once
--- more_http
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Accel-Redirect /final;
            return 200;
        }
    }
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /final {
        internal;
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees_only: toucan|forged|authorization
--- sees eval
sees_all('ann')


=== TEST 16: X-Accel-Redirect from an ungated to a gated location
--- more_http
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Accel-Redirect /final;
            return 200;
        }
    }
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /final {
        internal;
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- pipelined_requests eval
["GET /t", "GET /t"]
--- more_headers eval
[user('ann') . "\nX-Toucan-Role: forged", "X-Toucan-Role: forged"]
--- error_code eval
[200, 401]
--- sees_only: toucan.role|forged|authorization
--- sees eval
["X-Toucan-Role: explorer\n", ""]


=== TEST 17: X-Accel-Redirect to a location that asks for more: refused
--- more_http
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Accel-Redirect /final;
            return 200;
        }
    }
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /final {
        internal;
        toucan "t";
        toucan_roles maker;
        error_page 403 = @refused;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @refused {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- error_log
toucan: refused: role_denied
--- sees


=== TEST 18: X-Accel-Redirect to a dry run with other keys: no stale identity
--- more_http
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Accel-Redirect /final;
            return 200;
        }
    }
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /final {
        internal;
        toucan "t";
        toucan_key_file $TEST_NGINX_KEYS_DIR/rsa1.jwks;
        toucan_dry_run on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann')
--- error_log
toucan: would refuse: key_not_found
--- sees


=== TEST 19: the target declares other attributes and another prefix
--- more_http
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location / {
            add_header X-Accel-Redirect /final;
            return 200;
        }
    }
--- config
    location /t {
        toucan "t";
        toucan_attribute customerId column=customer_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /final {
        internal;
        toucan "t";
        toucan_header_prefix X-Acme-;
        toucan_attribute region;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Acme-Role: forged"
--- sees_only: toucan|acme|forged
--- sees eval
sees_all('ann', "X-Toucan-Attr-region: north,west") =~ s/Toucan/Acme/gr


=== TEST 20: error_page to a named location
--- config
    location /t {
        toucan "t";
        proxy_intercept_errors on;
        error_page 502 = @fallback;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @fallback {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees_only: toucan|forged|authorization
--- sees eval
sees_all('ann')


=== TEST 21: error_page to a URI with a gate of its own
--- config
    location /t {
        toucan "t";
        error_page 502 = /fallback;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location = /fallback {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees_only: toucan|forged|authorization
--- sees eval
sees_all('ann')


=== TEST 22: a chain of named locations with gates
--- config
    recursive_error_pages on;
    location /t {
        toucan "t";
        error_page 502 = @second;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @second {
        toucan "t";
        error_page 502 = @third;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @third {
        toucan "t";
        fastcgi_pass 127.0.0.1:$TEST_NGINX_FASTCGI_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees eval
$::cgi


=== TEST 23: a chain through one that is off
--- config
    recursive_error_pages on;
    location /t {
        toucan "t";
        error_page 502 = @second;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @second {
        error_page 502 = @third;
        toucan off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location @third {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees eval
sees_all('ann')


=== TEST 24: try_files to a named location
--- config
    location /t {
        toucan "t";
        try_files /nothing @app;
    }
    location @app {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees_only: toucan|forged|authorization
--- sees eval
sees_all('ann')


=== TEST 25: try_files to a URI of a gated location
--- config
    location /t {
        toucan "t";
        try_files /nothing /app?x=1;
    }
    location = /app {
        toucan "t";
        toucan_token arg=token bearer;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees_only: toucan|forged|authorization
--- sees eval
sees_all('ann')


=== TEST 26: index
--- config
    location = /t/ {
        toucan "t";
        alias $TEST_NGINX_HTML_DIR/;
        index page.x;
    }
    location = /t/page.x {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- user_files
>>> page.x
x
--- request
GET /t/
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees_only: toucan|forged|authorization
--- sees eval
sees_all('ann')


=== TEST 27: rewrite ... last, to a gated location
--- config
    location /t {
        rewrite ^ /app last;
    }
    location = /app {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees_only: toucan|forged|authorization
--- sees eval
sees_all('ann')


=== TEST 28: the argument was taken: the target of a redirect is let in, too
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        try_files /nothing @app;
    }
    location @app {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?a=1&token=" . (user('ann') =~ s/.* //r)
--- sees_only: toucan|eyJ
--- sees eval
sees_all('ann')


=== TEST 29: the same for a cookie
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        try_files /nothing @app;
    }
    location @app {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: a=1; tok=" . (user('ann') =~ s/.* //r)
--- sees_only: toucan|eyJ|cookie
--- sees eval
"Cookie: a=1\n" . sees_all('ann')


=== TEST 30: a subrequest by auth_request carries the identity once
--- config
    location /t {
        toucan "t";
        auth_request /auth;
        auth_request_set $seen $upstream_http_x_seen;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location = /auth {
        internal;
        toucan "t";
        proxy_pass_request_body off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees eval
sees_all('ann')


=== TEST 31: SSI: includes of gated locations are told once, and no others
--- config
    location /t {
        toucan "t";
        ssi on;
        ssi_types text/plain;
        default_type text/plain;
        alias $TEST_NGINX_HTML_DIR/page;
    }
    location /gated {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /open {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- user_files
>>> page
<!--#include virtual="/gated" wait="yes" --><!--#include virtual="/open" wait="yes" --><!--#include virtual="/gated?2" wait="yes" -->
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees eval
sees_all('ann') x 3


=== TEST 32: SSI from an ungated page: each include has its own answer
--- config
    location /t {
        ssi on;
        ssi_types text/plain;
        default_type text/plain;
        alias $TEST_NGINX_HTML_DIR/page;
    }
    location /gated {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /open {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- user_files
>>> page
<!--#include virtual="/gated" wait="yes" --><!--#include virtual="/open" wait="yes" -->
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees eval
sees_all('ann')


=== TEST 33: WebSocket-like upgrade headers stay
--- config
    location /t {
        toucan "t";
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nUpgrade: websocket\nSec-WebSocket-Key: x"
--- sees_only: upgrade|websocket|distinct
--- sees
Upgrade: websocket
Connection: upgrade
Sec-WebSocket-Key: x
X-Toucan-Distinct-Id: ann


=== TEST 34: HEAD and other methods
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
DELETE /t
--- more_headers eval
user('ann')
--- sees eval
sees_all('ann')


=== TEST 35: proxy_set_header and proxy_pass_request_headers work as ever
--- config
    location /t {
        toucan "t";
        proxy_set_header X-Toucan-Role "";
        proxy_set_header X-Toucan-Env $toucan_env-1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees_only: role|env
--- sees
X-Toucan-Env: live-1


=== TEST 36: a body is passed, and what it says is no header
--- config
    location /t {
        toucan "t";
        fastcgi_pass 127.0.0.1:$TEST_NGINX_FASTCGI_PORT;
    }
--- request eval
"POST /t\n" . ("X-Toucan-Role: forged\r\n" x 2000)
--- more_headers eval
user('ann')
--- sees eval
$::cgi
