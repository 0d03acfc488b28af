# The Debian packages that krane needs, and how the missing ones get installed.
# Sourced after say.sh.

packages_build=(
  clang-19 lld-19 llvm-19 libclang-rt-19-dev cmake ninja-build ccache pkg-config
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libssl-dev libcurl4-openssl-dev libsodium-dev libsqlite3-dev libsqlitecpp-dev
  libspdlog-dev libfmt-dev libcli11-dev libyaml-cpp-dev
)
packages_test=(
  clang-tidy-19 clang-format-19 python3 libgtest-dev libgmock-dev libbenchmark-dev
  curl jq openssl openssh-client openssh-server groff-base zsh fish ca-certificates procps
)
packages_engine=(docker.io docker-registry busybox-static iptables iproute2 curl jq ca-certificates procps)
packages_front=(haproxy)
packages_client=(curl jq openssl openssh-client ca-certificates procps)

# Prints those of the given packages that are not installed.
packages_missing() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
  printf '%s\n' "$@" | sort -u | grep -vxF -f <(printf '%s\n' "$installed" | grep . || echo ' ') || true
}

# A package's own service must not start by being installed: krane starts what it needs, where it needs it.
# Debian asks this program whether a service may be started; its answer counts for this one installation.
packages_without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e "$policy" ] || [ -d /run/systemd/system ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  "$@" || status=$?
  as_root rm -f "$policy"
  return "$status"
}

packages_apt() { as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"; }

# install_packages LOG_FOLDER package…: installs what is missing, says nothing much when nothing is.
install_packages() {
  local logs=$1 missing
  shift
  mapfile -t missing < <(packages_missing "$@")
  if [ "${#missing[@]}" = 0 ]; then
    note "all $(printf '%s\n' "$@" | sort -u | wc -l) Debian packages are installed"
    return
  fi
  command -v apt-get >/dev/null || fail "these packages are missing, and this is no Debian that could install them: ${missing[*]}"
  [ "$(id -u)" = 0 ] || as_root true
  note "missing: ${missing[*]}"
  run_step "Reading the package lists" "$logs/apt-update.log" packages_apt update ||
    warn "going on with the package lists that are there"
  RUN_STEP_LINES=25 run_step "Installing ${#missing[@]} packages" "$logs/apt-install.log" \
    packages_without_services packages_apt install -y --no-install-recommends "${missing[@]}" || {
    local absent
    absent=$(sed -n 's/^E: Unable to locate package //p' "$logs/apt-install.log" | paste -sd' ')
    [ -z "$absent" ] || fail "no such package in this machine's sources: $absent (krane needs Debian 12 with its main archive)"
    fail "the packages could not be installed (see above)"
  }
  mapfile -t missing < <(packages_missing "$@")
  [ "${#missing[@]}" = 0 ] || fail "still missing after the installation: ${missing[*]}"
}
