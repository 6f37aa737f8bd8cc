# A session in a frame: the token of the URL goes into a cookie, the browser to
# the URL without it; and who must not get that far.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

# Words in the talk below, and what they stand for.

my %words = (
    T => token(claims => {'user.distinctId' => 'ana'}),
    OTHER => token(claims => {'user.distinctId' => 'ben'}),
    BOUND => token(claims => {'user.distinctId' => 'ana',
                              origins => ['https://app.example.com']}),
    LATE => token(age => 610, ttl => 600,
                  claims => {'user.distinctId' => 'ben'}),
    GONE => token(age => 700, ttl => 600),
    BAD => tampered(token()),
    LARGE => token(claims => {'user.attributes.note' => 'x' x 3000}),
    FITS => token(claims => {'user.attributes.note' => 'x' x 1500}),
    FRAME => join("\n", '@token none', 'Sec-Fetch-Dest: iframe',
                  'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: cross-site'),
    APP => 'Referer: https://app.example.com/',
    COOKIE => 'Cookie: __Host-toucan',
    SET => '; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=',
);

our $gate = <<'END';
toucan_origin https://app.example.com https://other.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token;
toucan_session cookie;
END

add_block_preprocessor(sub {
    my $block = shift;

    my $talk = $block->talk // return;
    $talk =~ s/\{([A-Z]+)\}/$words{$1} \/\/ die "what is {$1}?\n"/ge;

    $block->set_value('talk', $talk);
    $block->set_value('locations',
                      "add_header X-User \"\$toucan_distinct_id\" always;\n"
                      . ($block->locations // ''));
    $block->set_value('gate', ($block->gate // $gate)
                              . ($block->more // ''));

    # the backend's locations stand before one for everything else

    if (!defined $block->backend) {
        $block->set_value('backend', <<'END');
location /t {
    add_header X-Seen "$request_uri|$http_cookie|$http_authorization";
    return 200 "backend\n";
}
END
    }
});

run_tests();

__DATA__

=== TEST 1: into the session
--- free
cache
--- talk
- the redirect
GET /t?token={T}
{FRAME}
{APP}
= 303 frame
= up -
= Location: /t
= Set-Cookie ~ ^__Host-toucan={T}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=(?:[45]\d\d|600)$
= Referrer-Policy: strict-origin
= Cache-Control: no-store
= Content-Security-Policy: frame-ancestors https://app.example.com
= X-User: ana
= body !~ eyJ
= log !~ eyJ
- what follows
GET /t
{FRAME}
{COOKIE}={T}
= 200 frame
= up 200
= X-Seen: /t||
= X-User: ana
= Cache-Control: private
= !Set-Cookie
= !Location
- the frame's own requests
GET /t/data?x=1
@token none
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
{COOKIE}={T}; theme=dark
= 200 own
= X-Seen: /t/data?x=1|theme=dark|
- and what they post
POST /t/data
@token none
@body {}
Origin: https://embed.example.com
Sec-Fetch-Site: same-origin
{COOKIE}={T}
= 200 own
- HEAD
HEAD /t?token={T}
{FRAME}
{APP}
= 303 frame
= Location: /t
= Set-Cookie ~ ^__Host-toucan={T};
- a browser without fetch metadata
GET /t?token={T}
@token none
{APP}
= 303 frame
= Location: /t


=== TEST 2: the rest of the URL stays, byte for byte
--- free
cache
--- each
= !body
= up -
--- talk
- first
GET /t/x?token={T}&a=1
{FRAME}
= 303
= Location: /t/x?a=1
- last
GET /t/x?a=1&token={T}
{FRAME}
= 303
= Location: /t/x?a=1
- in the middle, among odd ones
GET /t/x?&a=%26&&b&token={T}&c=d=e&&
{FRAME}
= 303
= Location: /t/x?&a=%26&&b&c=d=e&&
- escapes, dots and slashes of the path
GET /t/%2f/a%20b/./c//d;x=1/%3f?token={T}
{FRAME}
= 303
= Location: /t/%2f/a%20b/./c//d;x=1/%3f
- a name in escapes is another argument
GET /t?%74oken=x&token={T}
{FRAME}
= 303
= Location: /t?%74oken=x
- a fragment, which no browser sends
GET /t?token={T}#f
{FRAME}
= 303
= Location: /t#f
- bytes that are no ASCII
GET /t/\xc3\xa9?token={T}
{FRAME}
= 303
= Location ~ ^/t/[^ -~]{2}$


=== TEST 3: no URL leads to another host
--- free
cache
--- locations
toucan_token arg=token;
toucan_session cookie;
toucan_origin https://app.example.com;
location ~ ^/ {
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- talk
- two slashes
GET //evil.test/x?token={T}
{FRAME}
= 303
= Location: /.//evil.test/x
- a backslash
GET /\evil.test/x?token={T}
{FRAME}
= 303
= Location: /./\evil.test/x
- many
GET ///\/evil.test?a=1&token={T}
{FRAME}
= 303
= Location: /.///\/evil.test?a=1
- in escapes it is only a path
GET /%2fevil.test/?token={T}
{FRAME}
= 303
= Location: /%2fevil.test/
- an absolute request line: the path alone
GET http://evil.test//evil.test/?token={T}
{FRAME}
= 303
= Location: /.//evil.test/
- the Host of the request is not repeated
GET /x?token={T}
@host evil.test
{FRAME}
= 303
= Location: /x
- what ends a header in escapes stays in escapes
GET /x%0d%0aSet-Cookie:%20a=b?token={T}&b=%0d%0a
{FRAME}
= 303
= Location: /x%0d%0aSet-Cookie:%20a=b?b=%0d%0a
= Set-Cookie ~ ^__Host-toucan={T};[^,]*$


=== TEST 4: a port that only nginx knows is not told
--- free
cache
--- more
absolute_redirect on;
server_name_in_redirect on;
port_in_redirect on;
--- talk
- relative, whatever nginx does with others
GET /t?token={T}
{FRAME}
= 303
= Location: /t


=== TEST 5: the cookie is looked at when nothing else is there
--- free
cache
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token bearer;
toucan_session cookie;
--- talk
- a new URL takes the place of the old session
GET /t?token={OTHER}
{FRAME}
{COOKIE}={T}
= 303 frame
= X-User: ben
= Set-Cookie ~ ^__Host-toucan={OTHER};
- also when that is over, or two
GET /t?token={OTHER}
{FRAME}
{COOKIE}={GONE}; __Host-toucan={T}
= 303 frame
= X-User: ben
- a script's own token goes first
GET /t
@token none
Sec-Fetch-Site: same-origin
Authorization: Bearer {OTHER}
{COOKIE}={T}
= 200 own
= X-User: ben
= X-Seen: /t||
- and a bad one is not made good by the cookie
GET /t
@token none
Sec-Fetch-Site: same-origin
Authorization: Bearer {BAD}
{COOKIE}={T}
= 401 own bad_signature
- nor is a URL's
GET /t?token={BAD}
{FRAME}
{COOKIE}={T}
= 401 frame bad_signature
= !Set-Cookie
= !Location
- nor an empty one
GET /t?token=
{FRAME}
{COOKIE}={T}
= 401 frame bad_format
- two of them
GET /t
{FRAME}
{COOKIE}={T}; __Host-toucan={OTHER}
= 400 frame token_conflict
- the same one twice
GET /t
{FRAME}
{COOKIE}={T}
{COOKIE}={T}
= 400 frame token_conflict
- the argument twice
GET /t?token={T}&token={T}
{FRAME}
= 400 frame token_conflict
= !Set-Cookie
- argument and header that differ
GET /t?token={T}
{FRAME}
Authorization: Bearer {OTHER}
= 400 frame token_conflict
= !Set-Cookie
- names that only look like it
GET /t
{FRAME}
Cookie: __host-toucan={T}; __Host-toucan2={T}
= 401 frame no_token
- an expired cookie
GET /t
{FRAME}
{COOKIE}={GONE}
= 401 frame expired


=== TEST 6: a cookie is never a component's token, and goes nowhere
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token bearer;
toucan_session cookie;
--- talk
- CSRF, from a listed page
POST /t
@token none
@body {}
Origin: https://app.example.com
{COOKIE}={T}
= 401 component no_token
= up -
- and from another
POST /t
@token none
@body {}
Origin: https://evil.test
{COOKIE}={T}
= 401 component no_token
- a sandboxed frame of ours
GET /t
@token none
Origin: null
Sec-Fetch-Site: cross-site
{COOKIE}={T}
= 401 component no_token
- with a token of its own it passes, and the cookie does not
GET /t
Origin: https://app.example.com
{COOKIE}={T}; a=1
= 200 component
= X-Seen: /t|a=1|
- a foreign frame
GET /t
{FRAME}
Referer: https://evil.test/
{COOKIE}={T}
= 403 frame origin_denied
- an image of another site
GET /t
@token none
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: image
{COOKIE}={T}
= 403 other kind_not_allowed
- a tab of its own
GET /t
@token none
Sec-Fetch-Dest: document
Sec-Fetch-Mode: navigate
{COOKIE}={T}
= 403 page kind_not_allowed


=== TEST 7: what is no frame's navigation is not redirected
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token;
toucan_session cookie;
toucan_embed component frame page server;
--- talk
- a control
GET /t?token={T}
{FRAME}
= 303 frame
= Cache-Control: no-store
- a component
GET /t?token={T}
@token none
Origin: https://app.example.com
= 200 component
= X-Seen: /t||
= !Set-Cookie
- our own page
GET /t?token={T}
@token none
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 200 own
= !Set-Cookie
- a tab
GET /t?token={T}
@token none
Sec-Fetch-Dest: document
= 200 page
= !Set-Cookie
- a program
GET /t?token={T}
@token none
= 200 server
= !Set-Cookie
- a form, posted into a frame by what is no browser
POST /t?token={T}
{FRAME}
= 200 frame
= X-Seen: /t||
= !Set-Cookie
--- free
cache


=== TEST 8: a token that is refused begins nothing
--- free
cache
--- more
toucan_permission dashboard can_view $arg_d;
--- each
= !Set-Cookie
= !Referrer-Policy
= up -
--- talk
- forged
GET /t?token={BAD}&d=x
{FRAME}
= 401 frame bad_signature
- expired
GET /t?token={GONE}&d=x
{FRAME}
= 401 frame expired
- a foreign embedder
GET /t?token={T}&d=x
{FRAME}
Referer: https://evil.test/
= 403 frame origin_denied
- an embedder that is not the token's
GET /t?token={BOUND}&d=x
{FRAME}
Referer: https://other.example.com/
= 403 frame token_origin_denied
- an object that is not named
GET /t?token={T}
{FRAME}
= 403 frame object_denied


=== TEST 9: its last seconds
--- free
cache
--- more
toucan_leeway 10m;
--- talk
- past exp, within the leeway: let in where it is, but no session
GET /t?token={LATE}
{FRAME}
= 401 frame expired
= !Set-Cookie
- by a component it is still taken
GET /t?token={LATE}
@token none
Origin: https://app.example.com
= 200 component
- and in the cookie of a browser whose clock is late
GET /t
{FRAME}
{COOKIE}={LATE}
= 200 frame


=== TEST 10: who has no token gets a page, and no redirect
--- locations
add_header X-Robots none always;
--- talk
- a frame: the browser kept no cookie, or there never was a token
GET /t
{FRAME}
{APP}
= 401 frame no_token
= Content-Type: text/html
= Content-Security-Policy: frame-ancestors https://app.example.com
= WWW-Authenticate: Bearer realm="embed"
= !Location
= !Set-Cookie
= X-Robots: none
= body ~ (?s)^<!DOCTYPE html>.*Allow cookies for embedded pages.*Open it from the application again.*</html>\n$
- a page in the frame that was led to by another
GET /t
@token none
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 401 own no_token
= body ~ Allow cookies
- HEAD
HEAD /t
{FRAME}
= 401 frame no_token
= Content-Type: text/html
= Content-Length ~ ^\d{3,}$
- a script of it gets JSON
GET /t
@token none
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
= 401 own no_token
= Content-Type: application/json
- a tab gets nginx's page
GET /t
@token none
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
= 401 page no_token
= body !~ Allow cookies
- so does a frame with a token that is bad
GET /t?token={BAD}
{FRAME}
= 401 frame bad_signature
= body !~ Allow cookies


=== TEST 11: error_page stands above the page
--- free
cache refusal
--- locations
location = /denied {
    return 200 "denied: $toucan_reason\n";
}
--- more
error_page 401 = /denied;
--- talk
- a target of its own
GET /t
{FRAME}
= 200
= body: denied: no_token
- and it is not for the redirect
GET /t?token={T}
{FRAME}
= 303 frame


=== TEST 12: toucan_session off, above and below
--- free
cache
--- locations
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token;
toucan_session cookie;
location /t/off {
    toucan "embed";
    toucan_session off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/in {
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/open {
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- talk
- off: as it is without
GET /t/off?token={T}
{FRAME}
= 200 frame
= X-Seen: /t/off||
- the cookie is no token there
GET /t/off
{FRAME}
{COOKIE}={T}
= 401 frame no_token
= body !~ Allow cookies
- inherited
GET /t/in?token={T}
{FRAME}
= 303 frame
- and the cookie is one
GET /t/in
{FRAME}
{COOKIE}={T}
= 200 frame


=== TEST 13: another name
--- free
cache
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token arg=t cookie=sess.on header=X-Token;
toucan_session cookie=sess.on;
--- talk
- is what is set
GET /t?token={T}
{FRAME}
= 303 frame
= Set-Cookie ~ ^sess.on={T}; Path=/; Secure; HttpOnly;
- and read
GET /t
{FRAME}
Cookie: a=1; sess.on={T}; b
= 200 frame
= X-Seen: /t|a=1; b|
- all arguments with the token go
GET /t?t={T}&a&token={T}
{FRAME}
= 303 frame
= Location: /t?a
- the cookie is the last, though toucan_token names it, too
GET /t?token={OTHER}
{FRAME}
Cookie: sess.on={T}
= 303 frame
= X-User: ben


=== TEST 14: toucan_forward_token on
--- free
cache
--- more
toucan_forward_token on;
--- talk
- the redirect is the same
GET /t?token={T}&a
{FRAME}
= 303 frame
= Location: /t?a
- the cookie travels on
GET /t
{FRAME}
{COOKIE}={T}
= 200 frame
= X-Seen: /t|__Host-toucan={T}|


=== TEST 15: a dry run redirects nobody
--- free
cache frame refusal
--- more
toucan_dry_run on;
toucan_leeway 10m;
--- talk
- a good token
GET /t?token={T}
{FRAME}
= 200 frame
= X-Seen: /t||
= !Set-Cookie
- one in its leeway
GET /t?token={LATE}
{FRAME}
= 200 frame
- none
GET /t
{FRAME}
= 200 frame no_token
= log ~ would refuse: no_token


=== TEST 16: a token that no cookie can hold
--- free
cache refusal
--- talk
- one that fits
GET /t?token={FITS}
{FRAME}
= 303 frame
= Set-Cookie ~ ^__Host-toucan={FITS};
= log !~ no session
- one that does not: served where it is
GET /t?token={LARGE}
{FRAME}
= 200 frame
= X-Seen: /t||
= !Set-Cookie
= log ~ \[warn\].*toucan: no session: its cookie would have [45]\d\d\d bytes, and browsers keep 4096, token: [0-9a-f]{16}
= log !~ eyJ


=== TEST 17: what a rewrite makes of the URL
--- free
cache
--- locations
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token;
toucan_session cookie;
location /t/path/ {
    rewrite ^/t/path/([^/]+)(/.*)$ /t/in$2?token=$1 last;
}
location /t/in/ {
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/old/ {
    rewrite ^/t/old(/.*)$ /t/in$1 last;
}
location /t/none/ {
    rewrite ^/t/none(/.*)$ /t/in$1? last;
}
--- talk
- an argument that is not in the browser's URL: no redirect, which would not end
GET /t/path/{T}/x
{FRAME}
= 200 frame
= !Set-Cookie
- an old path: back to it
GET /t/old/x?token={T}
{FRAME}
= 303 frame
= Location: /t/old/x
- an argument that the rewrite threw away
GET /t/none/x?token={T}
{FRAME}
= 401 frame no_token
= !Set-Cookie
- with a cookie
GET /t/none/x?token={BAD}
{FRAME}
{COOKIE}={T}
= 200 frame
= !Set-Cookie


=== TEST 18: an allowlist that only the Referer can meet
--- free
cache
--- gate
toucan_origin "~https://r[0-9]\.test";
toucan_own_origin https://embed.example.com;
toucan_token arg=token;
toucan_session cookie;
--- talk
- the Referer's origin is what the next request comes with
GET /t?token={T}
{FRAME}
Referer: https://r1.test/
= 303 frame
= Referrer-Policy: strict-origin
- as which it passes
GET /t
{FRAME}
Referer: https://r1.test/
{COOKIE}={T}
= 200 frame
- and not without
GET /t
{FRAME}
{COOKIE}={T}
= 403 frame origin_missing


=== TEST 19: satisfy any
--- free
cache refusal
--- more
satisfy any;
deny all;
--- talk
- the redirect ends it
GET /t?token={T}
{FRAME}
= 303 frame
- a good cookie
GET /t
{FRAME}
{COOKIE}={T}
= 200 frame
- none
GET /t
{FRAME}
= 401 frame no_token


=== TEST 20: whoever else lets it in, the cookie stays here
--- free
cache refusal
--- more
satisfy any;
allow all;
--- talk
- a component with a cookie alone
GET /t
@token none
Origin: https://app.example.com
{COOKIE}={T}; a=1
= 200
= X-Seen: /t|a=1|
- a cookie that is bad
GET /t
{FRAME}
{COOKIE}={BAD}
= 200
= X-Seen: /t||
- another's token is left to him
GET /t
@token none
Origin: https://app.example.com
Authorization: Bearer x
= 200
= X-Seen: /t||Bearer x


=== TEST 21: the token is in no log, and the variables lose it
--- free
cache
--- http
log_format uri '$request|$request_uri|$args|$arg_token|$toucan_request_uri|$toucan_status|$cookie___Host-toucan';
--- more
access_log logs/error.log uri;
--- talk
- the redirect
GET /t?token={T}&a=1
{FRAME}
= 303 frame
= log ~ GET /t\?a=1 HTTP/1.1\|/t\?a=1\|a=1\|-?\|/t\?a=1\|PASSED
= log !~ eyJ


=== TEST 22: HTTP/2
--- http2
--- config
toucan_key_file $TEST_NGINX_KEYS_DIR/ec256.jwks;
location /t {
    toucan "embed";
    toucan_origin https://app.example.com;
    toucan_token arg=token;
    toucan_session cookie;
    add_header X-Place "$toucan_kind|$toucan_reason" always;
    try_files /index.html =404;
}
--- request eval
"GET /t?token=" . token() . "&a=1"
--- more_headers
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/x
--- error_code: 303
--- response_headers
X-Place: frame|
Location: /t?a=1
Referrer-Policy: strict-origin
Cache-Control: no-store
--- response_headers_like
Set-Cookie: __Host-toucan=eyJ[\w.-]+; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=\d+


=== TEST 23: behind try_files, and by a subrequest
--- free
cache refusal vary frame
--- locations
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token;
toucan_session cookie;
location = /t/gone {
    try_files /none /t/in$is_args$args;
}
location /t/in {
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location = /t/asks {
    auth_request /t/auth;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location = /t/auth {
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- talk
- an internal redirect: to the browser's own URL
GET /t/gone?token={T}
{FRAME}
= 303 frame
= Location: /t/gone
- which is let in by the cookie
GET /t/gone
{FRAME}
{COOKIE}={T}
= 200 frame
- a subrequest reads the cookie
GET /t/asks
{FRAME}
{COOKIE}={T}
= 200
= !Set-Cookie
- also without a token
GET /t/asks
{FRAME}
= 401
= body !~ Allow cookies
