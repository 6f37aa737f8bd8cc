# Frames: who may show a response, in every case, and beside whatever the
# backend says of it.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

run_tests();

__DATA__

=== TEST 1: the embedder that is known, alone
--- gate
toucan_origin https://app.example.com https://*.example.org "~https://r[0-9]\.test";
toucan_own_origin https://embed.example.com;
--- talk
- exact
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/a?b
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com
- by a wildcard: the one, not the wildcard
Sec-Fetch-Dest: iframe
Referer: https://a.b.example.org/
= 200 frame
= Content-Security-Policy: frame-ancestors https://a.b.example.org
- by a regex
Sec-Fetch-Dest: iframe
Referer: https://r1.test/
= 200 frame
= Content-Security-Policy: frame-ancestors https://r1.test
- in the browsers' spelling
Sec-Fetch-Dest: iframe
Referer: HTTPS://APP.example.com:443/a?b
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com
- a component's answer, shown in a frame, is for the same
Origin: https://app.example.com
= 200 component
= Content-Security-Policy: frame-ancestors https://app.example.com
- the same without fetch metadata
Referer: https://app.example.com/
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com


=== TEST 2: else the list, in its order, without regexes
--- gate
toucan_origin https://app.example.com https://*.example.org "~https://r[0-9]\.test";
toucan_origin http://intranet:8080 null https://[2001:db8::1] https://App.example.com:443;
toucan_own_origin https://embed.example.com;
toucan_embed component frame page server;
--- talk
- a frame without a Referer
Sec-Fetch-Dest: iframe
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com https://*.example.org http://intranet:8080 https://[2001:db8::1]
- a frame led to by our page
Sec-Fetch-Dest: iframe
Sec-Fetch-Site: cross-site
Referer: https://embed.example.com/
= 200 frame
= Content-Security-Policy: frame-ancestors 'self' https://app.example.com https://*.example.org http://intranet:8080 https://[2001:db8::1]
- a page
Sec-Fetch-Dest: document
= 200 page
= Content-Security-Policy: frame-ancestors https://app.example.com https://*.example.org http://intranet:8080 https://[2001:db8::1]
- a program
= 200 server
= Content-Security-Policy: frame-ancestors https://app.example.com https://*.example.org http://intranet:8080 https://[2001:db8::1]
- null is a component, and no source
Origin: null
= 200 component
= Content-Security-Policy: frame-ancestors https://app.example.com https://*.example.org http://intranet:8080 https://[2001:db8::1]
- our own page, which may frame itself
Sec-Fetch-Site: same-origin
= 200 own
= Content-Security-Policy: frame-ancestors 'self' https://app.example.com https://*.example.org http://intranet:8080 https://[2001:db8::1]


=== TEST 3: none, when nothing is left
--- gate
toucan_origin "~https://r[0-9]\.test" null;
toucan_own_origin https://embed.example.com;
toucan_embed component frame page server;
--- talk
- a page
Sec-Fetch-Dest: document
= 200 page
= Content-Security-Policy: frame-ancestors 'none'
- null
Origin: null
= 200 component
= Content-Security-Policy: frame-ancestors 'none'
- our own
Sec-Fetch-Site: same-origin
= 200 own
= Content-Security-Policy: frame-ancestors 'none'
- a frame without a Referer: nobody can see to it
Sec-Fetch-Dest: iframe
= 403 frame origin_missing
= Content-Security-Policy: frame-ancestors 'none'
- a frame led to by our page was seen to before
Sec-Fetch-Dest: iframe
Sec-Fetch-Site: cross-site
Referer: https://embed.example.com/
= 200 frame
= Content-Security-Policy: frame-ancestors 'none'
- the one that is known
Sec-Fetch-Dest: iframe
Referer: https://r1.test/
= 200 frame
= Content-Security-Policy: frame-ancestors https://r1.test


