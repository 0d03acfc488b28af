# The steps of scripts/demo. Sourced after the rest of the library. STATE is the demo's folder:
# {engine/ (a private engine's), server/ (krane-server's own), key, authorized_keys, krane/ (contexts and tokens of the
# command), docker_host, instance}.

demo_name=docker-to-node
demo_program=$root/build/release/bin/krane

demo_find_engine() {
  local state=$1 found
  found=$(engine_find)
  if [ -z "$found" ] && ! command -v dockerd >/dev/null; then
    install_packages "$state/logs" "${packages_engine[@]}"
    # On a machine with systemd the package has just started one.
    [ ! -d /run/systemd/system ] || wait_until 15 engine_answers "${DOCKER_HOST:-unix:///var/run/docker.sock}" || true
    found=$(engine_find)
  fi
  if [ -n "$found" ]; then
    say "Using your Docker engine at $found ($(engine_version "$found")), which pulls the public image"
    echo own >"$state/engine_kind"
  else
    say "No Docker engine answers at ${DOCKER_HOST:-/var/run/docker.sock}: a private one is used"
    install_packages "$state/logs" "${packages_engine[@]}"
    private_engine_start "$state/engine"
    found=unix://$state/engine/docker.sock
    echo private >"$state/engine_kind"
    note "its registry stands in for docker.io, with small images of the same names"
  fi
  echo "$found" >"$state/docker_host"
  # So that --stop takes the network away only if the demo brought it.
  if [ ! -e "$state/network_was_there" ]; then
    if engine_curl "$found" /networks/krane -f -o /dev/null 2>/dev/null; then echo yes; else echo no; fi >"$state/network_was_there"
  fi
}

demo_start_server() {
  local state=$1 program=$2 port
  if server_runs "$state/server"; then
    port=$(server_url "$state/server")
    port=${port##*:}
    note "a server of an earlier demo runs: starting it anew, with all it knew"
    server_stop "$state/server"
  else
    port=${KRANE_REST_PORT:-8080}
  fi
  if port_is_open "$port"; then
    note "port $port is used by another program"
    port=$(free_port)
  fi
  if [ ! -e "$state/key" ]; then
    say "Making an SSH key for the login: $state/key"
    ssh-keygen -q -t ed25519 -N '' -C "krane demo" -f "$state/key"
  fi
  (umask 077 && cp "$state/key.pub" "$state/authorized_keys")
  say "Starting krane-server on http://127.0.0.1:$port"
  DOCKER_HOST=$(cat "$state/docker_host") KRANE_AUTHORIZED_KEYS=$state/authorized_keys \
    server_start "$state/server" "$program" "$port"
}

# The command, with the demo's own contexts and no other.
demo_krane() {
  local state=$1
  shift
  env -u KRANE_CONTEXT -u KRANE_ENDPOINT -u KRANE_TOKEN XDG_CONFIG_HOME="$state" "$demo_program" "$@"
}
# The same, shown as it is typed, with what it says beneath.
demo_types() {
  local state=$1 status=0
  shift
  note "${say_bold}\$ krane $*${say_off}"
  demo_krane "$state" "$@" 2>&1 | sed -u 's/^/    /' || status=$?
  return "$status"
}

demo_log_in() {
  local state=$1
  say "Logging in with the key"
  demo_types "$state" login "$(server_url "$state/server")" --key "$state/key"
}

# The port that the example asks for, or another one where that is taken by a stranger.
demo_host_port() {
  local state=$1 port=9002
  if port_is_open "$port" && ! demo_krane "$state" list -o json | jq -e --arg name $demo_name --arg port $port \
    '.[] | select(.name == $name and .config.host_port == $port and .status == "running")' >/dev/null; then
    port=$(free_port)
  fi
  echo "$port"
}

demo_deploy() {
  local state=$1 port
  port=$(demo_host_port "$state")
  [ "$port" = 9002 ] || note "port 9002 is used by another program: taking $port"
  say "Deploying $demo_name"
  demo_types "$state" deploy $demo_name --image davidcasta/docker-to-node --port "$port:8080" ||
    fail "the deployment failed; what krane says above tells why"
  demo_krane "$state" status $demo_name -o json | jq -r '.containers[0].Labels["krane.instance"] // empty' >"$state/instance"
  echo "$port" >"$state/host_port"
}

demo_show() {
  local state=$1
  say "What became of it"
  demo_types "$state" status $demo_name
  demo_types "$state" events $demo_name --since 5m
  say "What it answers at http://127.0.0.1:$(cat "$state/host_port")"
  curl -sS -m 10 --retry 5 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$(cat "$state/host_port")/" | head -n 20 | sed 's/^/    /'
  say "What it has written"
  demo_types "$state" logs $demo_name --tail 20
}

demo_how_to_go_on() {
  local state=$1
  say "krane-server goes on at $(server_url "$state/server") (log: $state/server/server.log). Try:"
  cat <<END
    export XDG_CONFIG_HOME=$state PATH=${demo_program%/*}:\$PATH
    krane list
    krane logs $demo_name -f
END
  if [ "$(cat "$state/engine_kind")" = private ]; then
    cat <<END
    krane run $demo_name v2
END
  fi
  cat <<END
    krane doctor
    krane rm $demo_name
    krane --help
END
  say "To stop all of it: scripts/demo --stop"
}

# Takes down what the demo deployed, through the server where it runs, else by the marks on its containers.
demo_take_down() {
  local state=$1 host=$2 id instance names
  if server_runs "$state/server" && [ -x "$demo_program" ]; then
    mapfile -t names < <(demo_krane "$state" list -o name || true)
    [ "${#names[@]}" = 0 ] || demo_types "$state" rm -y "${names[@]}" || true
  fi
  instance=$(cat "$state/instance" 2>/dev/null || true)
  engine_answers "$host" && [ -n "$instance" ] || return 0
  for id in $(engine_curl "$host" /containers/json -G -d all=true --data-urlencode \
    "filters=$(jq -cn --arg mark "krane.instance=$instance" '{"label": [$mark]}')" -f | jq -r '.[].Id'); do
    note "removing container ${id:0:12}"
    engine_curl "$host" "/containers/$id?force=true&v=true" -X DELETE -o /dev/null || true
  done
  if [ "$(cat "$state/network_was_there" 2>/dev/null)" = no ] && demo_network_is_unused "$host"; then
    engine_curl "$host" /networks/krane -X DELETE -o /dev/null || true
    rm -f "$state/network_was_there"
  fi
}
# Stopped containers count as well: they would not start without it.
demo_network_is_unused() {
  [ "$(engine_curl "$1" /containers/json -G -d all=true --data-urlencode 'filters={"network":["krane"]}' -f | jq length)" = 0 ]
}

demo_stop() {
  local state=$1 host
  if [ ! -d "$state" ]; then
    note "there is no demo in $state"
    return
  fi
  host=$(cat "$state/docker_host" 2>/dev/null || true)
  say "Stopping the demo"
  [ -z "$host" ] || demo_take_down "$state" "$host"
  server_stop_with_front "$state/server"
  if [ -d "$state/engine" ]; then
    note "stopping the private engine and its registry"
    private_engine_stop "$state/engine"
  fi
}
