# How a page that is not listed may try to look like one that is: what is no
# origin, Referers, rebinding, sisters on the same site, cookies.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

run_tests();

__DATA__

=== TEST 1: what is no origin is not repaired
--- gate
toucan_origin https://app.example.com https://192.0.2.7;
--- talk
- control
Origin: https://app.example.com
= 200 component
- a user before it
Origin: https://app.example.com@evil.test
= 403 other origin_malformed
- a user and a password
Origin: https://app.example.com:443@evil.test
= 403 other origin_malformed
- me as its user
Origin: https://evil.test@app.example.com
= 403 other origin_malformed
- a trailing dot
Origin: https://app.example.com.
= 403 other origin_malformed
- a trailing dot before the port
Origin: https://app.example.com.:443
= 403 other origin_malformed
- a slash
Origin: https://app.example.com/
= 403 other origin_malformed
- a path
Origin: https://app.example.com/a
= 403 other origin_malformed
- a backslash
Origin: https://app.example.com\.evil.test
= 403 other origin_malformed
- a query
Origin: https://app.example.com?evil.test
= 403 other origin_malformed
- a fragment
Origin: https://app.example.com#evil.test
= 403 other origin_malformed
- a percent
Origin: https://app%2eexample.com
= 403 other origin_malformed
- an underscore is a letter
Origin: https://app_example.com
= 403 component origin_denied
- a list, comma
Origin: https://app.example.com, https://evil.test
= 403 other origin_malformed
- a list, comma, the other way round
Origin: https://evil.test,https://app.example.com
= 403 other origin_malformed
- a list, space (RFC 6454 has it, browsers do not)
Origin: https://app.example.com https://evil.test
= 403 other origin_malformed
- a list of the same
Origin: https://app.example.com https://app.example.com
= 403 other origin_malformed
- the header twice
Origin: https://app.example.com
Origin: https://evil.test
= 403 other origin_malformed
- the header twice, the other way round
Origin: https://evil.test
Origin: https://app.example.com
= 403 other origin_malformed
- the header twice, the same
Origin: https://app.example.com
Origin: https://app.example.com
= 403 other origin_malformed
- the header twice, far apart
Origin: https://app.example.com
X-A: 1
X-B: 2
X-C: 3
ORIGIN: https://app.example.com
= 403 other origin_malformed
- the header twice, one empty
Origin:
Origin: https://app.example.com
= 403 other origin_malformed
- the header three times
Origin: https://app.example.com
Origin: https://app.example.com
Origin: null
= 403 other origin_malformed
- empty
Origin:
= 403 other origin_malformed
- a bare host
Origin: app.example.com
= 403 other origin_malformed
- no scheme
Origin: //app.example.com
= 403 other origin_malformed
- no host
Origin: https://
= 403 other origin_malformed
- no host, a port
Origin: https://:443
= 403 other origin_malformed
- an empty label
Origin: https://app..example.com
= 403 other origin_malformed
- a leading dot
Origin: https://.app.example.com
= 403 other origin_malformed
- a wildcard
Origin: https://*.example.com
= 403 other origin_malformed
- a star
Origin: *
= 403 other origin_malformed
- an entry of ours, as a regex
Origin: ~https://app.example.com
= 403 other origin_malformed
- an empty port
Origin: https://app.example.com:
= 403 other origin_malformed
- a port of 0
Origin: https://app.example.com:0
= 403 other origin_malformed
- a port with a leading 0
Origin: https://app.example.com:0443
= 403 other origin_malformed
- a port above 65535
Origin: https://app.example.com:65979
= 403 other origin_malformed
- a port that wraps around to 443
Origin: https://app.example.com:4294967739
= 403 other origin_malformed
- a port with a sign
Origin: https://app.example.com:+443
= 403 other origin_malformed
- IDN as UTF-8
Origin: https://m\xc3\xbcnchen.example
= 403 other origin_malformed
- a full-width dot
Origin: https://app\xef\xbc\x8eexample.com
= 403 other origin_malformed
- an ideographic full stop
Origin: https://app\xe3\x80\x82example.com
= 403 other origin_malformed
- a soft hyphen
Origin: https://app\xc2\xad.example.com
= 403 other origin_malformed
- a tab within
Origin: https://app\x09.example.com
= 403 other origin_malformed
- a control byte
Origin: https://app.example.com\x01
= 403 other origin_malformed
- DEL
Origin: https://app.example.com\x7f
= 403 other origin_malformed
- a Kelvin sign is no k
Origin: https://\xe2\x84\xaaapp.example.com
= 403 other origin_malformed
- IPv4 in octal
Origin: https://0300.0.2.7
= 403 other origin_malformed
- IPv4 as a number
Origin: https://3221225991
= 403 other origin_malformed
- IPv4 in hexadecimal
Origin: https://0xc0000207
= 403 other origin_malformed
- IPv4 with a part less
Origin: https://192.0.519
= 403 other origin_malformed
- IPv6 without an end
Origin: https://[::1
= 403 other origin_malformed
- IPv6 with a zone
Origin: https://[fe80::1%25eth0]
= 403 other origin_malformed
- IPv6 with bytes behind
Origin: https://[::1]evil.test
= 403 other origin_malformed
- not null
Origin: NULL
= 403 other origin_malformed
- nor this
Origin: null, null
= 403 other origin_malformed
- a file
Origin: file://
= 403 other origin_malformed
- data
Origin: data:text/html,a
= 403 other origin_malformed
- blob
Origin: blob:https://app.example.com/8a5b
= 403 other origin_malformed


