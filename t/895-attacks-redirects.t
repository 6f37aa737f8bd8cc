# Attacks that once worked by way of a second policy: an identity, a token or
# a view that outlived the location it was made for.

use lib 't/lib';
use Toucan::Test;
use Toucan::Shots;

repeat_each(1);         # what comes twice is not the same

our $up = 'proxy_pass http://127.0.0.1:$TEST_NGINX_HTTP_PORT;';
our $dead = 'proxy_pass http://127.0.0.1:1;';
our $keys = 'toucan_key_file $TEST_NGINX_KEYS_DIR/ed25519.jwks;'
            . ' toucan_token header=X-B;';

# ann by the first policy, bob by the other

sub both {
    my $bob = bearer(key => 'ed25519', claims => {'user.distinctId' => 'bob'});

    $bob =~ s/^Authorization: Bearer /X-B: /;

    return user('ann') . "\n$bob";
}

our $from = "\nOrigin: https://app.example.com";

run_tests();

__DATA__

=== TEST 1: a part that has been through another gate is held again
--- http
    map $uri $port {
        volatile;
        ~^/m/p   $TEST_NGINX_RAND_PORT_1;
        default  $TEST_NGINX_HTTP_PORT;
    }
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        default_type text/plain;
        root $TEST_NGINX_HTML_DIR;
    }
--- config eval
<<"END"
    ssi_types *;
    recursive_error_pages on;
    location /m/ {
        toucan "A";
        ssi on;
        proxy_hide_header X-Why;
        proxy_pass http://127.0.0.1:\$port;
    }
    location /e502 { toucan "B"; $::keys error_page 502 = /m/up; $::dead }
    location /e401 { toucan "B"; $::keys error_page 401 = /m/up; $::up }
    location /erole {
        toucan "B";
        toucan_roles maker;
        error_page 403 = /m/up;
        $::up
    }
    location /dry {
        toucan "B";
        $::keys
        toucan_dry_run on;
        error_page 502 = /m/up;
        $::dead
    }
    location /nested {
        toucan "B";
        $::keys
        ssi on;
        alias \$TEST_NGINX_HTML_DIR/nested.html;
    }
    location /open { ssi on; try_files /open.html =404; }
    location /gated { toucan "A"; ssi on; try_files /gated.html =404; }
    location /within { toucan "Z"; $::up }
