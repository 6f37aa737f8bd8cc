
/*
 * Kinds: the requests that browsers and programs send.
 */


#include "kind.h"


/* as recorded from browsers, less the headers that do not matter */

static const kind_row_t  browser_rows[] = {

    { "Chrome, a component's preflight",
      "OPTIONS\nAccess-Control-Request-Method: GET\n"
      "Access-Control-Request-Headers: authorization\nOrigin: " APP "\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Dest: empty\nReferer: " APP "/",
      PREFLIGHT, TOUCAN_OK, APP, 0 },

    { "Chrome, a component's fetch",
      "GET\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Dest: empty\nReferer: " APP "/",
      COMPONENT, TOUCAN_OK, APP, 0 },

    { "Chrome, a component on a sister domain",
      "POST\nOrigin: https://app.example.com\nSec-Fetch-Site: same-site\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Dest: empty\n"
      "Referer: https://app.example.com/",
      COMPONENT, TOUCAN_OK, "https://app.example.com", 0 },

    { "Chrome, a component's WebSocket",
      "GET\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: websocket\nSec-Fetch-Dest: websocket",
      COMPONENT, TOUCAN_OK, APP, 0 },

    { "Chrome, a component's WebSocket, dest empty",
      "GET\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: websocket\nSec-Fetch-Dest: empty",
      COMPONENT, TOUCAN_OK, APP, 0 },

    { "Chrome, a component's EventSource",
      "GET\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Dest: empty\n"
      "Accept: text/event-stream",
      COMPONENT, TOUCAN_OK, APP, 0 },

    { "Chrome, a module script with crossorigin",
      "GET\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Dest: script\nReferer: " APP "/",
      COMPONENT, TOUCAN_OK, APP, 0 },

    { "Chrome, an iframe",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: iframe\nReferer: " APP "/",
      FRAME, TOUCAN_OK, APP, NAV },

    { "Chrome, an iframe with referrerpolicy=no-referrer",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: iframe",
      FRAME, TOUCAN_OK, NONE, NAV },

    { "Chrome, an iframe on a sister domain",
      "GET\nSec-Fetch-Site: same-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: iframe\nReferer: https://app.example.com/a?b",
      FRAME, TOUCAN_OK, "https://app.example.com", NAV },

    { "Chrome, an object",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: object\nReferer: " APP "/",
      FRAME, TOUCAN_OK, APP, NAV },

    { "Chrome, an embed",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: embed\nReferer: " APP "/",
      FRAME, TOUCAN_OK, APP, NAV },

    { "Chrome, a fenced frame",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: fencedframe",
      FRAME, TOUCAN_OK, NONE, NAV },

    { "a frameset's frame",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: frame\nReferer: " APP "/",
      FRAME, TOUCAN_OK, APP, NAV },

    { "Chrome, a form that is sent into an iframe",
      "POST\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: iframe\nReferer: " APP "/",
      COMPONENT, TOUCAN_OK, APP, NAV },

    { "Chrome, an iframe that somebody redirected from our page",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: iframe\nReferer: " UNIT_OWN "/login",
      FRAME, TOUCAN_OK, NONE, OWNREF | NAV },

    { "Chrome, a reload of a frame by its menu",
      "GET\nSec-Fetch-Site: none\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: iframe",
      FRAME, TOUCAN_OK, NONE, NAV },

    { "Chrome, a link inside of our framed page",
      "GET\nSec-Fetch-Site: same-origin\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: iframe\nReferer: " UNIT_OWN "/dashboards/a",
      OWN, TOUCAN_OK, NONE, NAV },

    { "Chrome, a script of our framed page",
      "GET\nSec-Fetch-Site: same-origin\nSec-Fetch-Mode: no-cors\n"
      "Sec-Fetch-Dest: script\nReferer: " UNIT_OWN "/dashboards/a",
      OWN, TOUCAN_OK, NONE, 0 },

    { "Chrome, a same-origin GET by fetch: it has no Origin",
      "GET\nSec-Fetch-Site: same-origin\nSec-Fetch-Mode: cors\n"
      "Sec-Fetch-Dest: empty\nReferer: " UNIT_OWN "/dashboards/a",
      OWN, TOUCAN_OK, NONE, 0 },

    { "Chrome, a same-origin POST by fetch: it has one",
      "POST\nOrigin: " UNIT_OWN "\nSec-Fetch-Site: same-origin\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Dest: empty",
      OWN, TOUCAN_OK, NONE, 0 },

    { "Chrome, a same-origin form of a page without referrer",
      "POST\nOrigin: null\nSec-Fetch-Site: same-origin\n"
      "Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: iframe",
      OWN, TOUCAN_OK, NONE, NULLS | NAV },

    { "Chrome, our page's WebSocket",
      "GET\nOrigin: " UNIT_OWN "\nSec-Fetch-Site: same-origin\n"
      "Sec-Fetch-Mode: websocket\nSec-Fetch-Dest: websocket",
      OWN, TOUCAN_OK, NONE, 0 },

    { "Chrome, a fetch from a sandboxed frame of ours",
      "GET\nOrigin: null\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: cors\n"
      "Sec-Fetch-Dest: empty",
      COMPONENT, TOUCAN_OK, NONE, NULLS },

    { "Chrome, a fetch from a file",
      "GET\nOrigin: null\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: cors\n"
      "Sec-Fetch-Dest: empty",
      COMPONENT, TOUCAN_OK, NONE, NULLS },

    { "Chrome, an extension",
      "GET\nOrigin: chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb\n"
      "Sec-Fetch-Site: none\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: empty",
      COMPONENT, TOUCAN_OK,
      "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb", 0 },

    { "Chrome, an address that was typed",
      "GET\nSec-Fetch-Site: none\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-User: ?1\nSec-Fetch-Dest: document",
      PAGE, TOUCAN_OK, NONE, NAV },

    { "Chrome, a link elsewhere",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-User: ?1\nSec-Fetch-Dest: document\nReferer: " APP "/",
      PAGE, TOUCAN_OK, NONE, NAV },

    { "Chrome, a prerendered page",
      "GET\nSec-Purpose: prefetch;prerender\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\nReferer: " APP "/",
      PAGE, TOUCAN_OK, NONE, NAV },

    { "Chrome, link rel=prefetch elsewhere",
      "GET\nSec-Purpose: prefetch\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: no-cors\nSec-Fetch-Dest: empty\nReferer: " APP "/",
      OTHER, NOT_ALLOWED, NONE, 0 },

    { "Chrome, an image elsewhere",
      "GET\nSec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\n"
      "Sec-Fetch-Dest: image\nReferer: " APP "/",
      OTHER, NOT_ALLOWED, NONE, 0 },

    { "Chrome, a script elsewhere",
      "GET\nSec-Fetch-Site: same-site\nSec-Fetch-Mode: no-cors\n"
      "Sec-Fetch-Dest: script",
      OTHER, NOT_ALLOWED, NONE, 0 },

    { "Chrome, our own link at the top",
      "GET\nSec-Fetch-Site: same-origin\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Dest: document\nReferer: " UNIT_OWN "/",
      OWN, TOUCAN_OK, NONE, NAV },

    { "Chrome over plain http: no fetch metadata",
      "GET\nOrigin: http://app.acme.example",
      COMPONENT, TOUCAN_OK, "http://app.acme.example", 0 },

    { "Chrome, a beacon of a component",
      "POST\nOrigin: " APP "\nSec-Fetch-Site: cross-site\n"
      "Sec-Fetch-Mode: no-cors\nSec-Fetch-Dest: empty",
      COMPONENT, TOUCAN_OK, APP, 0 },

    { "Firefox, a component's fetch",
      "GET\nOrigin: " APP "\nReferer: " APP "/\nSec-Fetch-Dest: empty\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Site: cross-site",
      COMPONENT, TOUCAN_OK, APP, 0 },

    { "Firefox, a component's preflight",
      "OPTIONS\nAccess-Control-Request-Method: POST\n"
      "Access-Control-Request-Headers: authorization,content-type\n"
      "Referer: " APP "/\nOrigin: " APP "\nSec-Fetch-Dest: empty\n"
      "Sec-Fetch-Mode: cors\nSec-Fetch-Site: cross-site",
      PREFLIGHT, TOUCAN_OK, APP, 0 },

    { "Firefox, an iframe",
      "GET\nReferer: " APP "/\nSec-Fetch-Dest: iframe\n"
      "Sec-Fetch-Mode: navigate\nSec-Fetch-Site: cross-site",
      FRAME, TOUCAN_OK, APP, NAV },

    { "Firefox, a WebSocket",
      "GET\nOrigin: " APP "\nSec-Fetch-Dest: empty\n"
      "Sec-Fetch-Mode: websocket\nSec-Fetch-Site: cross-site",
      COMPONENT, TOUCAN_OK, APP, 0 },

    { "Firefox, a same-origin form with referrer off",
      "POST\nOrigin: null\nSec-Fetch-Dest: document\n"
      "Sec-Fetch-Mode: navigate\nSec-Fetch-Site: same-origin",
      OWN, TOUCAN_OK, NONE, NULLS | NAV },

    { "Firefox, an address that was typed",
      "GET\nSec-Fetch-Dest: document\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Site: none\nSec-Fetch-User: ?1",
      PAGE, TOUCAN_OK, NONE, NAV },

    { "Safari before 16.4, a component's fetch",
      "GET\nOrigin: " APP "\nReferer: " APP "/",
      COMPONENT, TOUCAN_OK, APP, 0 },

    { "Safari before 16.4, a component's preflight",
      "OPTIONS\nOrigin: " APP "\nAccess-Control-Request-Method: GET\n"
      "Access-Control-Request-Headers: authorization\nReferer: " APP "/",
      PREFLIGHT, TOUCAN_OK, APP, 0 },

    { "Safari before 16.4, an iframe",
      "GET\nReferer: " APP "/",
      FRAME, TOUCAN_OK, APP, NAV },

    { "Safari before 16.4, a link inside of our framed page",
      "GET\nReferer: " UNIT_OWN "/dashboards/a",
      OWN, TOUCAN_OK, NONE, 0 },

    { "Safari before 16.4, our page's GET by fetch",
      "GET\nReferer: " UNIT_OWN "/dashboards/a",
      OWN, TOUCAN_OK, NONE, 0 },

    { "Safari before 16.4, our page's POST by fetch",
      "POST\nOrigin: " UNIT_OWN "\nReferer: " UNIT_OWN "/dashboards/a",
      OWN, TOUCAN_OK, NONE, 0 },

    { "Safari before 16.4, an iframe without referrer: as a program",
      "GET",
      SERVER, TOUCAN_OK, NONE, 0 },

    { "Safari 17, an iframe",
      "GET\nSec-Fetch-Dest: iframe\nSec-Fetch-Mode: navigate\n"
      "Sec-Fetch-Site: cross-site\nReferer: " APP "/",
      FRAME, TOUCAN_OK, APP, NAV },

    { "an app in a web view",
      "GET\nOrigin: capacitor://localhost",
      COMPONENT, TOUCAN_OK, "capacitor://localhost", 0 },

    { "curl",
      "GET\nUser-Agent: curl/7.88.1",
      SERVER, TOUCAN_OK, NONE, 0 },

    { "an API client's POST",
      "POST",
      SERVER, TOUCAN_OK, NONE, 0 },

    { "Node's fetch",
      "GET\nSec-Fetch-Mode: cors",
      SERVER, TOUCAN_OK, NONE, 0 },

    { "Node's fetch, POST",
      "POST\nSec-Fetch-Mode: cors",
      SERVER, TOUCAN_OK, NONE, 0 },
};


int
main(void)
{
    unit_kind_rows(browser_rows, unit_n(browser_rows));

    return done_testing();
}
