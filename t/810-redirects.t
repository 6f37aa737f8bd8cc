# Internal redirects: a gated location that is reached by one is decided
# anew with its own policy; identity headers arrive once, and only there.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

our $ed = bearer(key => 'ed25519', claims => {'user.distinctId' => 'eda'});

# exactly one of each, all of the name
sub once {
    my $name = shift;
    return (qr/^X-Toucan-Distinct-Id: \Q$name\E\r/m,
            [qr/(?:^X-Toucan-Distinct-Id:.*){2}/ms,
             qr/(?:^X-Toucan-Role:.*){2}/ms, qr/^Authorization/m]);
}

our $config = <<'END';
    location /page/ {
        toucan "t";
        error_page 401 403 /errors/own;
        error_page 404 = /gone;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /named/ {
        toucan "t";
        error_page 401 = @named;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /ok/ {
        toucan "t";
        error_page 401 =200 /errors/ok;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /external/ {
        toucan "t";
        error_page 401 https://login.example.com/?r=$toucan_reason;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /gated-error/ {
        toucan "t";
        error_page 401 = /page/x;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /dry-error/ {
        toucan "t";
        error_page 401 = /dry/;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /dry/ {
        toucan "t";
        toucan_dry_run on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /errors/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location @named {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location @gated {
        toucan "t";
        toucan_roles maker;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /to-gated {
        error_page 404 = @gated;
        return 404;
    }
    location /makers {
        toucan "t";
        toucan_roles maker;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /ed {
        toucan "t";
        toucan_key_file $TEST_NGINX_KEYS_DIR/ed25519.jwks;
        error_page 401 = /open/turned;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /dry-ed {
        toucan "t";
        toucan_dry_run on;
        toucan_key_file $TEST_NGINX_KEYS_DIR/ed25519.jwks;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /any-ed {
        satisfy any;
        allow 127.0.0.1;
        deny all;
        toucan "t";
        toucan_key_file $TEST_NGINX_KEYS_DIR/ed25519.jwks;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /open {
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /accel/ {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /self {
        toucan "t";
        toucan_permission dashboard can_view $arg_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /accel-open/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location ~ ^/d/(?<dash>[^/]+)$ {
        toucan "t";
        toucan_permission dashboard can_view $dash;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /q {
        toucan "t";
        toucan_permission dashboard can_view $arg_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /try {
        toucan "t";
        try_files /nowhere /makers;
    }
    location /try-open {
        try_files /nowhere /makers;
    }
    location /try-named {
        try_files /nowhere @gated;
    }
    location /try-file {
        toucan "t";
        try_files /index.html =404;
    }
    location /rewrite-open {
        rewrite ^ /makers last;
    }
    location /rewrite-gated {
        toucan "t";
        rewrite ^ /open/rewritten last;
    }
    location /rewrite-asked {
        toucan "t";
        set $who $toucan_distinct_id;
        rewrite ^ /ed last;
    }
    location /if {
        toucan "t";
        if ($arg_open) {
            set $x 1;
        }
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /if-role {
        toucan "t";
        if ($toucan_role = maker) {
            rewrite ^ /open/makers last;
        }
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /return {
        toucan "t";
        return 200 "answered [$toucan_distinct_id]\n";
    }
    location /dir/ {
        alias $TEST_NGINX_HTML_DIR/dir/;
    }
    location = /dir/index.html {
        toucan "t";
        alias $TEST_NGINX_HTML_DIR/dir/index.html;
    }
    location /gdir/ {
        toucan "t";
        alias $TEST_NGINX_HTML_DIR/dir/;
    }
END

our $http = <<'END';
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        add_header X-Accel-Redirect $arg_to;
        location / { return 200; }
    }
END

our $files = ">>> dir/index.html\nthe index\n";

run_tests();

__DATA__

=== TEST 1: error_page
--- config eval
$::config
--- http eval
$::http
--- user_files eval
$::files
--- shots eval
[
    ['a control', 'GET /page/x', user('ann'), '200 PASSED',
     qr{\r\n\r\nGET /page/x HTTP}, once('ann')],
    ['a page of our own keeps the status', 'GET /page/x', '',
     '401 REJECTED no_token', qr{GET /errors/own HTTP},
     qr/^WWW-Authenticate: Bearer/m, qr/^Cache-Control: no-store/m,
     qr/^Vary: Origin/m, [qr/^X-Toucan/m, qr/"code"/]],
    ['it is given no forged identity', 'GET /page/x',
     "X-Toucan-Role: maker\n" . tampered(user('ann')),
     '401 REJECTED bad_signature', qr{GET /errors/own HTTP},
     [qr/^X-Toucan/m]],
    ['and no identity of who was refused', 'GET /page/x',
     bearer(claims => {'user.role' => 'guest'}), '403 REJECTED role_denied',
     qr{GET /errors/own HTTP}, [qr/^X-Toucan/m]],
    ['a named location', 'GET /named/x', '', '200 REJECTED no_token',
     qr{GET /named/x HTTP}, qr/^Cache-Control: no-store/m,
     [qr/^X-Toucan/m, qr/^WWW-Authenticate/m]],
    ['another status', 'GET /ok/x', '', '200 REJECTED no_token',
     qr{GET /errors/ok HTTP}, [qr/^X-Toucan/m]],
    ['elsewhere', 'GET /external/x', '', '302 REJECTED no_token',
     qr{^Location: https://login.example.com/\?r=no_token\r}m],
    ['a gated page of errors', 'GET /gated-error/x', '',
     '401 REJECTED no_token', [qr{GET /page}]],
    ['one in a dry run', 'GET /dry-error/x', '',
     '200 REJECTED_DRY_RUN no_token',
     qr{GET /dry/ HTTP}, [qr/^X-Toucan/m]],
    ['an error of an open location leads to a gate', 'GET /to-gated', '',
     '401 REJECTED no_token', [qr{GET /to-gated HTTP}]],
    ['with a token', 'GET /to-gated', user('ann', 'user.role' => 'maker'),
     '200 PASSED', qr{GET /to-gated HTTP}, once('ann')],
    ['with another role', 'GET /to-gated', user('ann'),
     '403 REJECTED role_denied'],
]


=== TEST 2: X-Accel-Redirect
--- config eval
$::config
--- http eval
$::http
--- user_files eval
$::files
--- shots eval
[
    ['no token, no redirect', 'GET /accel/?to=/open', '',
     '401 REJECTED no_token'],
    ['into an open location', 'GET /accel/?to=/open/x', user('ann'),
     '200 PASSED', qr{GET /open/x HTTP}, once('ann')],
    ['into a gated one', 'GET /accel/?to=/page/x', user('ann'),
     '200 PASSED', qr{GET /page/x HTTP}, once('ann')],
    ['into one with a stricter policy', 'GET /accel/?to=/makers',
     user('ann'), '403 REJECTED role_denied', [qr{GET /makers}]],
    ['which lets makers in', 'GET /accel/?to=/makers',
     user('ann', 'user.role' => 'maker'), '200 PASSED',
     qr{GET /makers HTTP}, once('ann')],
    ['into one with other keys', 'GET /accel/?to=/ed', user('ann'),
     '200 REJECTED key_not_found', qr{GET /open/turned HTTP},
     [qr/^X-Toucan/m]],
    ['into a dry run with other keys', 'GET /accel/?to=/dry-ed', user('ann'),
     '200 REJECTED_DRY_RUN key_not_found', qr{GET /dry-ed HTTP},
     [qr/^X-Toucan/m]],
    ['into one that the address opens', 'GET /accel/?to=/any-ed',
     user('ann'), '200 BYPASSED key_not_found', qr{GET /any-ed HTTP},
     [qr/^X-Toucan/m]],
    ['from an open location', 'GET /accel-open/?to=/page/x', '',
     '401 REJECTED no_token', [qr{GET /page}]],
    ['from an open location with a token', 'GET /accel-open/?to=/page/x',
     user('ann'), '200 PASSED', qr{GET /page/x HTTP}, once('ann')],
    ['into a named one', 'GET /accel/?to=@gated', user('ann'),
     '403 REJECTED role_denied'],
    ['to an object', 'GET /accel/?to=/d/sales', user('ann', resources =>
        [{type => 'dashboard', id => 'sales', actions => ['can_view']}]),
     '200 PASSED', qr{GET /d/sales HTTP}, once('ann')],
    ['to another', 'GET /accel/?to=/d/secret', user('ann', resources =>
        [{type => 'dashboard', id => 'sales', actions => ['can_view']}]),
     '403 REJECTED object_denied', [qr{GET /d/secret HTTP}]],
    ['to another, by an argument', 'GET /accel/?to=/q%3fid=secret',
     user('ann', resources =>
        [{type => 'dashboard', id => 'sales', actions => ['can_view']}]),
     '403 REJECTED object_denied', [qr{GET /q}]],
    ['into the same location, to another object',
     'GET /self?id=sales&to=/self%3fid=secret', user('ann', resources =>
        [{type => 'dashboard', id => 'sales', actions => ['can_view']}]),
     '403 REJECTED object_denied', qr/"PERMISSION_DENIED"/],
    ['the first location\'s argument does not count',
     'GET /accel/?id=sales&to=/q', user('ann', resources =>
        [{type => 'dashboard', id => 'sales', actions => ['can_view']}]),
     '403 REJECTED object_denied', [qr{GET /q}]],
]


=== TEST 3: try_files, index, rewrite, if, return
--- config eval
$::config
--- http eval
$::http
--- user_files eval
$::files
--- shots eval
[
    ['try_files: no token', 'GET /try', '', '401 REJECTED no_token'],
    ['try_files: another role', 'GET /try', user('ann'),
     '403 REJECTED role_denied', [qr{GET /makers}]],
    ['try_files: this role', 'GET /try',
     user('ann', 'user.role' => 'maker'), '200 PASSED',
     qr{GET /makers HTTP}, once('ann')],
    ['try_files in an open location', 'GET /try-open', '',
     '401 REJECTED no_token'],
    ['try_files in an open location, with a token', 'GET /try-open',
     user('ann', 'user.role' => 'maker'), '200 PASSED', once('ann')],
    ['try_files to a named one', 'GET /try-named', user('ann'),
     '403 REJECTED role_denied'],
    ['try_files to a named one, let in', 'GET /try-named',
     user('ann', 'user.role' => 'maker'), '200 PASSED',
     qr{GET /try-named HTTP}, once('ann')],
    ['try_files: a file', 'GET /try-file', '', '401 REJECTED no_token',
     [qr/It works/]],
    ['try_files: a file, let in', 'GET /try-file', user('ann'),
     '200 PASSED', qr/It works/],
    ['an index that is gated', 'GET /dir/', '', '401 REJECTED no_token',
     [qr/the index/]],
    ['an index that is gated, let in', 'GET /dir/', user('ann'),
     '200 PASSED', qr/the index/],
    ['a gated folder', 'GET /gdir/', '', '401 REJECTED no_token',
     [qr/the index/]],
    ['a gated folder, let in', 'GET /gdir/', user('ann'), '200 PASSED',
     qr/the index/],
    ['a gated folder without slash', 'GET /gdir', '', '404 BYPASSED'],
    ['rewritten into a gate', 'GET /rewrite-open', '',
     '401 REJECTED no_token'],
    ['rewritten into a gate, let in', 'GET /rewrite-open',
     user('ann', 'user.role' => 'maker'), '200 PASSED', once('ann')],
    ['rewritten out of one: the target decides', 'GET /rewrite-gated', '',
     '200 BYPASSED', qr{GET /open/rewritten HTTP}, [qr/^X-Toucan/m]],
    ['rewritten out of one, with a token', 'GET /rewrite-gated',
     user('ann'), '200 BYPASSED', qr/^Authorization: Bearer/m,
     [qr/^X-Toucan/m]],
    ['asked before it is rewritten to other keys', 'GET /rewrite-asked',
     user('ann'), '200 REJECTED key_not_found', qr{GET /open/turned HTTP},
     [qr/^X-Toucan/m]],
    ['asked before it is rewritten, with a token of the others',
     'GET /rewrite-asked', $ed, '200 PASSED', qr{GET /ed HTTP}, once('eda')],
    ['an if', 'GET /if?open=1', '', '401 REJECTED no_token'],
    ['an if, let in', 'GET /if?open=1', user('ann'), '200 PASSED',
     once('ann')],
    ['no if', 'GET /if', '', '401 REJECTED no_token'],
    ['an if that asks for a claim', 'GET /if-role',
     user('ann', 'user.role' => 'maker'), '200 BYPASSED',
     qr{GET /open/makers HTTP}],
    ['a claim that is not verified', 'GET /if-role',
     tampered(user('ann', 'user.role' => 'maker')),
     '401 REJECTED bad_signature'],
    ['another claim', 'GET /if-role', user('ann'), '200 PASSED',
     qr{GET /if-role HTTP}, once('ann')],
    ['return comes before the gate', 'GET /return', '', '200',
     qr/answered \[\]/, qr/^Vary: Origin/m,
     qr/^Content-Security-Policy: frame-ancestors 'none'/m],
    ['and knows who asks', 'GET /return', user('ann'), '200',
     qr/answered \[ann\]/],
    ['and nobody who is not verified', 'GET /return',
     tampered(user('ann')), '200', qr/answered \[\]/],
]


=== TEST 4: out of the gate, the answer is the open location's
--- config
    location /asked {
        toucan "t";
        set $who $toucan_distinct_id;
        rewrite ^ /open last;
    }
    location /unasked {
        toucan "t";
        rewrite ^ /open last;
    }
    location /open {
        add_header Access-Control-Allow-Origin "*";
        add_header X-Why "$toucan_status $toucan_reason" always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[
    ['not asked', 'GET /unasked', user('ann'), '200 BYPASSED',
     [qr/^Content-Security-Policy/m, qr/^Vary/m, qr/^X-Toucan/m]],
    ['asked', 'GET /asked', user('ann'), '200 BYPASSED',
     [qr/^Content-Security-Policy/m, qr/^Vary/m, qr/^X-Toucan/m]],
]


=== TEST 5: requests of unusual form
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /ws {
        toucan "t";
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location = /open {
        return 200 "open\n";
    }
--- shots eval
do {
    my $none = '401 REJECTED no_token';
    my $host = "Host: localhost\r\nConnection: close\r\n";
    my $auth = user('ann') . "\r\n";
    [
        ['a control', "GET /t HTTP/1.1\r\n$host$auth\r\n", '', '200 PASSED'],
        ['HEAD', 'HEAD /t', '', $none],
        ['HEAD, let in', 'HEAD /t', user('ann'), '200 PASSED'],
        ['TRACE', 'TRACE /t', user('ann'), '405 BYPASSED'],
        ['CONNECT', 'CONNECT /t', user('ann'), '405 BYPASSED'],
        ['OPTIONS that is no preflight', 'OPTIONS /t', '', $none],
        ['OPTIONS of all', 'OPTIONS *', '', '400 BYPASSED'],
        ['a method that nobody knows', 'FROBNICATE /t', '', $none],
        ['a method in lower case', 'get /t', '', '400 BYPASSED'],
        ['HTTP/1.0', "GET /t HTTP/1.0\r\n\r\n", '', $none],
        ['HTTP/1.0, let in', "GET /t HTTP/1.0\r\n$auth\r\n", '',
         '200 PASSED'],
        ['HTTP/0.9', "GET /t\r\n", '', 'nothing', qr/TOKEN_MISSING/],
        ['an absolute URI', "GET http://localhost/t HTTP/1.1\r\n$host\r\n",
         '', $none],
        ['an absolute URI of another host',
         "GET http://other/t HTTP/1.1\r\n$host\r\n", '', $none],
        ['an absolute URI with a user',
         "GET http://a\@localhost/t HTTP/1.1\r\n$host\r\n", '',
         '400 BYPASSED'],
        ['another case of the scheme',
         "GET HTTP://localhost/t HTTP/1.1\r\n$host\r\n", '', $none],
        ['a host of an IP address', "GET /t HTTP/1.1\r\nHost: [::1]:80\r\n"
         . "Connection: close\r\n\r\n", '', $none],
        ['no host', "GET /t HTTP/1.1\r\nConnection: close\r\n\r\n", '',
         '400 BYPASSED'],
        ['two hosts', "GET /t HTTP/1.1\r\nHost: a\r\n$host\r\n", '',
         '400 BYPASSED'],
        ['X-Forwarded-Host', 'GET /t', "X-Forwarded-Host: x\nForwarded: for=x"
         . "\nX-Forwarded-For: 127.0.0.1\nX-Real-IP: 127.0.0.1", $none],
        ['an empty Authorization', 'GET /t', 'Authorization:', $none],
        ['an empty one and a good one', 'GET /t',
         "Authorization:\n" . user('ann'), '400 BYPASSED'],
        ['Upgrade', 'GET /ws', "Upgrade: websocket\nConnection: Upgrade",
         $none],
        ['Upgrade to HTTP/2', 'GET /t', "Upgrade: h2c\n"
         . "Connection: Upgrade, HTTP2-Settings\nHTTP2-Settings: AAMAAABk",
         $none],
        ['a name that Connection lists', 'GET /t', user('ann')
         . "\nConnection: close, X-Toucan-Distinct-Id", '200 PASSED',
         qr/^X-Toucan-Distinct-Id: ann/m],
        ['Expect', 'POST /t', "Expect: 100-continue\nContent-Length: 2",
         $none],
        ['a range', 'GET /t', 'Range: bytes=0-3', $none],
        ['a method that overrides', 'POST /t',
         "X-HTTP-Method-Override: OPTIONS\nContent-Length: 0", $none],
        ['a body in chunks', "POST /t HTTP/1.1\r\n${host}Transfer-Encoding: "
         . "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", '', $none],
        ['a body in chunks with a trailer', "POST /t HTTP/1.1\r\n$host$auth"
         . "Transfer-Encoding: chunked\r\nTrailer: X-Toucan-Role\r\n\r\n"
         . "5\r\nhello\r\n0\r\nX-Toucan-Role: maker\r\n\r\n", '',
         '200 PASSED', qr/^X-Toucan-Role: explorer/m,
         [qr/^X-Toucan-Role: maker/m]],
        ['two lengths', "POST /t HTTP/1.1\r\n$host${auth}Content-Length: 0"
         . "\r\nContent-Length: 5\r\n\r\n", '', '400 BYPASSED'],
        ['a length and chunks', "POST /t HTTP/1.1\r\n$host$auth"
         . "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
         . "0\r\n\r\n", '', '400 BYPASSED'],
        ['a folded header', "GET /t HTTP/1.1\r\n${host}Authorization: Bearer"
         . "\r\n " . substr($auth, 22) . "\r\n", '', '400 BYPASSED'],
        ['a space before the colon', "GET /t HTTP/1.1\r\n${host}"
         . "X-Toucan-Role : maker\r\n$auth\r\n", '', '400 BYPASSED'],
    ]
}
--- after eval
sub {
    # several on one connection: what one brought is not the next one's

    my $get = sub { "GET $_[0] HTTP/1.1\r\nHost: localhost\r\n$_[1]\r\n" };

    my $text = converse(join '',
        $get->('/t', user('ann') . "\r\n"),
        $get->('/t', ''),
        $get->('/open', user('bob') . "\r\n"),
        $get->('/t', user('cay') . "\r\n"),
        $get->('/t', "X-Toucan-Distinct-Id: ann\r\n"),
        $get->('/t', tampered(user('dan')) . "\r\n"),
        $get->('/t', user('eve') . "\r\nConnection: close\r\n"));

    my @status = $text =~ m{^HTTP/1\.1 (\d+)}mg;
    my @who = $text =~ /^X-Toucan-Distinct-Id: (\w+)/mg;

    Test::More::is("@status", '200 401 200 200 401 401 200',
                   'a connection: each is decided for itself');
    Test::More::is("@who", 'ann cay eve',
                   'a connection: each has its own identity');

    # a request in the body of one that is refused

    $text = converse("POST /t HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nContent-Length: 60\r\n\r\n"
        . $get->('/open', 'X: ' . 'x' x 60));

    @status = $text =~ m{^HTTP/1\.1 (\d+)}mg;
    Test::More::is("@status", '401', 'the body of a refused one is no request');
}


=== TEST 6: HTTP/2
--- http2
--- config
    location /t {
        toucan "t";
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
--- shots eval
[]
--- after eval
sub {
    my $port = Test::Nginx::Util::server_port_for_client();
    my $curl = sub {
        open my $in, '-|', 'curl', '-sS', '-m', 5, '-i',
             '--http2-prior-knowledge', @_, "http://127.0.0.1:$port/t"
            or die "curl: $!\n";
        local $/;
        return scalar(<$in>) // '';
    };
    my $text = $curl->();

    Test::More::like($text, qr{^HTTP/2 401}, 'HTTP/2: no token');
    Test::More::like($text, qr/x-why: REJECTED no_token/, 'HTTP/2: why');

    $text = $curl->('-H', user('ann'), '-H', 'X-Toucan-Role: maker',
                    '-H', 'x-toucan-distinct-id: bob');

    Test::More::like($text, qr{^HTTP/2 200}, 'HTTP/2: let in');
    Test::More::like($text, $_, "HTTP/2: $_")
        for grep { !ref || ref ne 'ARRAY' } once('ann');
    Test::More::unlike($text, qr/maker|bob/, 'HTTP/2: nothing forged');

    $text = $curl->('-H', user('ann'), '-H', user('bob'));

    Test::More::like($text, qr{^HTTP/2 400},
                     'HTTP/2: two tokens');

    $text = $curl->('-X', 'OPTIONS', '-H', 'Origin: https://evil.example',
                    '-H', 'Access-Control-Request-Method: GET');

    Test::More::like($text, qr{^HTTP/2 403}, 'HTTP/2: a preflight');
}
