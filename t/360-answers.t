# What an answer tells: Cache-Control, the challenge, and the body of a
# refusal, which names a class and nothing else.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

repeat_each(1);         # what comes twice is not the same

run_tests();

__DATA__

=== TEST 1: Cache-Control of the backend
--- backend
location /t/public { add_header Cache-Control "public, max-age=60" always; return 200; }
location /t/two {
    add_header Cache-Control public;
    add_header cache-control max-age=60;
    return 200;
}
location /t/404 { add_header Cache-Control "max-age=5" always; return 404; }
location /t/expires { add_header Expires "Thu, 01 Jan 2100 00:00:00 GMT"; return 200; }
location /t/empty { return 200; }
location /t/500 { return 500; }
--- free
cache
--- talk
- its own
GET /t/public
Origin: https://app.example.com
= 200 component
= Cache-Control: public, max-age=60
- in two lines
GET /t/two
Origin: https://app.example.com
= 200 component
= Cache-Control: public, max-age=60
- whatever the status
GET /t/404
Origin: https://app.example.com
= 404 component
= Cache-Control: max-age=5
- none
GET /t/empty
Origin: https://app.example.com
= 200 component
= Cache-Control: private
- none, with an error
GET /t/500
Origin: https://app.example.com
= 500 component
= Cache-Control: private
- Expires is no word on who may keep it
GET /t/expires
Origin: https://app.example.com
= 200 component
= Cache-Control: private
- it is not asked when the request is refused
GET /t/public
Origin: https://evil.test
= 403 component origin_denied
= Cache-Control: no-store
- nor is its word kept for a preflight
OPTIONS /t/public
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 204 preflight
= Cache-Control: private


=== TEST 2: Cache-Control of the location: expires
--- gate
toucan_origin https://app.example.com;
expires 1h;
--- free
cache
--- talk
- replaces ours: one header, and it is the operator's
Origin: https://app.example.com
= 200 component
= Cache-Control: max-age=3600
- a refusal is not stored
Origin: https://evil.test
= 403 component origin_denied
= Cache-Control: no-store
= !Expires


=== TEST 3: Cache-Control of the location: expires for all statuses of refusals
--- gate
toucan_origin https://app.example.com;
expires -1;
error_page 403 =200 /page;
--- locations
location = /page { expires 1h; return 200 "a page\n"; }
--- free
cache refusal
--- talk
- accepted
Origin: https://app.example.com
= 200 component
= Cache-Control: no-cache
- refused, but it says 200, and the page may be kept: the operator says so
Origin: https://evil.test
= 200 component origin_denied
= Cache-Control: max-age=3600


=== TEST 4: Cache-Control of the location: add_header
--- gate
toucan_origin https://app.example.com;
add_header Cache-Control "max-age=60" always;
add_header X-Place "$toucan_kind|$toucan_reason|$toucan_status" always;
--- free
cache
--- talk
- beside ours, which is the stricter
Origin: https://app.example.com
= 200 component
= Cache-Control: private, max-age=60
- a refusal is not stored, whatever stands beside
Origin: https://evil.test
= 403 component origin_denied
= Cache-Control: no-store, max-age=60


=== TEST 5: a refusal is not kept by nginx's own cache
--- http
proxy_cache_path $TEST_NGINX_HTML_DIR/cache keys_zone=c:64k;
--- gate
toucan_origin https://app.example.com;
proxy_cache c;
proxy_cache_key $uri;
proxy_cache_valid any 1h;
add_header X-Place "$toucan_kind|$toucan_reason|$toucan_status" always;
add_header X-Cache $upstream_cache_status always;
--- talk
- refused
Origin: https://evil.test
= 403 component origin_denied
= !X-Cache
- accepted, and not from the cache
Origin: https://app.example.com
= 200 component
= X-Cache: MISS
- accepted, from the cache
Origin: https://app.example.com
= 200 component
= X-Cache: HIT
= Cache-Control: private
- refused, what is there does not matter
Origin: https://evil.test
= 403 component origin_denied
= !X-Cache


=== TEST 6: the challenge
--- gate
toucan_origin https://app.example.com;
--- talk
- no token: no error (RFC 6750, section 3.1)
@token none
Origin: https://app.example.com
= 401 component no_token
= WWW-Authenticate: Bearer realm="embed"
- another scheme is no token
@token none
Origin: https://app.example.com
Authorization: Basic YTpi
= 401 component no_token
= WWW-Authenticate: Bearer realm="embed"
- no form
@token abc
Origin: https://app.example.com
= 401 component bad_format
= WWW-Authenticate: Bearer realm="embed", error="invalid_token", error_description="the token is not valid"
- no good signature: the same words
@token eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImVjMjU2In0.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
Origin: https://app.example.com
= 401 component bad_signature
= WWW-Authenticate: Bearer realm="embed", error="invalid_token", error_description="the token is not valid"
- expired
@token {"exp":1700000300,"iat":1700000000,"nbf":1700000000}
Origin: https://app.example.com
= 401 component expired
= WWW-Authenticate: Bearer realm="embed", error="invalid_token", error_description="the token has expired"
= body: {"code":"TOKEN_EXPIRED","message":"the token has expired"}
- none with 403
Origin: https://evil.test
= 403 component origin_denied
= !WWW-Authenticate


=== TEST 7: the realm is the location's, as it is written
--- config
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
location /t {
    toucan "Sales, EU: a=b; (c)";
    try_files /index.html =404;
}
--- request
GET /t
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="Sales, EU: a=b; (c)"
--- response_body eval
qq({"code":"TOKEN_MISSING","message":"a token is required"}\n)


