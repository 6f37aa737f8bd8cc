# What claims to be an identity and comes from the client is gone before
# anything else runs, however it is spelt and wherever it is sent.

use lib 't/lib';
use Toucan::Test;
use Toucan::Upstream;

our @names = qw(Distinct-Id Role Organization Env Token-Id Expires Kind Origin
                Permissions Rls Attr-customerId Anything);

# the spellings that nginx lets through as they are; what an upstream reads
our @spellings = map { "$_: forged" } qw(
    X-Toucan-Role x-toucan-role X-TOUCAN-ROLE x-ToUcAn-Role X-Toucan-
    X-Toucan--Role X-Toucan-Role-X
);

our @underscores = map { "$_: forged" } qw(
    X_Toucan_Role x_toucan_role X_TOUCAN_ROLE X-Toucan_Role X_Toucan-Role
    X_Toucan_ X_Toucan__Role
);

our @invalid = map { "$_: forged" } split /\s+/, q(X.Toucan.Role
    X+Toucan+Role X~Toucan~Role X!Toucan!Role X'Toucan'Role X-Toucan.Role
    X*Toucan-Role X`Toucan`Role X|Toucan^Role X#Toucan$Role X&Toucan%Role
    x.toucan_role);

# Others in between, so that what is left can be seen to be whole.

sub main::between {
    my $n = 0;

    return join "\n", 'X-Keep: first', map({ $n++; ($_, "X-Keep: $n") } @_);
}

sub main::kept { return join '', map { "X-Keep: $_\n" } 'first', 1 .. shift }

run_tests();

__DATA__

=== TEST 1: control: the upstream tells what it is given
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers
X-Tucan-Role: forged
X-Keep: 1
--- sees_only: X-
--- sees
X-Tucan-Role: forged
X-Keep: 1


=== TEST 2: every identity header, no gate anywhere
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(map { "X-Toucan-$_: forged" } @::names)
--- sees_only: X.
--- sees eval
kept(scalar @::names)


=== TEST 3: case, no gate
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings)
--- sees_only: X.
--- sees eval
kept(scalar @::spellings)


=== TEST 4: underscores_in_headers on, no gate
--- more_http
    underscores_in_headers on;
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings, @::underscores)
--- sees_only: X.
--- sees eval
kept(@::spellings + @::underscores)


=== TEST 5: control: underscores of others come through
--- more_http
    underscores_in_headers on;
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers
X_Tucan_Role: forged
Y_X_Toucan_Role: forged
--- sees
X_Tucan_Role: forged
Y_X_Toucan_Role: forged


=== TEST 6: ignore_invalid_headers off, no gate
--- more_http
    ignore_invalid_headers off;
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings, @::underscores, @::invalid)
--- sees_only: X.
--- sees eval
kept(@::spellings + @::underscores + @::invalid)


=== TEST 7: control: invalid names of others come through
--- more_http
    ignore_invalid_headers off;
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers
X.Tucan+Role: forged
X~Toucans: forged
XToucan-Role: forged
X-ToucanRole: forged
X--Toucan-Role: forged
--- sees
X.Tucan+Role: forged
X~Toucans: forged
XToucan-Role: forged
X-ToucanRole: forged
X--Toucan-Role: forged


=== TEST 8: both switches, gated: once, and ours
--- more_http
    ignore_invalid_headers off;
    underscores_in_headers on;
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n" . between(@::spellings, @::underscores, @::invalid)
--- sees eval
sees_all('ann')


=== TEST 9: both switches, gated, FastCGI: HTTP_X_TOUCAN_ROLE is there once
--- more_http
    ignore_invalid_headers off;
    underscores_in_headers on;
