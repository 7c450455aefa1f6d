#!/usr/bin/env bash
# Installs and starts the real servers that the tests talk to: a Docker engine that also runs the
# other processor's containers (qemu), the distribution registry, htpasswd, and static busybox
# binaries to make images of. For Debian and its like, as root, without systemd.
#
#   scripts/peers.sh install   what is missing of the packages
#   scripts/peers.sh start     the engine, waiting until it answers (again: nothing happens)
#   scripts/peers.sh env       `export NAME=value` lines for the tests
#   scripts/peers.sh status    what is there; exits 1 unless everything is
#   scripts/peers.sh stop      ends the engine and what killed test runs left; images stay
#
# Everything lives in SLIPWAY_PEERS_DIR (/tmp/slipway-peers). An engine of your own is left alone:
# this one has its own socket, folders, bridge and containerd namespace, and writes no iptables rule
# (two engines that do destroy each other's chains). Its containers therefore reach this machine and
# each other, not the internet; published ports go through docker-proxy.
set -euo pipefail

PEERS="${SLIPWAY_PEERS_DIR:-/tmp/slipway-peers}"
BRIDGE="${SLIPWAY_PEERS_BRIDGE:-slipway0}"
SUBNET="${SLIPWAY_PEERS_SUBNET:-10.213.0}"
SOCKET="$PEERS/docker.sock"
PIDFILE="$PEERS/docker.pid"
LOG="$PEERS/dockerd.log"
# Debian keeps the administrator's programs out of an ordinary user's PATH.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