END
--- user_files
>>> m/p1
[<!--# include virtual="/e502" -->]
>>> m/p2
[<!--# include virtual="/e401" -->]
>>> m/p3
[<!--# include virtual="/nested" -->]
>>> m/p4
[<!--# include virtual="/dry" -->]
>>> m/p5
[<!--# include virtual="/erole" -->]
>>> nested.html
[<!--# include virtual="/m/up" -->]
>>> open.html
[<!--# include virtual="/gated" -->]
>>> gated.html
[<!--# include virtual="/within" -->]
--- shots eval
[
    ['by an error of its upstream', 'GET /m/p1', both(), '200 PASSED',
     qr/Distinct-Id: ann/, [qr/Distinct-Id: bob/]],
    ['by its refusal', 'GET /m/p2', user('ann'), '200 PASSED',
     qr/Distinct-Id: ann/, [qr/^Authorization/m]],
    ['by its refusal of a good token', 'GET /m/p5', user('ann'), '200 PASSED',
     qr/Distinct-Id: ann/, [qr/^Authorization/m]],
    ['from a part of a part', 'GET /m/p3', both(), '200 PASSED',
     qr/Distinct-Id: ann/, [qr/Distinct-Id: bob/]],
    ['by a dry run', 'GET /m/p4', user('ann'), '200 PASSED',
     qr/Distinct-Id: ann/, [qr/^Authorization/m]],
    ['and finds its token again', 'GET /open', user('ann'), '200 BYPASSED',
     qr/Distinct-Id: ann/],
]


=== TEST 2: what a variable remembers of another policy
--- config eval
<<"END"
    proxy_set_header X-User \$http_x_toucan_distinct_id;
    location /main { toucan "B"; $::keys auth_request /auth; $::up }
    location /auth { toucan "A"; $::up }
    location /first { toucan "A"; error_page 502 = /second; $::dead }
    location /second { toucan "B"; $::keys toucan_dry_run on; $::up }
    location /third { toucan "A"; error_page 502 = /fourth; $::dead }
    location /fourth { satisfy any; allow all; toucan "B"; $::keys $::up }
    location /refused {
        toucan "A";
        toucan_roles maker;
        satisfy any;
        allow all;
        if (\$http_authorization = "x") { return 400; }
        proxy_set_header Authorization \$http_authorization;
        $::up
    }
    location /uri {
        toucan "A";
        toucan_token arg=token;
        toucan_roles maker;
        satisfy any;
        allow all;
        if (\$request_uri = "x") { return 400; }
        proxy_pass http://127.0.0.1:\$TEST_NGINX_HTTP_PORT\$request_uri;
    }
    location /was { error_page 502 = /is?y=1; $::dead }
    location /is {
        toucan "A";
        toucan_token bearer arg=token;
        proxy_set_header X-Original-URI \$request_uri;
        $::up
    }
END
--- shots eval
[
    ['auth_request by another policy', 'GET /main', both(), '200 PASSED',
     qr/X-User: bob/, [qr/ann/]],
    ['then a dry run', 'GET /first', user('ann'),
     '200 REJECTED_DRY_RUN no_token', [qr/ann/]],
    ['then satisfy any', 'GET /third', user('ann'), '200 BYPASSED no_token',
     [qr/ann/]],
    ['a token that was read before it was refused', 'GET /refused',
     user('ann'), '200 BYPASSED role_denied', [$jwt_like]],
    ['the same, in $request_uri', 'GET /uri?token=' . token(), '',
     '200 BYPASSED role_denied', [$jwt_like]],
    ['one that only $request_uri still has', 'GET /was?token=' . token(),
     user('ann'), '200 PASSED', qr/X-Original-URI: /, [$jwt_like]],
]


=== TEST 3: the origin that was told stays what it was
--- http
    limit_req_zone $server_name zone=z:1m rate=1r/m;
--- config eval
<<"END"
    toucan_embed component;
    toucan_origin https://app.example.com;
    recursive_error_pages on;
    location /first { toucan "A"; error_page 502 = /second; $::dead }
    location /second {
        toucan "B";
        limit_req zone=z;
        error_page 503 =200 /open;
        $::up
    }
    location /open { $::up }
END
--- shots eval
[
    ['the limit is used up', 'GET /second', user('ann') . $from, '200 PASSED',
     qr{X-Toucan-Origin: https://app\.example\.com\r}],
    ['and the next is turned away', 'GET /first', user('ann') . $from,
     '200 PASSED', qr{X-Toucan-Origin: https://app\.example\.com\r},
     [qr/\0/]],
]


=== TEST 4: a POST is no GET behind auth_request
--- config eval
<<"END"
    toucan_token cookie=t;
    toucan_origin https://app.example.com;
    toucan_embed frame;
    location /direct { toucan "A"; $::up }
    location /via { auth_request /auth; $::up }
    location /auth {
        toucan "A";
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        $::up
    }
END
--- shots eval
do {
    my $frame = 'Cookie: t=' . token()
                . "\nReferer: https://app.example.com/x\nContent-Length: 0";
    [
        ['a frame', 'GET /direct', $frame, '200 PASSED'],
        ['a frame, behind it', 'GET /via', $frame, '200 BYPASSED'],
        ['a form', 'POST /direct', $frame, '403 REJECTED kind_not_allowed'],
        ['a form, behind it', 'POST /via', $frame, '403 BYPASSED'],
    ]
}
