# The allowlist over the wire: what an entry accepts.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

run_tests();

__DATA__

=== TEST 1: exact entries
--- gate
toucan_origin https://app.example.com http://intranet:8080;
toucan_origin https://xn--mnchen-3ya.example https://[2001:db8::1]:8443;
toucan_origin https://192.0.2.7 HTTPS://Upper.Example:443 http://plain.example:80;
--- talk
- as it is written
Origin: https://app.example.com
= 200 component
= Access-Control-Allow-Origin: https://app.example.com
- upper case
Origin: HTTPS://APP.Example.COM
= 200 component
= Access-Control-Allow-Origin: https://app.example.com
- the default port
Origin: https://app.example.com:443
= 200 component
= Access-Control-Allow-Origin: https://app.example.com
- an entry with the default port, in upper case
Origin: https://upper.example
= 200 component
= Access-Control-Allow-Origin: https://upper.example
- http and its default port
Origin: http://plain.example
= 200 component
- a port of its own
Origin: http://intranet:8080
= 200 component
- IDN as punycode
Origin: https://xn--mnchen-3ya.example
= 200 component
- IDN as punycode, in upper case
Origin: https://XN--MNCHEN-3YA.example
= 200 component
- IPv6
Origin: https://[2001:db8::1]:8443
= 200 component
- IPv4
Origin: https://192.0.2.7
= 200 component

- another scheme
Origin: http://app.example.com
= 403 component origin_denied
- another port
Origin: https://app.example.com:8443
= 403 component origin_denied
- the default port of another scheme
Origin: https://app.example.com:80
= 403 component origin_denied
- http with the port of https
Origin: http://plain.example:443
= 403 component origin_denied
- without the port that is listed
Origin: http://intranet
= 403 component origin_denied
- a domain of mine that begins like it
Origin: https://app.example.com.evil.test
= 403 component origin_denied
- a domain of mine that ends like it
Origin: https://evil-app.example.com
= 403 component origin_denied
- without a label
Origin: https://example.com
= 403 component origin_denied
- with one more
Origin: https://www.app.example.com
= 403 component origin_denied
- the dot is a dot
Origin: https://appxexample.com
= 403 component origin_denied
- a prefix
Origin: https://app.example.co
= 403 component origin_denied
- one byte more
Origin: https://app.example.comm
= 403 component origin_denied
- another scheme that ends like it
Origin: xhttps://app.example.com
= 403 component origin_denied
- a scheme of its own
Origin: chrome-extension://app.example.com
= 403 component origin_denied
- another IPv6
Origin: https://[2001:db8::2]:8443
= 403 component origin_denied
- IPv4 written as IPv6
Origin: https://[::ffff:192.0.2.7]
= 403 component origin_denied
- IDN in another spelling
Origin: https://muenchen.example
= 403 component origin_denied
--- each
= Content-Security-Policy ~ ^frame-ancestors https?://


=== TEST 2: spaces around a value are the protocol's
--- talk
- before and behind
Origin:    https://app.example.com  
= 200 component


=== TEST 3: too long, and as long as can be
--- gate eval
"toucan_origin https://" . join(".", ("a" x 63) x 3, "b" x 61) . ";"
--- talk eval
my $l = "a" x 63;
my $host = join ".", ($l) x 3, "b" x 61;
"- 253 bytes\nOrigin: https://$host\n= 200 component\n\n"
. "- 254 bytes\nOrigin: https://${host}b\n= 403 other origin_malformed\n\n"
. "- a label of 64\nOrigin: https://a$l.test\n= 403 other origin_malformed\n\n"
. "- 7 kilobytes\nOrigin: https://" . "a." x 3500 . "test\n"
. "= 403 other origin_malformed\n"


=== TEST 4: wildcards
--- gate
toucan_origin https://*.example.com https://*.Tenants.Test:8443 http://*.co.uk;
--- talk
- a subdomain
Origin: https://a.example.com
= 200 component
= Access-Control-Allow-Origin: https://a.example.com
- one deeper
Origin: https://b.a.example.com
= 200 component
- many deeper
Origin: https://g.f.e.d.c.b.a.example.com
= 200 component
- upper case
Origin: https://A.EXAMPLE.com
= 200 component
- the default port
Origin: https://a.example.com:443
= 200 component
- a port of its own
Origin: https://a.tenants.test:8443
= 200 component
- IDN
Origin: https://xn--mnchen-3ya.example.com
= 200 component

