# A token in Sec-WebSocket-Protocol, the one header of a WebSocket that a page
# may write: found, taken out, and answered.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;
use Toucan::Upgrade;

# Words in the talk below, and what they stand for.

my %words = (
    T => token(claims => {'user.distinctId' => 'ana'}),
    OTHER => token(claims => {'user.distinctId' => 'ben'}),
    GONE => token(age => 700, ttl => 600),
    BAD => tampered(token()),
    WS => join("\n", '@token none', 'Origin: https://app.example.com',
               'Sec-Fetch-Mode: websocket', 'Sec-Fetch-Site: cross-site',
               'Sec-Fetch-Dest: websocket', 'Connection: Upgrade',
               'Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
    PROTOCOL => 'Sec-WebSocket-Protocol',
);

our $gate = <<'END';
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token ws_protocol;
END

# To the upstream that switches: it hangs up, and nginx need not say so.

add_block_preprocessor(sub {
    my $block = shift;

    my $talk = $block->talk // return;
    $talk =~ s/\{([A-Z]+)\}/$words{$1} \/\/ die "what is {$1}?\n"/ge;

    $block->set_value('talk', $talk);
    $block->set_value('gate', ($block->gate // $gate)
                              . ($block->more // ''));
    $block->set_value('locations', <<'END' . ($block->locations // ''));
add_header X-User "$toucan_distinct_id" always;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
END
    $block->set_value('backend', <<'END');
location /t/ {
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection upgrade;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPGRADE_PORT;
}
END
});

run_tests();

__DATA__

=== TEST 1: a token alone
--- talk
- the backend sees no protocol and chooses none: ours is answered
GET /t/none
{WS}
{PROTOCOL}: toucan, {T}
= 101 component
= up 101
= X-User: ana
= Sec-WebSocket-Protocol: toucan
= Upgrade: websocket
= body ~ ^GET /t/none HTTP/1.1
= body ~ (?im)^upgrade: websocket\r$
= body !~ (?i)protocol|eyJ
= log !~ eyJ
- the header's name, in any case
GET /t/none
{WS}
sec-websocket-PROTOCOL: toucan,{T}
= 101 component
= Sec-WebSocket-Protocol: toucan
= body !~ (?i)protocol|eyJ
- our own page's
GET /t/none
@token none
Origin: https://embed.example.com
Sec-Fetch-Mode: websocket
Upgrade: websocket
{PROTOCOL}: toucan, {T}
= 101 own
= Sec-WebSocket-Protocol: toucan
- no WebSocket at all: read and taken out, and nothing is answered
GET /t/plain
@token none
Origin: https://app.example.com
{PROTOCOL}: toucan, {T}
= 200 component
= !Sec-WebSocket-Protocol
= body !~ (?i)protocol|eyJ


=== TEST 2: beside other protocols
--- talk
- they are forwarded, in their order
GET /t/none
{WS}
{PROTOCOL}: graphql-ws, toucan, {T}, chat.v1
= 101 component
= body ~ (?m)^Sec-WebSocket-Protocol: graphql-ws, chat\.v1\r$
= body !~ eyJ|toucan
- where the backend chose none, it is ours
GET /t/none
{WS}
{PROTOCOL}: toucan, {T}, chat.v1
= 101 component
= Sec-WebSocket-Protocol: toucan
- where it chose, its choice stays
GET /t/first
{WS}
{PROTOCOL}: toucan, {T}, chat.v1, chat.v0
= 101 component
= Sec-WebSocket-Protocol: chat.v1
= body ~ (?m)^Sec-WebSocket-Protocol: chat\.v1, chat\.v0\r$
- white space, and elements that are empty
GET /t/none
{WS}
{PROTOCOL}: ,,a ,\x09toucan	, ,  {T} \x09,,b,
= 101 component
= body ~ (?m)^Sec-WebSocket-Protocol: a, b\r$
- names that only look like it are others
GET /t/none
{WS}
{PROTOCOL}: toucan2, Toucan, toucan, {T}, xtoucan
= 101 component
= body ~ (?m)^Sec-WebSocket-Protocol: toucan2, Toucan, xtoucan\r$


=== TEST 3: more than one line
--- talk
- the token on the next one
GET /t/none
{WS}
{PROTOCOL}: a, toucan
{PROTOCOL}: {T}, b
= 101 component
= body ~ (?m)^Sec-WebSocket-Protocol: a\r\n(?s:.*)^Sec-WebSocket-Protocol: b\r$
= body !~ eyJ|toucan
- a line of which nothing is left goes, the others stay byte for byte
GET /t/none
{WS}
{PROTOCOL}: a ,b
{PROTOCOL}: toucan
{PROTOCOL}: {T}
{PROTOCOL}: c,  d,
= 101 component
= Sec-WebSocket-Protocol: toucan
= body ~ (?m)^Sec-WebSocket-Protocol: a ,b\r\n(?s:.*)^Sec-WebSocket-Protocol: c,  d,\r$
= body !~ eyJ|toucan
- an empty line between them
GET /t/none
{WS}
{PROTOCOL}: toucan
{PROTOCOL}:
{PROTOCOL}: {T}
= 101 component
= body !~ eyJ|toucan


=== TEST 4: what is no token
--- each
= up -
= !Sec-WebSocket-Protocol
--- talk
- no header
GET /t/none
{WS}
= 401 component no_token
- no "toucan" before it
GET /t/none
{WS}
{PROTOCOL}: {T}
= 401 component no_token
- another before it
GET /t/none
{WS}
{PROTOCOL}: toucan2, {T}
= 401 component no_token
- nothing behind it
GET /t/none
{WS}
{PROTOCOL}: {T}, toucan
= 401 component no_token
- something else behind it
GET /t/none
{WS}
{PROTOCOL}: toucan, chat, {T}
= 401 component bad_format
- twice, with two tokens
GET /t/none
{WS}
{PROTOCOL}: toucan, {T}, toucan, {OTHER}
= 400 component token_conflict
- twice, with the same
GET /t/none
{WS}
{PROTOCOL}: toucan, {T}
{PROTOCOL}: toucan, {T}
= 400 component token_conflict
- twice in a row
GET /t/none
{WS}
{PROTOCOL}: toucan, toucan, {T}
= 400 component token_conflict
- forged
GET /t/none
{WS}
{PROTOCOL}: toucan, {BAD}
= 401 component bad_signature
= log !~ eyJ
- expired
GET /t/none
{WS}
{PROTOCOL}: toucan, {GONE}
= 401 component expired
- in quotes, which a list of protocols has not
GET /t/none
{WS}
{PROTOCOL}: toucan, "{T}"
= 401 component bad_base64
- from a page that is not listed
GET /t/none
@token none
Origin: https://evil.test
Upgrade: websocket
{PROTOCOL}: toucan, {T}
= 403 component origin_denied


=== TEST 5: beside other sources
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token ws_protocol bearer arg=token;
toucan_session cookie;
--- free
cache
--- talk
- the same token in both
GET /t/none
{WS}
Authorization: Bearer {T}
{PROTOCOL}: toucan, {T}
= 101 component
= body !~ (?i)protocol|eyJ
- another
GET /t/none
{WS}
Authorization: Bearer {OTHER}
{PROTOCOL}: toucan, {T}
= 400 component token_conflict
- it goes before the cookie of a session
GET /t/none
@token none
Origin: https://embed.example.com
Upgrade: websocket
Cookie: __Host-toucan={OTHER}
{PROTOCOL}: toucan, {T}
= 101 own
= X-User: ana
= body !~ eyJ
- with the cookie, "toucan" alone is taken out and answered
GET /t/none
@token none
Origin: https://embed.example.com
Upgrade: websocket
Cookie: __Host-toucan={T}
{PROTOCOL}: toucan
= 101 own
= X-User: ana
= Sec-WebSocket-Protocol: toucan
= body !~ (?i)protocol|eyJ
- who offers nothing is answered nothing
GET /t/none
@token none
Origin: https://embed.example.com
Upgrade: websocket
Cookie: __Host-toucan={T}
= 101 own
= !Sec-WebSocket-Protocol
- nor who offers others
GET /t/none
@token none
Origin: https://embed.example.com
Upgrade: websocket
Cookie: __Host-toucan={T}
{PROTOCOL}: a,toucan2
= 101 own
= !Sec-WebSocket-Protocol
= body ~ (?m)^Sec-WebSocket-Protocol: a,toucan2\r$
- a cross-site WebSocket with the cookie alone
GET /t/none
{WS}
Cookie: __Host-toucan={T}
{PROTOCOL}: toucan
= 401 component no_token


=== TEST 6: toucan_forward_token on
--- more
toucan_forward_token on;
--- talk
- the offer is not touched
GET /t/none
{WS}
{PROTOCOL}: a,toucan ,{T}, b
= 101 component
= body ~ (?m)^Sec-WebSocket-Protocol: a,toucan ,eyJ[\w.-]+, b\r$
= Sec-WebSocket-Protocol: toucan
- nor is a choice
GET /t/first
{WS}
{PROTOCOL}: a,toucan ,{T}, b
= 101 component
= Sec-WebSocket-Protocol: a


=== TEST 7: where it is no source
--- gate
toucan_origin https://app.example.com;
toucan_token bearer;
--- talk
- it is nothing to us
GET /t/none
{WS}
Authorization: Bearer {T}
{PROTOCOL}: toucan, a
= 101 component
= !Sec-WebSocket-Protocol
= body ~ (?m)^Sec-WebSocket-Protocol: toucan, a\r$
- and lets nobody in
GET /t/none
{WS}
{PROTOCOL}: toucan, {T}
= 401 component no_token


=== TEST 8: variables afterwards, and internal redirects
--- locations
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_token ws_protocol;
location /t/first/ {
    toucan "embed";
    try_files /nothing @second;
}
location @second {
    toucan "embed";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/open/ {
    toucan "embed";
    try_files /nothing @third;
}
location @third {
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
location /t/var/ {
    toucan "embed";
    set $before $http_sec_websocket_protocol;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection upgrade;
    proxy_set_header X-Left "[$http_sec_websocket_protocol]";
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- talk
- a second gate finds what the first took out
GET /t/first/none
{WS}
{PROTOCOL}: toucan, {T}
= 101 component
= X-User: ana
= Sec-WebSocket-Protocol: toucan
= body !~ (?i)protocol|eyJ
- and so does the answer of an open one
GET /t/open/none
{WS}
{PROTOCOL}: toucan, {T}
= 101
= Sec-WebSocket-Protocol: toucan
= body !~ (?i)protocol|eyJ
- the variable is without it
GET /t/var/none
{WS}
{PROTOCOL}: toucan, {T}, b
= 101 component
= body ~ (?m)^X-Left: \[b\]\r$


=== TEST 9: a dry run
--- free
refusal frame cache
--- more
toucan_dry_run on;
--- talk
- one that verifies
GET /t/none
{WS}
{PROTOCOL}: toucan, {T}
= 101 component
= Sec-WebSocket-Protocol: toucan
= body !~ (?i)protocol|eyJ
- one that does not stays, and the browser is answered all the same
GET /t/none
{WS}
{PROTOCOL}: toucan, {BAD}
= 101 component bad_signature
= Sec-WebSocket-Protocol: toucan
= body ~ (?m)^Sec-WebSocket-Protocol: toucan, eyJ
