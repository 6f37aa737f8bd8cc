# Kinds of requests: what contradicts itself, which location takes which, and
# what our own origin is.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

run_tests();

__DATA__

=== TEST 1: contradictions are refused, whatever the location takes
--- gate
toucan_origin https://app.example.com null;
toucan_own_origin https://embed.example.com;
toucan_embed component frame own page server;
--- talk
- control: the same without the contradiction
Origin: https://app.example.com
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
= 200 component

- same-origin, with another's Origin
Origin: https://app.example.com
Sec-Fetch-Site: same-origin
= 403 other kind_not_allowed

- cross-site, with our own Origin
Origin: https://embed.example.com
Sec-Fetch-Site: cross-site
= 403 other kind_not_allowed

- same-site, with our own Origin
Origin: https://embed.example.com
Sec-Fetch-Site: same-site
= 403 other kind_not_allowed

- none, with our own Origin
Origin: https://embed.example.com
Sec-Fetch-Site: none
= 403 other kind_not_allowed

- a site that is not known
Origin: https://app.example.com
Sec-Fetch-Site: cross-planet
= 403 other kind_not_allowed

- a site in capitals is not known
Origin: https://app.example.com
Sec-Fetch-Site: Cross-Site
= 403 other kind_not_allowed

- a site without a value
Origin: https://app.example.com
Sec-Fetch-Site:
= 403 other kind_not_allowed

- sites as a list
Sec-Fetch-Site: cross-site, same-origin
= 403 other kind_not_allowed

- sites repeated
Sec-Fetch-Site: cross-site
Sec-Fetch-Site: same-origin
= 403 other kind_not_allowed

- sites repeated, the other way round
Sec-Fetch-Site: same-origin
Sec-Fetch-Site: cross-site
= 403 other kind_not_allowed

- the same site twice
Sec-Fetch-Site: same-origin
Sec-Fetch-Site: same-origin
= 403 other kind_not_allowed

- a mode that is not known
Origin: https://app.example.com
Sec-Fetch-Mode: teleport
= 403 other kind_not_allowed

- modes repeated
Origin: https://app.example.com
Sec-Fetch-Mode: cors
Sec-Fetch-Mode: cors
= 403 other kind_not_allowed

- destinations repeated
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
Sec-Fetch-Dest: iframe
= 403 other kind_not_allowed

- a navigation to an image
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: image
= 403 other kind_not_allowed

- a navigation to nothing
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: empty
= 403 other kind_not_allowed

- an iframe that does not navigate
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 403 other kind_not_allowed

- a document that does not navigate
Sec-Fetch-Site: none
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: document
= 403 other kind_not_allowed

- the same of our own page
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: document
= 403 other kind_not_allowed

- a destination that is not known is no frame
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: hologram
Referer: https://app.example.com/
= 403 other kind_not_allowed

- a site alone
Sec-Fetch-Site: cross-site
= 403 other kind_not_allowed

- a destination alone that is none of a frame
Sec-Fetch-Dest: empty
= 403 other kind_not_allowed

- Referers repeated
Referer: https://app.example.com/
Referer: https://app.example.com/
= 403 other origin_malformed

- Referers repeated, one without a value
Referer:
Referer: https://app.example.com/
= 403 other origin_malformed

- headers under another name are not looked at
Sec_Fetch_Site: same-origin
X-Origin: https://evil.test
= 200 server


=== TEST 2: names of headers are read in any letter case
--- talk
- lower case
origin: https://app.example.com
sec-fetch-site: cross-site
= 200 component
- upper case
ORIGIN: https://app.example.com
SEC-FETCH-SITE: cross-site
= 200 component
- upper case, refused
ORIGIN: https://evil.test
= 403 component origin_denied
- upper case, a contradiction
ORIGIN: https://app.example.com
SEC-FETCH-SITE: same-origin
= 403 other kind_not_allowed


=== TEST 3: toucan_embed, the default: components and frames
--- talk
- component
Origin: https://app.example.com
= 200 component
- preflight
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 204 preflight
- frame
Sec-Fetch-Dest: iframe
Sec-Fetch-Mode: navigate
Referer: https://app.example.com/
= 200 frame
- own
Sec-Fetch-Site: same-origin
= 200 own
- page
Sec-Fetch-Dest: document
Sec-Fetch-Mode: navigate
= 403 page kind_not_allowed
- server
= 403 server kind_not_allowed
- a refused page gets a page
Sec-Fetch-Dest: document
Sec-Fetch-Mode: navigate
Sec-Fetch-Site: none
= 403 page kind_not_allowed
= Content-Type ~ ^text/html
- a refused program gets JSON
= 403 server kind_not_allowed
= Content-Type: application/json
= body ~ "ORIGIN_DENIED"


=== TEST 4: toucan_embed component
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_embed component;
--- talk
- component
Origin: https://app.example.com
= 200 component
- preflight
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 204 preflight
- frame
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 403 frame kind_not_allowed
- own: follows from pages, and none is served
Sec-Fetch-Site: same-origin
= 403 own kind_not_allowed
- page
Sec-Fetch-Dest: document
= 403 page kind_not_allowed
- server
= 403 server kind_not_allowed


