# shellcheck shell=bash disable=SC2154,SC2034
#
# The demo's parts: PostgreSQL, keys, backend, host application, nginx.
#
# Owns: what each of them needs, and how it is started. Sourced by ./run,
# whose functions and variables it uses.

# --- what must be there -----------------------------------------------------

# The newest PostgreSQL of Debian's, or the one in PATH.

find_postgres() {
    pgbin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    [[ -x $pgbin/initdb ]] || pgbin=$(dirname "$(command -v initdb || true)")
    [[ -x $pgbin/initdb && -x $pgbin/postgres ]] \
        || die "PostgreSQL's server is missing (Debian: postgresql)"

    # PostgreSQL refuses to run as root.

    pguser=$(id -un)
    as_pg=()
    if [[ $(id -u) == 0 ]]; then
        pguser=$(first_user postgres nobody)
        as_pg=(setpriv "--reuid=$pguser" "--regid=$(id -g "$pguser")"
               --clear-groups)
    fi
}

first_user() {
    local name

    for name in "$@"; do
        id -u "$name" >/dev/null 2>&1 && break
    done
    echo "$name"
}

find_tools() {
    local tool

    [[ -n ${TOUCAN_MODULE:-} ]] || die "TOUCAN_MODULE is not set: \`make demo\`"
    [[ -r $TOUCAN_MODULE ]] || die "there is no $TOUCAN_MODULE: \`make build\`"

    PATH=$PATH:/usr/sbin:/sbin
    nginx=${TOUCAN_DEMO_NGINX:-nginx}
    for tool in "$nginx" node npm curl psql openssl perl; do
        command -v "$tool" >/dev/null || die "$tool is missing"
    done

    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit(a > 18 || a === 18 && b >= 3 ? 0 : 1)' \
        || die "node is $(node --version), 18.3 is the oldest that will do"

    find_postgres
}

# Three ports: the ones asked for, or, to check, three that are free.

