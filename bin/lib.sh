# Shared by the scripts in bin/: finding tools, bringing missing ones, the private PostgreSQL and Redis.
# Sourced, never run. Sets $checkout; everything private lives in $checkout/.private, which git ignores.
# shellcheck shell=bash

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
private=$checkout/.private

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }

# --- What the machine has ---------------------------------------------------------------------------------------

# The folder of the newest PostgreSQL programs of version 15 or newer; empty when there are none.
postgres_programs() {
  local folder version best= best_version=14
  for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
    "$(dirname "$(readlink -f "$(command -v postgres || echo /nowhere/x)")")"; do
    [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] || continue
    version=$("$folder/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
    if [ "${version:-0}" -gt "$best_version" ]; then best=$folder best_version=$version; fi
  done
  printf '%s' "$best"
}

# Redis 7 or newer, or any Valkey; empty when there is neither.
redis_program() {
  local version
  if have redis-server; then
    version=$(redis-server --version | sed -E 's/.*v=([0-9]+).*/\1/')
    if [ "${version:-0}" -ge 7 ]; then command -v redis-server; return; fi
  fi
  if have valkey-server; then command -v valkey-server; fi
}

redis_client() { if have redis-cli; then echo redis-cli; else echo valkey-cli; fi; }

chromium_program() {
  local name
  for name in chromium chromium-browser google-chrome; do
    if have "$name"; then command -v "$name"; return; fi
  done
}

# --- Bringing what is missing -----------------------------------------------------------------------------------

# Installs Debian packages. Debian starts a server when it is installed; a guard keeps ours from being started, so
# that the machine runs no more services afterwards than before.
install_packages() {
  local as_root=() guard=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d status=0
  have apt-get || die "Missing here: $*. Install PostgreSQL 15 or newer, Redis 7 or newer (or Valkey), a C compiler,
and for the tests Chromium with chromedriver, with this system's package manager. Then run this again."
  if ! is_root; then
    have sudo || die "Missing here: $*. Install with: su -c 'apt-get update && apt-get install -y $*'"
    as_root=(sudo)
  fi
  say "Installing $* …" >&2
  # shellcheck disable=SC2016
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
    guard=$1 clusters=$2; shift 2
    if [ ! -e "$guard" ]; then printf "#!/bin/sh\nexit 101\n" >"$guard"; chmod 755 "$guard"; ours=$guard; fi
    mkdir -p "$clusters"; echo "create_main_cluster = false" >"$clusters/torvan.conf"
    trap "rm -f \"$clusters/torvan.conf\" \$ours" EXIT
    trap "exit 130" INT TERM HUP # or the guard would stay when this is interrupted
    { dpkg --configure -a && apt-get update -q && apt-get install -y -q --no-install-recommends "$@"; } >/tmp/apt-$$.log 2>&1 ||
      { tail -20 /tmp/apt-$$.log; exit 1; }
    rm -f /tmp/apt-$$.log
    for unit in redis-server; do case " $* " in *" $unit "*) systemctl disable -q $unit 2>/dev/null || true ;; esac; done
  ' sh "$guard" "$clusters" "$@" || status=$?
  [ "$status" = 0 ] || die "Could not install $*. Install by hand, then run this again."
}

bring_compiler() {
  have cargo || die "Rust is missing: install it from https://rustup.rs, then run this again."
  have cc || install_packages gcc libc6-dev
}

bring_servers() {
  local missing=()
  [ -n "$(postgres_programs)" ] || missing+=(postgresql)
  [ -n "$(redis_program)" ] || missing+=(redis-server)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
  [ -n "$(postgres_programs)" ] || die "PostgreSQL 15 or newer is needed and this system's packages are older:
install one from https://www.postgresql.org/download/, then run this again."
  [ -n "$(redis_program)" ] || die "Redis 7 or newer, or Valkey, is needed and this system's packages are older:
install one from https://redis.io/downloads/ or https://valkey.io/download/, then run this again."
}