say() { printf 'peers: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

need_root() {
  [ "$(id -u)" = 0 ] || fail "'$1' needs root: sudo scripts/peers.sh $1"
}

prepare_folder() {
  [[ "$PEERS" =~ ^/[A-Za-z0-9_./-]+$ ]] || fail "SLIPWAY_PEERS_DIR must be an absolute path of letters, digits and ._-/, not '$PEERS'"
  [ "${#PEERS}" -le 80 ] || fail "SLIPWAY_PEERS_DIR is too long for the path of a socket: $PEERS"
  mkdir -p "$PEERS"
  # In /tmp anybody could have made this folder first and have pointed its names elsewhere.
  [ -O "$PEERS" ] && [ ! -L "$PEERS" ] || fail "$PEERS belongs to somebody else; set SLIPWAY_PEERS_DIR to another folder"
  chmod 755 "$PEERS"
}

# Runs the rest under a lock, so that two starts at once make one engine.
take_lock() {
  exec 9>"$PEERS/lock"
  flock -w 600 9 || fail "another scripts/peers.sh holds $PEERS/lock for 10 minutes"
}

# --- install ---------------------------------------------------------------------------------

# Only a package whose command is missing is installed: docker-ce, say, serves as well as docker.io.
missing_packages() {
  has dockerd || echo docker.io
  has docker-registry || echo docker-registry
  has htpasswd || echo apache2-utils
  has qemu-aarch64-static && has qemu-x86_64-static || echo qemu-user-static
  has update-binfmts || echo binfmt-support
  has iptables || echo iptables
  has ip || echo iproute2
  has flock || echo util-linux
  has mkfs.ext4 || echo e2fsprogs
  [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
}

quietly() {
  local output
  output="$("$@" 2>&1)" || {
    printf '%s\n' "$output" | tail -n 40 >&2
    return 1
  }
}

install_packages() {
  local packages
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" -gt 0 ] || return 0
  has apt-get || fail "missing: ${packages[*]}; only Debian's apt-get is known here, install them yourself"
  say "installing ${packages[*]}"
  # A foreign package source that is down must not stop us: the install itself tells.
  quietly apt-get update -q || say "apt-get update complained (above); going on"
  # A package's own service would be a second engine on the usual socket: forbid starting any.
  local policy=/usr/sbin/policy-rc.d forbidden=no
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    forbidden=yes
  fi
  local result=0
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${packages[@]}" || result=$?
  [ "$forbidden" = no ] || rm -f "$policy"
  [ "$result" = 0 ] || fail "apt-get install ${packages[*]} failed (above)"
  hash -r
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" = 0 ] || fail "still missing after the install: ${packages[*]}"
}

busybox_path() { echo "$PEERS/busybox/$1/bin/busybox"; }

# The static busybox of one architecture, taken out of its Debian package. apt gets lists and a cache
# of its own, so that the machine's architectures and package lists stay as they are.
install_busybox() {
  local architecture="$1"
  [ ! -x "$(busybox_path "$architecture")" ] || return 0
  say "fetching busybox-static for $architecture"
  local apt="$PEERS/apt-$architecture"
  rm -rf "$apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/download"
  : >"$apt/status"
  local options=(
    -o "APT::Architecture=$architecture" -o "APT::Architectures::=$architecture"
    -o "Dir::State::Lists=$apt/lists" -o "Dir::State::status=$apt/status"
    -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none
  )
  quietly apt-get "${options[@]}" update -q || say "apt-get update for $architecture complained (above); going on"
  (cd "$apt/download" && quietly apt-get "${options[@]}" download "busybox-static:$architecture") ||
    fail "busybox-static of $architecture cannot be downloaded (above)"
  dpkg-deb -x "$apt"/download/busybox-static_*.deb "$apt/root"
  mkdir -p "$PEERS/busybox/$architecture/bin"
  # bookworm keeps it in /bin, later releases in /usr/bin.
  local found
  found="$(find "$apt/root" -type f -path '*/bin/busybox' | head -n 1)"
  [ -n "$found" ] || fail "the package busybox-static of $architecture holds no busybox"
  install -m 755 "$found" "$(busybox_path "$architecture").new"
  mv "$(busybox_path "$architecture").new" "$(busybox_path "$architecture")"
  rm -rf "$apt"
}

install_everything() {
  install_packages
  install_busybox amd64
  install_busybox arm64
}

# --- start -----------------------------------------------------------------------------------

# Lets the kernel run the other processor's programs by qemu. Flag F: the interpreter is opened once,
# here, so that containers need nothing inside.
enable_foreign() {
  local architecture="$1" machine="$2"
  [ "$(uname -m)" != "$machine" ] || return 0
  if [ ! -e /proc/sys/fs/binfmt_misc/register ]; then
    mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || fail "binfmt_misc cannot be mounted: $machine containers cannot run"
  fi
  if ! runs_foreign "$machine"; then
    update-binfmts --import "qemu-$machine" >/dev/null 2>&1 || true
    runs_foreign "$machine" || update-binfmts --enable "qemu-$machine" >&2 || true
    runs_foreign "$machine" || fail "the kernel has no entry with flag F for $machine in /proc/sys/fs/binfmt_misc"
  fi
  local told
  told="$("$(busybox_path "$architecture")" uname -m 2>&1)" || true
  [ "$told" = "$machine" ] || fail "qemu does not run $machine programs here: 'uname -m' printed '$told'"
}

runs_foreign() {
  local entry
  for entry in /proc/sys/fs/binfmt_misc/*; do
    case "$entry" in */register | */status | */\*) continue ;; esac
    if grep -q "^interpreter .*/[^/]*$1" "$entry" && grep -q '^enabled' "$entry" && grep -q '^flags:.*F' "$entry"; then
      return 0
    fi
  done
  return 1
}

engine_pid() {
  local pid
  pid="$(cat "$PIDFILE" 2>/dev/null)" || return 1
  # A pid file outlives a crash: its number may be somebody else's by now, or a dead process's that
  # nobody has reaped, which has no command line any more.
  grep -qszxF "unix://$SOCKET" "/proc/$pid/cmdline" && echo "$pid"
}

# Asked of its log, because no client can be counted on: newer releases package it apart.
engine_answers() {
  [ -S "$SOCKET" ] && engine_pid >/dev/null && grep -qs 'msg="API listen on' "$LOG"
}

make_bridge() {
  ip link show "$BRIDGE" >/dev/null 2>&1 || ip link add name "$BRIDGE" type bridge
  ip addr show dev "$BRIDGE" | grep -q "inet $SUBNET.1/24" || ip addr add "$SUBNET.1/24" dev "$BRIDGE"
  ip link set "$BRIDGE" up
}

start_engine() {
  engine_answers && return 0
  if engine_pid >/dev/null; then
    wait_for_engine
    return 0
  fi
  rm -f "$PIDFILE" "$SOCKET" "$PEERS/exec/containerd/containerd.pid"
  make_bridge
  mkdir -p "$PEERS/data" "$PEERS/exec"
  # No --default-address-pool: an engine that has one deletes docker0, whosever it is, at its second start.
  # 9>&-: an engine that inherited the lock would hold it for life.
  setsid dockerd \
    --host "unix://$SOCKET" --group "${SUDO_GID:-0}" \
    --data-root "$PEERS/data" --exec-root "$PEERS/exec" --pidfile "$PIDFILE" \
    --config-file "$PEERS/daemon.json" \
    --containerd-namespace slipway-peers --containerd-plugins-namespace slipway-peers-plugins \
    --bridge "$BRIDGE" --iptables=false --ip6tables=false \
    --max-concurrent-downloads 3 \
    >"$LOG" 2>&1 </dev/null 9>&- &
  wait_for_engine $!
}

wait_for_engine() {
  local started="${1:-}" waited=0
  until engine_answers; do
    if [ -n "$started" ] && ! kill -0 "$started" 2>/dev/null; then
      tail -n 30 "$LOG" >&2
      fail "the engine ended while starting; its log: $LOG"
    fi
    if [ "$waited" -ge 600 ]; then
      tail -n 30 "$LOG" >&2
      fail "the engine does not answer on $SOCKET after a minute; its log: $LOG"
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
}

print_environment() {
  printf 'export SLIPWAY_TEST_DOCKER_HOST=%s\n' "unix://$SOCKET"
  printf 'export SLIPWAY_TEST_REGISTRY_BINARY=%s\n' "$(command -v docker-registry || true)"
  printf 'export SLIPWAY_TEST_HTPASSWD_BINARY=%s\n' "$(command -v htpasswd || true)"
  printf 'export SLIPWAY_TEST_DOCKERD_BINARY=%s\n' "$(command -v dockerd || true)"
  printf 'export SLIPWAY_TEST_BUSYBOX_AMD64=%s\n' "$(busybox_path amd64)"
  printf 'export SLIPWAY_TEST_BUSYBOX_ARM64=%s\n' "$(busybox_path arm64)"
}

start_everything() {
  local packages
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" = 0 ] || fail "missing: ${packages[*]}; run scripts/peers.sh install first"
  [ -x "$(busybox_path amd64)" ] && [ -x "$(busybox_path arm64)" ] || fail "no busybox in $PEERS; run scripts/peers.sh install first"
  enable_foreign amd64 x86_64
  enable_foreign arm64 aarch64
  [ -e "$PEERS/daemon.json" ] || echo '{}' >"$PEERS/daemon.json"
  start_engine
  print_environment >"$PEERS/env.new"
  mv "$PEERS/env.new" "$PEERS/env"
  say "the engine answers on unix://$SOCKET"
}

# --- stop, status ----------------------------------------------------------------------------

# Kills what a killed engine leaves: its containerd, the shims of its containers, the containers.
end_processes_of() {
  local folder="$1" pid child
  for pid in $(grep -lszF "$folder/" /proc/[0-9]*/cmdline | cut -d/ -f3); do
    case "$(cat "/proc/$pid/comm" 2>/dev/null)" in
      containerd-shim*)
        # The container: it would outlive its shim.
        for child in $(grep -lsE "^PPid:[[:space:]]+$pid\$" /proc/[0-9]*/status | cut -d/ -f3); do
          kill -KILL "$child" 2>/dev/null || true
        done
        kill -KILL "$pid" 2>/dev/null || true
        ;;
      dockerd | containerd) kill -KILL "$pid" 2>/dev/null || true ;;
    esac
  done
}