=== TEST 2: the Referer of a frame
--- gate
toucan_origin https://app.example.com https://*.example.org;
toucan_own_origin https://embed.example.com;
--- talk
- an origin with its slash
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
= 200 frame
- without it
Sec-Fetch-Dest: iframe
Referer: https://app.example.com
= 200 frame
- a whole address
Sec-Fetch-Dest: iframe
Referer: https://app.example.com:443/a/../b?c=d&e=https://evil.test/@f#g
= 200 frame
- a wildcard
Sec-Fetch-Dest: iframe
Referer: https://a.b.example.org/x
= 200 frame
- a query right behind the host
Sec-Fetch-Dest: iframe
Referer: https://app.example.com?https://evil.test
= 200 frame

- another
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 403 frame origin_denied
- another that names a listed one in its path
Sec-Fetch-Dest: iframe
Referer: https://evil.test/https://app.example.com/
= 403 frame origin_denied
- in its query
Sec-Fetch-Dest: iframe
Referer: https://evil.test?https://app.example.com/
= 403 frame origin_denied
- in its fragment
Sec-Fetch-Dest: iframe
Referer: https://evil.test#https://app.example.com/
= 403 frame origin_denied
- as a user
Sec-Fetch-Dest: iframe
Referer: https://app.example.com@evil.test/
= 403 other origin_malformed
- as a host and a user
Sec-Fetch-Dest: iframe
Referer: https://app.example.com:443@evil.test/
= 403 other origin_malformed
- with a backslash
Sec-Fetch-Dest: iframe
Referer: https://app.example.com\@evil.test/
= 403 other origin_malformed
- a trailing dot
Sec-Fetch-Dest: iframe
Referer: https://app.example.com./
= 403 other origin_malformed
- about:blank
Sec-Fetch-Dest: iframe
Referer: about:blank
= 403 other origin_malformed
- about:srcdoc
Sec-Fetch-Dest: iframe
Referer: about:srcdoc
= 403 other origin_malformed
- data
Sec-Fetch-Dest: iframe
Referer: data:text/html,https://app.example.com/
= 403 other origin_malformed
- blob
Sec-Fetch-Dest: iframe
Referer: blob:https://app.example.com/8a5b
= 403 other origin_malformed
- a path alone
Sec-Fetch-Dest: iframe
Referer: /t
= 403 other origin_malformed
- null
Sec-Fetch-Dest: iframe
Referer: null
= 403 other origin_malformed
- twice
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/
Referer: https://app.example.com/
= 403 other origin_malformed
- a component's Referer is not looked at
Origin: https://app.example.com
Referer: https://evil.test/
= 200 component
- nor does a listed one help it
Origin: https://evil.test
Referer: https://app.example.com/
= 403 component origin_denied
- nor does it help an image
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: image
Referer: https://app.example.com/
= 403 other kind_not_allowed


