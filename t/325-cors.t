# CORS: what every response carries, whoever made it.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

repeat_each(1);         # what comes twice is not the same

run_tests();

__DATA__

=== TEST 1: every status of the backend
--- backend
location /t/204 { return 204; }
location /t/301 { return 301 /x; }
location /t/400 { return 400; }
location /t/401 { add_header WWW-Authenticate "Basic realm=backend" always; return 401; }
location /t/403 { return 403; }
location /t/404 { return 404; }
location /t/429 { return 429; }
location /t/500 { return 500; }
location /t/502 { return 502; }
location /t/503 { return 503; }
location /t/444 { return 444; }
--- each
= Access-Control-Allow-Origin: https://app.example.com
--- talk
- 204
GET /t/204
Origin: https://app.example.com
= 204 component
- 301
GET /t/301
Origin: https://app.example.com
= 301 component
- 400
GET /t/400
Origin: https://app.example.com
= 400 component
- 401: its own challenge, not ours
GET /t/401
Origin: https://app.example.com
= 401 component
= WWW-Authenticate: Basic realm=backend
= body !~ "code"
- 403: its own page, not ours
GET /t/403
Origin: https://app.example.com
= 403 component
= body !~ "code"
- 404
GET /t/404
Origin: https://app.example.com
= 404 component
- 429
GET /t/429
Origin: https://app.example.com
= 429 component
- 500
GET /t/500
Origin: https://app.example.com
= 500 component
- 502
GET /t/502
Origin: https://app.example.com
= 502 component
- 503
GET /t/503
Origin: https://app.example.com
= 503 component
- a backend that hangs up
GET /t/444
Origin: https://app.example.com
= 502 component
- HEAD
HEAD /t
Origin: https://app.example.com
= 200 component


