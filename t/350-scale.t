# An allowlist of 100,000 origins does what one of ten does.  (That it costs
# no more is measured, not tested here.)

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

run_tests();

__DATA__

=== TEST 1: 100,000 exact origins
--- user_files eval
">>> origins.conf\n"
. join "", map { "toucan_origin https://app-$_.example.com;\n" } 1 .. 100_000
--- gate
include $TEST_NGINX_HTML_DIR/origins.conf;
toucan_own_origin https://embed.example.com;
--- talk
- the first
Origin: https://app-1.example.com
= 200 component
= Access-Control-Allow-Origin: https://app-1.example.com
- one in the middle
Origin: https://app-51966.example.com
= 200 component
- the last
Origin: https://app-100000.example.com
= 200 component
= Access-Control-Allow-Origin: https://app-100000.example.com
- its preflight
OPTIONS /t
@token none
Origin: https://app-100000.example.com
Access-Control-Request-Method: GET
= 204 preflight
- one before the first
Origin: https://app-0.example.com
= 403 component origin_denied
- one behind the last
Origin: https://app-100001.example.com
= 403 component origin_denied
- another scheme
Origin: http://app-77.example.com
= 403 component origin_denied
- another port
Origin: https://app-77.example.com:8443
= 403 component origin_denied
- a domain that ends like the last
Origin: https://x.app-100000.example.com
= 403 component origin_denied
- a frame of the last
Sec-Fetch-Dest: iframe
Referer: https://app-100000.example.com/
= 200 frame
= Content-Security-Policy: frame-ancestors https://app-100000.example.com
- a frame of one that is absent
Sec-Fetch-Dest: iframe
Referer: https://app-100001.example.com/
= 403 frame origin_denied
= Content-Security-Policy: frame-ancestors 'none'
- a frame without a Referer: a list that long is not sent
Sec-Fetch-Dest: iframe
= 403 frame origin_missing
= Content-Security-Policy: frame-ancestors 'none'
- but that of a token is
@token {"origins":["https://app-5.example.com","https://evil.test"]}
Sec-Fetch-Dest: iframe
= 200 frame
= Content-Security-Policy: frame-ancestors https://app-5.example.com


=== TEST 2: 100,000 origins in one directive, on several lines, twice each
--- user_files eval
">>> origins.conf\ntoucan_origin\n"
. join("", map { "    https://app-$_.example.com\n" } 1 .. 50_000, 1 .. 50_000)
. ";\n"
--- gate
include $TEST_NGINX_HTML_DIR/origins.conf;
--- talk
- the last
Origin: https://app-50000.example.com
= 200 component
- one behind the last
Origin: https://app-50001.example.com
= 403 component origin_denied


=== TEST 3: 20,000 wildcards of different depths
--- user_files eval
">>> origins.conf\n"
. join "", map { "toucan_origin https://*." . "d." x ($_ % 5)
                 . "t$_.example.com;\n" } 1 .. 20_000
--- gate
include $TEST_NGINX_HTML_DIR/origins.conf;
--- talk
- the last
Origin: https://x.t20000.example.com
= 200 component
- deep below it
Origin: https://z.y.x.t20000.example.com
= 200 component
- the bare domain
Origin: https://t20000.example.com
= 403 component origin_denied
- below one that is deeper
Origin: https://x.d.d.d.d.t19999.example.com
= 200 component
- not as deep as that
Origin: https://x.d.d.d.t19999.example.com
= 403 component origin_denied
- absent
Origin: https://x.t20001.example.com
= 403 component origin_denied


=== TEST 4: locations that inherit a list share it
--- user_files eval
">>> origins.conf\n"
. join("", map { "toucan_origin https://app-$_.example.com;\n" } 1 .. 50_000)
. ">>> locations.conf\n"
. join "", map { "location /t/$_/ { toucan embed; return 204; }\n" } 1 .. 500
--- http
include $TEST_NGINX_HTML_DIR/origins.conf;
--- gate
toucan_own_origin https://embed.example.com;
--- locations
include $TEST_NGINX_HTML_DIR/locations.conf;
--- talk
- the first
Origin: https://app-1.example.com
= 200 component
- the last
Origin: https://app-50000.example.com
= 200 component
- absent
Origin: https://app-50001.example.com
= 403 component origin_denied
- in the last location, for the last
GET /t/500/
Origin: https://app-50000.example.com
= 204
= Access-Control-Allow-Origin: https://app-50000.example.com
- in the last location, for one that is absent
GET /t/500/
Origin: https://app-50001.example.com
= 204
= !Access-Control-Allow-Origin
