# Kinds of requests: what browsers and programs send.

use lib 't/lib';
use Toucan::Test;
use Toucan::Places;

run_tests();

__DATA__

=== TEST 1: Chrome, and whatever else sends fetch metadata
--- gate
toucan_origin https://app.example.com https://app.partner.test;
toucan_own_origin https://embed.example.com;
toucan_embed component frame page;
--- talk
- a component's preflight
OPTIONS /t
@token none
Access-Control-Request-Method: GET
Access-Control-Request-Headers: authorization
Origin: https://app.partner.test
Sec-Fetch-Mode: cors
Sec-Fetch-Site: cross-site
Sec-Fetch-Dest: empty
Referer: https://app.partner.test/
= 204 preflight

- a component's fetch
Origin: https://app.partner.test
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Referer: https://app.partner.test/
= 200 component
= Access-Control-Allow-Origin: https://app.partner.test

- a component on a sister domain
POST /t
@body {}
Origin: https://app.example.com
Sec-Fetch-Site: same-site
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Referer: https://app.example.com/
= 200 component

- a component's WebSocket
Origin: https://app.partner.test
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: websocket
Sec-Fetch-Dest: websocket
= 200 component

- a component's EventSource
Accept: text/event-stream
Origin: https://app.partner.test
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
= 200 component

- a module script with crossorigin
Origin: https://app.partner.test
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: script
= 200 component

- a beacon of a component
POST /t
Origin: https://app.partner.test
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: empty
= 200 component

- a form that is sent into an iframe
POST /t
Origin: https://app.partner.test
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 200 component

- an iframe
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
Referer: https://app.partner.test/
= 200 frame
= !Access-Control-Allow-Origin
= Content-Security-Policy: frame-ancestors https://app.partner.test

- an iframe with referrerpolicy=no-referrer
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com https://app.partner.test

- an iframe whose Referer is a whole address
Sec-Fetch-Site: same-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
Referer: https://app.example.com/a/b?c=https://evil.test/#d
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.example.com

- an object
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: object
Referer: https://app.partner.test/
= 200 frame

- an embed
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: embed
Referer: https://app.partner.test/
= 200 frame

- a fenced frame
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: fencedframe
= 200 frame

- a frameset's frame
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: frame
Referer: https://app.partner.test/
= 200 frame

- a frame that was redirected on its way from our own page
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
Referer: https://embed.example.com/login
= 200 frame

- a frame that its menu reloads
Sec-Fetch-Site: none
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 200 frame

- HEAD is as GET
HEAD /t
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
Referer: https://app.partner.test/
= 200 frame

- a link inside of our framed page
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
Referer: https://embed.example.com/dashboards/a
= 200 own

- a script of our framed page
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: script
Referer: https://embed.example.com/dashboards/a
= 200 own

- our page's GET by fetch: without Origin
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Referer: https://embed.example.com/dashboards/a
= 200 own

- our page's POST by fetch: with it, and it is ours, not the embedder's
POST /t
Origin: https://embed.example.com
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
= 200 own
= !Access-Control-Allow-Origin

- our page's form, its referrer policy is no-referrer
POST /t
Origin: null
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: iframe
= 200 own

- our page's WebSocket
Origin: https://embed.example.com
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: websocket
Sec-Fetch-Dest: websocket
= 200 own

- an address that was typed
Sec-Fetch-Site: none
Sec-Fetch-Mode: navigate
Sec-Fetch-User: ?1
Sec-Fetch-Dest: document
= 200 page

- a link elsewhere
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
Referer: https://evil.test/
= 200 page

- a page that is prerendered
Sec-Purpose: prefetch;prerender
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
= 200 page

- our own link at the top
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
Referer: https://embed.example.com/
= 200 own

- link rel=prefetch elsewhere
Sec-Purpose: prefetch
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: empty
Referer: https://app.partner.test/
= 403 other kind_not_allowed

- an image elsewhere
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: image
Referer: https://app.partner.test/
= 403 other kind_not_allowed

- a script on a sister domain
Sec-Fetch-Site: same-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: script
= 403 other kind_not_allowed

