# satisfy all and any: the gate beside auth_basic, allow and deny, and
# auth_request; what reaches the upstream when somebody else lets in.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

sub basic {
    my ($name, $password) = @_;
    require MIME::Base64;
    return 'Authorization: Basic '
           . MIME::Base64::encode_base64("$name:$password", '');
}

sub cookie { return 'Cookie: tc=' . token(@_) }

our $good = basic('ann', 'secret');
our $bad = basic('ann', 'wrong');
our $forged = "X-Toucan-Role: forged\nX_Toucan_Env: forged\n"
              . "X-TOUCAN-Distinct-Id: forged";

our $any = <<'END';
    underscores_in_headers on;
    location /basic {
        satisfy any;
        toucan "t";
        toucan_token bearer cookie=tc;
        auth_basic "b";
        auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /turned {
        auth_basic "b";
        auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd;
        toucan_token bearer cookie=tc;
        toucan "t";
        satisfy any;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /allow {
        satisfy any;
        allow 127.0.0.1;
        deny all;
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /deny {
        satisfy any;
        toucan "t";
        deny all;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /place {
        satisfy any;
        toucan "t";
        toucan_embed component;
        toucan_origin https://app.example.com;
        auth_basic "b";
        auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /request {
        satisfy any;
        toucan "t";
        auth_request /ask;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location = /ask {
        internal;
        if ($http_x_ask) {
            return 204;
        }
        return 403;
    }
END

our $all = <<'END';
    location /basic {
        toucan "t";
        toucan_token bearer cookie=tc;
        auth_basic "b";
        auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /allow {
        satisfy all;
        allow 127.0.0.1;
        deny all;
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /deny {
        satisfy all;
        deny all;
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /limited {
        toucan "t";
        limit_except GET {
            deny all;
        }
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
END

run_tests();

__DATA__

=== TEST 1: satisfy any
--- config eval
$::any
--- user_files
>>> passwd
ann:{PLAIN}secret
--- shots eval
[
    map({
        my $path = $_;
        (
            ["$path: the token", "GET $path", user('tom') . "\n$forged",
             '200 PASSED', qr/X-Toucan-Distinct-Id: tom/,
             [qr/forged/, qr/^Authorization/m, qr/^WWW-Authenticate/m]],
            ["$path: a password", "GET $path", "$good\n$forged",
             '200 BYPASSED no_token', qr/^Authorization: Basic/m,
             [qr/^x.toucan/mi, qr/forged/,
              qr/^WWW-Authenticate/m]],
            ["$path: neither", "GET $path", $forged,
             '401 REJECTED no_token', qr/^WWW-Authenticate: Bearer realm="t"/m,
             [qr/forged/]],
            ["$path: a wrong password", "GET $path", $bad,
             '401 REJECTED no_token', qr/^WWW-Authenticate: Bearer realm="t"/m],
            ["$path: a forged token", "GET $path",
             'Cookie: tc=' . tampered(token()), '401 REJECTED bad_signature',
             qr/"TOKEN_INVALID"/],
            ["$path: a forged token and a password", "GET $path",
             'Cookie: tc=' . tampered(token()) . "\n$good\n$forged",
             '200 BYPASSED bad_signature', [qr/^x.toucan/mi, qr/forged/]],
            ["$path: an expired token and a password", "GET $path",
             cookie(age => 900, ttl => 600) . "\n$good",
             '200 BYPASSED expired', [qr/^x.toucan/mi]],
            ["$path: both", "GET $path", cookie() . "\n$good", '200 PASSED',
             qr/X-Toucan-Distinct-Id: user-123/, qr/^Authorization: Basic/m,
             [qr/^Cookie/m]],
            ["$path: both, the password is wrong", "GET $path",
             cookie() . "\n$bad", '200 PASSED',
             qr/X-Toucan-Distinct-Id: user-123/],
            ["$path: a conflict is nobody's to overrule", "GET $path",
             "Cookie: tc=a; tc=b\n$good", '400 REJECTED token_conflict'],
        )
    } '/basic', '/turned'),
    ['an address', 'GET /allow', $forged, '200 BYPASSED no_token',
     [qr/^x.toucan/mi, qr/forged/]],
    ['an address and a token', 'GET /allow', user('tom'), '200 PASSED',
     qr/X-Toucan-Distinct-Id: tom/],
    ['an address and a forged token', 'GET /allow', tampered(user('tom')),
     '200 BYPASSED bad_signature', [qr/^x.toucan/mi]],
    ['not this address', 'GET /deny', '', '401 REJECTED no_token'],
    ['not this address, but a token', 'GET /deny', user('tom'),
     '200 PASSED', qr/X-Toucan-Distinct-Id: tom/],
    ['a place that is not listed, and a password', 'GET /place',
     "$good\nOrigin: https://evil.example", '200 BYPASSED no_token',
     [qr/^Access-Control/m, qr/^x.toucan/mi]],
    ['a place that is not listed', 'GET /place',
     user('tom') . "\nOrigin: https://evil.example",
     '401 REJECTED origin_denied', qr/^WWW-Authenticate: Basic/m,
     [qr/^Access-Control/m, qr/^X-Toucan/m]],
    ['a place that is', 'GET /place',
     user('tom') . "\nOrigin: https://app.example.com", '200 PASSED',
     qr{^Access-Control-Allow-Origin: https://app.example.com\r}m],
    ['a preflight needs nobody', 'OPTIONS /place',
     "Origin: https://app.example.com\nAccess-Control-Request-Method: GET",
     '204 PASSED'],
    ['a preflight of another place', 'OPTIONS /place',
     "Origin: https://evil.example\nAccess-Control-Request-Method: GET",
     '401 REJECTED origin_denied', [qr/^Access-Control/m]],
    ['a question', 'GET /request', "X-Ask: 1\n$forged",
     '200 BYPASSED no_token', [qr/forged/]],
    ['a question that is refused', 'GET /request', $forged,
     '401 REJECTED no_token', [qr/forged/]],
    ['a token in its place', 'GET /request', user('tom'), '200 PASSED',
     qr/X-Toucan-Distinct-Id: tom/],
]


=== TEST 2: satisfy all
--- config eval
$::all
--- user_files
>>> passwd
ann:{PLAIN}secret
--- shots eval
[
    ['both', 'GET /basic', cookie() . "\n$good\n$forged", '200 PASSED',
     qr/X-Toucan-Distinct-Id: user-123/, qr/^Authorization: Basic/m,
     [qr/forged/, qr/^Cookie/m]],
    ['no password', 'GET /basic', cookie(), '401 PASSED',
     qr/^WWW-Authenticate: Basic/m, [qr/^X-Toucan/m, qr/"TOKEN/]],
    ['no token', 'GET /basic', $good, '401 REJECTED no_token',
     qr/^WWW-Authenticate: Bearer/m, [qr/^X-Toucan/m]],
    ['the token cannot be both', 'GET /basic', user('tom'), '401 PASSED',
     qr/^WWW-Authenticate: Basic/m],
    ['an address', 'GET /allow', '', '401 REJECTED no_token'],
    ['an address and a token', 'GET /allow', user('tom'), '200 PASSED',
     qr/X-Toucan-Distinct-Id: tom/],
    ['not this address', 'GET /deny', user('tom'), '403 PASSED',
     [qr/X-Toucan-D/]],
    ['neither', 'GET /deny', '', '401 REJECTED no_token'],
]


=== TEST 3: limit_except
--- config eval
$::all
--- user_files
>>> passwd
ann:{PLAIN}secret
--- shots eval
[
    ['a method that is let in', 'GET /limited', user('tom'), '200 PASSED',
     qr/X-Toucan-Distinct-Id: tom/],
    ['it needs a token', 'GET /limited', '', '401 REJECTED no_token'],
    ['HEAD', 'HEAD /limited', '', '401 REJECTED no_token'],
    ['another method, with a token', 'POST /limited',
     user('tom') . "\nContent-Length: 0", '403 PASSED', [qr/X-Toucan-D/]],
    ['another method, without one', 'POST /limited', 'Content-Length: 0',
     '401 REJECTED no_token'],
]


=== TEST 4: the headers of others who ask for a password
--- config
    location /both {
        satisfy any;
        toucan "t";
        toucan_embed component;
        toucan_origin https://app.example.com;
        auth_basic "b";
        auth_basic_user_file $TEST_NGINX_HTML_DIR/passwd;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- user_files
>>> passwd
ann:{PLAIN}secret
--- shots eval
[
    ['each says its own', 'GET /both', 'Origin: https://app.example.com',
     '401 REJECTED no_token', qr/^WWW-Authenticate: Bearer realm="t"/m,
     qr/^WWW-Authenticate: Basic realm="b"/m,
     qr{^Access-Control-Allow-Origin: https://app.example.com\r}m,
     qr/^Cache-Control: no-store/m, qr/"TOKEN_MISSING"/],
    ['an answer that was let in asks for nothing', 'GET /both',
     "Origin: https://app.example.com\n$good", '200 BYPASSED no_token',
     qr{^Access-Control-Allow-Origin: https://app.example.com\r}m,
     [qr/^WWW-Authenticate/m, qr/no-store/]],
]