=== TEST 5: toucan_embed frame
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_embed frame;
--- talk
- component: listed, so it may read why
Origin: https://app.example.com
= 403 component kind_not_allowed
= Access-Control-Allow-Origin: https://app.example.com
- component that is not listed: not even that
Origin: https://evil.test
= 403 component kind_not_allowed
= !Access-Control-Allow-Origin
- preflight
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 403 preflight kind_not_allowed
= !Access-Control-Allow-Origin
- frame
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
- own
Sec-Fetch-Site: same-origin
= 200 own
- page
Sec-Fetch-Dest: document
= 403 page kind_not_allowed
- server
= 403 server kind_not_allowed


=== TEST 6: toucan_embed own
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_embed own;
--- talk
- component
Origin: https://app.example.com
= 403 component kind_not_allowed
- frame
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 403 frame kind_not_allowed
- a frame led to by our page
Sec-Fetch-Dest: iframe
Sec-Fetch-Site: cross-site
Referer: https://embed.example.com/
= 403 frame kind_not_allowed
- own
Sec-Fetch-Site: same-origin
= 200 own
- page
Sec-Fetch-Dest: document
= 403 page kind_not_allowed
- server
= 403 server kind_not_allowed


=== TEST 7: toucan_embed page
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_embed page;
--- talk
- component
Origin: https://app.example.com
= 403 component kind_not_allowed
- frame
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 403 frame kind_not_allowed
- own
Sec-Fetch-Site: same-origin
= 403 own kind_not_allowed
- page
Sec-Fetch-Dest: document
= 200 page
- server
= 403 server kind_not_allowed


=== TEST 8: toucan_embed server
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_embed server;
--- talk
- component
Origin: https://app.example.com
= 403 component kind_not_allowed
- preflight
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 403 preflight kind_not_allowed
= !Access-Control-Allow-Origin
- frame
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 403 frame kind_not_allowed
- own
Sec-Fetch-Site: same-origin
= 403 own kind_not_allowed
- page
Sec-Fetch-Dest: document
= 403 page kind_not_allowed
- server
= 200 server


=== TEST 9: a program needs no allowlist, a browser does
--- gate
toucan_embed component frame server;
toucan_own_origin https://embed.example.com;
--- talk
- server
= 200 server
- own
Sec-Fetch-Site: same-origin
= 200 own
- component
Origin: https://app.example.com
= 403 component origin_denied
- frame
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 403 frame origin_denied
- frame without a Referer: nobody could show it
Sec-Fetch-Dest: iframe
= 403 frame origin_missing
--- each
= Content-Security-Policy ~ ^frame-ancestors ('none'|'self')