=== TEST 4: refusals say who may show them, too, and never who was refused
--- talk
- an embedder that is not listed
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 403 frame origin_denied
= Content-Security-Policy: frame-ancestors https://app.example.com
- one that is listed, without a token
@token none
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 401 frame no_token
= Content-Security-Policy: frame-ancestors https://app.example.com
- a Referer that is none
Sec-Fetch-Dest: iframe
Referer: https://evil.test;script-src/
= 403 other origin_malformed
= Content-Security-Policy: frame-ancestors https://app.example.com
- a Referer with a comma
Sec-Fetch-Dest: iframe
Referer: https://evil.test,https://app.example.com/
= 403 other origin_malformed
= Content-Security-Policy: frame-ancestors https://app.example.com
- a component that is not listed
Origin: https://evil.test
= 403 component origin_denied
= Content-Security-Policy: frame-ancestors https://app.example.com
- an image
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: image
= 403 other kind_not_allowed
= Content-Security-Policy: frame-ancestors https://app.example.com
- a preflight
OPTIONS /t
@token none
Origin: https://evil.test
Access-Control-Request-Method: GET
= 403 preflight origin_denied
= Content-Security-Policy: frame-ancestors https://app.example.com
- a page
Sec-Fetch-Dest: document
= 403 page kind_not_allowed
= Content-Security-Policy: frame-ancestors https://app.example.com
= Content-Type ~ ^text/html


=== TEST 5: what the backend says
--- backend
location /t/deny { add_header X-Frame-Options DENY always; return 200; }
location /t/same { add_header x-frame-options SAMEORIGIN always; return 404; }
location /t/two {
    add_header X-Frame-Options DENY;
    add_header X-Frame-Options SAMEORIGIN;
    return 200;
}
location /t/csp {
    add_header Content-Security-Policy "default-src 'self'; img-src *";
    return 200;
}
location /t/csps {
    add_header Content-Security-Policy "default-src 'self'";
    add_header content-security-policy "img-src *";
    return 200;
}
location /t/report {
    add_header Content-Security-Policy-Report-Only "default-src 'none'";
    return 200;
}
--- talk
- X-Frame-Options goes
GET /t/deny
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= !X-Frame-Options
- whatever the status
GET /t/same
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 404 frame
= !X-Frame-Options
- however often
GET /t/two
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= !X-Frame-Options
- for a component, too
GET /t/deny
Origin: https://app.example.com
= 200 component
= !X-Frame-Options
- its policy stays, beside ours
GET /t/csp
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= Content-Security-Policy: default-src 'self'; img-src *, frame-ancestors https://app.example.com
- and all of it
GET /t/csps
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= Content-Security-Policy: default-src 'self', img-src *, frame-ancestors https://app.example.com
- and what is only reported
GET /t/report
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= Content-Security-Policy-Report-Only: default-src 'none'
= Content-Security-Policy: frame-ancestors https://app.example.com


=== TEST 6: a frame-ancestors of the backend can only narrow ours
--- backend
location /t {
    add_header Content-Security-Policy "frame-ancestors *";
    return 200;
}
--- free
frame
--- talk
- two policies: browsers hold both
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= Content-Security-Policy: frame-ancestors *, frame-ancestors https://app.example.com


=== TEST 7: what the location itself adds stays
--- gate
toucan_origin https://app.example.com;
add_header X-Place "$toucan_kind|$toucan_reason|$toucan_status" always;
add_header Content-Security-Policy "script-src 'self'" always;
--- talk
- beside ours
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= Content-Security-Policy ~ script-src 'self'
= Content-Security-Policy ~ frame-ancestors https://app.example.com
- on refusals, too
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 403 frame origin_denied
= Content-Security-Policy ~ script-src 'self'
= Content-Security-Policy ~ frame-ancestors https://app.example.com


=== TEST 8: toucan_frame_ancestors off
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_frame_ancestors off;
--- backend
location /t/deny { add_header X-Frame-Options DENY always; return 200; }
--- free
frame
--- talk
- the Referer is all there is
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= !Content-Security-Policy
- and it must be there
Sec-Fetch-Dest: iframe
= 403 frame origin_missing
= !Content-Security-Policy
- but for what our own page leads to
Sec-Fetch-Dest: iframe
Sec-Fetch-Site: cross-site
Referer: https://embed.example.com/
= 200 frame
- or our own page does
Sec-Fetch-Dest: iframe
Sec-Fetch-Site: same-origin
= 200 own
- another
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 403 frame origin_denied
- the backend's word stays
GET /t/deny
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= X-Frame-Options: DENY


