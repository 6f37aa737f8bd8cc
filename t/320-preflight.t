# CORS: preflights, and what is none.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

run_tests();

__DATA__

=== TEST 1: a preflight
--- talk
- is answered without a token and without the backend
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: POST
Access-Control-Request-Headers: authorization,content-type
= 204 preflight
= X-Place: preflight||PASSED
= Access-Control-Allow-Origin: https://app.example.com
= Access-Control-Allow-Methods: GET, HEAD, POST
= Access-Control-Allow-Headers: authorization, content-type
= Access-Control-Max-Age: 600
= !Access-Control-Expose-Headers
= !Access-Control-Allow-Private-Network
= !Content-Type
= !WWW-Authenticate
= body !~ .
= up -
- with a good token, too
OPTIONS /t
Origin: https://app.example.com
Access-Control-Request-Method: POST
= 204 preflight
- with a bad one, too: it is not looked at
OPTIONS /t
@token a.b.c
Origin: https://app.example.com
Access-Control-Request-Method: POST
= 204 preflight
- with a body
OPTIONS /t
@token none
@body {"a":1}
Origin: https://app.example.com
Access-Control-Request-Method: POST
= 204 preflight
- whatever method and headers it asks for, the answer says what there is
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: EVIL
Access-Control-Request-Headers: x-toucan-role, *
= 204 preflight
= Access-Control-Allow-Methods: GET, HEAD, POST
= Access-Control-Allow-Headers: authorization, content-type
- private networks are not opened
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
Access-Control-Request-Private-Network: true
= 204 preflight
= !Access-Control-Allow-Private-Network
- to any path below
OPTIONS /t/a/b?c=d
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 204 preflight


=== TEST 2: a preflight that is refused says nothing to the page
--- talk
- an origin that is not listed
OPTIONS /t
@token none
Origin: https://evil.test
Access-Control-Request-Method: GET
= 403 preflight origin_denied
= body ~ "ORIGIN_DENIED"
- a good token does not help
OPTIONS /t
Origin: https://evil.test
Access-Control-Request-Method: GET
= 403 preflight origin_denied
- null
OPTIONS /t
@token none
Origin: null
Access-Control-Request-Method: GET
= 403 preflight origin_denied
- no origin
OPTIONS /t
@token none
Origin: https://app.example.com/
Access-Control-Request-Method: GET
= 403 preflight origin_malformed
- a list
OPTIONS /t
@token none
Origin: https://app.example.com, https://evil.test
Access-Control-Request-Method: GET
= 403 preflight origin_malformed
- our own origin: no browser asks so
OPTIONS /t
@token none
Origin: https://embed.example.com
Access-Control-Request-Method: GET
= 403 preflight origin_denied
- fetch metadata that is repeated
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
Sec-Fetch-Mode: cors
Sec-Fetch-Mode: cors
= 403 preflight kind_not_allowed
- Referers that are repeated
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
Referer: https://app.example.com/
Referer: https://app.example.com/
= 403 preflight origin_malformed
--- each
= !Access-Control-Allow-Origin
= !Access-Control-Allow-Methods
= !Access-Control-Allow-Headers
= !Access-Control-Max-Age
= !Access-Control-Expose-Headers
= up -


=== TEST 3: what is no preflight needs a token
--- gate
toucan_origin https://app.example.com;
toucan_own_origin https://embed.example.com;
toucan_embed component server;
--- talk
- OPTIONS with Origin alone
OPTIONS /t
@token none
Origin: https://app.example.com
= 401 component no_token
- the same with a token goes to the backend
OPTIONS /t
Origin: https://app.example.com
= 200 component
= body ~ ^backend: OPTIONS /t
= up 200
- OPTIONS with Access-Control-Request-Method alone
OPTIONS /t
@token none
Access-Control-Request-Method: GET
= 401 server no_token
- the same with a token goes to the backend
OPTIONS /t
Access-Control-Request-Method: GET
= 200 server
= up 200
- bare OPTIONS
OPTIONS /t
@token none
= 401 server no_token
- GET with what a preflight has
GET /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 401 component no_token
- POST with it
POST /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 401 component no_token
- HEAD with it
HEAD /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 401 component no_token
- OPTIONS by a header that asks for it
POST /t
@token none
X-HTTP-Method-Override: OPTIONS
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 401 component no_token
- two Origins are no preflight
OPTIONS /t
@token none
Origin: https://app.example.com
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 401 other no_token
- a name with underscores is another name
OPTIONS /t
@token none
Origin: https://app.example.com
Access_Control_Request_Method: GET
= 401 component no_token
- a lower-case method is another method: nginx takes none
options /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: GET
= 400
= up -
--- free
vary frame cache


=== TEST 4: what is set
--- gate
toucan_origin https://app.example.com;
toucan_cors_methods GET PUT DELETE;
toucan_cors_headers authorization x-request-id;
toucan_cors_expose etag x-total;
toucan_cors_max_age 1h;
--- talk
- in a preflight
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: PUT
= 204 preflight
= Access-Control-Allow-Methods: GET, PUT, DELETE
= Access-Control-Allow-Headers: authorization, x-request-id
= Access-Control-Max-Age: 3600
= !Access-Control-Expose-Headers
- in a response
Origin: https://app.example.com
= 200 component
= Access-Control-Expose-Headers: etag, x-total
= !Access-Control-Allow-Methods
= !Access-Control-Allow-Headers
= !Access-Control-Max-Age
- in a refusal
@token none
Origin: https://app.example.com
= 401 component no_token
= Access-Control-Expose-Headers: etag, x-total


=== TEST 5: a max age of nothing
--- gate
toucan_origin https://app.example.com;
toucan_cors_max_age 0;
--- talk
- 0
OPTIONS /t
@token none
Origin: https://app.example.com
Access-Control-Request-Method: PUT
= 204 preflight
= Access-Control-Max-Age: 0
