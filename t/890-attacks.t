# Attacks that once worked: past the phases, without a header list, by what
# two readers take for two queries, by headers that cost their square.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

repeat_each(1);         # what comes twice is not the same

our $close = "Connection: close\r\n";
our $host = "Host: localhost\r\n$close";
our $forged = join '', map { "$_: forged\r\n" }
    qw(X-Toucan-Role X-Toucan-Distinct-Id x-toucan-rls X-TOUCAN-Attr-a);

# Refused by nginx while it reads them, with all of the forged ones read.

our @early = (
    ['no Host', "GET %s HTTP/1.1\r\n$close%s\r\n"],
    ['TRACE', "TRACE %s HTTP/1.1\r\n$host%s\r\n"],
    ['a length and chunks', "GET %s HTTP/1.1\r\n$host%s"
     . "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ['two hosts', "GET %s HTTP/1.1\r\n$host%sHost: other\r\n\r\n"],
    ['a bad Host', "GET %s HTTP/1.1\r\n$close%sHost: a/b\r\n\r\n"],
    ['a bad length', "GET %s HTTP/1.1\r\n$host%sContent-Length: x\r\n\r\n"],
    ['a header too large', "GET %s HTTP/1.1\r\n$host%sX-Large: "
     . ('x' x 33000) . "\r\n\r\n"],
);

sub early {
    my ($path, $headers, @want) = @_;

    return map { [$_->[0], sprintf($_->[1], $path, $headers), '', @want] }
               @::early;
}

sub sales {
    return user('ann', permissions => {dashboard => 'can_view'},
                resources => [{type => 'dashboard', id => 'sales',
                               actions => ['can_view']}]);
}

our $denied = '403 REJECTED object_denied';

sub got { return qr/^\Q$_[0]\E HTTP\/1\.\d/m }

our $from = 'Origin: https://app.example.com';

run_tests();

__DATA__

=== TEST 1: an error_page that is led to past the post-read phase, no gate
--- config
    error_page 400 405 494 = @open;
    location @open {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['a control', "GET /t HTTP/1.1\r\n$::host$::forged" . "X-Keep: 1\r\n\r\n",
     '', '200 BYPASSED', qr/^X-Keep: 1/m, [qr/forged/]],
    early('/t', "X-Keep: 1\r\n$::forged", '200 BYPASSED',
          qr{^(?:GET|TRACE) /t HTTP/}m, qr/^X-Keep: 1/m, [qr/forged/]),
]


=== TEST 2: the same, to a URI; and the server's variables see no identity
--- config
    set $told $http_x_toucan_role;
    error_page 400 405 494 = /open;
    location /open {
        proxy_set_header X-Told $told;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    early('/t', "X-Keep: 1\r\n$::forged", '200 BYPASSED',
          qr{^GET /open HTTP/}m, qr/^X-Keep: 1/m, [qr/forged/]),
]


=== TEST 3: the same, to a gated location
--- config
    error_page 400 405 494 = @gated;
    location @gated {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    early('/t', $::forged, '401 REJECTED no_token', [qr/forged/]),
    early('/t', $::forged . user('ann') . "\r\n", '200 PASSED',
          qr/^X-Toucan-Distinct-Id: ann/m, [qr/forged/, $jwt_like]),
]


=== TEST 4: an identity that is ours goes on to where an error leads
--- config
    location /t {
        toucan "t";
        proxy_intercept_errors on;
        error_page 502 = @open;
        proxy_pass http://127.0.0.1:1;
    }
    location @open {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['let in', "GET /t HTTP/1.1\r\n$::host$::forged" . user('ann')
     . "\r\n\r\n", '', '200 PASSED', qr/^X-Toucan-Distinct-Id: ann/m,
     [qr/forged/, $jwt_like]],
]
--- error_log
connect() failed


=== TEST 5: HTTP/0.9, for which nginx makes no list of headers
--- config
    location /t {
        toucan "t";
        toucan_token arg=token;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /dry {
        toucan "t";
        toucan_token arg=token;
        toucan_dry_run on;
        toucan_roles maker;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['let in', 'GET /t?token=' . token() . "\r\n", '', 'nothing', got('GET /t'),
     qr/^X-Toucan-Distinct-Id: user-123/m, [$jwt_like]],
    ['a dry run', 'GET /dry?token=' . token() . "\r\n", '', 'nothing',
     got('GET /dry'), qr/^X-Toucan-Distinct-Id: user-123/m, [$jwt_like]],
    ['none', "GET /t\r\n", '', 'nothing', qr/TOKEN_MISSING/],
    ['a control', 'GET /t?token=' . token(), '', '200 PASSED'],
]


=== TEST 6: what follows a "#" is no query for nginx, but it is forwarded
--- config
    location /arg {
        toucan "t";
        toucan_permission dashboard can_view $arg_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location ~ ^/path/(?<dash>[^/]+)$ {
        toucan "t";
        toucan_permission dashboard can_view $dash;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /any {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['a control', 'GET /arg?id=sales', sales(), '200 PASSED',
     got('GET /arg?id=sales')],
    ['another object', 'GET /arg?id=secret', sales(), $::denied],
    ['another behind it', 'GET /arg?id=sales#&id=secret', sales(), $::denied],
    ['behind another argument', 'GET /arg?id=sales&a=1#&id=secret', sales(),
     $::denied],
    ['nothing behind it', 'GET /arg?id=sales#', sales(), $::denied],
    ['escaped, it is no such thing', 'GET /arg?id=sales&a=%23', sales(),
     '200 PASSED', got('GET /arg?id=sales&a=%23')],
    ['a control of paths', 'GET /path/sales?a=1', sales(), '200 PASSED'],
    ['in the path', 'GET /path/sales#/../secret', sales(), $::denied],
    ['in the query of a path', 'GET /path/sales?a#/../secret', sales(),
     $::denied],
    ['an absolute URI', "GET http://localhost/arg?id=sales#&id=secret HTTP/1.1"
     . "\r\n$::host" . sales() . "\r\n\r\n", '', $::denied],
    ['where no object is asked for', 'GET /any?id=sales#x', sales(),
     '200 PASSED'],
]


=== TEST 7: cookies of which nothing is left, between cookies that stay
--- config
    location /t {
        toucan "t";
        toucan_embed component;
        toucan_origin https://app.example.com;
        toucan_token bearer cookie=t;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
do {
    my $all = sub { join "\n", $::from, user('ann'), @_, 'X-Last: 1' };
    my $left = sub { return (join("\r\n", map { "Cookie: $_" } @_) . "\r\n") };
    my @n = 1 .. 45;

    [
        ['in turn', 'GET /t', $all->(map { ("Cookie: a=$_", 'Cookie: t=x') }
                                     @n), '200 PASSED',
         qr/\Q${\ $left->(map { "a=$_" } @n)}\E/, qr/^X-Last: 1/m,
         [qr/t=x/]],
        ['behind each other', 'GET /t',
         $all->((map { "Cookie: a=$_" } @n), ('Cookie: t=x') x 45),
         '200 PASSED', qr/\Q${\ $left->(map { "a=$_" } @n)}\E/,
         qr/^X-Last: 1/m, [qr/t=x/]],
        ['first of all', 'GET /t',
         $all->(('Cookie: t=x') x 45, map { "Cookie: a=$_" } @n),
         '200 PASSED', qr/\Q${\ $left->(map { "a=$_" } @n)}\E/,
         qr/^X-Last: 1/m, [qr/t=x/]],
        ['none that stays', 'GET /t', $all->(('Cookie: t=x') x 61),
         '200 PASSED', qr/^X-Last: 1/m, [qr/^Cookie/m]],
    ]
}


=== TEST 8: the answer of a gated location follows its policy, not the server's
--- http
    toucan_origin https://server.example.com;
--- config
    toucan "server";
    set $who $toucan_distinct_id;
    location /returned {
        toucan "t";
        toucan_origin https://location.example.com;
        return 200 "returned\n";
    }
    location /open {
        toucan off;
        add_header X-Frame-Options DENY;
        return 200 "open\n";
    }
--- shots eval
[
    ['its own list', 'GET /returned', user('ann'), '200',
     qr/frame-ancestors https:\/\/location\.example\.com\r/,
     [qr/server\.example/]],
    ['where there is no gate', 'GET /open', user('ann'), '200',
     qr/^X-Frame-Options: DENY/m, [qr/frame-ancestors/, qr/^Vary/m]],
]


=== TEST 9: passed by one policy, then turned away by limit_req at another
The other location has not decided anything, so an include of it is decided.

--- http
    limit_req_zone $server_name zone=z:1m rate=1r/m;
--- config
    recursive_error_pages on;
    location /first {
        toucan "first";
        error_page 404 = /second/x;
        root $TEST_NGINX_HTML_DIR;
    }
    location /again {
        toucan "first";
        toucan_roles explorer maker;
        error_page 404 = /turned.html;
        root $TEST_NGINX_HTML_DIR;
    }
    location /second {
        toucan "second";
        toucan_roles maker;
        limit_req zone=z;
        error_page 503 =200 /turned.html;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location = /turned.html {
        ssi on;
        root $TEST_NGINX_HTML_DIR;
    }
--- user_files
>>> turned.html
[<!--# include virtual="/second/secret" -->]
--- shots eval
[
    ['refused by itself', 'GET /second/x', user('ann'),
     '403 REJECTED role_denied'],
    ['turned away, and included', 'GET /first', user('ann'), '200 PASSED',
     qr/403 Forbidden/, [qr{GET /second}]],
    ['not even there, and included', 'GET /again', user('ann'), '200 PASSED',
     qr/403 Forbidden/, [qr{GET /second}]],
    ['a control', 'GET /again', user('ann', 'user.role' => 'maker'),
     '200 PASSED', qr{GET /second/secret}],
]


=== TEST 10: a good token that is refused for its place does not travel on
--- config
    satisfy any;
    allow 127.0.0.1;
    deny all;
    location /any {
        toucan "any";
        toucan_embed component;
        toucan_token bearer cookie=tc;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /turned {
        satisfy all;
        toucan "turned";
        toucan_embed component;
        error_page 403 = @open;
    }
    location @open {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /kept {
        toucan "kept";
        toucan_embed component;
        toucan_forward_token on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['let in by its address', 'GET /any', user('ann'), '200 BYPASSED kind_not_allowed',
     got('GET /any'), [qr/Authorization|X-Toucan/]],
    ['led elsewhere', 'GET /turned', user('ann'),
     '200 REJECTED kind_not_allowed',
     got('GET /turned'), [qr/Authorization|X-Toucan/]],
    ['where tokens are forwarded', 'GET /kept', user('ann'),
     '200 BYPASSED kind_not_allowed',
     qr/^Authorization: Bearer /m, [qr/X-Toucan/]],
    ['what is no good token is not ours to take', 'GET /any',
     'Authorization: Basic eDp5', '200 BYPASSED no_token',
     qr/^Authorization: Basic eDp5/m],
]


=== TEST 11: a subrequest that nginx redirects finds its token again
--- config
    location = /page.html {
        ssi on;
        root $TEST_NGINX_HTML_DIR;
    }
    location /c {
        toucan "c";
        index first.html;
        root $TEST_NGINX_HTML_DIR;
    }
--- user_files
>>> page.html
[<!--# include virtual="/c/" -->]
>>> c/first.html
the first page
--- shots eval
[
    ['with a token', 'GET /page.html', user('ann'), '200 BYPASSED',
     qr/\[the first page/],
    ['without', 'GET /page.html', '', '200 BYPASSED', qr/401 Authorization/,
     [qr/the first page/]],
]


=== TEST 12: our own origin cannot depend on what is found by it
--- config
    location /t {
        toucan "t";
        toucan_own_origin https://${toucan_kind};
        return 200;
    }
--- must_die
--- error_log
invalid value "https://${toucan_kind}" in the "toucan_own_origin" directive
