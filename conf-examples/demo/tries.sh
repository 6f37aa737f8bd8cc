# shellcheck shell=bash disable=SC2016,SC2154
#
# What the demo promises: curl lines, and what each of them shows.
#
# Owns: that list, once. ./run prints it for a reader to paste, and
# `./run --check` runs the very same lines and looks at the answers.
#
# tries CALLBACK calls, for each line:
#
#   CALLBACK title command shows logged needle...
#
#   shows    what a reader should see
#   logged   what nginx's access log must say of it ('-': nothing)
#   needle   text that the answer must hold; with a leading '!', must not

# The variables that the lines use; printed for the reader, run by --check.

try_variables() {
    cat <<EOF
GATE=$GATE APP=$APP
ELSEWHERE=$ELSEWHERE BACKEND=$BACKEND
KEY=\$(cat $work/host/api-key)
ANA=\$(curl -s "\$APP/token?user=ana")
GUS=\$(curl -s "\$APP/token?user=gus")
EXPIRED=\$(curl -s "\$APP/token?user=ana&flaw=expired")
STRANGE=\$(curl -s "\$APP/token?user=ana&flaw=wrongkey")
EOF
}

tries() {
    local url='$GATE/dashboards/sales'
    local ana='-H "Authorization: Bearer $ANA"'
    local gus='-H "Authorization: Bearer $GUS"'
    local app='-H "Origin: $APP"'
    local code="-w '%{http_code}\\n'"
    local key="-H \"x-api-key: \$KEY\" -H 'Content-Type: application/json'"
    local mint='$GATE/embed/generate-token'
    local frame="-H 'Sec-Fetch-Dest: iframe' -H 'Sec-Fetch-Mode: navigate'"
    frame+=" -H 'Sec-Fetch-Site: cross-site' -H 'Accept: text/html'"
    local who='"user":{"distinctId":"ana","role":"explorer",'
    who+='"attributes":{"customerId":42,"region":["north","west"]}}'

    "$1" "The host application's server asks for a token, with its API key" \
         "curl -s $key -d '{$who}' $mint" \
         'a token of 15 minutes, and when to renew it' \
         ' 200 "POST /embed/generate-token" PASSED' \
         '"token":"eyJ' '"expiresIn":"15m"' '"refreshAfter":' '"env":"live"'

    "$1" "It asks for more than its key grants" \
         "curl -s $code $key -d '{$who,\"permissions\":\
{\"dashboard\":[\"can_edit\"]}}' $mint" \
         'SCOPE_EXCEEDS_KEY, 403, and the field: nothing is cut down silently' \
         'reason=scope_exceeds_key' 'SCOPE_EXCEEDS_KEY' \
         '"field":"/permissions/dashboard"' 403 '!eyJ'

    "$1" "It misspells an attribute" \
         "curl -s $code $key -d '{${who/customerId/custmerId}}' $mint" \
         'INVALID_REQUEST, 400, and the field' \
         'reason=bad_request' 'INVALID_REQUEST' \
         '"field":"/user/attributes/custmerId"' 400 '!eyJ'

    "$1" "The API key has got into a page" \
         "curl -s $code $key $app -d '{$who}' $mint" \
         "KEY_IN_BROWSER, 403, and an alert in nginx's error log" \
         'reason=key_in_browser' 'KEY_IN_BROWSER' 403 '!eyJ'

    "$1" "Ana works for acme, in two regions" \
         "curl -s $ana $app $url" \
         'rows of acme, north and west: 36 of them' \
         'PASSED' \
         '"customers": ["acme"]' '"regions": ["north","west"]' \
         '"rows": 36' '"x-toucan-distinct-id":"ana"' \
         '"tokenArrived": false'

    "$1" "Gus works for globex: the same URL, other rows" \
         "curl -s $gus $app $url" \
         'rows of globex, all four regions: 72' \
         'PASSED' \
         '"customers": ["globex"]' '"rows": 72' \
         '"x-toucan-distinct-id":"gus"' '!acme'

    "$1" "Ana forges the headers that name her customer" \
         "curl -s $ana $app -H 'X-Toucan-Attr-customerId: 7' \
-H 'X-Toucan-Rls: {\"customer_id\":7,\"region\":[\"south\"]}' $url" \
         'what she saw before: the gate threw hers away' \
         'PASSED' \
         '"customers": ["acme"]' '"regions": ["north","west"]' \
         '"rows": 36' '!globex' '!south'

    "$1" "No token" \
         "curl -s $code $app $url" \
         'TOKEN_MISSING, 401' \
         'reason=no_token' 'TOKEN_MISSING' 401

    "$1" "A token that was made for one second, two seconds ago" \
         "curl -s $code -H \"Authorization: Bearer \$EXPIRED\" $app $url" \
         'TOKEN_EXPIRED, 401' \
         'reason=expired' 'TOKEN_EXPIRED' 401

    "$1" "A token that another key signed" \
         "curl -s $code -H \"Authorization: Bearer \$STRANGE\" $app $url" \
         'TOKEN_INVALID, 401' \
         'reason=bad_signature' 'TOKEN_INVALID' 401

    "$1" "A good token on somebody else's web site" \
         "curl -s $code $ana -H \"Origin: \$ELSEWHERE\" $url" \
         'ORIGIN_DENIED, 403' \
         'reason=origin_denied' 'ORIGIN_DENIED' 403

    "$1" "A good token from no web page at all (a script)" \
         "curl -s $code $ana $url" \
         'ORIGIN_DENIED, 403: this location takes no server' \
         'reason=kind_not_allowed' 'ORIGIN_DENIED' 403

    "$1" "Gus asks for a dashboard that his token does not list" \
         "curl -s $code $gus $app \$GATE/dashboards/regions" \
         'PERMISSION_DENIED, 403' \
         'reason=object_denied' 'PERMISSION_DENIED' 403

    "$1" "Gus asks the assistant" \
         "curl -sN $gus $app -H 'Content-Type: application/json' \
-d '{\"question\":\"Which month was best?\"}' \$GATE/assistant" \
         'server-sent events, a few words each, from the rows of globex' \
         ' 200 "POST /assistant" PASSED' \
         'event: text' 'data: "June ' 'event: done'

    "$1" "The assistant is asked without a token" \
         "curl -s $code $app -H 'Content-Type: application/json' \
-d '{\"question\":\"Which month was best?\"}' \$GATE/assistant" \
         'TOKEN_MISSING, 401, and no event' \
         'reason=no_token' 'TOKEN_MISSING' 401 '!event:'

    "$1" "A page's script renews a token, as the host's server can" \
         "curl -s -X POST $gus $app \$GATE/embed/refresh" \
         'the next token of the same session' \
         ' 200 "POST /embed/refresh" PASSED' \
         '"token":"eyJ' '"refreshAfter":'

    "$1" "The elements' scripts are for every page, without a token" \
         "curl -si $app \$GATE/components/toucan.mjs" \
         '200, a module script, with CORS for all' \
         ' 200 "GET /components' ' 200 ' 'text/javascript' \
         'ccess-Control-Allow-Origin: *' 'tc-dashboard' 'tc-ai-assistant'

    "$1" "What a browser asks before it sends a token" \
         "curl -si -X OPTIONS $app \
-H 'Access-Control-Request-Method: GET' \
-H 'Access-Control-Request-Headers: authorization' $url" \
         '204 and the CORS headers' \
         ' 204 "OPTIONS' ' 204 ' "ccess-Control-Allow-Origin: $APP"

    "$1" "The same for a page of another site" \
         "curl -si -X OPTIONS -H \"Origin: \$ELSEWHERE\" \
-H 'Access-Control-Request-Method: GET' \
-H 'Access-Control-Request-Headers: authorization' $url" \
         '403 without CORS headers: its browser sends no token' \
         'reason=origin_denied' ' 403 ' '!ccess-Control-Allow-Origin'

    "$1" "The dashboard as a page in a frame, token in the URL" \
         "curl -si $frame -H \"Referer: \$APP/\" \"$url?token=\$ANA\"" \
         '303 to the URL without it, and a cookie that holds it' \
         ' 303 "GET /dashboards/sales" PASSED' ' 303 ' \
         $'/dashboards/sales\r\n' 'et-Cookie: toucan_demo=eyJ' 'Partitioned' \
         "frame-ancestors $APP" '!token='

    "$1" "What the frame asks then" \
         "curl -si $frame -H \"Cookie: toucan_demo=\$ANA\" $url" \
         'HTML with the dashboard, and frame-ancestors for its embedder only' \
         'PASSED' ' 200 ' '<tc-dashboard' "frame-ancestors $APP" \
         '"tokenArrived":false' '"customers":["acme"]'

    "$1" "That cookie, sent by a page's script" \
         "curl -s $code $app -H \"Cookie: toucan_demo=\$ANA\" $url" \
         'TOKEN_MISSING, 401: a cookie is no token for a component' \
         'reason=no_token' 'TOKEN_MISSING' 401

    "$1" "The same page in a tab of its own" \
         "curl -s $code -o /dev/null -H 'Sec-Fetch-Dest: document' \
-H 'Sec-Fetch-Mode: navigate' -H 'Sec-Fetch-Site: none' \"$url?token=\$ANA\"" \
         '403: this location takes frames, no pages' \
         'reason=kind_not_allowed' 403

    "$1" "Ana is locked out: all of her tokens are revoked" \
         "curl -s $code $key -d '{\"distinctId\":\"ana\"}' \
\$GATE/embed/revoke" \
         '204: it is in force in every worker, and on disk' \
         ' 204 "POST /embed/revoke" PASSED' 204

    "$1" "The token that she had" \
         "curl -s $code $ana $app $url" \
         'TOKEN_REVOKED, 401' \
         'reason=revoked' 'TOKEN_REVOKED' 401

    "$1" "Gus is not concerned" \
         "curl -s $gus $app $url" \
         'rows of globex, as before' \
         'PASSED' '"customers": ["globex"]' '"rows": 72'

    "$1" "Ana signs in anew, a second later" \
         "sleep 1; ANA=\$(curl -s \"\$APP/token?user=ana\"); \
curl -s $ana $app $url" \
         'rows of acme, with her new token' \
         'PASSED' '"customers": ["acme"]' '"rows": 36'

    "$1" "Past the gate, straight to the backend" \
         "curl -s $code \$BACKEND/dashboards/sales" \
         'NO_IDENTITY, 403: without the gate there is no identity' \
         '-' 'NO_IDENTITY' 403
}
