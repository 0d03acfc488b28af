# A registry of our own on loopback, filled with the images of images.sh.
# Sourced after say.sh and images.sh. State: FOLDER/{pid,port,data,log}.

registry_port() { cat "$1/port" 2>/dev/null || true; }
registry_answers() { curl -fsS -m 2 -o /dev/null "http://127.0.0.1:$(registry_port "$1")/v2/" 2>/dev/null; }
registry_has() { curl -fsS -m 2 -o /dev/null -I -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "$2/v2/$3"; }

# registry_start FOLDER [PORT]: nothing to do when it answers already.
registry_start() {
  local folder=$1 port=${2:-} try
  mkdir -p "$folder"
  if process_is "$(cat "$folder/pid" 2>/dev/null)" docker-registry && registry_answers "$folder"; then
    return
  fi
  stop_process "$folder/pid" docker-registry 5
  for try in 1 2 3 4 5; do
    # The port of the last time, if it is free: the engine's mirror setting names it.
    [ -n "$port" ] || port=$(registry_port "$folder")
    if [ -z "$port" ] || { [ "$try" -gt 1 ] || port_is_open "$port"; }; then port=$(free_port); fi
    echo "$port" >"$folder/port"
    cat >"$folder/config.yml" <<END
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $folder/data}, delete: {enabled: true}}
http: {addr: "127.0.0.1:$port"}
END
    env -u OTEL_TRACES_EXPORTER setsid docker-registry serve "$folder/config.yml" >"$folder/log" 2>&1 </dev/null &
    echo $! >"$folder/pid"
    if wait_until 10 registry_answers "$folder"; then
      return
    fi
    stop_process "$folder/pid" docker-registry 5
  done
  tail -n 20 "$folder/log" | sed 's/^/    | /' >&2
  fail "the registry does not start (its log is above)"
}

registry_stop() { stop_process "$1/pid" docker-registry 5; }

# registry_fill FOLDER: the images, unless they are there from an earlier time with the same recipe.
registry_fill() {
  local folder=$1 recipe
  recipe=$(cat "${BASH_SOURCE[0]%/*}/images.sh" "$(command -v busybox)" | sha256sum | cut -c1-16)
  if [ "$(cat "$folder/recipe" 2>/dev/null)" != "$recipe" ]; then
    images_fill "http://127.0.0.1:$(registry_port "$folder")" "$folder/work"
    echo "$recipe" >"$folder/recipe"
  fi
}
