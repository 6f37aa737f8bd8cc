# shellcheck shell=bash disable=SC2154,SC2016
#
# `./run --check`: is everything that the demo promises so?
#
# Owns: running the lines of tries.sh, looking at the rows past the backend,
# and saying so in TAP. Sourced by ./run, whose variables it reads.

count=0
failed=0

# verdict TITLE COMMAND...: one line of TAP.

verdict() {
    local title=$1
    shift
    count=$((count + 1))

    if "$@"; then
        echo "ok $count - $title"
    else
        failed=$((failed + 1))
        echo "not ok $count - $title"
    fi
}

log_lines() { wc -l <"$work/logs/access.log"; }

# The line that nginx logged last; it is written after the answer was sent.

logged_since() {
    local tries

    for ((tries = 0; tries < 30; tries++)); do
        [[ $(log_lines) -gt $1 ]] && break
        sleep 0.1
    done

    tail -n 1 "$work/logs/access.log"
}

answer_fits() {
    local command=$1 logged=$2 before line out needle good=0
    shift 2
    before=$(log_lines)
    out=$(eval "$command") || out+=" (curl failed)"

    for needle in "$@"; do
        case $needle in
        !*) [[ $out != *"${needle#!}"* ]] ;;
        *)  [[ $out == *"$needle"* ]] ;;
        esac || { echo "# does not fit: $needle"; good=1; }
    done

    if [[ $logged != - ]]; then
        line=$(logged_since "$before")
        [[ $line == *"$logged"* ]] \
            || { echo "# not logged: $logged; but: $line"; good=1; }
    fi

    [[ $good == 0 ]] || printf '# answer: %s\n' "${out//$'\n'/$'\n'# }"
    return $good
}

check_try() { verdict "$1 -> $3" answer_fits "$2" "$4" "${@:5}"; }

# rows SETTINGS EXPECTED: how many rows the reader sees under these settings.

