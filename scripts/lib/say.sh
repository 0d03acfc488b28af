# What the scripts say, and how they run a long step: one line while it goes well, the reason when it does not.
# Sourced. Expects bash with `set -euo pipefail`.

if [ -t 1 ]; then
  say_bold=$'\e[1m' say_dim=$'\e[2m' say_red=$'\e[31m' say_off=$'\e[0m' say_terminal=1
else
  say_bold='' say_dim='' say_red='' say_off='' say_terminal=''
fi

say() { printf '%s==>%s %s\n' "$say_bold" "$say_off" "$*"; }
note() { printf '    %s\n' "$*"; }
warn() { printf '%s    %s%s\n' "$say_red" "$*" "$say_off" >&2; }
fail() {
  printf '%s%s: %s%s\n' "$say_red" "${0##*/}" "$*" "$say_off" >&2
  exit 1
}

# Everything that root must do goes through here, so that a user with sudo gets along too.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root: $* (run it as root, or install sudo)"
  fi
}

# The newest line that a log shows, cut to fit one line of a terminal.
say_last_line() { tail -c 2000 "$1" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c1-100 || true; }

say_elapsed() {
  local seconds=$((SECONDS - $1))
  if [ "$seconds" -lt 60 ]; then printf '%d s' "$seconds"; else printf '%d min %02d s' $((seconds / 60)) $((seconds % 60)); fi
}

# run_step "What it does" LOG command…: quiet, with signs of life; on failure the end of LOG is shown.
# Returns the command's own status.
run_step_pid=
run_step() {
  local title=$1 log=$2 started=$SECONDS next_sign=$((SECONDS + 15)) status=0 pid
  shift 2
  mkdir -p "$(dirname "$log")"
  say "$title"
  # A process group of its own, so that an interrupt can end all of it: run_step_stop.
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  run_step_pid=$pid
  while kill -0 "$pid" 2>/dev/null; do
    if [ -n "$say_terminal" ]; then
      printf '\r\e[K    %s%s: %s%s' "$say_dim" "$(say_elapsed "$started")" "$(say_last_line "$log")" "$say_off"
    elif [ "$SECONDS" -ge "$next_sign" ]; then
      note "$(say_elapsed "$started"): $(say_last_line "$log")"
      next_sign=$((SECONDS + 15))
    fi
    sleep 0.3
  done
  wait "$pid" 2>/dev/null || status=$?
  run_step_pid=
  [ -z "$say_terminal" ] || printf '\r\e[K'
  if [ "$status" = 0 ]; then
    [ $((SECONDS - started)) -lt 3 ] || note "done in $(say_elapsed "$started")"
  else
    warn "$title: failed with status $status. The end of its output ($log):"
    tail -n "${RUN_STEP_LINES:-40}" "$log" | sed 's/^/    | /' >&2
  fi
  return "$status"
}

# For a script's EXIT trap: ends the step that an interrupt came into.
run_step_stop() {
  [ -z "$run_step_pid" ] || kill -TERM -- "-$run_step_pid" 2>/dev/null || true
  run_step_pid=
}

# wait_until SECONDS command…: true as soon as the command is.
wait_until() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.1
  done
}

# Whether something accepts TCP connections at 127.0.0.1:$1.
port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port of 127.0.0.1 that nothing listens on, from below the range that the kernel gives to outgoing connections.
free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 10000))
    if ! port_is_open "$port"; then
      echo "$port"
      return
    fi
  done
  fail "found no free port between 20000 and 30000"
}

# Whether pid $1 is alive and its program's name is $2: a pid file may outlive its process.
process_is() { [ -n "${1:-}" ] && [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$(printf '%.15s' "$2")" ]; }

# stop_process PIDFILE NAME [SECONDS]: TERM, then KILL; nothing to do when it is not running. Only ever by pid.
stop_process() {
  local pid
  pid=$(cat "$1" 2>/dev/null || true)
  if process_is "$pid" "$2"; then
    as_root kill -TERM "$pid" 2>/dev/null || true
    if ! wait_until "${3:-15}" process_is_gone "$pid" "$2"; then
      warn "$2 (pid $pid) did not stop within ${3:-15} s; killing it"
      as_root kill -KILL "$pid" 2>/dev/null || true
      wait_until 5 process_is_gone "$pid" "$2" || true
    fi
  fi
  as_root rm -f "$1"
}
process_is_gone() { ! process_is "$1" "$2" || [ "$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null)" = Z ]; }