- never the bare domain
Origin: https://example.com
= 403 component origin_denied
- nothing before the dot
Origin: https://.example.com
= 403 other origin_malformed
- a domain that ends like it
Origin: https://evil-example.com
= 403 component origin_denied
- and without the hyphen
Origin: https://evilexample.com
= 403 component origin_denied
- a domain that begins like it
Origin: https://a.example.com.evil.test
= 403 component origin_denied
- one that holds it in the middle
Origin: https://a.example.com.b.example.org
= 403 component origin_denied
- another scheme
Origin: http://a.example.com
= 403 component origin_denied
- a port that is not listed
Origin: https://a.example.com:8443
= 403 component origin_denied
- without the one that is
Origin: https://a.tenants.test
= 403 component origin_denied
- a sister of a wildcard
Origin: https://a.example.org
= 403 component origin_denied
- the wildcard's own text
Origin: https://*.example.com
= 403 other origin_malformed
- a user
Origin: https://evil.test@a.example.com
= 403 other origin_malformed
- a user, the other way
Origin: https://a.example.com@evil.test
= 403 other origin_malformed


=== TEST 5: regexes are anchored at both ends
--- gate
toucan_origin "~https://(a|b)\.example\.com" "~https://x[0-9]{1,3}\.test:[0-9]+|http://y\.test";
--- talk
- matches
Origin: https://a.example.com
= 200 component
= Access-Control-Allow-Origin: https://a.example.com
- the other
Origin: https://b.example.com
= 200 component
- the default port is gone before
Origin: https://a.example.com:443
= 200 component
- in lower case before
Origin: HTTPS://A.EXAMPLE.COM
= 200 component
- with a port
Origin: https://x12.test:8443
= 200 component
- the second half of an alternative
Origin: http://y.test
= 200 component