=== TEST 3: the Referer without fetch metadata
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_embed component frame server;
--- talk
- listed
Referer: https://app.example.com/x
= 200 frame
- another
Referer: https://evil.test/
= 403 frame origin_denied
- our own
Referer: https://embed.example.com/x
= 200 own
- our own, in upper case and with the port
Referer: HTTPS://EMBED.example.com:443/x
= 200 own
- looks like our own
Referer: https://embed.example.com.evil.test/
= 403 frame origin_denied
- our own as a user
Referer: https://embed.example.com@evil.test/
= 403 other origin_malformed
- our own with a trailing dot
Referer: https://embed.example.com./
= 403 other origin_malformed
- our own over http
Referer: http://embed.example.com/
= 403 frame origin_denied
- garbage is not taken for a program
Referer: x
= 403 other origin_malformed
- nor is a space
Referer: https://
= 403 other origin_malformed


=== TEST 4: DNS rebinding: Host and Origin agree, and are somebody else's
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
--- talk
# its GET has no Origin and says same-origin: what it lacks is a token of ours
- a GET
@host rebound.evil.test
@token none
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Referer: http://rebound.evil.test/
= 401 own no_token
- a POST carries its Origin
POST /t
@host rebound.evil.test
Origin: http://rebound.evil.test
= 403 component origin_denied
- and its own word that it is ours is a contradiction
POST /t
@host rebound.evil.test
Origin: http://rebound.evil.test
Sec-Fetch-Site: same-origin
= 403 other kind_not_allowed
- the same over our own port
POST /t
@host rebound.evil.test:\p
Origin: http://rebound.evil.test:\p
Sec-Fetch-Site: same-origin
= 403 other kind_not_allowed
- a Referer of its own
@host rebound.evil.test
Referer: http://rebound.evil.test/
= 403 frame origin_denied


=== TEST 5: a sister on the same site
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token bearer cookie=tc;
--- talk
- its fetch
Origin: https://blog.example.com
Sec-Fetch-Site: same-site
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
= 403 component origin_denied
- its form, into a frame
POST /t
Origin: https://blog.example.com
Sec-Fetch-Site: same-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 403 component origin_denied
- its iframe
Sec-Fetch-Site: same-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
Referer: https://blog.example.com/
= 403 frame origin_denied
- its iframe without a Referer: the browser must not show it there
Sec-Fetch-Site: same-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com
- its script
Sec-Fetch-Site: same-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: script
Referer: https://blog.example.com/
= 403 other kind_not_allowed
- its window
Sec-Fetch-Site: same-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
Referer: https://blog.example.com/
= 403 page kind_not_allowed


=== TEST 6: what the order of checks lets a stranger know
--- talk
- the token is looked at first: without one, no word about the place
Origin: https://evil.test
@token none
= 401 component no_token
= !Access-Control-Allow-Origin
= body ~ TOKEN_MISSING
- a token that is none
Origin: https://evil.test
@token a.b.c
= 401 component bad_base64
= !Access-Control-Allow-Origin
- then the place
Origin: https://evil.test
= 403 component origin_denied
- then the identity
Origin: https://app.example.com
@token {"env":"sandbox"}
= 403 component env_denied
- the place before the identity
Origin: https://evil.test
@token {"env":"sandbox"}
= 403 component origin_denied


