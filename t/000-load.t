# The module loads, and the suites' own ground holds.

use lib 't/lib';
use Toucan::Test;

run_tests();

__DATA__

=== TEST 1: nginx with the module answers
--- config
    location /t {
        return 200 "here\n";
    }
--- request
GET /t
--- response_body
here


=== TEST 2: only loopback is listened on
--- http_config
    server {
        listen $TEST_NGINX_RAND_PORT_1;
        return 200 "$server_addr\n";
    }
--- config
    location /t {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    }
--- request
GET /t
--- response_body
127.0.0.1


=== TEST 3: a token of each kind is made, and another implementation agrees
--- config
    location /t {
        return 200 "$http_x_seen\n";
    }
--- request
GET /t
--- more_headers eval
"X-Seen: " . join " ", map {
    Crypt::JWT::decode_jwt(
        token => token(key => $_),
        key => Toucan::Test::private($_),
    )->{user}{role}
} qw(rsa1 ec256 ec384 ec521 ec256k ed25519 oct256 oct384 oct512)
--- response_body eval
join(" ", ("explorer") x 9) . "\n"


=== TEST 4: HTTP/2 is spoken on the same listener
--- http2
--- config
    location /t {
        return 200 "$server_protocol\n";
    }
--- request
GET /t
--- response_body
HTTP/2.0


=== TEST 5: files of keys are where a configuration can name them
--- config
    location /t {
        alias $TEST_NGINX_KEYS_DIR/ec256.jwks;
    }
--- request
GET /t
--- response_body eval
jwks_public("ec256")