bring_browser() {
  local missing=()
  [ -n "$(chromium_program)" ] || missing+=(chromium)
  have chromedriver || missing+=(chromium-driver)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

# Certificates for the fault suite's servers.
bring_certificates() { have openssl || install_packages openssl; }

# Wrong clocks for the fault suite; without it that one fault is skipped.
bring_wrong_clocks() {
  if have apt-get && ! ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1; then install_packages libfaketime; fi
}

# --- Private servers --------------------------------------------------------------------------------------------

# PostgreSQL refuses to run as root, so root hands its servers to the checkout's owner, else to postgres or nobody.
servers_owner() {
  local name
  if ! is_root; then id -un; return; fi
  for name in "$(stat -c %U "$checkout" 2>/dev/null)" postgres nobody; do
    if [ "$name" != root ] && id "$name" >/dev/null 2>&1; then echo "$name"; return; fi
  done
  die "Running as root needs an ordinary user to run PostgreSQL as: make one called postgres."
}

# Runs a command as the owner of the servers, which is ourselves unless we are root.
as_owner() {
  if [ "$(id -un)" = "$owner" ]; then "$@"; return; fi
  if have setpriv; then
    setpriv --reuid "$owner" --regid "$(id -g "$owner")" --init-groups env -C / HOME=/ "$@"
  else
    runuser -u "$owner" -- env -C / "$@"
  fi
}

# Where the servers of kind $1 (dev, test) keep their data and sockets: $home and $sockets. Inside the checkout,
# unless their owner may not go there (a checkout in root's home), then in the temp folder, and remembered.
# Socket paths have a limit of 107 characters, so a deep checkout keeps its sockets in the temp folder too.
locate_servers() {
  kind=$1
  owner=$(servers_owner)
  mkdir -p "$private"
  if is_root && [ "$owner" = "$(stat -c %U "$checkout")" ]; then chown "$owner" "$private"; fi
  home=$private/$kind
  if [ -s "$private/$kind.home" ]; then home=$(cat "$private/$kind.home"); fi
  if [ ! -d "$home" ]; then
    home=$private/$kind
    mkdir -p "$home"
    rm -f "$private/$kind.home"
    if is_root; then chown "$owner" "$home"; fi
    if ! as_owner test -w "$home" -a -x "$home"; then
      rmdir "$home"
      home=$(mktemp -d "${TMPDIR:-/tmp}/torvan-$kind.XXXXXX")
      chown "$owner" "$home"
      echo "$home" >"$private/$kind.home"
    fi
  fi
  as_owner test -w "$home" || die "$home belongs to $(stat -c %U "$home"), not to $owner. Remove it with: sudo rm -r $home"
  sockets=$home
  if [ ${#home} -gt 80 ]; then
    if [ ! -s "$home/sockets" ] || [ ! -d "$(cat "$home/sockets")" ]; then
      sockets=$(as_owner mktemp -d /tmp/torvan.XXXXXX)
      as_owner sh -c 'echo "$1" >"$2/sockets"' sh "$sockets" "$home"
    fi
    sockets=$(cat "$home/sockets")
  fi
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port nobody listens on: the wanted one ($1, may be empty) if it is free, else one below the range the kernel
# hands out for outgoing connections.
free_port() {
  local port=${1:-}
  while [ -z "$port" ] || port_is_taken "$port"; do port=$((20000 + RANDOM % 12000)); done
  echo "$port"
}

postgres_port() { cat "$home/postgres.port" 2>/dev/null || true; }
redis_port() { cat "$home/redis.port" 2>/dev/null || true; }

postgres_answers() {
  local port; port=$(postgres_port)
  [ -n "$port" ] && [ -S "$sockets/.s.PGSQL.$port" ] && "$programs/pg_isready" -q -h "$sockets" -p "$port"
}

redis_answers() {
  [ -S "$sockets/redis.sock" ] && [ "$("$(redis_client)" -s "$sockets/redis.sock" ping 2>/dev/null)" = PONG ]
}

# psql on the private cluster: psql_private DATABASE ARGS…
psql_private() {
  local database=$1; shift
  PGOPTIONS='-c client_min_messages=warning' \
    "$programs/psql" -X -q -h "$sockets" -p "$(postgres_port)" -U torvan -d "$database" -v ON_ERROR_STOP=1 "$@"
}

write_as_owner() { as_owner sh -c 'cat >"$1"' sh "$1"; }

# Made beside its place and moved there when it is whole: half a cluster looks like one.
make_cluster() {
  [ ! -f "$home/postgres/PG_VERSION" ] || return 0
  as_owner rm -rf "$home/postgres" "$home/postgres.new"
  as_owner "$programs/initdb" --no-sync -A trust -U torvan -E UTF8 --locale=C -D "$home/postgres.new" >/dev/null
  {
    echo "max_connections = 200"
    echo "shared_buffers = 256MB"
    echo "max_wal_size = 2GB"
    echo "timezone = 'UTC'"
    echo "log_timezone = 'UTC'"
    # Only the tests may lose their data when the machine stops.
    if [ "$kind" = test ]; then
      echo "fsync = off"
      echo "synchronous_commit = off"
      echo "full_page_writes = off"
      echo "autovacuum = off"
    fi
  } | as_owner sh -c 'cat >>"$1"' sh "$home/postgres.new/postgresql.conf"
  as_owner mv "$home/postgres.new" "$home/postgres"
}

start_postgres() {
  local port attempt
  if postgres_answers; then return; fi
  started_postgres=1
  make_cluster
  [ "$(cat "$home/postgres/PG_VERSION")" = "$("$programs/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')" ] ||
    die "$home holds data of PostgreSQL $(cat "$home/postgres/PG_VERSION"), which is no longer installed. Start over with: bin/services reset --for $kind"
  for attempt in 1 2 3; do
    port=$(free_port "$(postgres_port)")
    echo "$port" | write_as_owner "$home/postgres.port"
    # The locks' descriptors (8 and 9) must not live on in the servers.
    if as_owner "$programs/pg_ctl" start -s -w -t 60 -D "$home/postgres" -l "$home/postgres.log" \
      -o "-h 127.0.0.1 -p $port -k '$sockets'" 8>&- 9>&- >/dev/null 2>&1 </dev/null; then break; fi
    [ "$attempt" != 3 ] || die "PostgreSQL did not start: $(tail -5 "$home/postgres.log")"
    as_owner rm -f "$home/postgres.port"
  done
  [ "$(psql_private postgres -Atc "select 1 from pg_database where datname = 'torvan'")" = 1 ] ||
    psql_private postgres -c 'create database torvan'
}

# What the private database must hold: the newest migration of this checkout.
newest_migration() { (cd "$checkout/migrations" && printf '%s\n' *.sql | tail -1); }

# Whether some run finished filling the private database for this checkout; an interrupted one did not.
is_filled() { [ "$(cat "$home/filled" 2>/dev/null)" = "$(newest_migration)" ]; }

mark_filled() { newest_migration | write_as_owner "$home/filled"; }

start_redis() {
  local port attempt tries appendonly=yes
  if redis_answers; then return; fi
  started_redis=1
  if [ "$kind" = test ]; then appendonly=no; fi
  for attempt in 1 2 3; do
    port=$(free_port "$(redis_port)")
    echo "$port" | write_as_owner "$home/redis.port"
    as_owner mkdir -p "$home/redis"
    as_owner "$(redis_program)" --daemonize yes --dir "$home/redis" --pidfile "$home/redis.pid" \
      --logfile "$home/redis.log" --bind 127.0.0.1 --port "$port" --unixsocket "$sockets/redis.sock" \
      --unixsocketperm 777 --databases 64 --save '' --appendonly $appendonly --maxmemory-policy noeviction \
      8>&- 9>&- >/dev/null 2>&1 </dev/null || true
    for tries in $(seq 200); do
      if redis_answers; then return; fi
      sleep 0.02
    done
    as_owner rm -f "$home/redis.port"
  done
  die "Redis did not start: $(tail -5 "$home/redis.log")"
}

# Takes turns with other scripts of this checkout; gives up waiting after two minutes.
take_turn() {
  have flock || return 0
  exec 9>"$private/$kind.lock"
  flock -w 120 9 || die "Another script has been starting or stopping these servers for two minutes."
}

# Starts what is not running and sets DATABASE_URL and REDIS_URL.
start_servers() {
  bring_servers
  programs=$(postgres_programs)
  locate_servers "$1"
  take_turn
  start_postgres
  start_redis
  exec 9>&-
  export_servers
}

# Finds the running servers of kind $1 without starting any.
find_servers() {
  programs=$(postgres_programs)
  locate_servers "$1"
}

export_servers() {
  export DATABASE_URL="postgres://torvan@127.0.0.1:$(postgres_port)/torvan"
  export REDIS_URL="redis://127.0.0.1:$(redis_port)/0"
}

stop_postgres() {
  if [ -n "$programs" ] && [ -f "$home/postgres/postmaster.pid" ]; then
    as_owner "$programs/pg_ctl" stop -s -m fast -D "$home/postgres" 2>/dev/null || true
  fi
}

stop_redis() {
  redis_answers || return 0
  "$(redis_client)" -s "$sockets/redis.sock" shutdown >/dev/null 2>&1 || true
  for _ in $(seq 200); do redis_answers || break; sleep 0.02; done
}

stop_servers() {
  find_servers "$1"
  take_turn
  stop_postgres
  stop_redis
  exec 9>&-
}

# Ends only the servers that start_servers had to start in this script.
stop_started_servers() {
  if [ -n "${started_postgres:-}" ]; then stop_postgres; fi
  if [ -n "${started_redis:-}" ]; then stop_redis; fi
}

# Throws the data of the servers of kind $1 away.
forget_servers() {
  stop_servers "$1"
  [ "$sockets" = "$home" ] || as_owner rm -rf "$sockets"
  as_owner rm -rf "$home/postgres" "$home/postgres.new" "$home/redis"
  rm -rf "$home"
  rm -f "$private/$kind.home"
}