find_ports() {
    local name port

    gate_port=${TOUCAN_DEMO_PORT:-8080}
    app_port=${TOUCAN_DEMO_HOST_PORT:-8081}
    backend_port=${TOUCAN_DEMO_BACKEND_PORT:-8082}

    if [[ $check ]]; then
        read -r gate_port app_port backend_port < <(node -e '
            const net = require("net"), all = [];
            for (let i = 0; i < 3; i++) {
                const s = net.createServer();
                s.listen(0, "127.0.0.1", () => {
                    if (all.push(s) < 3) return;
                    console.log(all.map((s) => s.address().port).join(" "));
                    all.forEach((s) => s.close());
                });
            }')
    fi

    for name in PORT=$gate_port HOST_PORT=$app_port \
                BACKEND_PORT=$backend_port
    do
        port=${name#*=}
        [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || die "port \"$port\" is no port"
        node -e 'const s = require("net").createServer();
                 s.on("error", () => process.exit(1));
                 s.listen(+process.argv[1], "127.0.0.1", () => s.close());' \
             "$port" \
            || die "port $port is taken: set TOUCAN_DEMO_${name%=*} to" \
                   "another, or end what listens there"
    done

    # Browsers and curl know *.localhost; Node asks the resolver, which need
    # not, and goes by number.

    GATE=http://analytics.localhost:$gate_port
    APP=http://app.localhost:$app_port
    ELSEWHERE=http://elsewhere.localhost:$app_port
    BACKEND=http://127.0.0.1:$backend_port
    export no_proxy="${no_proxy:+$no_proxy,}localhost,127.0.0.1"
}

# A number of seconds or milliseconds that somebody has asked for.

find_numbers() {
    lifetime=${TOUCAN_DEMO_LIFETIME:-300}
    pace=${TOUCAN_DEMO_PACE:-45}

    [[ $lifetime =~ ^[1-9][0-9]{0,3}$ && $lifetime -le 3600 ]] \
        || die "lifetime \"$lifetime\" is not one of 1 to 3600 seconds"
    [[ $pace =~ ^(0|[1-9][0-9]{0,3})$ ]] \
        || die "pace \"$pace\" is not one of 0 to 9999 milliseconds"
}

# A short path (a unix socket's may have 107 bytes) that PostgreSQL's user
# can walk through.

make_folder() {
    local base=${TMPDIR:-/tmp}

    [[ ${#base} -le 60 ]] && "${as_pg[@]}" test -x "$base" || base=/tmp
    work=$(mktemp -d "$base/toucan-demo.XXXXXX")
    chmod 711 "$work"
    mkdir "$work/logs"
}

# --- the parts --------------------------------------------------------------

install_packages() {
    local lock=$here/node_modules/.package-lock.json

    if [[ $lock -nt $here/package-lock.json ]]; then
        return
    fi

    say 'installing the npm packages pg and echarts …'
    (cd "$here" && npm ci) >"$work/logs/npm.log" 2>&1 \
        || die_with_log 'npm ci failed: pg or echarts is missing' \
                        "$work/logs/npm.log"
}

# Rows are reached by unix socket only: by the cluster's owner as himself
# (peer), by the backend with a password that is made now.

start_postgres() {
    local data=$work/pg/data

    say 'making a private PostgreSQL cluster …'
    unset "${!PG@}"
    mkdir -m 700 "$work/pg"
    [[ $(id -u) != 0 ]] || chown "$pguser" "$work/pg"
    cd "$work" || exit

    "${as_pg[@]}" "$pgbin/initdb" -D "$data" -U "$pguser" -A peer \
            -E UTF8 --no-locale --no-sync >"$work/logs/initdb.log" 2>&1 \
        || die_with_log 'no PostgreSQL cluster could be made' \
                        "$work/logs/initdb.log"

    printf 'local all "%s" peer\nlocal demo dashboard_reader scram-sha-256\n' \
           "$pguser" >"$data/pg_hba.conf"

    spawn postgres "${as_pg[@]}" "$pgbin/postgres" -D "$data" \
          -c listen_addresses= -c "unix_socket_directories=$work/pg" \
          -c fsync=off -c shared_buffers=16MB -c max_connections=40
    await postgres "$pgbin/pg_isready" -q -h "$work/pg"

    READER_PASSWORD=$(node -p 'crypto.randomBytes(18).toString("hex")')
    export READER_PASSWORD
    as_owner -d postgres -c 'CREATE DATABASE demo'
    as_owner -d demo <"$here/schema.sql" \
        || die 'schema.sql could not be loaded'
}

as_owner() { "${as_pg[@]}" psql -X -q -h "$work/pg" -U "$pguser" "$@"; }

as_reader() {
    PGPASSWORD=$READER_PASSWORD psql -X -q -At -h "$work/pg" \
        -U dashboard_reader -d demo "$@"
}

# As the comment in quickstart.conf says. Demo keys, good for one run: what
# signs is for nginx alone, the API key for the host application alone.

make_keys() {
    local tool=$here/../../util/toucan-key

    say 'making demo keys …'
    mkdir -m 700 "$work/host" "$work/keys" "$work/state"

    "$tool" signing --kid "demo-only-$(openssl rand -hex 4)" \
            --file "$work/keys/signing.jwks" >/dev/null
    (umask 077
     "$tool" api --id demo --organization harbor --scopes mint,revoke \
             --role explorer --permission dashboard:can_view \
             --permission ai:can_query --origin "$APP" --days 1 \
             --file "$work/keys/api-keys.json" >"$work/host/api-key")

    # workers look at the files twice a second, and root's are somebody else

    worker=
    if [[ $(id -u) == 0 ]]; then
        worker=$(first_user www-data nobody)
        chown -R "$worker" "$work/keys"
        worker="user $worker $(id -gn "$worker");"
    fi
}

start_node() {
    say 'starting the backend and the host application …'
    spawn backend env PORT="$backend_port" PACE="$pace" \
          PGHOST="$work/pg" PGDATABASE=demo PGUSER=dashboard_reader \
          PGPASSWORD="$READER_PASSWORD" node "$here/backend.mjs"
    await backend answers "$backend_port"

    spawn host env PORT="$app_port" APP="$APP" ELSEWHERE="$ELSEWHERE" \
          GATE="$GATE" GATE_ADDRESS="http://127.0.0.1:$gate_port" \
          API_KEY_FILE="$work/host/api-key" LIFETIME="$lifetime" \
          node "$here/host.mjs"
    await host answers "$app_port"
}

# quickstart.conf as it stands, but for ports that were asked to be others.

start_nginx() {
    say 'starting nginx …'
    sed -e "s/:8080\\b/:@G/g; s/:8081\\b/:@A/g; s/:8082\\b/:@B/g" \
        -e "s/:@G/:$gate_port/g; s/:@A/:$app_port/g; s/:@B/:$backend_port/g" \
        "$here/../quickstart.conf" >"$work/quickstart.conf"

    spawn nginx "$nginx" -p "$work/" -c "$work/quickstart.conf" \
          -e "$work/logs/error.log" \
          -g "load_module \"$TOUCAN_MODULE\"; daemon off; $worker"
    await nginx answers "$gate_port"
}
