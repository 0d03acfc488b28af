# A Docker engine: the one that is there, or a private one of our own with a registry that serves as its mirror of
# docker.io. Everything private lies in one folder and goes away again, bridges and firewall rules included.
# Sourced after say.sh, images.sh, registry.sh. State: FOLDER/{docker.pid,docker.sock,docker.log,data,exec,registry,env}.

# engine_curl DOCKER_HOST PATH [curl options]
engine_curl() {
  local host=$1 path=$2
  shift 2
  case $host in
    unix://*) curl -sS -m "${ENGINE_TIMEOUT:-30}" --unix-socket "${host#unix://}" "$@" "http://docker$path" ;;
    tcp://*) curl -sS -m "${ENGINE_TIMEOUT:-30}" "$@" "http://${host#tcp://}$path" ;;
    *) fail "this is no engine address that krane knows: $host (unix:///path or tcp://host:port)" ;;
  esac
}
engine_answers() { [ "$(ENGINE_TIMEOUT=3 engine_curl "$1" /_ping -f 2>/dev/null)" = OK ]; }
engine_version() { engine_curl "$1" /version -f | jq -r '.Version'; }

# The engine that a user would mean: DOCKER_HOST, else the default socket. Empty when none answers.
engine_find() {
  local host=${DOCKER_HOST:-unix:///var/run/docker.sock}
  if engine_answers "$host"; then echo "$host"; fi
}

link_exists() { ip link show "$1" >/dev/null 2>&1; }

# Another dockerd than ours on this machine: then the firewall and docker0 are its own.
engine_others() {
  local pid own
  own=$(cat "$1/docker.pid" 2>/dev/null || true)
  for pid in $(pgrep -x dockerd || true); do
    # One that has ended and that nobody has waited for yet still has its name.
    [ "$pid" = "$own" ] || process_is_gone "$pid" dockerd || echo "$pid"
  done
}

# private_engine_start FOLDER: registry, images, dockerd; returns when it answers. Reuses what runs already.
private_engine_start() {
  local folder=$1 socket=$1/docker.sock registry_at options=()
  [ "${#folder}" -le 70 ] || fail "the path $folder is too long for the sockets below it (70 characters at most)"
  mkdir -p "$folder"
  registry_start "$folder/registry"
  registry_at=http://127.0.0.1:$(registry_port "$folder/registry")
  say "Filling the private registry at $registry_at"
  registry_fill "$folder/registry"

  if process_is "$(cat "$folder/docker.pid" 2>/dev/null)" dockerd && engine_answers "unix://$socket" &&
    [ "$(cat "$folder/mirror" 2>/dev/null)" = "$registry_at" ]; then
    note "the private engine runs already"
  else
    private_engine_stop_dockerd "$folder"
    echo "$registry_at" >"$folder/mirror"
    if [ -n "$(engine_others "$folder")" ]; then
      # Two engines would take each other's firewall rules away, so this one does without; its containers are
      # reached from this machine all the same, only they see nothing of the outside.
      note "another Docker engine runs here (pid $(engine_others "$folder" | paste -sd' ')): going beside it, without firewall rules"
      private_engine_add_bridge "$folder"
      options+=(--iptables=false --ip-masq=false --bridge="$(cat "$folder/bridge")")
      echo beside >"$folder/mode"
    else
      echo alone >"$folder/mode"
      cat /proc/sys/net/ipv4/ip_forward >"$folder/ip_forward"
      as_root iptables -S FORWARD 2>/dev/null | sed -n 's/^-P FORWARD //p' >"$folder/forward_policy" || true
      link_exists docker0 || echo yes >"$folder/made_docker0"
    fi
    as_root rm -f "$socket"
    say "Starting a private Docker engine under $folder"
    as_root setsid dockerd \
      --host="unix://$socket" --group="$(id -gn)" \
      --data-root="$folder/data" --exec-root="$folder/exec" --pidfile="$folder/docker.pid" \
      --registry-mirror="$registry_at" --log-driver=json-file --shutdown-timeout=10 \
      ${options[@]+"${options[@]}"} >"$folder/docker.log" 2>&1 </dev/null &
    private_engine_launcher=$!
    if ! wait_until 60 private_engine_is_up "$folder" "$private_engine_launcher" || ! engine_answers "unix://$socket"; then
      warn "dockerd did not come up. The end of its log ($folder/docker.log):"
      grep -E 'level=(error|fatal)|failed|panic' "$folder/docker.log" | tail -n 10 | sed 's/^/    | /' >&2 || true
      tail -n 5 "$folder/docker.log" | sed 's/^/    | /' >&2
      private_engine_stop "$folder"
      fail "no Docker engine could be started"
    fi
    note "Docker Engine $(engine_version "unix://$socket"), storage $(engine_curl "unix://$socket" /info -f | jq -r .Driver)"
    # Tests start hundreds of servers one after the other. One without a label is for each of them; else the first would
    # have it for good, and every other make one of its own, which takes longer than many a test.
    engine_curl "unix://$socket" /networks/create -f -o /dev/null -X POST -H 'Content-Type: application/json' \
      -d '{"Name":"krane","CheckDuplicate":true}' 2>/dev/null || true
  fi
  cat >"$folder/env" <<END
export KRANE_TEST_DOCKER_HOST=unix://$socket
export KRANE_TEST_REGISTRY=127.0.0.1:$(registry_port "$folder/registry")
END
}
# A default bridge of its own. (Told to have none, dockerd would take docker0 away, under the other engine's feet.)
private_engine_add_bridge() {
  local name subnet
  name=kr-$(printf '%s' "$1" | sha256sum | cut -c1-10)
  if ! link_exists "$name"; then
    for subnet in $(seq 1 254); do
      [ -z "$(ip -4 route show root "10.213.$subnet.0/24")" ] && break
    done
    as_root ip link add "$name" type bridge
    as_root ip address add "10.213.$subnet.1/24" dev "$name"
    as_root ip link set "$name" up
  fi
  echo "$name" >"$1/bridge"
}
# True when it answers, or when waiting has become pointless.
private_engine_is_up() { engine_answers "unix://$1/docker.sock" || ! kill -0 "$2"; }

# private_engine_stop FOLDER: dockerd, its containers, mounts, bridges and rules, and the registry. The images stay.
private_engine_stop() {
  private_engine_stop_dockerd "$1"
  registry_stop "$1/registry"
  rm -f "$1/env"
}

private_engine_stop_dockerd() {
  local folder=$1 host=unix://$1/docker.sock bridges=() id pid
  if engine_answers "$host"; then
    # Containers do not outlive a stop of dockerd, but their networks would.
    mapfile -t bridges < <(engine_curl "$host" /networks -f | jq -r '.[] | select(.Driver == "bridge")
      | .Options["com.docker.network.bridge.name"] // ("br-" + .Id[0:12])')
    for id in $(engine_curl "$host" /containers/json -f | jq -r '.[].Id'); do
      engine_curl "$host" "/containers/$id/kill" -X POST -o /dev/null || true
    done
  fi
  stop_process "$folder/docker.pid" dockerd 30
  # A dockerd that was killed leaves its containerd and shims; both name the folder on their command line.
  for pid in $(pgrep -f -- "$folder/exec" || true); do
    case $(cat "/proc/$pid/comm" 2>/dev/null) in
      containerd | containerd-shim* | docker-proxy) as_root kill -KILL "$pid" 2>/dev/null || true ;;
    esac
  done
  private_engine_unmount "$folder"
  [ "$(cat "$folder/mode" 2>/dev/null)" != alone ] || private_engine_clear_network "$folder" ${bridges[@]+"${bridges[@]}"}
  private_engine_drop_bridges "$folder" ${bridges[@]+"${bridges[@]}"}
  [ ! -s "$folder/bridge" ] || private_engine_drop_bridges "$folder" "$(cat "$folder/bridge")"
  as_root rm -rf "$folder/bridge" "$folder/docker.sock" "$folder/exec" "$folder/mode" "$folder/made_docker0" "$folder/ip_forward" "$folder/forward_policy"
}

private_engine_unmount() {
  local mount
  # Deepest first. /run/docker/netns holds the network namespaces of any engine, so only dead ones of ours would go.
  awk -v prefix="$1/" 'index($5, prefix) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r mount; do
    as_root umount -l "$mount" 2>/dev/null || true
  done
}

private_engine_drop_bridges() {
  local folder=$1 bridge
  shift
  for bridge in "$@"; do
    [ "$bridge" != docker0 ] || [ -e "$folder/made_docker0" ] || continue
    ! link_exists "$bridge" || as_root ip link delete "$bridge" 2>/dev/null || true
  done
}

# The rules that dockerd made and leaves behind. Only called when no other dockerd was there.
private_engine_clear_network() {
  local folder=$1 table rule chain
  shift
  [ -z "$(engine_others "$folder")" ] || return 0
  for table in nat filter; do
    # Each rule that dockerd makes names one of its chains, docker0, or the bridge of one of its networks.
    as_root iptables -w -t "$table" -S 2>/dev/null | grep '^-A' |
      grep -E -e "DOCKER$(printf '|%s\\b' "$@")" | sed 's/^-A/-D/' | while read -r rule; do
      # shellcheck disable=SC2086  # a rule is many words
      as_root iptables -w -t "$table" $rule 2>/dev/null || true
    done || true
    for chain in $(as_root iptables -w -t "$table" -S 2>/dev/null | sed -n 's/^-N \(DOCKER.*\)/\1/p'); do
      as_root iptables -w -t "$table" -F "$chain" 2>/dev/null || true
      as_root iptables -w -t "$table" -X "$chain" 2>/dev/null || true
    done
  done
  [ ! -s "$folder/forward_policy" ] || as_root iptables -w -P FORWARD "$(cat "$folder/forward_policy")" 2>/dev/null || true
  if [ "$(cat "$folder/ip_forward" 2>/dev/null)" = 0 ]; then
    echo 0 | as_root tee /proc/sys/net/ipv4/ip_forward >/dev/null || true
  fi
}
