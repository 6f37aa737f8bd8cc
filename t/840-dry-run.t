# A dry run: everything is decided, counted and logged, nothing is refused,
# and nobody is told an identity that did not verify.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

our $dry = '200 REJECTED_DRY_RUN';

our $config = <<'END';
    location /t {
        toucan "t";
        toucan_dry_run on;
        toucan_token bearer cookie=tc;
        toucan_embed component frame;
        toucan_origin https://app.example.com;
        toucan_roles maker;
        toucan_attribute customerId type=integer required;
        toucan_permission dashboard can_view $arg_id;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /cors {
        toucan "t";
        toucan_dry_run on;
        toucan_embed component server;
        toucan_origin https://app.example.com;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /wet {
        toucan "t";
        toucan_embed component server;
        toucan_origin https://app.example.com;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /page {
        toucan "t";
        toucan_dry_run on;
        toucan_embed frame server;
        toucan_origin https://app.example.com;
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
    location /warned {
        toucan "t";
        toucan_dry_run on;
        toucan_log_level warn;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
    location /limited {
        toucan "t";
        toucan_dry_run on;
        deny all;
        proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;
    }
END

our $http = <<'END';
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        add_header Access-Control-Allow-Origin "*";
        add_header Access-Control-Expose-Headers "x-backend";
        add_header X-Frame-Options SAMEORIGIN;
        add_header Cache-Control "max-age=5";
        location / { return 200 "backend\n"; }
    }
END

our $origin = 'Origin: https://app.example.com';

sub maker { return user(shift, 'user.role' => 'maker', @_) . "\n$::origin" }

run_tests();

__DATA__

=== TEST 1: every reason is told, and nothing is refused
--- config eval
$::config
--- http eval
$::http
--- shots eval
do {
    my $forged = "X-Toucan-Distinct-Id: forged\nX-Toucan-Role: forged\n";
    my @nobody = ([qr/^X-Toucan/m, qr/forged/]);
    my $verified = qr/^X-Toucan-Distinct-Id: ann\r/m;
    [
        ['a good one', 'GET /t?id=1', $forged . maker('ann'), '200 PASSED',
         $verified, [qr/^Authorization/m, qr/forged/]],
        ['no token', 'GET /t?id=1', $forged . $origin, "$dry no_token",
         @nobody],
        ['a broken signature', 'GET /t?id=1',
         $forged . tampered(user('ann')) . "\n$origin",
         "$dry bad_signature", @nobody],
        ['an expired one', 'GET /t?id=1', $forged . "$origin\n"
         . bearer(age => 900, ttl => 600), "$dry expired", @nobody],
        ['another key', 'GET /t?id=1', "$origin\n" . bearer(key => 'rsa1'),
         "$dry key_not_found", @nobody],
        ['a wrong form', 'GET /t?id=1', "$origin\n" . bearer('a.b'),
         "$dry bad_format", @nobody],
        ['no algorithm', 'GET /t?id=1', "$origin\n"
         . bearer(raw_token('{"alg":"none","kid":"ec256"}',
                            to_json(claims()), undef)),
         "$dry alg_not_allowed", @nobody],
        ['two tokens', 'GET /t?id=1', "$origin\nCookie: x=1\n"
         . 'X: ' . "\nAuthorization: Bearer x\nCookie: tc=y; tc=z",
         "$dry bad_format", @nobody],
        ['another place', 'GET /t?id=1', $forged
         . user('ann', 'user.role' => 'maker')
         . "\nOrigin: https://evil.example", "$dry origin_denied",
         $verified, [qr/forged/, qr/^Access-Control/m]],
        ['two origins', 'GET /t?id=1', maker('ann')
         . "\nOrigin: https://evil.example", "$dry origin_malformed",
         $verified],
        ['another kind', 'GET /t?id=1', user('ann', 'user.role' => 'maker'),
         "$dry kind_not_allowed", $verified],
        ['another role', 'GET /t?id=1', user('ann') . "\n$origin",
         "$dry role_denied", $verified, qr/^X-Toucan-Role: explorer\r/m],
        ['no attribute', 'GET /t?id=1', maker('ann', 'user.attributes' => {}),
         "$dry attribute_missing", $verified, [qr/X-Toucan-Attr/]],
        ['another type', 'GET /t?id=1',
         maker('ann', 'user.attributes.customerId' => 'x'),
         "$dry attribute_type", $verified, [qr/X-Toucan-Attr/]],
        ['no permission', 'GET /t?id=1', maker('ann', permissions => {}),
         "$dry permission_denied", $verified],
        ['another object', 'GET /t?id=2', maker('ann', resources => [
            {type => 'dashboard', id => '1', actions => ['can_view']}]),
         "$dry object_denied", $verified],
        ['others still refuse', 'GET /limited', '',
         '403 REJECTED_DRY_RUN no_token', [qr/"code"/]],
        ['at another level', 'GET /warned', '', "$dry no_token"],
    ]
}
--- after eval
sub {
    my %told;
    $told{$_}++ for map { /\[info\].* toucan: would refuse: (\w+) / ? $1 : ()
                        } error_lines();
    Test::More::is_deeply(\%told, {
        map({ $_ => 1 } qw(bad_signature expired key_not_found
        alg_not_allowed origin_denied origin_malformed kind_not_allowed
        role_denied attribute_missing attribute_type permission_denied
        object_denied)), no_token => 2, bad_format => 2,
    }, 'each is in the log');
    Test::More::is(scalar error_lines(qr/toucan: refused/), 0,
                   'as what would be');
    Test::More::is(scalar(my @w = error_lines(
                   qr/\[warn\].*toucan: would refuse: no_token/)), 1,
                   'at the level that is asked for');
}


=== TEST 2: what answers carry
--- config eval
$::config
--- http eval
$::http
--- shots eval
[
    ['a control: no dry run', 'GET /wet', user('ann') . "\n$origin",
     '200 PASSED', qr{^Access-Control-Allow-Origin: https://app}m,
     [qr/^Access-Control-Allow-Origin: \*/m, qr/^X-Frame-Options/m,
      qr/-Report-Only/, qr/x-backend/]],
    ['the backend\'s own stay', 'GET /cors', user('ann') . "\n$origin",
     '200 PASSED', qr/^Access-Control-Allow-Origin: \*\r/m,
     qr/^Access-Control-Expose-Headers: x-backend\r/m,
     qr/^X-Frame-Options: SAMEORIGIN\r/m, qr/^Cache-Control: max-age=5\r/m,
     qr/^Content-Security-Policy-Report-Only: frame-ancestors /m,
     [qr/^Content-Security-Policy:/m, qr{Allow-Origin: https:}]],
    ['of what would be refused, too', 'GET /cors', $origin,
     "$dry no_token", qr/^Access-Control-Allow-Origin: \*\r/m,
     [qr/no-store/, qr/^WWW-Authenticate/m, qr/"code"/,
      qr{Allow-Origin: https:}]],
    ['of another place', 'GET /cors', 'Origin: https://evil.example',
     "$dry no_token", qr/^Access-Control-Allow-Origin: \*\r/m],
    ['a frame', 'GET /page', "Sec-Fetch-Dest: iframe\n"
     . "Sec-Fetch-Mode: navigate\nSec-Fetch-Site: cross-site",
     "$dry no_token", qr/^X-Frame-Options: SAMEORIGIN\r/m,
     qr{^Content-Security-Policy-Report-Only: frame-ancestors https://app}m],
    ['a preflight that is listed', 'OPTIONS /cors',
     "$origin\nAccess-Control-Request-Method: GET", '204 PASSED',
     qr{^Access-Control-Allow-Origin: https://app}m],
    ['a preflight that is not goes to the backend', 'OPTIONS /cors',
     "Origin: https://evil.example\nAccess-Control-Request-Method: GET",
     "$dry origin_denied", qr/^Access-Control-Allow-Origin: \*\r/m,
     qr/backend/],
]
