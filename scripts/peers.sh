#!/usr/bin/env bash
# Installs and starts the real servers that the tests use: a Docker engine that also runs containers for the
# other processor architecture (qemu), Podman (whose service each suite starts itself), the distribution
# registry, htpasswd, cloud-init, static busybox binaries for building images, and a Debian guest for qemu. For Debian and its derivatives, as root, without systemd.
#
#   scripts/peers.sh install   installs missing packages
#   scripts/peers.sh start     starts the engine and waits until it answers (no effect if it runs)
#   scripts/peers.sh env       `export NAME=value` lines for the tests
#   scripts/peers.sh status    prints what is installed and running; exits with 1 if anything is missing
#   scripts/peers.sh stop      stops the engine and removes what killed test runs left
#
# Everything lives in SLIPWAY_PEERS_DIR (/tmp/slipway-peers). Your own engine is not affected:
# this one has its own socket, folders, bridge and containerd namespace, and writes no iptables rule
# (two engines that do destroy each other's chains). Its containers therefore reach this machine and
# each other, not the internet; published ports go through docker-proxy.
set -euo pipefail

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
PEERS="${SLIPWAY_PEERS_DIR:-/tmp/slipway-peers}"
BRIDGE="${SLIPWAY_PEERS_BRIDGE:-slipway0}"
SUBNET="${SLIPWAY_PEERS_SUBNET:-10.213.0}"
SOCKET="$PEERS/docker.sock"
PIDFILE="$PEERS/docker.pid"
LOG="$PEERS/dockerd.log"
# On Debian an ordinary user's PATH lacks the administrator's programs.
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
  # In /tmp another user could have created this folder first, with links to other places.
  [ -O "$PEERS" ] && [ ! -L "$PEERS" ] || fail "$PEERS belongs to another user; set SLIPWAY_PEERS_DIR to another folder"
  chmod 755 "$PEERS"
}

# Runs the rest under a lock, so that two concurrent starts create one engine.
take_lock() {
  exec 9>"$PEERS/lock"
  flock -w 600 9 || fail "another scripts/peers.sh holds $PEERS/lock for 10 minutes"
}

# shellcheck source=scripts/peers/install.sh
source "$HERE/peers/install.sh"
# shellcheck source=scripts/peers/guest.sh
source "$HERE/peers/guest.sh"
# shellcheck source=scripts/peers/engine.sh
source "$HERE/peers/engine.sh"

print_environment() {
  printf 'export SLIPWAY_TEST_DOCKER_HOST=%s\n' "unix://$SOCKET"
  printf 'export SLIPWAY_TEST_REGISTRY_BINARY=%s\n' "$(command -v docker-registry || true)"
  printf 'export SLIPWAY_TEST_HTPASSWD_BINARY=%s\n' "$(command -v htpasswd || true)"
  printf 'export SLIPWAY_TEST_TINYPROXY_BINARY=%s\n' "$(command -v tinyproxy || true)"
  printf 'export SLIPWAY_TEST_DOCKERD_BINARY=%s\n' "$(command -v dockerd || true)"
  printf 'export SLIPWAY_TEST_PODMAN_BINARY=%s\n' "$(command -v podman || true)"
  printf 'export SLIPWAY_TEST_CLOUD_INIT_PYTHON=%s\n' "$(cloud_init_program)"
  printf 'export SLIPWAY_TEST_QEMU_BINARY=%s\n' "$(command -v qemu-system-x86_64 || true)"
  printf 'export SLIPWAY_TEST_GUEST=%s\n' "$(guest_folder)"
  printf 'export SLIPWAY_TEST_BUSYBOX_AMD64=%s\n' "$(busybox_path amd64)"
  printf 'export SLIPWAY_TEST_BUSYBOX_ARM64=%s\n' "$(busybox_path arm64)"
}

start_everything() {
  local packages
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" = 0 ] || fail "missing: ${packages[*]}; run scripts/peers.sh install first"
  [ -x "$(busybox_path amd64)" ] && [ -x "$(busybox_path arm64)" ] && [ -x "$(cloud_init_program)" ] && guest_is_built || fail "no busybox, cloud-init or guest in $PEERS; run scripts/peers.sh install first"
  enable_foreign amd64 x86_64
  enable_foreign arm64 aarch64
  [ -e "$PEERS/daemon.json" ] || echo '{}' >"$PEERS/daemon.json"
  start_engine
  print_environment >"$PEERS/env.new"
  mv "$PEERS/env.new" "$PEERS/env"
  say "the engine answers on unix://$SOCKET"
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
  if [ -x "$(cloud_init_program)" ]; then echo "cloud-init: fetched"; else
    echo "cloud-init: not fetched"
    result=1
  fi
  if guest_is_built; then echo "guest: built"; else
    echo "guest: not built"
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
