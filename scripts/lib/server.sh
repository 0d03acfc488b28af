# A krane-server of the scripts' own. Sourced after say.sh. State: FOLDER/{server.pid,server.log,url}.

server_url() { cat "$1/url" 2>/dev/null || true; }
server_runs() { ! process_is_gone "$(cat "$1/server.pid" 2>/dev/null)" krane-server; }

# server_start FOLDER PROGRAM PORT [option…]: its state lies in FOLDER too. Returns when it is ready.
server_start() {
  local folder=$1 program=$2 port=$3 pid url=http://127.0.0.1:$3
  shift 3
  mkdir -p "$folder"
  KRANE_REST_PORT=$port KRANE_LISTEN=127.0.0.1 KRANE_PATH=$folder setsid "$program" "$@" >"$folder/server.log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$folder/server.pid"
  echo "$url" >"$folder/url"
  if ! wait_until 20 server_settled "$pid" "$url" || ! curl -fsS -m 3 -o /dev/null "$url/readyz" 2>/dev/null; then
    warn "krane-server did not get ready. What it said ($folder/server.log):"
    tail -n 20 "$folder/server.log" | sed 's/^/    | /' >&2
    curl -sS -m 3 "$url/readyz" 2>/dev/null | sed 's/^/    | /' >&2 || true
    server_stop "$folder"
    fail "krane-server could not be started"
  fi
}
# Ready, or gone.
server_settled() { curl -fsS -m 3 -o /dev/null "$2/readyz" || ! kill -0 "$1"; }

# HAProxy goes on when the server ends.
server_stop() { stop_process "$1/server.pid" krane-server 15; }
server_stop_with_front() {
  server_stop "$1"
  stop_process "$1/front/haproxy.pid" haproxy 15
}