=== TEST 8: the body: JSON for what runs, nginx's own page for what is shown
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
default_type text/html;
charset utf-8;
gzip on;
gzip_types application/json;
gzip_min_length 1;
--- talk
- a component
Origin: https://evil.test
= 403 component origin_denied
= Content-Type: application/json
= Content-Length: 72
= body ~ ^\{"code":"ORIGIN_DENIED","message":"the request may not come from here"\}\n$
- what it accepts does not matter
Origin: https://evil.test
Accept: text/html
= 403 component origin_denied
= Content-Type: application/json
- HEAD: as long as GET's, and not there
HEAD /t
Origin: https://evil.test
= 403 component origin_denied
= Content-Type: application/json
= Content-Length: 72
= body !~ .
- a program
= 403 server kind_not_allowed
= Content-Type: application/json
- our own page's script
@token none
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
= 401 own no_token
= Content-Type: application/json
= body ~ TOKEN_MISSING
- an image: nobody reads it
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: image
= 403 other kind_not_allowed
= Content-Type: application/json
- a frame
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 403 frame origin_denied
= Content-Type ~ ^text/html
= body ~ <center>nginx
- a frame without fetch metadata
Referer: https://evil.test/
= 403 frame origin_denied
= Content-Type ~ ^text/html
- a page
Sec-Fetch-Mode: navigate
= 403 server kind_not_allowed
= Content-Type ~ ^text/html
- our own page's link
@token none
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 401 own no_token
= Content-Type ~ ^text/html
- a form into a frame
POST /t
Origin: https://evil.test
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 403 component origin_denied
= Content-Type ~ ^text/html
- a body that was sent is not answered with itself
POST /t
@body secret-body
Origin: https://evil.test
= 403 component origin_denied
= body !~ secret-body
- nor is what was asked for
GET /t/secret-path?secret=query
Origin: https://evil.test
= 403 component origin_denied
= body !~ secret
- or what was sent as an origin
Origin: https://secret.evil.test
= 403 component origin_denied
= body !~ secret
= Content-Length: 72
- compressed
Origin: https://evil.test
Accept-Encoding: gzip
= 403 component origin_denied
= Content-Type: application/json
--- free
vary
refusal


=== TEST 9: error_page overrides both
--- gate
toucan_origin https://app.example.com;
error_page 403 /refused.html;
error_page 401 =200 /login.html;
--- locations
location = /refused.html {
    default_type text/html;
    return 200 "<p>not from here\n";
}
location = /login.html {
    default_type text/html;
    return 200 "<p>sign in\n";
}
--- free
refusal
--- talk
- the JSON body
Origin: https://evil.test
= 403 component origin_denied
= Content-Type: text/html
= body ~ ^<p>not from here\n$
= !WWW-Authenticate
- nginx's page
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 403 frame origin_denied
= body ~ ^<p>not from here\n$
- with another status: no challenge then
@token none
Origin: https://app.example.com
= 200 component no_token
= body ~ ^<p>sign in\n$
= !WWW-Authenticate


=== TEST 10: an error_page that knows the reason
--- gate
toucan_origin https://app.example.com;
error_page 401 403 = @why;
--- locations
location @why {
    default_type application/json;
    return 403 '{"reason":"$toucan_reason","kind":"$toucan_kind"}';
}
--- free
refusal
--- talk
- the reason
Origin: https://evil.test
= 403 component origin_denied
= body ~ ^\{"reason":"origin_denied","kind":"component"\}$
- another
@token none
Origin: https://evil.test
= 403 component no_token
= body ~ ^\{"reason":"no_token","kind":"component"\}$


=== TEST 11: an error_page that the backend draws is not stored either
--- gate
toucan_origin https://app.example.com;
error_page 403 =200 /drawn/refused;
--- locations
location /drawn/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- backend
location /drawn/ {
    add_header Cache-Control "public, max-age=600";
    add_header Access-Control-Allow-Origin *;
    add_header X-Frame-Options DENY;
    return 200 "drawn\n";
}
--- free
refusal
--- talk
- a stranger
Origin: https://evil.test
= 200 component origin_denied
= Cache-Control: no-store
= !Access-Control-Allow-Origin
= body: drawn
- a listed one
Origin: https://app.example.com
@token {"env":"sandbox"}
= 200 component env_denied
= Cache-Control: no-store
= Access-Control-Allow-Origin: https://app.example.com
= up 200


=== TEST 12: the body over HTTP/2
--- http2
--- config
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
location /t {
    toucan "embed";
    try_files /index.html =404;
}
--- request
GET /t
--- error_code: 401
--- response_headers
Content-Type: application/json
Cache-Control: no-store
Vary: Origin
--- response_body eval
qq({"code":"TOKEN_MISSING","message":"a token is required"}\n)


=== TEST 13: a refused request with a body leaves the connection in order
--- config
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
location /t {
    toucan "embed";
    try_files /index.html =404;
}
location /u {
    return 200 "open\n";
}
--- pipelined_requests eval
["POST /t\n" . "x" x 20_000, "GET /u", "POST /t\nGET /u HTTP/1.1", "GET /u"]
--- error_code eval
[401, 200, 401, 200]
--- response_body eval
[qq({"code":"TOKEN_MISSING","message":"a token is required"}\n), "open\n",
 qq({"code":"TOKEN_MISSING","message":"a token is required"}\n), "open\n"]