- more behind
Origin: https://a.example.com.evil.test
= 403 component origin_denied
- a port behind
Origin: https://a.example.com:8443
= 403 component origin_denied
- more before
Origin: xhttps://a.example.com
= 403 component origin_denied
- more before the second half of an alternative
Origin: xhttp://y.test
= 403 component origin_denied
- more behind the first half of an alternative
Origin: https://x12.test:8443a
= 403 other origin_malformed
- the dot is escaped
Origin: https://a.exampleXcom
= 403 component origin_denied
- two at once
Origin: https://a.example.com https://b.example.com
= 403 other origin_malformed
--- each
= Content-Security-Policy ~ ^frame-ancestors ('none'|https?://[a-z0-9.:]+)$


=== TEST 6: a regex that would leave its anchors by a parenthesis is none
--- config
location /t {
    toucan "embed";
    toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
    toucan_origin "~https://a\.test)|(.*";
}
--- must_die
--- error_log
directive: invalid pattern "https://a\.test)|(.*": unmatched closing


=== TEST 7: an alternative at the top level is anchored as a whole
--- gate
toucan_origin "~https://a\.test|https://b\.test$" "~^https://c\.test" "~https://d\.(?i)TEST" "~\Qhttps://e.test";
toucan_origin "~https://f\.test(*ACCEPT)" "~https://g\.test(?=\.evil)" "~https://h\.test\K" "~(?m)^https://i\.test$" "~https://j\.test|https://j\.test:8443";
--- talk
- control
Origin: https://a.test
= 200 component
- the second
Origin: https://b.test
= 200 component
- with an anchor of its own
Origin: https://c.test
= 200 component
- an option within
Origin: https://d.test
= 200 component
- the first, more behind
Origin: https://a.test.evil
= 403 component origin_denied
- the second, more before
Origin: evil+https://b.test
= 403 component origin_denied
- with an anchor of its own, more behind
Origin: https://c.test.evil
= 403 component origin_denied
- an option within, more behind
Origin: https://d.test.evil
= 403 component origin_denied
- the longer of two, the shorter comes first
Origin: https://j.test:8443
= 200 component
- an end that is forced, control
Origin: https://f.test
= 200 component
- an end that is forced, more behind
Origin: https://f.test.evil
= 403 component origin_denied
- a look ahead, more behind
Origin: https://g.test.evil
= 403 component origin_denied
- a start that is moved, more behind
Origin: https://h.test.evil
= 403 component origin_denied
- lines, control
Origin: https://i.test
= 200 component
- lines, more behind
Origin: https://i.test.evil
= 403 component origin_denied
- a quote that does not end, more behind
Origin: https://e.test.evil
= 403 component origin_denied


=== TEST 8: a regex that takes for ever gives up, and the request is refused
--- gate
toucan_origin "~https://(?:a|a[a-z]|b?)*(?:a+)+x\.test" https://app.example.com;
--- talk eval
"- catastrophic\nOrigin: https://" . "a" x 60 . ".test\n"
. "= 403 component origin_denied\n\n"
. "- control\nOrigin: https://app.example.com\n= 200 component\n"


=== TEST 9: regexes after exact ones and wildcards, all in one list
--- gate
toucan_origin "~https://r\.test" https://app.example.com;
toucan_origin https://*.example.com;
--- talk
- regex
Origin: https://r.test
= 200 component
- exact
Origin: https://app.example.com
= 200 component
- wildcard
Origin: https://x.example.com
= 200 component
- none
Origin: https://y.test
= 403 component origin_denied
- the list as sources is without regexes
Sec-Fetch-Dest: iframe
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com https://*.example.com
- but the one that matched is named
Sec-Fetch-Dest: iframe
Referer: https://r.test/x
= 200 frame
= Content-Security-Policy: frame-ancestors https://r.test


=== TEST 10: no entry is nothing allowed
--- gate
toucan_own_origin https://embed.example.com;
--- talk
- any
Origin: https://app.example.com
= 403 component origin_denied
- null
Origin: null
= 403 component origin_denied
- preflight
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 403 preflight origin_denied
--- each
= Content-Security-Policy: frame-ancestors 'none'
= !Access-Control-Allow-Origin


=== TEST 11: none is nothing allowed, and takes away what is inherited
--- http
toucan_origin https://app.example.com;
--- gate
toucan_origin none;
--- locations
location /t/inherits {
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/replaces {
    toucan "embed";
    toucan_origin https://other.example.com;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- talk
- none
Origin: https://app.example.com
= 403 component origin_denied
- inherits
GET /t/inherits
Origin: https://app.example.com
= 200 component
- replaces
GET /t/replaces
Origin: https://app.example.com
= 403 component origin_denied
- replaces, by this
GET /t/replaces
Origin: https://other.example.com
= 200 component


=== TEST 12: Origin: null matches nothing by itself
--- gate
toucan_origin https://app.example.com https://*.example.com "~.*" "~null";
toucan_own_origin https://embed.example.com;
--- talk
- a sandboxed frame, a file, a redirect chain
Origin: null
= 403 component origin_denied
= !Access-Control-Allow-Origin
- and its preflight
OPTIONS /t
@token none
Origin: null
Access-Control-Request-Method: GET
= 403 preflight origin_denied
= !Access-Control-Allow-Origin
- as a sandboxed frame of Chrome
Origin: null
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
= 403 component origin_denied
- a sandboxed frame's form
POST /t
Origin: null
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
= 403 component origin_denied
- control: the regex for all
Origin: https://any.test
= 200 component


=== TEST 13: null when it is written
--- gate
toucan_origin null;
toucan_own_origin https://embed.example.com;
--- talk
- null
Origin: null
= 200 component
= Access-Control-Allow-Origin: null
- its preflight
OPTIONS /t
@token none
Origin: null
Access-Control-Request-Method: GET
= 204 preflight
= Access-Control-Allow-Origin: null
- nothing else
Origin: https://null
= 403 component origin_denied
- a token that is bound to origins does not work there
@token {"origins":["https://app.example.com"]}
Origin: null
= 403 component token_origin_denied
- however it is bound
@token {"origins":["null"]}
Origin: null
= 401 component bad_claim
- and it is no frame's ancestor
Sec-Fetch-Dest: iframe
= 403 frame origin_missing
= Content-Security-Policy: frame-ancestors 'none'


=== TEST 14: a spelling that no browser sends is answered in theirs
--- gate
toucan_origin https://[2001:DB8:0::0:1]:8443;
--- free
cors
--- talk
- IPv6, spelled out
Origin: https://[2001:0DB8:0:0:0:0:0:1]:8443
= 200 component
= Access-Control-Allow-Origin: https://[2001:db8::1]:8443
- IPv6, short
Origin: https://[2001:db8::1]:8443
= 200 component
= Access-Control-Allow-Origin: https://[2001:db8::1]:8443
