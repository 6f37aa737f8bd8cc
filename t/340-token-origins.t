# Tokens that are bound to origins: both the token's list and the location's
# must accept the place, whatever kind of request it is.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

run_tests();

__DATA__

=== TEST 1: components
--- gate
toucan_origin https://app.example.com https://two.example.com https://*.example.org;
toucan_own_origin https://embed.example.com;
--- talk
- in both lists
@token {"origins":["https://app.example.com"]}
Origin: https://app.example.com
= 200 component
= Access-Control-Allow-Origin: https://app.example.com
- in the location's alone: the page may read why
@token {"origins":["https://app.example.com"]}
Origin: https://two.example.com
= 403 component token_origin_denied
= Access-Control-Allow-Origin: https://two.example.com
= body ~ "ORIGIN_DENIED"
- in the token's alone: it may not
@token {"origins":["https://evil.test"]}
Origin: https://evil.test
= 403 component origin_denied
= !Access-Control-Allow-Origin
- in neither
@token {"origins":["https://app.example.com"]}
Origin: https://evil.test
= 403 component origin_denied
- not bound
Origin: https://two.example.com
= 200 component
- one of several
@token {"origins":["https://evil.test","https://two.example.com","https://app.example.com"]}
Origin: https://app.example.com
= 200 component
- bound to nothing
@token {"origins":[]}
Origin: https://app.example.com
= 403 component token_origin_denied
- by the location's wildcard
@token {"origins":["https://a.example.org"]}
Origin: https://a.example.org
= 200 component
- but not another below it
@token {"origins":["https://a.example.org"]}
Origin: https://b.example.org
= 403 component token_origin_denied
- nor one below the token's
@token {"origins":["https://a.example.org"]}
Origin: https://b.a.example.org
= 403 component token_origin_denied
- another spelling of the same
@token {"origins":["HTTPS://APP.EXAMPLE.COM:443"]}
Origin: https://app.example.com
= 200 component
- another scheme
@token {"origins":["http://app.example.com"]}
Origin: https://app.example.com
= 403 component token_origin_denied
- another port
@token {"origins":["https://app.example.com:8443"]}
Origin: https://app.example.com
= 403 component token_origin_denied
- null is never among them
@token {"origins":["https://app.example.com"]}
Origin: null
= 403 component origin_denied
- a preflight has no token to be bound
OPTIONS /t
@token none
Origin: https://two.example.com
Access-Control-Request-Method: GET
= 204 preflight


=== TEST 2: a list that is none
--- talk
- control
@token {"origins":["https://app.example.com"]}
Origin: https://app.example.com
= 200 component
- one string
@token {"origins":"https://app.example.com"}
Origin: https://app.example.com
= 401 component bad_claim
- an object
@token {"origins":{"https://app.example.com":1}}
Origin: https://app.example.com
= 401 component bad_claim
- true
@token {"origins":true}
Origin: https://app.example.com
= 401 component bad_claim
- a number in it
@token {"origins":["https://app.example.com",1]}
Origin: https://app.example.com
= 401 component bad_claim
- a list in it
@token {"origins":[["https://app.example.com"]]}
Origin: https://app.example.com
= 401 component bad_claim
- null in it
@token {"origins":["https://app.example.com",null]}
Origin: https://app.example.com
= 401 component bad_claim
- an empty string in it
@token {"origins":["https://app.example.com",""]}
Origin: https://app.example.com
= 401 component bad_claim
- a path
@token {"origins":["https://app.example.com/"]}
Origin: https://app.example.com
= 401 component bad_claim
- a wildcard
@token {"origins":["https://*.example.com"]}
Origin: https://app.example.com
= 401 component bad_claim
- a star
@token {"origins":["*"]}
Origin: https://app.example.com
= 401 component bad_claim
- a regex
@token {"origins":["~.*"]}
Origin: https://app.example.com
= 401 component bad_claim
- two in one
@token {"origins":["https://app.example.com https://evil.test"]}
Origin: https://app.example.com
= 401 component bad_claim
- a directive of a policy behind it
@token {"origins":["https://app.example.com; script-src *"]}
Origin: https://app.example.com
= 401 component bad_claim
- a comma
@token {"origins":["https://app.example.com,https://evil.test"]}
Origin: https://app.example.com
= 401 component bad_claim
- a line
@token {"origins":["https://app.example.com\\r\\nX-Evil: 1"]}
Origin: https://app.example.com
= 401 component bad_claim
= !X-Evil
- NUL
@token {"origins":["https://app.example.com\\u0000"]}
Origin: https://app.example.com
= 401 component bad_claim
- a user
@token {"origins":["https://app.example.com@evil.test"]}
Origin: https://app.example.com
= 401 component bad_claim
- a keyword of a policy
@token {"origins":["'self'"]}
Origin: https://app.example.com
= 401 component bad_claim