=== TEST 10: toucan_embed is inherited, and replaced
--- locations
toucan_embed server;
location /t/component {
    toucan "embed";
    toucan_embed component;
    toucan_origin https://app.example.com;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- gate
toucan_origin https://app.example.com;
--- talk
- inherited
= 200 server
- inherited: a component
Origin: https://app.example.com
= 403 component kind_not_allowed
- replaced
GET /t/component
= 403 server kind_not_allowed
- replaced: a component
GET /t/component
Origin: https://app.example.com
= 200 component


=== TEST 11: toucan_own_origin, a literal
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://Analytics.Example.com:443;
--- talk
- it is what Origin is held against, not Host
@host 10.0.0.1:8080
Origin: https://analytics.example.com
= 200 own
- Host is not
@host evil.test
Origin: https://evil.test
= 403 component origin_denied
- nor with http
@host evil.test
Origin: http://evil.test
= 403 component origin_denied
- a Referer of ours
Referer: https://analytics.example.com/a
= 200 own
- another scheme
Origin: http://analytics.example.com
= 403 component origin_denied
- another port
Origin: https://analytics.example.com:8443
= 403 component origin_denied
- a sister
Origin: https://www.analytics.example.com
= 403 component origin_denied
- a Referer of a sister
Referer: https://www.analytics.example.com/
= 403 frame origin_denied


=== TEST 12: toucan_own_origin with a variable
--- http
map $http_x_forwarded_host $public { default ""; ~. https://$http_x_forwarded_host; }
--- gate
toucan_origin https://app.example.com;
toucan_own_origin $public;
--- talk
- the terminator's
X-Forwarded-Host: analytics.example.com
Origin: https://analytics.example.com
= 200 own
- another
X-Forwarded-Host: analytics.example.com
Origin: https://other.example.com
= 403 component origin_denied
- empty: nothing is our own
Origin: http://embed.example.com
= 403 component origin_denied
- empty: not even what has no origin
X-Forwarded-Host: a/b
Origin: https://a
= 403 component origin_denied
- what is no origin is nobody's own
X-Forwarded-Host: a b
Referer: https://a
= 403 frame origin_denied
- fetch metadata still says own
Sec-Fetch-Site: same-origin
= 200 own


=== TEST 13: our own origin by default: scheme and Host
--- gate
toucan_origin https://app.example.com;
--- talk
- a host
@host embed.example.com
Origin: http://embed.example.com
= 200 own
- in another letter case
@host EMBED.example.com
Origin: http://embed.example.com
= 200 own
- with a port
@host embed.example.com:8080
Origin: http://embed.example.com:8080
= 200 own
- another port
@host embed.example.com:8080
Origin: http://embed.example.com
= 403 component origin_denied
- and the other way round
@host embed.example.com
Origin: http://embed.example.com:8080
= 403 component origin_denied
- the default port is none
@host embed.example.com:80
Origin: http://embed.example.com
= 200 own
- 443 is not the default port of http
@host embed.example.com:443
Origin: https://embed.example.com
= 403 component origin_denied
- another scheme: nobody told us of a terminator
@host embed.example.com
Origin: https://embed.example.com
= 403 component origin_denied
- a Referer of ours
@host embed.example.com:8080
Referer: http://embed.example.com:8080/a?b=c
= 200 own
- a Referer of ours on another port
@host embed.example.com:8080
Referer: http://embed.example.com:8081/a
= 403 frame origin_denied
- a Referer that names us in its path
Referer: http://evil.test/http://embed.example.com/
= 403 frame origin_denied
- IPv6
@host [::1]:8080
Origin: http://[::1]:8080
= 200 own
- an address
@host 127.0.0.1
Origin: http://127.0.0.1
= 200 own
- no origin can be made of this Host
@host a_b@c
Origin: http://c
= 403 component origin_denied
- a Host with a dot at its end is nobody's own
@host embed.example.com.
Origin: http://embed.example.com
= 403 component origin_denied


=== TEST 14: HTTP/1.0 without Host: nothing is our own
--- config
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
location /u {
    toucan "embed";
    toucan_origin https://app.example.com;
    add_header X-Place "$toucan_kind|$toucan_reason" always;
}
--- raw_request eval
"GET /u HTTP/1.0\r\nOrigin: http://localhost\r\n" . bearer() . "\r\n\r\n"
--- error_code: 403
--- response_headers
X-Place: component|origin_denied


=== TEST 15: our own origin over HTTP/2 is scheme and :authority
--- http2
--- config
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
location /t {
    toucan "embed";
    add_header X-Place "$toucan_kind|$toucan_reason" always;
    try_files /index.html =404;
}
--- request
GET /t
--- more_headers eval
bearer() . "\nHost: embed.example.com:8080\n"
. "Origin: http://embed.example.com:8080"
--- response_headers
X-Place: own|
--- response_body_like: works


=== TEST 16: and another one is a component's
--- http2
--- config
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
location /t {
    toucan "embed";
    add_header X-Place "$toucan_kind|$toucan_reason" always;
    try_files /index.html =404;
}
--- request
GET /t
--- more_headers eval
bearer() . "\nHost: embed.example.com:8080\n"
. "Origin: http://embed.example.com"
--- response_headers
X-Place: component|origin_denied
--- error_code: 403
--- error_log
toucan: refused: origin_denied (


=== TEST 17: two Origin headers over HTTP/2
--- http2
--- config
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
location /t {
    toucan "embed";
    toucan_origin https://app.example.com;
    add_header X-Place "$toucan_kind|$toucan_reason" always;
}
--- request
GET /t
--- more_headers eval
bearer() . "\nOrigin: https://app.example.com\n"
. "Origin: https://evil.test"
--- response_headers
X-Place: other|origin_malformed
!Access-Control-Allow-Origin
--- error_code: 403


=== TEST 18: our own origin over TLS has the scheme https
--- user_files eval
">>> tls.crt\n" . `openssl req -x509 -new -key \$TEST_NGINX_KEYS_DIR/ec256.pem -subj /CN=embed.example.com -days 2 2>&1`
--- http
server {
    listen $TEST_NGINX_RAND_PORT_2 ssl;
    ssl_certificate $TEST_NGINX_HTML_DIR/tls.crt;
    ssl_certificate_key $TEST_NGINX_KEYS_DIR/ec256.pem;
    toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
    location /tls {
        toucan "embed";
        add_header X-Place "$toucan_kind|$toucan_reason|$toucan_status" always;
        try_files /index.html =404;
    }
}
--- locations
location /tls {
    proxy_set_header Host $http_host;
    proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_2;
}
--- free
refusal frame cors vary
--- talk
- https
GET /tls
Origin: https://embed.example.com
= 200 own
- https with its default port
GET /tls
@host embed.example.com:443
Origin: https://embed.example.com
= 200 own
- http
GET /tls
Origin: http://embed.example.com
= 403 component origin_denied


=== TEST 19: a location that the gate is not in tells no kind
--- locations
location /open {
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- free
vary frame cache
--- talk
- open
GET /open
Origin: https://evil.test
= 200
= X-Place: ||BYPASSED
= !Vary
= !Content-Security-Policy
= !Cache-Control