--- config
    location /t {
        toucan "t";
        fastcgi_pass 127.0.0.1:$TEST_NGINX_FASTCGI_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n" . between(@::spellings, @::underscores, @::invalid)
--- sees_only: TOUCAN.ROLE|forged
--- sees
HTTP_X_TOUCAN_ROLE=explorer


=== TEST 10: both switches, gated, uwsgi
--- more_http
    ignore_invalid_headers off;
    underscores_in_headers on;
--- config
    location /t {
        toucan "t";
        uwsgi_pass 127.0.0.1:$TEST_NGINX_UWSGI_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n" . between(@::spellings, @::underscores, @::invalid)
--- sees_only: TOUCAN.ROLE|forged
--- sees
HTTP_X_TOUCAN_ROLE=explorer


=== TEST 11: both switches, gated, SCGI
--- more_http
    ignore_invalid_headers off;
    underscores_in_headers on;
--- config
    location /t {
        toucan "t";
        scgi_pass 127.0.0.1:$TEST_NGINX_SCGI_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n" . between(@::spellings, @::underscores, @::invalid)
--- sees_only: TOUCAN.ROLE|forged
--- sees
HTTP_X_TOUCAN_ROLE=explorer


=== TEST 12: both switches, gated, gRPC
--- more_http
    ignore_invalid_headers off;
    underscores_in_headers on;
--- config
    location /t {
        toucan "t";
        grpc_pass grpc://127.0.0.1:$TEST_NGINX_GRPC_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n" . between(@::spellings, @::underscores)
--- sees eval
lc sees_all('ann')


=== TEST 13: both switches, no gate, FastCGI
--- more_http
    ignore_invalid_headers off;
    underscores_in_headers on;
--- config
    location /t {
        fastcgi_pass 127.0.0.1:$TEST_NGINX_FASTCGI_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings, @::underscores, @::invalid)
--- sees


=== TEST 14: no gate, uwsgi, SCGI and gRPC
--- more_http
    underscores_in_headers on;
--- config
    location /u {
        uwsgi_pass 127.0.0.1:$TEST_NGINX_UWSGI_PORT;
    }
    location /s {
        scgi_pass 127.0.0.1:$TEST_NGINX_SCGI_PORT;
    }
    location /g {
        grpc_pass grpc://127.0.0.1:$TEST_NGINX_GRPC_PORT;
    }
--- pipelined_requests eval
["GET /u", "GET /s", "GET /g"]
--- more_headers eval
between(@::spellings, @::underscores)
--- sees eval
["", "", ""]


=== TEST 15: no value, blank values
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.1\r
Host: localhost\r
X-Toucan-Role:\r
X-Toucan-Env: \r
X-Toucan-Kind:  \t\r
X-Keep: 1\r
X-Toucan-Rls:\r
Connection: close\r
\r
"
--- sees_only: X-
--- sees
X-Keep: 1


=== TEST 16: gated, no value in what the client sends
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.1\r
Host: localhost\r
X-Toucan-Role:\r
X-Toucan-Rls:\r
" . user('ann') . "\r
X-Toucan-Role:\r
Connection: close\r
\r
"
--- sees eval
sees_all('ann')


=== TEST 17: the first header of all
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.1\r
X-Toucan-Role: forged\r
Host: localhost\r
X-Keep: 1\r
Connection: close\r
\r
"
--- sees_only: ^X-|^Host|forged
--- sees eval
"Host: 127.0.0.1:$ENV{TEST_NGINX_HTTP_PORT}\nX-Keep: 1\n"


=== TEST 18: the last one
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.1\r
Host: localhost\r
X-Keep: 1\r
X-Toucan-Role: forged\r
Connection: close\r
\r
"
--- sees_only: X-
--- sees
X-Keep: 1


=== TEST 19: the only one (HTTP/1.0)
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.0\r
X-Toucan-Role: forged\r
Connection: close\r
\r
"
--- sees_only: X-|forged
--- sees


=== TEST 20: nothing but forged ones (HTTP/1.0), more than a part of the list
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.0\r\n"
. join("", map { "X-Toucan-H$_: forged\r\n" } 1 .. 67) . "\r\n"
--- sees_only: X-|forged
--- sees


=== TEST 21: nothing but forged ones, then a header that nginx sets itself
--- config
    location /t {
        proxy_set_header X-Mine mine;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.0\r
X-Toucan-Role: forged\r
X-Toucan-Env: forged\r
\r
"
--- sees_only: X-|forged
--- sees
X-Mine: mine


=== TEST 22: repeated a hundred times
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(("X-Toucan-Role: forged") x 100)
--- sees_only: X-
--- sees eval
kept(100)


=== TEST 23: runs of forged ones over the joints of the list
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
join "\n", map {
    my $n = $_;
    (map({ "X-Toucan-N$n-$_: forged" } 1 .. $n), "X-Keep: $n")
} 1 .. 24
--- sees_only: X-
--- sees eval
join "", map { "X-Keep: $_\n" } 1 .. 24


=== TEST 24: sixty of ours to keep, none forged
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
join "\n", user('ann'), map { "X-Keep: $_" } 1 .. 60
--- sees_only: X-
--- sees eval
join("", map { "X-Keep: $_\n" } 1 .. 60) . sees_all('ann')


=== TEST 25: exactly one part is forged (the list's parts hold twenty)
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n"
. join("", map { "X-Keep: $_\r\n" } 1 .. 19)
. join("", map { "X-Toucan-H$_: forged\r\n" } 1 .. 20)
. join("", map { "X-Keep: $_\r\n" } 20 .. 38)
. user('ann') . "\r\nConnection: close\r\n\r\n"
--- sees_only: X-
--- sees eval
join("", map { "X-Keep: $_\n" } 1 .. 38) . sees_all('ann')


=== TEST 26: the last part is forged whole, then ours are added
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n" . user('ann') . "\r\n"
. join("", map { "X-Keep: $_\r\n" } 1 .. 18)
. join("", map { "X-Toucan-H$_: forged\r\n" } 1 .. 7)
. "Connection: close\r\n\r\n"
--- sees_only: X-
--- sees eval
join("", map { "X-Keep: $_\n" } 1 .. 18) . sees_all('ann')


=== TEST 27: the first part is forged whole, then ours are added
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- raw_request eval
"GET /t HTTP/1.1\r\n"
. join("", map { "X-Toucan-H$_: forged\r\n" } 1 .. 20)
. "Host: localhost\r\n" . user('ann') . "\r\nX-Keep: 1\r
Connection: close\r\n\r\n"
--- sees_only: X-
--- sees eval
"X-Keep: 1\n" . sees_all('ann')


=== TEST 28: toucan off in a location of a gated server
--- config
    toucan "t";
    location /t {
        toucan off;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings)
--- sees_only: X.
--- sees eval
kept(scalar @::spellings)


=== TEST 29: another server, that knows nothing of the module
--- more_http
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        location / {
            proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
        }
    }
--- config
    location /t {
        proxy_set_header X-Toucan-Role forged;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- sees


=== TEST 30: satisfy any, let in by allow
--- config
    location /t {
        satisfy any;
        allow all;
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings)
--- error_log
toucan: refused: no_token
--- sees_only: X.
--- sees eval
kept(scalar @::spellings)


=== TEST 31: satisfy any, let in by the token
--- config
    location /t {
        satisfy any;
        deny all;
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees eval
sees_all('ann')


=== TEST 32: satisfy any, a forged token and an address that is allowed
--- config
    location /t {
        satisfy any;
        allow all;
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
bearer(tampered(token())) . "\nX-Toucan-Role: forged"
--- error_log
toucan: refused: bad_signature
--- sees


=== TEST 33: dry run without a token
--- config
    location /t {
        toucan "t";
        toucan_dry_run on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings)
--- error_log
toucan: would refuse: no_token
--- sees_only: X.
--- sees eval
kept(scalar @::spellings)


=== TEST 34: gone before the rewrite phase
--- config
    location /t {
        set $role $http_x_toucan_role;
        if ($http_x_toucan_role) {
            return 200 "seen\n";
        }
        return 200 "[$role]\n";
    }
--- request
GET /t
--- more_headers
X-Toucan-Role: forged
--- response_body
[]


=== TEST 35: gone before limit_req, map and the server's rewrite phase
--- more_http
    map $http_x_toucan_distinct_id $mapped {
        ""      empty;
        default forged;
    }
    limit_req_zone $http_x_toucan_distinct_id zone=z:64k rate=1r/m;
--- config
    set $server_saw "[$http_x_toucan_distinct_id]";
    location /t {
        limit_req zone=z;
        proxy_set_header X-Mapped $mapped;
        proxy_set_header X-Server $server_saw;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- pipelined_requests eval
["GET /t", "GET /t"]
--- more_headers
X-Toucan-Distinct-Id: forged
--- sees_only: X-
--- sees eval
["X-Mapped: empty\nX-Server: []\n", "X-Mapped: empty\nX-Server: []\n"]


=== TEST 36: gone in the access log
--- more_http
    log_format role "[$http_x_toucan_role] [$http_x_keep]";
--- config
    location /t {
        access_log logs/access.log role;
        return 200;
    }
    location /end {
        return 200;
    }
--- pipelined_requests eval
["GET /t", "GET /end"]
--- more_headers
X-Toucan-Role: forged
X-Keep: 1
--- access_log
[-] [1]
--- no_access_log
forged


=== TEST 37: a prefix of one location is stripped in all
--- config
    location /other {
        toucan "t";
        toucan_header_prefix X-Acme-;
        return 204;
    }
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers
X-Acme-Role: forged
x-acme-role: forged
X-Toucan-Role: forged
X-Acme: 1
X-Acmes-Role: 2
--- sees_only: X.
--- sees
X-Acme: 1
X-Acmes-Role: 2


=== TEST 38: a prefix of another server, with underscores
--- more_http
    underscores_in_headers on;
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        toucan_header_prefix X-Embed-User-;
    }
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers
X_Embed_User_Role: forged
X-EMBED_user-role: forged
X-Embed-User: 1
--- sees_only: X.
--- sees
X-Embed-User: 1


=== TEST 39: the default prefix goes, too, where another is used
--- config
    location /t {
        toucan "t";
        toucan_header_prefix X-Acme-;
        toucan_roles any;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged\nX-Acme-Role: forged"
--- sees_only: toucan|acme|forged
--- sees eval
sees_all('ann') =~ s/Toucan/Acme/gr


=== TEST 40: the prefix as it is written, in any case
--- config
    location /t {
        toucan "t";
        toucan_header_prefix x-ACME-;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\nX-Acme-Role: forged"
--- sees_only: toucan|acme.role|forged
--- sees
x-ACME-Role: explorer


=== TEST 41: HTTP/2, no gate
--- http2
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings)
--- sees_only: X.
--- sees eval
lc kept(scalar @::spellings)


=== TEST 42: HTTP/2, underscores, no gate
--- http2
--- more_http
    underscores_in_headers on;
    ignore_invalid_headers off;
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings, @::underscores, "X.Toucan.Role: forged",
        "X+Toucan+Role: forged")
--- sees_only: X.
--- sees eval
lc kept(@::spellings + @::underscores + 2)


=== TEST 43: HTTP/2, gated
--- http2
--- more_http
    underscores_in_headers on;
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n" . between(@::spellings, @::underscores)
--- sees eval
sees_all('ann')


=== TEST 44: HTTP/2, a hundred of them
--- http2
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
user('ann') . "\n" . between(("X-Toucan-Role: forged") x 100)
--- sees_only: X.
--- sees eval
lc(kept(100)) . sees_all('ann')


=== TEST 45: a request that is refused
--- config
    location /r {
        toucan "t";
        error_page 401 = @shown;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location @shown {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /r
--- more_headers
X-Toucan-Role: forged
--- error_log
toucan: refused: no_token
--- sees


=== TEST 46: POST with a body
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
POST /t
X-Toucan-Role: body
--- more_headers eval
user('ann') . "\nX-Toucan-Role: forged"
--- sees eval
sees_all('ann')


=== TEST 47: subrequests of an ungated location
--- config
    location /t {
        mirror /mirror;
        auth_request /auth;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location = /auth {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location = /mirror {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- request
GET /t
--- more_headers eval
between(@::spellings)
--- sees_only: X.
--- sees eval
kept(scalar @::spellings)


=== TEST 48: SSI includes
--- config
    location /t {
        ssi on;
        ssi_types text/plain;
        default_type text/plain;
        alias $TEST_NGINX_HTML_DIR/page;
    }
    location /inc {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- user_files
>>> page
<!--#include virtual="/inc" --><!--#include virtual="/inc?2" -->
--- request
GET /t
--- more_headers eval
between(@::spellings)
--- sees_only: ^X.
--- sees eval
kept(scalar @::spellings) x 2