=== TEST 7: two Origins with many headers between them
--- talk eval
my $many = join "", map { "X-Filler-$_: $_\n" } 1 .. 60;
"- control: one, behind them\n${many}Origin: https://app.example.com\n"
. "= 200 component\n\n"
. "- one, behind them, refused\n${many}Origin: https://evil.test\n"
. "= 403 component origin_denied\n\n"
. "- two\nOrigin: https://app.example.com\n${many}"
. "Origin: https://evil.test\n= 403 other origin_malformed\n\n"
. "- two sites of fetch metadata\nSec-Fetch-Site: same-origin\n${many}"
. "Sec-Fetch-Site: cross-site\n= 403 other kind_not_allowed\n"


=== TEST 8: DNS rebinding where nobody said what our own origin is
--- gate
toucan_origin https://app.example.com;
--- talk
# Host decides then, and a page that was rebound to us looks like our own: all
# that it lacks is a token, which is why none may come by a cookie of its host
- it is asked for its token
@host rebound.evil.test
@token none
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
= 401 own no_token
= !Access-Control-Allow-Origin
- nobody else may show what it gets
@host rebound.evil.test
POST /t
Origin: http://rebound.evil.test
= 200 own
= Content-Security-Policy: frame-ancestors 'self' https://app.example.com
= !Access-Control-Allow-Origin


=== TEST 9: satisfy any: who is let in by an address is given no CORS
--- gate
toucan_origin https://app.example.com;
satisfy any;
allow 127.0.0.1;
deny all;
--- backend
location /t {
    add_header Access-Control-Allow-Origin *;
    add_header X-Frame-Options DENY;
    return 200;
}
--- free
refusal cache
--- talk
- a stranger
Origin: https://evil.test
= 200 component origin_denied
= X-Place: component|origin_denied|BYPASSED
= !Access-Control-Allow-Origin
- a stranger's frame: the browser will not show it
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 200 frame origin_denied
= Content-Security-Policy: frame-ancestors https://app.example.com
- a component that is listed
Origin: https://app.example.com
= 200 component
= Access-Control-Allow-Origin: https://app.example.com


=== TEST 10: cookies and places
--- gate
toucan_origin https://app.example.com null;
toucan_own_origin https://embed.example.com;
toucan_token bearer cookie=tc;
--- talk eval
my $cookie = "Cookie: a=b; tc=" . token();
"- control: our own page\n\@token none\n$cookie\nSec-Fetch-Site: same-origin\n"
. "= 200 own\n\n"
. "- control: a frame\n\@token none\n$cookie\nSec-Fetch-Dest: iframe\n"
. "Referer: https://app.example.com/\n= 200 frame\n\n"
. "- a component of a listed origin: that would be CSRF\n\@token none\n"
. "$cookie\nOrigin: https://app.example.com\n= 401 component no_token\n\n"
. "- a form of a listed origin\nPOST /t\n\@token none\n$cookie\n"
. "Origin: https://app.example.com\nSec-Fetch-Site: cross-site\n"
. "Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: iframe\n"
. "= 401 component no_token\n\n"
. "- a component of null\n\@token none\n$cookie\nOrigin: null\n"
. "= 401 component no_token\n\n"
. "- a component of a stranger\n\@token none\n$cookie\n"
. "Origin: https://evil.test\n= 401 component no_token\n\n"
. "- an image of a listed origin\n\@token none\n$cookie\n"
. "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\n"
. "Sec-Fetch-Dest: image\nReferer: https://app.example.com/\n"
. "= 403 other kind_not_allowed\n\n"
. "- a stranger's frame\n\@token none\n$cookie\nSec-Fetch-Dest: iframe\n"
. "Referer: https://evil.test/\n= 403 frame origin_denied\n\n"
. "- an image without fetch metadata and Referer looks like a program\n"
. "\@token none\n$cookie\n= 403 server kind_not_allowed\n"