rows() {
    local seen
    seen=$(as_reader -c "BEGIN; $1 SELECT count(*) FROM shop.sales") || seen=
    [[ ${seen##*$'\n'} == "$2" ]] || { echo "# saw: $seen"; return 1; }
}

owner_sees_none() {
    [[ $(as_owner -At -d demo -c \
         'SET ROLE sales_owner; SELECT count(*) FROM shop.sales') == 0 ]]
}

no_secret_in_logs() {
    ! grep -qF -e "$ANA" -e "$GUS" -e "$KEY" "$work"/logs/*
}

host_page() { [[ $(curl -s "$APP/") == *'One URL, two users'* ]]; }

# The same server by another name; by a number, it leads to its own name; by
# a name that is not its own, nothing.

other_hosts() {
    local by_number=http://127.0.0.1:$app_port

    [[ $(curl -s "$ELSEWHERE/") == *'at the wrong place'*
       && $(curl -s -o /dev/null -w '%{redirect_url}' "$by_number/") \
          == "$APP/"
       && $(curl -s -H 'Host: evil.example' "$by_number/token?user=ana") \
          == 'not here' ]]
}

post_token() {
    curl -s -H 'Content-Type: application/json' -H "Origin: $2" \
         -d '{"user":"gus"'"${3:+,\"token\":\"$3\"}"'}' "$1/token"
}

member() { [[ $1 =~ \"$2\":\"?([^\",}]+) ]] && echo "${BASH_REMATCH[1]}"; }

# A page's token is short, and the next one is of the same session.

renewal() {
    local first second

    first=$(post_token "$APP" "$APP")
    second=$(post_token "$APP" "$APP" "$(member "$first" token)")
    [[ $(member "$first" expiresInSeconds) == "$lifetime"
       && $(member "$second" sessionId) == "$(member "$first" sessionId)"
       && $(member "$second" jti) != "$(member "$first" jti)" ]]
}

no_token_for_others() {
    [[ $(post_token "$APP" "$ELSEWHERE") != *eyJ*
       && $(post_token "$ELSEWHERE" "$ELSEWHERE") != *eyJ*
       && $(curl -s "$ELSEWHERE/token?user=ana") != *eyJ* ]]
}

# Every script that another one names is there, and nothing else of ours.

scripts() {
    local name got seen=0 todo=(toucan.mjs frame.mjs)

    while [[ ${#todo[@]} -gt 0 ]]; do
        name=${todo[0]} todo=("${todo[@]:1}")
        [[ "$seen " == *" $name "* ]] && continue
        seen+=" $name "
        got=$(curl -sf "$GATE/components/$name" | tr -d '\0') \
            || { echo "# $name is not served"; return 1; }
        [[ $name == echarts.mjs ]] && continue
        while read -r name; do
            todo+=("$name")
        done < <(grep -oE "^(import|\}).* ?'\./[a-z]+\.mjs'" <<<"$got" \
                 | grep -oE '[a-z]+\.mjs')
    done

    [[ "$seen " == *' echarts.mjs '* && "$seen " == *' words.mjs '*
       && $(curl -s -o /dev/null -w '%{http_code}' --path-as-is \
            "$GATE/components/../backend.mjs") == 404 ]]
}

# Each code that README.md's table of reasons has is put into words.

words() {
    local code seen=0 row='s/^|[^|]*|[^|]*|[^|]*| `\([A-Z_]*\)`.*/\1/p'

    while read -r code; do
        grep -q "^    $code: " "$here/components/words.mjs" \
            || { echo "# no sentence for $code"; return 1; }
        seen=$((seen + 1))
    done < <(sed -n "/^## Reasons/,/^## /$row" "$here/../../README.md" \
             | sort -u)

    [[ $seen -ge 20 ]]
}

page_tries() {
    local name want out seen=0

    for name in forged:acme foreign:ORIGIN_DENIED revoked:TOKEN_REVOKED \
                more:SCOPE_EXCEEDS_KEY browser:KEY_IN_BROWSER
    do
        want=${name#*:}
        out=$(curl -s "$APP/try/${name%:*}")
        [[ $out == *"$want"* ]] || { echo "# $name: $out"; seen=1; }
    done

    return $seen
}

# What a page can have of the host application has no API key in it.

key_stays() {
    local out

    out=$(curl -s "$APP"/{,page.mjs,tries.mjs,setup,try/browser,try/more} \
               "$ELSEWHERE"/{,setup} "$APP/token?user=ana")
    [[ $out == *eyJ* && $out != *"$KEY"* && $out != *tk_live_* ]]
}

# Nobody else on this machine reads a key.

keys_are_private() {
    [[ $(stat -c %a "$work/keys" "$work/host" | sort -u) == 700
       && $(stat -c %a "$work"/{keys,host}/* | sort -u) == 600 ]]
}

check() {
    local customer="SET LOCAL toucan.customer_id = '42';"
    local region="SET LOCAL toucan.region = '[\"north\"]';"

    eval "$(try_variables)"
    tries check_try

    verdict 'rows: nothing set, none' rows '' 0
    verdict 'rows: a customer without regions, none' rows "$customer" 0
    verdict 'rows: regions without a customer, none' rows "$region" 0
    verdict 'rows: empty settings, none' rows \
            "SET LOCAL toucan.customer_id = ''; SET LOCAL toucan.region = '';" 0
    verdict 'rows: customer and region, theirs' rows "$customer $region" 18
    verdict 'rows: the owner is under the policies too' owner_sees_none
    verdict 'no token and no API key in any log' no_secret_in_logs
    verdict 'the host page is served' host_page
    verdict 'and the foreign one, and none by other names' other_hosts
    verdict "a page's token is short, and renewed in its session" renewal
    verdict 'no other site gets one' no_token_for_others
    verdict 'what the page tries is refused' page_tries
    verdict "the elements' scripts are all there" scripts
    verdict 'every code has its words' words
    verdict 'the API key stays on the server' key_stays
    verdict 'keys are for their owners only' keys_are_private

    echo "1..$count"
    [[ $failed == 0 ]] || die "$failed of $count failed"
}