=== TEST 3: frames
--- gate
toucan_origin https://app.example.com https://two.example.com https://*.example.org;
toucan_own_origin https://embed.example.com;
--- talk
- in both lists
@token {"origins":["https://app.example.com"]}
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/x
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com
- in the location's alone
@token {"origins":["https://app.example.com"]}
Sec-Fetch-Dest: iframe
Referer: https://two.example.com/x
= 403 frame token_origin_denied
= Content-Security-Policy: frame-ancestors https://app.example.com
- in the token's alone
@token {"origins":["https://evil.test"]}
Sec-Fetch-Dest: iframe
Referer: https://evil.test/
= 403 frame origin_denied
= Content-Security-Policy: frame-ancestors 'none'
- without a Referer: those in both lists
@token {"origins":["https://evil.test","https://two.example.com","https://a.example.org"]}
Sec-Fetch-Dest: iframe
= 200 frame
= Content-Security-Policy: frame-ancestors https://two.example.com https://a.example.org
- without a Referer: none is in both
@token {"origins":["https://evil.test"]}
Sec-Fetch-Dest: iframe
= 403 frame origin_missing
= Content-Security-Policy: frame-ancestors 'none'
- without a Referer: bound to nothing
@token {"origins":[]}
Sec-Fetch-Dest: iframe
= 403 frame token_origin_denied
= Content-Security-Policy: frame-ancestors 'none'
- led to by our own page
@token {"origins":["https://two.example.com"]}
Sec-Fetch-Dest: iframe
Sec-Fetch-Site: cross-site
Referer: https://embed.example.com/
= 200 frame
= Content-Security-Policy: frame-ancestors 'self' https://two.example.com
- led to by our own page, bound to nothing
@token {"origins":[]}
Sec-Fetch-Dest: iframe
Sec-Fetch-Site: cross-site
Referer: https://embed.example.com/
= 403 frame token_origin_denied
- without fetch metadata
@token {"origins":["https://app.example.com"]}
Referer: https://two.example.com/x
= 403 frame token_origin_denied
- the same list in another spelling
@token {"origins":["HTTPS://Two.Example.com:443"]}
Sec-Fetch-Dest: iframe
= 200 frame
= Content-Security-Policy: frame-ancestors https://two.example.com


=== TEST 4: our own page: who embeds it was seen to when it was loaded
--- gate
toucan_origin https://app.example.com https://two.example.com;
toucan_own_origin https://embed.example.com;
--- talk
- bound
@token {"origins":["https://app.example.com"]}
Sec-Fetch-Site: same-origin
= 200 own
= Content-Security-Policy: frame-ancestors 'self' https://app.example.com
- bound to what is not in the list
@token {"origins":["https://evil.test"]}
Sec-Fetch-Site: same-origin
= 200 own
= Content-Security-Policy: frame-ancestors 'none'
- bound to nothing
@token {"origins":[]}
Sec-Fetch-Site: same-origin
= 403 own token_origin_denied
- with Origin
POST /t
@token {"origins":["https://app.example.com"]}
Origin: https://embed.example.com
= 200 own


=== TEST 5: pages and programs come from no origin
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_embed component frame page server;
--- talk
- a program
= 200 server
- a program with a token that is bound
@token {"origins":["https://app.example.com"]}
= 403 server token_origin_denied
- a program that says it were
@token {"origins":["https://app.example.com"]}
X-Forwarded-Host: app.example.com
Forwarded: host=app.example.com
= 403 server token_origin_denied
- a program with one that is bound to nothing
@token {"origins":[]}
= 403 server token_origin_denied
- a page
Sec-Fetch-Dest: document
= 200 page
- a page with one that is bound
@token {"origins":["https://app.example.com"]}
Sec-Fetch-Dest: document
= 403 page token_origin_denied
- a page with one that is bound, and a Referer that is listed
@token {"origins":["https://app.example.com"]}
Sec-Fetch-Dest: document
Sec-Fetch-Mode: navigate
Referer: https://app.example.com/
= 403 page token_origin_denied


=== TEST 6: the claim is moved
--- gate
toucan_origin https://app.example.com https://two.example.com;
toucan_claim origins app_metadata.places;
--- talk
- where it is now
@token {"app_metadata":{"places":["https://app.example.com"]}}
Origin: https://app.example.com
= 200 component
- it counts
@token {"app_metadata":{"places":["https://app.example.com"]}}
Origin: https://two.example.com
= 403 component token_origin_denied
- where it was, it does not
@token {"origins":["https://evil.test"]}
Origin: https://two.example.com
= 200 component
- its form counts, too
@token {"app_metadata":{"places":"https://app.example.com"}}
Origin: https://app.example.com
= 401 component bad_claim


=== TEST 7: many of them
--- gate
toucan_origin https://*.example.com;
toucan_own_origin https://embed.example.com;
toucan_max_token_size 32k;
--- locations
large_client_header_buffers 4 32k;
--- talk eval
my $x = "x" x 60;
my $token = sub {
    return '{"origins":['
           . join(",", map { "\"https://app-$_.$x.example.com\"" } 1 .. $_[0])
           . ']}';
};
"- the last\n\@token " . $token->(64) . "\n"
. "Origin: https://app-64.$x.example.com\n= 200 component\n\n"
. "- not there\n\@token " . $token->(64) . "\n"
. "Origin: https://app-65.$x.example.com\n"
. "= 403 component token_origin_denied\n\n"
. "- as sources, as far as they fit, each whole\n\@token " . $token->(64)
. "\nSec-Fetch-Dest: iframe\n= 200 frame\n"
. "= Content-Security-Policy ~ ^frame-ancestors https://app-1\\.$x\\."
. "example\\.com( https://app-[0-9]+\\.$x\\.example\\.com){40,62}\$\n\n"
. "- 65 are too many\n\@token " . $token->(65) . "\n"
. "Origin: https://app-1.$x.example.com\n= 401 component bad_claim\n"


=== TEST 8: in a dry run
--- gate
toucan_origin https://app.example.com https://two.example.com;
toucan_dry_run on;
--- free
frame refusal cache
--- talk
- it would be refused
@token {"origins":["https://app.example.com"]}
Origin: https://two.example.com
= 200 component token_origin_denied
= log ~ toucan: would refuse: token_origin_denied
= up 200