unmount_below() {
  local mounted
  awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mounted; do
    umount -l "$mounted" || true
  done
}

# What killed test runs left behind of their own engines (test/support/engines.ts).
stop_leftovers() {
  local folder
  for folder in "${TMPDIR:-/tmp}"/slipway-engine-*; do
    [ -d "$folder" ] && [ -O "$folder" ] || continue
    say "removing the engine that a test run left in $folder"
    end_processes_of "$folder"
    unmount_below "$folder"
    ip link del "slipway${folder##*-}" 2>/dev/null || true
    rm -rf "$folder"
  done
}

stop_everything() {
  local pid waited=0
  # Gone first: tests take the presence of this file for "the peers are up".
  rm -f "$PEERS/env"
  stop_leftovers
  if pid="$(engine_pid)"; then
    kill "$pid"
    while engine_pid >/dev/null; do
      [ "$waited" -lt 300 ] || fail "the engine (process $pid) does not end after 30 seconds; its log: $LOG"
      sleep 0.1
      waited=$((waited + 1))
    done
  fi
  end_processes_of "$PEERS"
  unmount_below "$PEERS"
  rm -f "$PIDFILE" "$SOCKET"
  ip link del "$BRIDGE" 2>/dev/null || true
  say "stopped"
}

show_status() {
  local result=0 packages machine
  mapfile -t packages < <(missing_packages)
  if [ "${#packages[@]}" = 0 ]; then echo "packages: installed"; else
    echo "packages: missing ${packages[*]}"
    result=1
  fi
  if [ -x "$(busybox_path amd64)" ] && [ -x "$(busybox_path arm64)" ]; then echo "busybox: amd64, arm64"; else
    echo "busybox: not fetched"
    result=1
  fi
  for machine in x86_64 aarch64; do
    if [ "$(uname -m)" = "$machine" ]; then echo "$machine: this machine"; elif runs_foreign "$machine"; then echo "$machine: by qemu"; else
      echo "$machine: cannot run here"
      result=1
    fi
  done
  if engine_answers; then echo "engine: answers on unix://$SOCKET (process $(engine_pid))"; else
    echo "engine: not running"
    result=1
  fi
  return "$result"
}

case "${1:-}" in
  install | start | stop)
    need_root "$1"
    if [ "$1" = install ]; then has flock || install_packages; fi
    prepare_folder
    take_lock
    case "$1" in
      install) install_everything ;;
      start) start_everything ;;
      stop) stop_everything ;;
    esac
    ;;
  env) print_environment ;;
  status) show_status ;;
  *)
    echo "usage: scripts/peers.sh install | start | stop | env | status" >&2
    exit 2
    ;;
esac
