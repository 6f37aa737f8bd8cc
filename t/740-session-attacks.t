# How a session in a frame may be begun, kept or told by those who should not:
# what others cache, whose cookie goes where.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

# Words in the talk below, and what they stand for.

my %words = (
    T => token(claims => {'user.distinctId' => 'ana'}),
    OTHER => token(claims => {'user.distinctId' => 'ben'}),
    BAD => tampered(token()),
    FRAME => join("\n", '@token none', 'Sec-Fetch-Dest: iframe',
                  'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: cross-site'),
    OWN => join("\n", '@token none', 'Sec-Fetch-Site: same-origin'),
    COOKIE => 'Cookie: __Host-toucan',
);

our $gate = <<'END';
toucan_origin https://app.example.com;
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

=== TEST 1: nobody keeps the redirect, whatever the location has kept
--- free
cache
--- more
expires 1h;
--- talk
- control: an answer of the backend
GET /t
{FRAME}
{COOKIE}={T}
= 200 frame
= Cache-Control: max-age=3600
- the redirect
GET /t?token={T}
{FRAME}
= 303 frame
= Cache-Control ~ (?:^|, )no-store(?:,|$)
- a refusal
GET /t?token={BAD}
{FRAME}
= 401 frame bad_signature
= Cache-Control: no-store


=== TEST 2: a header of the operator's own
--- free
cache
--- more
add_header Cache-Control "public, max-age=600" always;
--- talk
- the redirect
GET /t?token={T}
{FRAME}
= 303
= Cache-Control ~ (?:^|, )no-store(?:,|$)