=== TEST 9: a list of 4096 bytes
--- gate eval
"toucan_own_origin https://embed.example.com;\n"
. join("", map { sprintf "toucan_origin https://%04d.%s.example.com;\n",
                         $_, "a" x 24 } 1 .. 80)
. "toucan_origin https://" . "b" x 63 . "." . "c" x 12 . ".example.com;\n"
--- talk
- is sent
Sec-Fetch-Dest: iframe
= 200 frame
= Content-Security-Policy ~ ^frame-ancestors https://0001\.a+\.example\.com .* https://b{63}\.c{12}\.example\.com$
= Content-Security-Policy ~ ^.{4112}$


=== TEST 10: a list of 4097 bytes
--- gate eval
"toucan_own_origin https://embed.example.com;\n"
. join("", map { sprintf "toucan_origin https://%04d.%s.example.com;\n",
                         $_, "a" x 24 } 1 .. 80)
. "toucan_origin https://" . "b" x 63 . "." . "c" x 13 . ".example.com;\n"
--- talk
- is not
Sec-Fetch-Dest: iframe
= 403 frame origin_missing
= Content-Security-Policy: frame-ancestors 'none'


=== TEST 11: a list that is too long is not cut
--- gate eval
"toucan_own_origin https://embed.example.com;\n"
. join "", map { sprintf "toucan_origin https://%04d.%s.example.com;\n",
                         $_, "a" x 24 } 1 .. 200
--- talk
- the one that is known is named
Sec-Fetch-Dest: iframe
Referer: https://0200.aaaaaaaaaaaaaaaaaaaaaaaa.example.com/
= 200 frame
= Content-Security-Policy: frame-ancestors https://0200.aaaaaaaaaaaaaaaaaaaaaaaa.example.com
- where none is, nobody may show it
Sec-Fetch-Dest: iframe
= 403 frame origin_missing
= Content-Security-Policy: frame-ancestors 'none'
- unless the token says who
@token {"origins":["https://0007.aaaaaaaaaaaaaaaaaaaaaaaa.example.com"]}
Sec-Fetch-Dest: iframe
= 200 frame
= Content-Security-Policy: frame-ancestors https://0007.aaaaaaaaaaaaaaaaaaaaaaaa.example.com
- our own page
Sec-Fetch-Site: same-origin
= 200 own
= Content-Security-Policy: frame-ancestors 'none'


=== TEST 12: the headers of other kinds of answers
--- locations
toucan_origin https://app.example.com;
toucan_embed component frame page;
location /t/return {
    toucan "embed";
    return 200 "short\n";
}
location = /t/file {
    toucan "embed";
    default_type text/html;
    alias $TEST_NGINX_HTML_DIR/index.html;
}
location /t/slash {
    toucan "embed";
    rewrite ^/t/slash$ /t/slash/ permanent;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/internal {
    toucan "embed";
    internal;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- talk
- return
GET /t/return
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com
- return, for a stranger: it runs before the gate, and is not for him to show
GET /t/return
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com
- a file
GET /t/file
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com
- a redirect
GET /t/slash
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 301 frame
= Content-Security-Policy: frame-ancestors https://app.example.com
- nothing
GET /t/internal
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 404
= Content-Security-Policy ~ ^frame-ancestors 


=== TEST 13: a Referer that a token was cut out of
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token bearer arg=token;
--- talk
- our own page, opened with its token
@token none
GET /t
Referer: https://embed.example.com/t?token=secret-token
= 401 own no_token
= log ~ toucan: refused: no_token
= log !~ secret-token
- an embedder with an argument of that name
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/?token=secret-token&a=b
= 200 frame


=== TEST 14: HTTP/2
--- http2
--- config
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
location /t {
    toucan "embed";
    toucan_origin https://app.example.com;
    add_header X-Place "$toucan_kind|$toucan_reason" always;
    add_header X-Frame-Options "" always;
    try_files /index.html =404;
}
--- request
GET /t
--- more_headers eval
bearer() . "\nSec-Fetch-Dest: iframe\nReferer: https://app.example.com/x"
--- response_headers
X-Place: frame|
Content-Security-Policy: frame-ancestors https://app.example.com
Vary: Origin
Cache-Control: private