=== TEST 2: answers that nginx makes itself
--- http
limit_req_zone $server_name zone=one:64k rate=1r/m;
upstream dead { server 127.0.0.1:1; }
--- locations
toucan_origin https://app.example.com;
location /t/limited {
    toucan "embed";
    limit_req zone=one;
    limit_req_status 429;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/dead {
    toucan "embed";
    proxy_pass http://dead;
}
location /t/return {
    toucan "embed";
    return 418 "short\n";
}
location /t/rewrite {
    toucan "embed";
    rewrite ^ https://elsewhere.example.com/ redirect;
}
location /t/deny {
    toucan "embed";
    deny all;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/except {
    toucan "embed";
    limit_except GET { deny all; }
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/small {
    toucan "embed";
    client_max_body_size 4;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/none {
    toucan "embed";
    alias $TEST_NGINX_HTML_DIR/none;
}
location /t/dir {
    toucan "embed";
    alias $TEST_NGINX_HTML_DIR;
}
location = /t/file {
    toucan "embed";
    alias $TEST_NGINX_HTML_DIR/index.html;
}
--- free
cache
--- each
= Access-Control-Allow-Origin: https://app.example.com
--- talk
- limit_req lets one in
GET /t/limited
Origin: https://app.example.com
= 200 component
- limit_req, which comes before the gate
GET /t/limited
Origin: https://app.example.com
= 429 component
- limit_req, with a preflight
OPTIONS /t/limited
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 429 preflight
- a dead backend
GET /t/dead
Origin: https://app.example.com
= 502 component
- return, which comes before the gate
GET /t/return
Origin: https://app.example.com
= 418 component
= Cache-Control: private
- a redirect, which comes before the gate
GET /t/rewrite
Origin: https://app.example.com
= 302 component
- deny
GET /t/deny
Origin: https://app.example.com
= 403 component
= body !~ "code"
- limit_except
DELETE /t/except
Origin: https://app.example.com
= 403 component
- a body that is too large
POST /t/small
@body 12345
Origin: https://app.example.com
= 413 component
- no file
GET /t/none
Origin: https://app.example.com
= 404 component
- a directory
GET /t/dir
Origin: https://app.example.com
= 301 component
- a part of a file
GET /t/file
Origin: https://app.example.com
Range: bytes=0-1
= 206 component
= body ~ ^.{2}$
- a file that has not changed
GET /t/file
Origin: https://app.example.com
If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT
If-None-Match: "x"
= 200 component
- a file that was changed after all
GET /t/file
Origin: https://app.example.com
If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT
= 412 component


=== TEST 3: 304
--- locations
location = /t/file {
    toucan "embed";
    toucan_origin https://app.example.com;
    if_modified_since before;
    alias $TEST_NGINX_HTML_DIR/index.html;
}
--- talk
- what has not changed may be read, too
GET /t/file
Origin: https://app.example.com
If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT
= 304 component
= Access-Control-Allow-Origin: https://app.example.com


=== TEST 4: refusals of every class
--- gate
toucan_origin https://app.example.com https://two.example.com;
toucan_permission ai can_edit;
toucan_token bearer header=x-token;
--- talk
- no token
@token none
Origin: https://app.example.com
= 401 component no_token
- no form
@token abc
Origin: https://app.example.com
= 401 component bad_format
- two tokens
Origin: https://app.example.com
X-Token: abd
= 400 component token_conflict
- expired
@token {"exp":1700000300,"iat":1700000000,"nbf":1700000000}
Origin: https://app.example.com
= 401 component expired
- identity
@token {"env":"sandbox"}
Origin: https://app.example.com
= 403 component env_denied
- permission
Origin: https://app.example.com
= 403 component permission_denied
- the token's origins
@token {"origins":["https://two.example.com"]}
Origin: https://app.example.com
= 403 component token_origin_denied
- HEAD
HEAD /t
@token none
Origin: https://app.example.com
= 401 component no_token
= body !~ .
--- each
= Access-Control-Allow-Origin: https://app.example.com


=== TEST 5: error_page keeps them
--- locations
toucan_origin https://app.example.com;
location /t/named {
    toucan "embed";
    error_page 401 403 = @page;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location @page {
    return 200 "a page of ours\n";
}
location /t/uri {
    toucan "embed";
    error_page 401 403 /page.html;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/masked {
    toucan "embed";
    error_page 403 =200 /page.html;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location = /page.html {
    default_type text/html;
    return 200 "<p>a page of ours\n";
}
location /t/elsewhere {
    toucan "embed";
    error_page 401 https://login.example.com/;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/backend {
    toucan "embed";
    proxy_intercept_errors on;
    error_page 500 = @page;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/gated {
    toucan "embed";
    error_page 403 = /t/second;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/second {
    toucan "embed";
    toucan_origin https://second.example.com;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- backend
location /t/backend { return 500; }
--- free
refusal cache cors
--- talk
- a named location
GET /t/named
@token none
Origin: https://app.example.com
= 200 component no_token
= Access-Control-Allow-Origin: https://app.example.com
= Cache-Control: no-store
= body ~ ^a page of ours
- a named location, the place was refused
GET /t/named
Origin: https://evil.test
= 200 component origin_denied
= !Access-Control-Allow-Origin
= Cache-Control: no-store
- a URI
GET /t/uri
@token none
Origin: https://app.example.com
= 401 component no_token
= Access-Control-Allow-Origin: https://app.example.com
= WWW-Authenticate ~ ^Bearer realm="embed"
= Cache-Control: no-store
= Content-Type: text/html
= body ~ a page of ours
- 403 becomes 200
GET /t/masked
@token {"env":"sandbox"}
Origin: https://app.example.com
= 200 component env_denied
= Access-Control-Allow-Origin: https://app.example.com
= Cache-Control: no-store
= body ~ a page of ours
= up -
- 403 becomes 200, for a frame: nobody else may show it
GET /t/masked
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 200 frame origin_denied
= Content-Security-Policy: frame-ancestors https://app.example.com
= Cache-Control: no-store
- another site
GET /t/elsewhere
@token none
Origin: https://app.example.com
= 302 component no_token
= Access-Control-Allow-Origin: https://app.example.com
= Location: https://login.example.com/
- the backend's errors
GET /t/backend
Origin: https://app.example.com
= 200 component
= Access-Control-Allow-Origin: https://app.example.com
= Cache-Control: private
- into another gated location: its list, its decision
GET /t/gated
Origin: https://second.example.com
= 200 component
= Access-Control-Allow-Origin: https://second.example.com
- and there, too, a refusal is one
GET /t/gated
Origin: https://evil.test
= 403 component origin_denied
= !Access-Control-Allow-Origin


=== TEST 6: what the backend says of CORS is replaced
--- backend
location /t {
    add_header Access-Control-Allow-Origin * always;
    add_header Access-Control-Allow-Credentials true always;
    add_header Access-Control-Expose-Headers * always;
    add_header Access-Control-Allow-Methods * always;
    add_header Access-Control-Allow-Headers * always;
    add_header Access-Control-Max-Age 86400 always;
    add_header Access-Control-Allow-Private-Network true always;
    add_header access-control-allow-origin https://evil.test always;
    return 200;
}
--- gate
toucan_origin https://app.example.com;
toucan_embed component frame page server;
toucan_cors_expose etag;
toucan_own_origin https://embed.example.com;
--- talk
- a component
Origin: https://app.example.com
= 200 component
= Access-Control-Allow-Origin: https://app.example.com
= Access-Control-Expose-Headers: etag
- a program gets none
= 200 server
= !Access-Control-Allow-Origin
= !Access-Control-Expose-Headers
- nor does our own page
Sec-Fetch-Site: same-origin
= 200 own
= !Access-Control-Allow-Origin
- nor does a frame
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= !Access-Control-Allow-Origin
- nor does a page
Sec-Fetch-Dest: document
= 200 page
= !Access-Control-Allow-Origin
--- each
= !Access-Control-Allow-Credentials
= !Access-Control-Allow-Methods
= !Access-Control-Allow-Headers
= !Access-Control-Max-Age
= !Access-Control-Allow-Private-Network
= up 200


=== TEST 7: CORS off: the module says nothing, the backend may
--- gate
toucan_origin https://app.example.com;
toucan_cors off;
--- backend
location /t/star {
    add_header Access-Control-Allow-Origin *;
    return 200;
}
--- free
cors
--- talk
- nothing
Origin: https://app.example.com
= 200 component
= !Access-Control-Allow-Origin
- the backend's
GET /t/star
Origin: https://app.example.com
= 200 component
= Access-Control-Allow-Origin: *
- the place still counts
GET /t/star
Origin: https://evil.test
= 403 component origin_denied
= !Access-Control-Allow-Origin
- a preflight is nobody's business, and not the backend's
OPTIONS /t/star
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 403 preflight kind_not_allowed
= !Access-Control-Allow-Origin
= up -


=== TEST 8: Vary, beside that of others
--- gate
toucan_origin https://app.example.com;
gzip on;
gzip_vary on;
gzip_proxied any;
gzip_min_length 1;
gzip_types text/plain;
--- backend
location /t/vary { add_header Vary Accept-Language; return 200 "text\n"; }
location /t/star { add_header Vary *; return 200 "text\n"; }
location /t/origin { add_header Vary Origin; return 200 "text\n"; }
--- free
vary
--- talk
- gzip
Origin: https://app.example.com
= 200 component
= Vary ~ \bAccept-Encoding\b
= Vary ~ \bOrigin\b
- the backend's
GET /t/vary
Origin: https://app.example.com
= 200 component
= Vary ~ \bAccept-Language\b
= Vary ~ \bOrigin\b
- everything
GET /t/star
Origin: https://app.example.com
= 200 component
= Vary ~ \*
- its own
GET /t/origin
Origin: https://app.example.com
= 200 component
= Vary ~ \bOrigin\b


=== TEST 9: a response that is cached belongs to no origin
--- http
proxy_cache_path $TEST_NGINX_HTML_DIR/cache keys_zone=c:64k;
--- gate
toucan_origin https://a.example.com https://b.example.com;
proxy_cache c;
proxy_cache_key $uri;
proxy_cache_valid 1h;
add_header X-Place "$toucan_kind|$toucan_reason|$toucan_status" always;
add_header X-Cache $upstream_cache_status always;
--- backend
location /t {
    add_header Access-Control-Allow-Origin https://a.example.com;
    add_header Content-Security-Policy "default-src 'self'";
    add_header X-Frame-Options "ALLOW-FROM https://a.example.com";
    return 200 "shared\n";
}
--- talk
- the first
Origin: https://a.example.com
= 200 component
= X-Cache: MISS
= Access-Control-Allow-Origin: https://a.example.com
= Content-Security-Policy: default-src 'self', frame-ancestors https://a.example.com
- the second
Origin: https://b.example.com
= 200 component
= X-Cache: HIT
= Access-Control-Allow-Origin: https://b.example.com
= Content-Security-Policy: default-src 'self', frame-ancestors https://b.example.com
- a frame
Sec-Fetch-Dest: iframe
Referer: https://b.example.com/
= 200 frame
= X-Cache: HIT
= !Access-Control-Allow-Origin
= Content-Security-Policy: default-src 'self', frame-ancestors https://b.example.com
- a stranger
Origin: https://evil.test
= 403 component origin_denied
- without a token
@token none
Origin: https://a.example.com
= 401 component no_token


=== TEST 10: a dry run leaves the backend's word alone
--- gate
toucan_origin https://app.example.com;
toucan_dry_run on;
--- backend
location /t/star {
    add_header Access-Control-Allow-Origin *;
    add_header X-Frame-Options DENY;
    return 200;
}
--- free
cors frame refusal cache
--- talk
- the backend has one
GET /t/star
Origin: https://evil.test
= 200 component origin_denied
= X-Place: component|origin_denied|REJECTED_DRY_RUN
= Access-Control-Allow-Origin: *
= X-Frame-Options: DENY
= Content-Security-Policy-Report-Only: frame-ancestors https://app.example.com
= !Content-Security-Policy
= Cache-Control: private
= log ~ toucan: would refuse: origin_denied
= up 200
- the backend has none, and the origin is listed
Origin: https://app.example.com
= 200 component
= Access-Control-Allow-Origin: https://app.example.com
- the backend has none, and the origin is not
Origin: https://evil.test
= 200 component origin_denied
= !Access-Control-Allow-Origin
- nothing is refused: not even without a token
@token none
Origin: https://evil.test
= 200 component no_token
= up 200
= log ~ toucan: would refuse: no_token
- a preflight of a listed origin is answered
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 204 preflight
= Access-Control-Allow-Origin: https://app.example.com


=== TEST 11: a location without a gate knows no CORS
--- locations
location /open {
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- backend
location /open/star {
    add_header Access-Control-Allow-Origin *;
    add_header Access-Control-Allow-Credentials true;
    return 200;
}
--- free
vary frame cache cors
--- talk
- the backend's word
GET /open/star
Origin: https://evil.test
= 200
= Access-Control-Allow-Origin: *
= Access-Control-Allow-Credentials: true
- a preflight goes to the backend
OPTIONS /open/x
Origin: https://evil.test
Access-Control-Request-Method: GET
= 200
= body ~ ^backend: OPTIONS