=== TEST 3: the cookie of another location's session goes to no backend
--- free
cache
--- locations
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token;
location /t/a {
    toucan "embed";
    toucan_session cookie=a;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/b {
    toucan "embed";
    toucan_session cookie=b;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/none {
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- talk
- control: its own
GET /t/a
{FRAME}
Cookie: a={T}; c=1
= 200 frame
= X-User: ana
= X-Seen: /t/a|c=1|
- both
GET /t/a
{FRAME}
Cookie: a={T}; c=1; b={OTHER}
= 200 frame
= X-User: ana
= X-Seen: /t/a|c=1|
- in the other
GET /t/b
{FRAME}
Cookie: a={T}; c=1; b={OTHER}
= 200 frame
= X-User: ben
= X-Seen: /t/b|c=1|
- the other's opens nothing
GET /t/b
{FRAME}
Cookie: a={T}
= 401 frame no_token
- where there is no session
GET /t/none?token={OTHER}
{FRAME}
Cookie: a={T}; c=1
= 200 frame
= X-User: ben
= X-Seen: /t/none|c=1|


=== TEST 4: who reads the query in another way
--- free
cache
--- each
= !Set-Cookie
= !Location
--- talk
- an argument in escapes
GET /t?%74oken={T}
{FRAME}
= 401 frame no_token
- behind a semicolon
GET /t?a=1;token={T}
{FRAME}
= 401 frame no_token
- in another case
GET /t?Token={T}
{FRAME}
= 401 frame no_token
- a plus before it
GET /t?+token={T}
{FRAME}
= 401 frame no_token
- an array's element
GET /t?token[]={T}
{FRAME}
= 401 frame no_token
- behind the fragment
GET /t#?token={T}
{FRAME}
= 401 frame no_token
- without a value
GET /t?token
{FRAME}
= 401 frame no_token
- with one that is empty, beside one that is good
GET /t?token=&token={T}
{FRAME}
= 400 frame token_conflict
- two of them around the fragment: the second is none of the query's
GET /t?token={BAD}#&token={T}
{FRAME}
= 401 frame bad_signature
- a token with something behind it
GET /t?token={T};a=1
{FRAME}
= 401 frame bad_base64
- in the body of a form
POST /t
{FRAME}
@body token=x
= 401 frame no_token
- in the Referer
GET /t
{FRAME}
Referer: https://app.example.com/?token={T}
= 401 frame no_token
= log !~ eyJ
- in a cookie of the argument's name
GET /t
{FRAME}
Cookie: token={T}
= 401 frame no_token


=== TEST 5: what two readers take for two cookies
--- talk
- control
GET /t
{FRAME}
{COOKIE}={T}
= 200 frame
= X-Seen: /t||
- behind a comma it is part of another's value
GET /t
{FRAME}
Cookie: a=1,__Host-toucan={T}
= 401 frame no_token
- in quotes
GET /t
{FRAME}
{COOKIE}="{T}"
= 401 frame bad_base64
- in escapes
GET /t
{FRAME}
Cookie: %5f_Host-toucan={T}
= 401 frame no_token
- white space around it
GET /t
{FRAME}
Cookie: a=1;\x09__Host-toucan={T} ; b=2
= 200 frame
= X-Seen: /t|a=1; b=2|
- a pair without a name, in front
GET /t
{FRAME}
Cookie: =x; ; {T}; __Host-toucan={T}
= 200 frame
= X-Seen ~ ^/t\|=x; ; eyJ[\w.-]+\|$
- an empty one beside it
GET /t
{FRAME}
{COOKIE}=; __Host-toucan={T}
= 400 frame token_conflict
- the name alone beside it
GET /t
{FRAME}
Cookie: __Host-toucan; __Host-toucan={T}
= 400 frame token_conflict
- over two headers
GET /t
{FRAME}
Cookie: a=1
{COOKIE}={T}
Cookie: b=2
= 200 frame
= X-Seen ~ ^/t\|a=1[;,] b=2\|$


=== TEST 6: methods
--- free
cache
--- each
= !Set-Cookie
= !Location
--- talk
- PUT
PUT /t?token={T}
{FRAME}
= 200 frame
- DELETE, asked for by a header that some backends believe
POST /t?token={T}
{FRAME}
X-HTTP-Method-Override: GET
= 200 frame
- a name that is not known
FRAME /t?token={T}
{FRAME}
= 200 frame
- OPTIONS
OPTIONS /t?token={T}
{FRAME}
= 200 frame


=== TEST 7: headers that speak for another URL
--- free
cache
--- talk
- X-Original-URL and its like
GET /t?token={T}
{FRAME}
X-Original-URL: //evil.test/
X-Rewrite-URL: //evil.test/
X-Forwarded-Host: evil.test
X-Forwarded-Proto: http
Forwarded: host=evil.test
= 303 frame
= Location: /t
- what nginx merges stays as it came
GET /t//..//./t///x/../y?token={T}&next=//evil.test
{FRAME}
= 303 frame
= Location: /t//..//./t///x/../y?next=//evil.test
- dots before a host
GET /t/.././/evil.test/../t?token={T}
{FRAME}
= 303 frame
= Location: /t/.././/evil.test/../t


=== TEST 8: a mirror, auth_request, X-Accel-Redirect
--- free
cache refusal vary frame
--- locations
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token;
toucan_session cookie;
location /t/mirrored {
    mirror /t/copy;
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location = /t/copy {
    internal;
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/t/copied;
}
location = /t/asks {
    auth_request /t/auth;
    auth_request_set $told $sent_http_set_cookie;
    add_header X-Told "[$told]";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location = /t/auth {
    internal;
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location = /t/led {
    toucan "embed";
    toucan_session off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/accel;
}
location = /t/inner {
    internal;
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- backend
location = /accel {
    add_header X-Accel-Redirect "/t/inner?$args";
    add_header X-Accel-Limit-Rate off;
    return 200;
}
location /t {
    add_header X-Seen "$request_uri|$http_cookie|$http_authorization";
    return 200 "backend\n";
}
--- talk
- behind a mirror
GET /t/mirrored?token={T}
{FRAME}
= 303 frame
= Location: /t/mirrored
- a subrequest sets nothing
GET /t/asks?token={T}
{FRAME}
{COOKIE}={T}
= 200
= X-Told: []
= !Set-Cookie
- where a backend leads: it was given no token, and tells the browser none
GET /t/led?a=1&token={T}
{FRAME}
= 200 frame
= X-User: ana
= X-Seen: /t/inner?a=1||
= !Set-Cookie


=== TEST 9: error_page for the redirect itself
--- free
cache
--- locations
location = /led {
    return 200 "led: $request_uri|$args|$toucan_request_uri\n";
}
--- more
error_page 303 = /led;
--- talk
- no token in what is left
GET /t?token={T}&a=1
{FRAME}
= body !~ eyJ
= Cache-Control ~ (?:^|, )no-store(?:,|$)


=== TEST 10: who tells nothing of himself is not let in by what he sends unasked
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token arg=token;
toucan_session cookie;
toucan_embed component frame page server;
--- free
cache
--- talk
- control: the same cookie in a frame
GET /t
{FRAME}
{COOKIE}={T}
= 200 frame
- and in a tab
GET /t
@token none
Sec-Fetch-Dest: document
{COOKIE}={T}
= 200 page
- control: a program, with a token of its own
GET /t?token={T}
@token none
= 200 server
- a program, or a browser that is not told from one
GET /t
@token none
{COOKIE}={T}
= 401 server no_token
- and its cookie goes no further, whatever else it has
GET /t?token={T}
@token none
{COOKIE}={T}
= 200 server
= X-Seen: /t||
