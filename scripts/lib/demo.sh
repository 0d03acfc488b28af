# The steps of scripts/demo. Sourced after the rest of the library. STATE is the demo's folder:
# {engine/ (a private engine's), server/ (krane's own), key, authorized_keys, token, docker_host, instance}.

demo_name=docker-to-node

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
    ssh-keygen -q -t rsa -b 3072 -m PEM -N '' -C "krane demo" -f "$state/key"
  fi
  (umask 077 && cp "$state/key.pub" "$state/authorized_keys")
  say "Starting krane-server on http://127.0.0.1:$port"
  DOCKER_HOST=$(cat "$state/docker_host") KRANE_AUTHORIZED_KEYS=$state/authorized_keys \
    server_start "$state/server" "$program" "$port"
}

demo_log_in() {
  local state=$1 login=$2
  say "Logging in with the key"
  (umask 077 && "$login" --server "$(server_url "$state/server")" --key "$state/key" >"$state/token")
  note "token $(cut -c1-8 "$state/token")…, in $state/token"
}

# demo_call STATE METHOD PATH [BODY]: the answer's body; an error is told in the server's words.
demo_call() {
  local state=$1 method=$2 path=$3 status answer
  answer=$(mktemp)
  status=$(curl -sS -m 90 -o "$answer" -w '%{http_code}' -X "$method" -H "Authorization: Bearer $(cat "$state/token")" \
    ${4:+-H 'Content-Type: application/json' -d "$4"} "$(server_url "$state/server")$path") || status=none
  case $status in
    2??)
      cat "$answer"
      rm -f "$answer"
      ;;
    *)
      warn "$method $path: $status: $(jq -r '.data.error? // .' "$answer" 2>/dev/null || cat "$answer")"
      rm -f "$answer"
      return 1
      ;;
  esac
}

# The port that the example asks for, or another one where that is taken by a stranger.
demo_host_port() {
  local state=$1 port=9002
  if port_is_open "$port" && ! demo_call "$state" GET "/deployments" | jq -e --arg name $demo_name --arg port $port \
    '.data[] | select(.name == $name and .config.host_port == $port and .status == "running")' >/dev/null; then
    port=$(free_port)
  fi
  echo "$port"
}

demo_deploy() {
  local state=$1 port pipe events status
  port=$(demo_host_port "$state")
  [ "$port" = 9002 ] || note "port 9002 is used by another program: taking $port"
  say "Creating the deployment $demo_name"
  demo_call "$state" POST /deployments "$(jq -n --arg name $demo_name --arg port "$port" '{data: {name: $name, config: {
    registry: "docker.io", image: "davidcasta/docker-to-node", container_port: "8080", host_port: $port}}}')" |
    jq -c '.data | {name, config}' | sed 's/^/    /'

  say "Running it. Its events, as they come:"
  pipe=$state/events.pipe
  rm -f "$pipe"
  mkfifo "$pipe"
  sed -un 's/^data: //p' <"$pipe" | jq --unbuffered -r \
    '"    \(.Timestamp[11:23])  \(.Phase // "" | (. + "              ")[0:14]) \(.Message)"' &
  local reader=$!
  curl -sN -H "Authorization: Bearer $(cat "$state/token")" -H 'Accept: text/event-stream' \
    -D "$state/events.head" "$(server_url "$state/server")/deployments/$demo_name/events" >"$pipe" &
  events=$!
  wait_until 5 test -s "$state/events.head" || true
  demo_call "$state" POST "/deployments/$demo_name/run" >/dev/null || { kill "$events" || true; exit 1; }
  status=deploying
  local until=$((SECONDS + 180))
  while [ "$status" = deploying ] && [ "$SECONDS" -lt "$until" ]; do
    sleep 0.2
    status=$(demo_call "$state" GET "/deployments/$demo_name" | jq -r .data.status)
  done
  sleep 0.3
  kill "$events" 2>/dev/null || true
  wait "$events" 2>/dev/null || true
  wait "$reader" 2>/dev/null || true
  rm -f "$pipe" "$state/events.head"
  [ "$status" = running ] || fail "the deployment is '$status', not 'running'; its last event above says why"
  demo_call "$state" GET "/deployments/$demo_name" | jq -r '.data.containers[0].Labels["krane.instance"] // empty' >"$state/instance"
  echo "$port" >"$state/host_port"
}

demo_show() {
  local state=$1 answer id
  answer=$(demo_call "$state" GET "/deployments/$demo_name")
  say "Its container"
  jq -r '["CONTAINER ID", "IMAGE", "COMMAND", "STATUS", "PORTS", "NAME"],
    (.data.containers[] | [.Id[0:12], .Image, .Command, .Status,
      ([.Ports[] | select(.PublicPort) | "\(.PublicPort)->\(.PrivatePort)/\(.Type)"] | unique | join(", ")), .Names[0][1:]])
    | @tsv' <<<"$answer" | awk -F '\t' '{printf "    %-13s %-43s %-14s %-22s %-15s %s\n", $1, $2, $3, $4, $5, $6}'
  say "What it answers at http://127.0.0.1:$(cat "$state/host_port")"
  curl -sS -m 10 --retry 5 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$(cat "$state/host_port")/" | head -n 20 | sed 's/^/    /'
  say "What it has written"
  id=$(jq -r '.data.containers[0].Id' <<<"$answer")
  curl -sS -m 10 -H "Authorization: Bearer $(cat "$state/token")" \
    "$(server_url "$state/server")/containers/$id/events?follow=false&tail=20" | sed -n 's/^data: /    /p'
}

demo_how_to_go_on() {
  local state=$1 url
  url=$(server_url "$state/server")
  say "krane-server goes on at $url (log: $state/server/server.log). Try:"
  cat <<END
    TOKEN=\$(cat $state/token)
    curl -H "Authorization: Bearer \$TOKEN" $url/deployments
    curl -N -H 'Accept: text/event-stream' $url/deployments/$demo_name/events
END
  if [ "$(cat "$state/engine_kind")" = private ]; then
    cat <<END
    curl -X POST -H "Authorization: Bearer \$TOKEN" "$url/deployments/$demo_name/run?tag=v2"
END
  fi
  cat <<END
    curl -X DELETE -H "Authorization: Bearer \$TOKEN" $url/deployments/$demo_name
END
  say "To stop all of it: scripts/demo --stop"
}

# Takes down what the demo deployed, through the server where it runs, else by the marks on its containers.
demo_take_down() {
  local state=$1 host=$2 name id instance
  if server_runs "$state/server" && [ -s "$state/token" ]; then
    for name in $(demo_call "$state" GET /deployments | jq -r '.data[].name' || true); do
      note "deleting the deployment $name"
      demo_call "$state" DELETE "/deployments/$name" >/dev/null || true
    done
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