- a stylesheet elsewhere
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: style
Referer: https://app.partner.test/
= 403 other kind_not_allowed

- a fetch with mode no-cors elsewhere
Sec-Fetch-Site: cross-site
Sec-Fetch-Mode: no-cors
Sec-Fetch-Dest: empty
Referer: https://app.partner.test/
= 403 other kind_not_allowed


=== TEST 2: Firefox, Safari before 16.4 and after, web views
--- gate
toucan_origin https://app.partner.test capacitor://localhost;
toucan_own_origin https://embed.example.com;
toucan_embed component frame page server;
--- talk
- Firefox, a component's fetch
Origin: https://app.partner.test
Referer: https://app.partner.test/
Sec-Fetch-Dest: empty
Sec-Fetch-Mode: cors
Sec-Fetch-Site: cross-site
= 200 component

- Firefox, a component's preflight
OPTIONS /t
@token none
Access-Control-Request-Method: POST
Access-Control-Request-Headers: authorization,content-type
Referer: https://app.partner.test/
Origin: https://app.partner.test
Sec-Fetch-Dest: empty
Sec-Fetch-Mode: cors
Sec-Fetch-Site: cross-site
= 204 preflight

- Firefox, an iframe
Referer: https://app.partner.test/
Sec-Fetch-Dest: iframe
Sec-Fetch-Mode: navigate
Sec-Fetch-Site: cross-site
= 200 frame

- Firefox, a WebSocket
Origin: https://app.partner.test
Sec-Fetch-Dest: empty
Sec-Fetch-Mode: websocket
Sec-Fetch-Site: cross-site
= 200 component

- Firefox, a same-origin form with referrer off
POST /t
Origin: null
Sec-Fetch-Dest: document
Sec-Fetch-Mode: navigate
Sec-Fetch-Site: same-origin
= 200 own

- Firefox, an address that was typed
Sec-Fetch-Dest: document
Sec-Fetch-Mode: navigate
Sec-Fetch-Site: none
Sec-Fetch-User: ?1
= 200 page

- Safari 17, an iframe
Sec-Fetch-Dest: iframe
Sec-Fetch-Mode: navigate
Sec-Fetch-Site: cross-site
Referer: https://app.partner.test/
= 200 frame

- Safari 15, a component's fetch
Origin: https://app.partner.test
Referer: https://app.partner.test/
= 200 component

- Safari 15, a component's preflight
OPTIONS /t
@token none
Origin: https://app.partner.test
Access-Control-Request-Method: GET
Access-Control-Request-Headers: authorization
Referer: https://app.partner.test/
= 204 preflight

- Safari 15, an iframe
Referer: https://app.partner.test/
= 200 frame
= Content-Security-Policy: frame-ancestors https://app.partner.test

- Safari 15, an iframe elsewhere
Referer: https://evil.test/
= 403 frame origin_denied

- Safari 15, a link inside of our framed page
Referer: https://embed.example.com/dashboards/a
= 200 own

- Safari 15, our page's POST by fetch
POST /t
Origin: https://embed.example.com
Referer: https://embed.example.com/dashboards/a
= 200 own

- Safari 15, an iframe without Referer is like a program
= 200 server

- a form of another site, before there was Origin
POST /t
Referer: https://app.partner.test/
= 403 other kind_not_allowed

- DELETE with a Referer alone
DELETE /t
Referer: https://app.partner.test/
= 403 other kind_not_allowed

- HEAD with a Referer alone is as GET
HEAD /t
Referer: https://app.partner.test/
= 200 frame

- an app in a web view
Origin: capacitor://localhost
= 200 component
= Access-Control-Allow-Origin: capacitor://localhost

- an extension that is not listed
Origin: chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb
Sec-Fetch-Site: none
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
= 403 component origin_denied

- curl
User-Agent: curl/7.88.1
= 200 server
= !Access-Control-Allow-Origin

- an API client's POST
POST /t
@body {}
= 200 server

- a server-side fetch sends its mode, and that alone
Sec-Fetch-Mode: cors
= 200 server

- a Referer without a value says nothing
Referer:
= 200 server
