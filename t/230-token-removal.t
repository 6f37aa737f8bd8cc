# The token does not travel on: not to the upstream, not into what nginx
# writes about a request; everything else of the request stays as it was.

use lib 't/lib';
use Toucan::Test;
use Toucan::Upstream;

our $token = token(claims => {exp => $exp});
our $other = token(claims => {exp => $exp, 'user.distinctId' => 'other'});

# a debug log shows headers; what operators keep starts at info

add_block_preprocessor(sub {
    my $block = shift;
    $block->set_value('log_level', 'info') if !defined $block->log_level;
});

run_tests();

__DATA__

=== TEST 1: Authorization
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Authorization: Bearer $::token\nX-Keep: 1"
--- sees_only: ^authorization|eyJ|^X-Keep
--- sees
X-Keep: 1


=== TEST 2: toucan_forward_token on
--- config
    location /t {
        toucan "t";
        toucan_forward_token on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Authorization: Bearer $::token"
--- sees_only: authorization|distinct
--- sees eval
"Authorization: Bearer $::token\nX-Toucan-Distinct-Id: user-123\n"


=== TEST 3: an ungated location leaves it alone
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Authorization: Bearer $::token"
--- sees_only: authorization|toucan
--- sees eval
"Authorization: Bearer $::token\n"


=== TEST 4: the scheme in any case, more than one space
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"authorization: bEARER   $::token"
--- sees_only: authorization|distinct
--- sees
X-Toucan-Distinct-Id: user-123


=== TEST 5: $http_authorization and $remote_user are empty afterwards
--- config
    location /t {
        toucan "t";
        proxy_set_header X-Auth "[$http_authorization]";
        proxy_set_header X-Basic "[$remote_user]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Authorization: Bearer $::token"
--- sees_only: ^X-(Auth|Basic)
--- sees
X-Auth: []
X-Basic: []


=== TEST 6: Authorization of another scheme stays
--- config
    location /t {
        toucan "t";
        toucan_token bearer header=X-Embed-Token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Authorization: Basic dXNlcjpwYXNz\nX-Embed-Token: $::token"
--- sees_only: authorization|embed|distinct
--- sees
Authorization: Basic dXNlcjpwYXNz
X-Toucan-Distinct-Id: user-123


=== TEST 7: basic authentication beside the gate still works
--- config
    location /t {
        toucan "t";
        toucan_token header=X-Embed-Token;
        auth_basic "b";
        auth_basic_user_file $TEST_NGINX_HTML_DIR/htpasswd;
        proxy_set_header X-Basic $remote_user;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- user_files
>>> htpasswd
user:{PLAIN}pass
--- request
GET /t
--- more_headers eval
"Authorization: Basic dXNlcjpwYXNz\nX-Embed-Token: $::token"
--- sees_only: authorization|basic|embed|distinct
--- sees
X-Basic: user
Authorization: Basic dXNlcjpwYXNz
X-Toucan-Distinct-Id: user-123


=== TEST 8: a header, in any case
--- config
    location /t {
        toucan "t";
        toucan_token header=X-Embed-Token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"X-Before: 1\nx-EMBED-token: $::token\nX-After: 2"
--- sees_only: eyJ|embed-|X-(Before|After)
--- sees
X-Before: 1
X-After: 2


=== TEST 9: a header, forwarded
--- config
    location /t {
        toucan "t";
        toucan_token header=X-Embed-Token;
        toucan_forward_token on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"x-EMBED-token: $::token"
--- sees_only: eyJ
--- sees eval
"x-EMBED-token: $::token\n"


=== TEST 10: the same token in two sources: both go
--- config
    location /t {
        toucan "t";
        toucan_token bearer header=X-Embed-Token cookie=tok arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?token=$::token"
--- more_headers eval
"Authorization: Bearer $::token
X-Embed-Token: $::token
Cookie: tok=$::token"
--- sees_only: ^GET|authorization|embed|cookie|eyJ|distinct
--- sees
X-Toucan-Distinct-Id: user-123


=== TEST 11: other tokens in two sources: refused
--- config
    location /t {
        toucan "t";
        toucan_token bearer header=X-Embed-Token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Authorization: Bearer $::token\nX-Embed-Token: $::other"
--- error_code: 400
--- error_log
toucan: refused: token_conflict


=== TEST 12: two Authorization headers, the same token in both: refused
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.1\r
Host: localhost\r
Authorization: Bearer $::token\r
Authorization: Bearer $::token\r
Connection: close\r
\r
"
--- error_code_like: 400
--- error_log eval
# nginx from 1.23.4 on refuses a repeated one by itself
qr/toucan: refused: token_conflict|duplicate header line: "Authorization/


=== TEST 13: the only cookie: the header goes
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: tok=$::token"
--- sees_only: cookie|eyJ|distinct
--- sees
X-Toucan-Distinct-Id: user-123


=== TEST 14: a cookie, first
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: tok=$::token; a=1; b=2"
--- sees_only: cookie|eyJ
--- sees
Cookie: a=1; b=2


=== TEST 15: a cookie, in the middle
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: a=1; tok=$::token; b=2"
--- sees_only: cookie|eyJ
--- sees
Cookie: a=1; b=2


=== TEST 16: a cookie, last
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: a=1; b=2; tok=$::token"
--- sees_only: cookie|eyJ
--- sees
Cookie: a=1; b=2


=== TEST 17: other cookies stay byte for byte, however they are written
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: a=1;b=\"x y\";  tok=$::token;c==;d;;e= 5 ;f=tok=1"
--- sees_only: cookie|eyJ
--- sees
Cookie: a=1;b="x y";c==;d;;e= 5 ;f=tok=1


=== TEST 18: names that only look like it
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: Tok=1; tok2=2; xtok=3; tok=$::token; tok =4; TOK=5"
--- sees_only: cookie|eyJ
--- sees
Cookie: Tok=1; tok2=2; xtok=3; tok =4; TOK=5


=== TEST 19: many short cookies without spaces
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: tok=$::token;" . join ";", map { chr(97 + $_ % 26) } 1 .. 3000
--- sees_only: cookie|eyJ
--- sees eval
"Cookie: " . join(";", map { chr(97 + $_ % 26) } 1 .. 3000) . "\n"


=== TEST 20: a second Cookie header stays as it is
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: tok=$::token\nCookie: a;b;c;;d;e;" . ("f;" x 2000)
--- sees_only: cookie|eyJ
--- sees eval
"Cookie: a;b;c;;d;e;" . ("f;" x 2000) . "\n"


=== TEST 21: the token in the second of three
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: a=1\nCookie: tok=$::token\nCookie: b=2"
--- sees_only: cookie|eyJ
--- sees
Cookie: a=1
Cookie: b=2


=== TEST 22: $http_cookie and $cookie_NAME afterwards
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_set_header X-All "[$http_cookie]";
        proxy_set_header X-One "[$cookie_tok][$cookie_b]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: a=1; tok=$::token\nCookie: b=2"
--- sees_only: X-(All|One)
--- sees
X-All: [a=1; b=2]
X-One: [][2]


=== TEST 23: a cookie, forwarded
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        toucan_forward_token on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: a=1;tok=$::token;b=2"
--- sees_only: cookie|eyJ
--- sees eval
"Cookie: a=1;tok=$::token;b=2\n"


=== TEST 24: the cookie twice: refused
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: tok=$::token; tok=$::token"
--- error_code: 400
--- error_log
toucan: refused: token_conflict


=== TEST 25: a cookie in two headers: refused
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: tok=$::token\nCookie: tok=$::token"
--- error_code: 400
--- error_log
toucan: refused: token_conflict


=== TEST 26: a component's cookie is no token
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Origin: https://app.example.com\nCookie: tok=$::token"
--- error_code: 401
--- error_log
toucan: refused: no_token


=== TEST 27: a component's cookie does not travel on either
--- config
    location /t {
        toucan "t";
        toucan_token bearer cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Origin: https://app.example.com
Authorization: Bearer $::token
Cookie: tok=$::other; a=1"
--- sees_only: cookie|authorization|eyJ|distinct
--- sees
Cookie: a=1
X-Toucan-Distinct-Id: user-123


=== TEST 28: HTTP/2 cookie crumbs
--- http2
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: a=1\nCookie: tok=$::token\nCookie: b=2"
--- sees_only: cookie|eyJ
--- sees
cookie: a=1; b=2


=== TEST 29: HTTP/2, the only crumb
--- http2
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: tok=$::token"
--- sees_only: cookie|eyJ|distinct
--- sees
X-Toucan-Distinct-Id: user-123


=== TEST 30: HTTP/2, Authorization and argument
--- http2
--- config
    location /t {
        toucan "t";
        toucan_token bearer arg=token;
        proxy_set_header X-Uri $request_uri;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?token=$::token&a=1"
--- more_headers eval
"Authorization: Bearer $::token"
--- sees_only: authorization|eyJ|X-Uri
--- sees
X-Uri: /t?a=1


=== TEST 31: an argument: what proxy_pass forwards
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- pipelined_requests eval
["GET /t?token=$::token", "GET /t?token=$::token&a=1",
 "GET /t?a=1&token=$::token", "GET /t?a=1&token=$::token&b=2",
 "GET /t/%2F?a=%26&&token=$::token&b", "GET /t?&token=$::token"]
--- response_body_filters eval
sub { $_[0] =~ s/\r\n.*//sr }
--- response_body eval
["GET /t HTTP/1.0", "GET /t?a=1 HTTP/1.0", "GET /t?a=1 HTTP/1.0",
 "GET /t?a=1&b=2 HTTP/1.0", "GET /t/%2F?a=%26&&b HTTP/1.0", "GET /t? HTTP/1.0"]


=== TEST 32: an argument: proxy_pass with a URI
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT/other;
    }
--- pipelined_requests eval
["GET /t?token=$::token", "GET /t/x?b=2&token=$::token&a=1"]
--- response_body_filters eval
sub { $_[0] =~ s/\r\n.*//sr }
--- response_body eval
["GET /other HTTP/1.0", "GET /other/x?b=2&a=1 HTTP/1.0"]


=== TEST 33: an argument: proxy_pass with variables
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT$uri$is_args$args;
    }
    location /r {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT$request_uri;
    }
--- pipelined_requests eval
["GET /t?token=$::token", "GET /t?b=2&token=$::token&a=1",
 "GET /r?token=$::token", "GET /r?b=2&token=$::token&a=1"]
--- response_body_filters eval
sub { $_[0] =~ s/\r\n.*//sr }
--- response_body eval
["GET /t HTTP/1.0", "GET /t?b=2&a=1 HTTP/1.0",
 "GET /r HTTP/1.0", "GET /r?b=2&a=1 HTTP/1.0"]


=== TEST 34: an argument after a rewrite
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        rewrite ^/t(.*)$ /new$1?c=3 break;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?token=$::token&a=1"
--- response_body_filters eval
sub { $_[0] =~ s/\r\n.*//sr }
--- response_body: GET /new?c=3&a=1 HTTP/1.0


=== TEST 35: an argument: the CGI-like protocols
--- config
    toucan_token arg=token;
    fastcgi_param QUERY_STRING $query_string;
    fastcgi_param REQUEST_URI $request_uri;
    uwsgi_param QUERY_STRING $query_string;
    uwsgi_param REQUEST_URI $request_uri;
    scgi_param QUERY_STRING $query_string;
    scgi_param REQUEST_URI $request_uri;
    location /f {
        toucan "t";
        fastcgi_pass 127.0.0.1:$TEST_NGINX_FASTCGI_PORT;
    }
    location /u {
        toucan "t";
        uwsgi_pass 127.0.0.1:$TEST_NGINX_UWSGI_PORT;
    }
    location /s {
        toucan "t";
        scgi_pass 127.0.0.1:$TEST_NGINX_SCGI_PORT;
    }
--- pipelined_requests eval
["GET /f?token=$::token&a=1", "GET /u?token=$::token&a=1",
 "GET /s?token=$::token&a=1"]
--- sees_only: ^QUERY|^REQUEST_URI|eyJ
--- sees eval
[map { "QUERY_STRING=a=1\nREQUEST_URI=/$_?a=1\n" } qw(f u s)]


=== TEST 36: the CGI-like protocols get no HTTP_AUTHORIZATION and no cookie
--- config
    toucan_token bearer cookie=tok;
    location /f {
        toucan "t";
        fastcgi_pass 127.0.0.1:$TEST_NGINX_FASTCGI_PORT;
    }
    location /u {
        toucan "t";
        uwsgi_pass 127.0.0.1:$TEST_NGINX_UWSGI_PORT;
    }
    location /s {
        toucan "t";
        scgi_pass 127.0.0.1:$TEST_NGINX_SCGI_PORT;
    }
    location /g {
        toucan "t";
        grpc_pass grpc://127.0.0.1:$TEST_NGINX_GRPC_PORT;
    }
--- pipelined_requests eval
["GET /f", "GET /u", "GET /s", "GET /g"]
--- more_headers eval
"Authorization: Bearer $::token\nCookie: tok=$::token;a=1"
--- sees_only: AUTH|COOKIE|eyJ
--- sees eval
[("HTTP_COOKIE=a=1\n") x 3, "cookie: a=1\n"]


=== TEST 37: gRPC: the path
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        grpc_pass grpc://127.0.0.1:$TEST_NGINX_GRPC_PORT;
    }
--- request eval
"GET /t?token=$::token&a=1"
--- response_body_filters eval
sub { $_[0] =~ s/\r\n.*//sr }
--- response_body: GET /t?a=1 HTTP/1.0


=== TEST 38: an argument, forwarded
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        toucan_forward_token on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?a=1&token=$::token&b=2"
--- response_body_filters eval
sub { $_[0] =~ s/\r\n.*//sr }
--- response_body eval
"GET /t?a=1&token=$::token&b=2 HTTP/1.0"


=== TEST 39: arguments that only look like it
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?Token=1&token2=2&xtoken=3&token&token=$::token&x=token=4"
--- response_body_filters eval
sub { $_[0] =~ s/\r\n.*//sr }
--- response_body: GET /t?Token=1&token2=2&xtoken=3&token&x=token=4 HTTP/1.0


=== TEST 40: the argument twice: refused
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?token=$::token&token=$::token"
--- error_code: 400
--- error_log
toucan: refused: token_conflict
--- no_error_log
eyJ


=== TEST 41: the argument twice, once empty: refused
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?token=&token=$::token"
--- error_code: 400
--- error_log
toucan: refused: token_conflict


=== TEST 42: $request_uri before and after, $toucan_request_uri
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        set $before $request_uri;
        set $cut $toucan_request_uri;
        proxy_set_header X-Before $before;
        proxy_set_header X-Cut-Before $cut;
        proxy_set_header X-After $request_uri;
        proxy_set_header X-Cut-After $toucan_request_uri;
        proxy_set_header X-Args $args;
        proxy_set_header X-Arg "[$arg_token]";
        proxy_set_header X-Request $request;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?a=1&token=$::token"
--- sees_only: ^X-(Before|Cut|After|Arg|Request)
--- sees eval
"X-Before: /t?a=1&token=$::token
X-Cut-Before: /t?a=1
X-After: /t?a=1
X-Cut-After: /t?a=1
X-Args: a=1
X-Arg: []
X-Request: GET /t?a=1 HTTP/1.1
"


=== TEST 43: $toucan_request_uri cuts every configured argument, anywhere
--- config
    location /other {
        toucan "t";
        toucan_token arg=jwt;
    }
    location /third {
        toucan_token arg=x.token;
    }
    location /t {
        return 200 "$toucan_request_uri $request_uri\n";
    }
--- pipelined_requests eval
["GET /t?jwt=1&a=2&x.token=3", "GET /t?jwt=1", "GET /t", "GET /t?",
 "GET /t?a=1&jwt=2&b=3&jwt=4", "GET /t?jwt"]
--- response_body eval
["/t?a=2 /t?jwt=1&a=2&x.token=3\n", "/t /t?jwt=1\n", "/t /t\n", "/t? /t?\n",
 "/t?a=1&b=3 /t?a=1&jwt=2&b=3&jwt=4\n", "/t?jwt /t?jwt\n"]


=== TEST 44: the access log of an accepted request
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        access_log logs/access.log combined;
        return 200 "$uri\n";
    }
    location /p {
        toucan "t";
        toucan_token arg=token;
        access_log logs/access.log combined;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /end {
        return 200;
    }
--- pipelined_requests eval
["GET /p?a=1&token=$::token", "GET /end"]
--- more_headers eval
"Referer: http://localhost/x?token=$::token&b=2"
--- error_code eval
[200, 200]
--- access_log
"GET /p?a=1 HTTP/1.1" 200
"http://localhost/x?b=2"
--- no_access_log
eyJ


=== TEST 45: the access log of a refused request
--- config
    location /p {
        toucan "t";
        toucan_token arg=token;
        access_log logs/access.log combined;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /end {
        return 200;
    }
--- pipelined_requests eval
["GET /p?a=1&token=" . tampered($::token), "GET /end"]
--- more_headers eval
"Referer: http://127.0.0.1/x?token=$::token&b=2"
--- error_code eval
[401, 200]
--- access_log
"GET /p?a=1 HTTP/1.1" 401
"http://127.0.0.1/x?b=2"
--- no_access_log
eyJ


=== TEST 46: the error log of a refused request
--- config
    location /p {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /p?a=1&token=" . tampered($::token)
--- more_headers eval
"Referer: http://127.0.0.1/x?token=$::token&b=2"
--- error_code: 401
--- error_log eval
qr{refused: bad_signature .* request: "GET /p\?a=1 HTTP/1.1", .*referrer: "http://127.0.0.1/x\?b=2"}
--- no_error_log
eyJ


=== TEST 47: a variable that was read before holds no token afterwards
--- config
    location /t {
        toucan "t";
        toucan_token bearer header=X-Embed-Token cookie=tok arg=token;
        set $a $http_authorization;
        set $a $http_x_embed_token;
        set $a $http_cookie;
        set $a $cookie_tok;
        set $a $arg_token;
        set $a $query_string;
        set $a $request_uri;
        proxy_set_header X-Seen "$http_authorization,$http_x_embed_token,$http_cookie,$cookie_tok,$arg_token,$query_string,$request_uri";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request eval
"GET /t?token=$::token"
--- more_headers eval
"Authorization: Bearer $::token
X-Embed-Token: $::token
Cookie: tok=$::token"
--- sees_only: eyJ|seen
--- sees
X-Seen: ,,,,,,/t


=== TEST 48: a variable that was read before tells the identity afterwards
--- config
    location /t {
        toucan "t";
        set $role "[$http_x_toucan_role]";
        proxy_set_header X-Before $role;
        proxy_set_header X-After "[$http_x_toucan_role]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Authorization: Bearer $::token\nX-Toucan-Role: forged"
--- sees_only: ^X-(Before|After)|forged
--- sees
X-Before: []
X-After: [explorer]


=== TEST 49: what the configuration set itself stays
--- config
    location /t {
        toucan "t";
        set $http_mine mine;
        set $cookie_mine mine;
        proxy_set_header X-Set "$http_mine $cookie_mine";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Authorization: Bearer $::token"
--- sees_only: ^X-Set
--- sees
X-Set: mine mine


=== TEST 50: the access log of an ungated location
--- config
    location /other {
        toucan "t";
        toucan_token arg=token;
    }
    location /t {
        access_log logs/access.log combined;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /end {
        return 200;
    }
--- pipelined_requests eval
["GET /t?token=$::token", "GET /end"]
--- access_log
"GET /t HTTP/1.1" 200
--- no_access_log
eyJ


=== TEST 51: nginx's own error log lines: an upstream that is down
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request eval
"GET /t?a=1&token=$::token"
--- error_code: 502
--- error_log eval
qr/connect\(\) failed .* request: "GET \/t\?a=1 HTTP\/1.1", upstream: "http:\/\/127.0.0.1:\d+\/t\?a=1"/
--- no_error_log
eyJ


=== TEST 52: nginx's own error log lines: a file that is not there
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        root html;
    }
--- request eval
"GET /t?a=1&token=$::token"
--- error_code: 404
--- error_log eval
qr/open\(\) .* failed .* request: "GET \/t\?a=1 HTTP\/1.1"/
--- no_error_log
eyJ


=== TEST 53: an error in an ungated location
--- config
    location /other {
        toucan "t";
        toucan_token arg=token;
    }
    location /t {
        root html;
    }
--- request eval
"GET /t?a=1&token=$::token"
--- error_code: 404
--- error_log eval
qr/open\(\) .* failed .* request: "GET \/t\?a=1 HTTP\/1.1"/
--- no_error_log
eyJ


=== TEST 54: an absolute request line
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        proxy_set_header X-Uri "$request_uri $request";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET http://localhost/t?token=$::token&a=1 HTTP/1.1\r
Host: localhost\r
Connection: close\r
\r
"
--- sees_only: X-Uri
--- sees
X-Uri: /t?a=1 GET http://localhost/t?a=1 HTTP/1.1
--- no_error_log
eyJ


=== TEST 55: the Referer that the upstream gets
--- config
    location /t {
        toucan "t";
        toucan_token bearer arg=token;
        toucan_embed server own;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Host: localhost
Authorization: Bearer $::token
Referer: http://localhost/page?x=1&token=$::other#frag"
--- sees_only: referer|eyJ
--- sees
Referer: http://localhost/page?x=1#frag


=== TEST 56: a refused token is taken nowhere: error_page to an upstream
--- config
    location /t {
        toucan "t";
        toucan_token bearer;
        error_page 401 = /denied;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location = /denied {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Authorization: Bearer " . tampered($::token)
--- error_log
toucan: refused: bad_signature
--- sees


=== TEST 57: the rest of the request is untouched
--- config
    location /t {
        toucan "t";
        toucan_token bearer cookie=tok arg=token;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"POST /t//x/../y%20z?q=%C3%BC+1&token=$::token HTTP/1.1\r
Host: LocalHost:8080\r
Content-Type: application/json\r
Content-Length: 2\r
Authorization: Bearer $::token\r
Accept: a, b\r
X-Odd:  v  \r
Cookie: x=1\r
Connection: close\r
\r
{}"
--- response_body_filters eval
sub { $_[0] =~ s/X-Toucan-.*//sr }
--- response_body eval
"POST /t//x/../y%20z?q=%C3%BC+1 HTTP/1.1\r
Host: LocalHost:8080\r
Content-Length: 2\r
Content-Type: application/json\r
Accept: a, b\r
X-Odd: v\r
Cookie: x=1\r
"


=== TEST 58: a request that nginx itself refuses (no Host): $request
--- config
    toucan "t";
    toucan_token arg=token;
    add_header X-Line "$request" always;
    location /t {
        return 200;
    }
--- raw_request eval
"GET /t?token=$::token&a=1 HTTP/1.1\r
X-Toucan-Role: forged\r
\r
"
--- error_code: 400
--- response_headers
X-Line: GET /t?a=1 HTTP/1.1


=== TEST 59: a request line that is too long: $request
--- more_http
    client_header_buffer_size 1k;
    large_client_header_buffers 2 2k;
--- config
    toucan "t";
    toucan_token arg=token;
    add_header X-Line "$request" always;
    location /t {
        return 200;
    }
--- raw_request eval
"GET /t?a=1&token=$::token" . ("x" x 3000) . " HTTP/1.1\r
Host: localhost\r
\r
"
--- error_code: 414
--- response_headers
X-Line: GET /t?a=1


=== TEST 60: a header that is too large: $request
--- more_http
    client_header_buffer_size 1k;
    large_client_header_buffers 2 2k;
--- config
    toucan "t";
    toucan_token arg=token;
    add_header X-Line "$request" always;
    location /t {
        return 200;
    }
--- raw_request eval
"GET /t?a=1&token=$::token HTTP/1.1\r
Host: localhost\r
X-Large: " . ("x" x 3000) . "\r
\r
"
--- error_code: 400
--- response_headers
X-Line: GET /t?a=1 HTTP/1.1


=== TEST 61: a request line that is none, in a gated server
--- config
    toucan "t";
    toucan_token bearer arg=token cookie=tok;
    location /t {
        return 200;
    }
--- raw_request eval
"\x01\x02 /t?token=1\r\n\r\n"
--- error_code: 400


=== TEST 62: $http_cookie without a header that is gone whole
--- config
    location /t {
        toucan "t";
        toucan_token cookie=tok;
        proxy_set_header X-All "[$http_cookie]";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
"Cookie: a=1\nCookie: tok=$::token\nCookie: b=2"
--- sees_only: X-All
--- sees
X-All: [a=1; b=2]
