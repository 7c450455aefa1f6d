#!/usr/bin/env bash
# Installs and starts LocalStack, an independent check of the requests to EC2: no Docker, no account, no root.
# Also installs moto's server, which tests and a benchmark start by themselves, and apache-libcloud, which the tests run
# against the Compute Engine fake.
#
#   scripts/localstack.sh install   Python packages at pinned versions, in a separate virtual environment
#   scripts/localstack.sh start     starts the server and waits until it answers (no effect if it runs)
#   scripts/localstack.sh env       `export NAME=value` lines for the tests
#   scripts/localstack.sh status    prints what is installed and running; exits with 1 if the server is not running
#   scripts/localstack.sh stop      stops the server; its state is lost
#
# Everything lives in SLIPWAY_PEERS_DIR (/tmp/slipway-peers); the server listens on 127.0.0.1 and
# SLIPWAY_LOCALSTACK_PORT (4566).
set -euo pipefail

PEERS="${SLIPWAY_PEERS_DIR:-/tmp/slipway-peers}"
PORT="${SLIPWAY_LOCALSTACK_PORT:-4566}"
HOME_FOLDER="$PEERS/localstack"
PYTHON="$HOME_FOLDER/venv/bin/python"
LIBCLOUD="$HOME_FOLDER/libcloud"
MOTO="$HOME_FOLDER/moto"
PIDFILE="$HOME_FOLDER/pid"
LOG="$HOME_FOLDER/log"
URL="http://127.0.0.1:$PORT"
# These versions are compatible; newer ones require a newer Python or an account.
PACKAGES=(
  'localstack-core[runtime]==4.13.1' moto-ext==5.1.20.post22 cbor2==5.8.0 pyopenssl==25.3.0
  cryptography==46.0.3 rolo==0.7.6 localstack-twisted==24.3.0 plux==1.14.0 hypercorn==0.18.0
  werkzeug==3.1.5
)
LIBCLOUD_PACKAGE=apache-libcloud==3.9.1
MOTO_PACKAGE='moto[ec2,server]==5.1.20'

say() { printf 'localstack: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

prepare_folder() {
  [[ "$PEERS" =~ ^/[A-Za-z0-9_./-]+$ ]] || fail "SLIPWAY_PEERS_DIR must be an absolute path of letters, digits and ._-/, not '$PEERS'"
  [[ "$PORT" =~ ^[0-9]{1,5}$ ]] || fail "SLIPWAY_LOCALSTACK_PORT must be a port, not '$PORT'"
  mkdir -p "$PEERS" "$HOME_FOLDER"
  # In /tmp another user could have created this folder first, with links to other places.
  [ -O "$HOME_FOLDER" ] && [ ! -L "$HOME_FOLDER" ] || fail "$HOME_FOLDER belongs to another user; set SLIPWAY_PEERS_DIR to another folder"
}

take_lock() {
  exec 8>"$HOME_FOLDER/lock"
  flock -w 600 8 || fail "another scripts/localstack.sh holds $HOME_FOLDER/lock for 10 minutes"
}

quietly() {
  local output
  output="$("$@" 2>&1 8>&-)" || {
    printf '%s\n' "$output" | tail -n 40 >&2
    return 1
  }
}

# Debian packages venv separately from python3; uv and virtualenv work without it.
find_python() {
  local candidate
  for candidate in python3.11 python3.12 python3.13 python3.10 python3; do
    if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

make_environment() {
  local python="$1"
  quietly "$python" -m venv "$HOME_FOLDER/venv" && return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  say "installing python3-venv"
  quietly apt-get update -q || say "apt-get update reported errors (above); continuing"
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -q -y --no-install-recommends python3-venv || return 1
  rm -rf "$HOME_FOLDER/venv"
  quietly "$python" -m venv "$HOME_FOLDER/venv"
}

# Written last, so that an interrupted installation starts over.
is_installed() { [ "$(cat "$HOME_FOLDER/installed" 2>/dev/null)" = "${PACKAGES[*]}" ]; }

install_server() {
  ! is_installed || return 0
  local python
  python="$(find_python)" || fail "no Python from 3.10 to 3.13 was found: install python3 and python3-venv"
  rm -rf "$HOME_FOLDER/venv" "$HOME_FOLDER/installed"
  make_environment "$python" || fail "cannot create a virtual environment in $HOME_FOLDER/venv (above): install python3-venv"
  say "installing ${PACKAGES[0]}"
  quietly "$PYTHON" -m pip install -q --disable-pip-version-check uv || fail "uv cannot be installed (above)"
  quietly "$PYTHON" -m uv pip install -q --python "$PYTHON" "${PACKAGES[@]}" || fail "LocalStack cannot be installed (above)"
  printf '%s' "${PACKAGES[*]}" >"$HOME_FOLDER/installed"
}

is_libcloud_installed() { [ "$(cat "$LIBCLOUD/installed" 2>/dev/null)" = "$LIBCLOUD_PACKAGE" ]; }

# A separate environment, since its dependencies may conflict with LocalStack's.
install_apart() {
  local folder="$1" package="$2"
  [ "$(cat "$folder/installed" 2>/dev/null)" != "$package" ] || return 0
  rm -rf "$folder"
  say "installing $package"
  quietly "$PYTHON" -m venv "$folder" || fail "cannot create a virtual environment in $folder (above)"
  quietly "$PYTHON" -m uv pip install -q --python "$folder/bin/python" "$package" || fail "$package cannot be installed (above)"
  printf '%s' "$package" >"$folder/installed"
}

server_pid() {
  local pid
  pid="$(cat "$PIDFILE" 2>/dev/null)" || return 1
  # A pid file outlives a crash, and its pid may have been reused.
  grep -qszF "localstack.runtime.main" "/proc/$pid/cmdline" && echo "$pid"
}

# Uses Python, because curl and wget may not be installed. No proxy: the server is on this machine.
answers() {
  "$PYTHON" - "$URL/_localstack/health" <<'PYTHON' 2>/dev/null
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
sys.exit(0 if opener.open(sys.argv[1], timeout=2).status == 200 else 1)
PYTHON
}

start_server() {
  is_installed && is_libcloud_installed || fail "not installed; run scripts/localstack.sh install first"
  local pid
  if ! server_pid >/dev/null; then
    ! answers || fail "another program answers on $URL; set SLIPWAY_LOCALSTACK_PORT to a free port"
    mkdir -p "$HOME_FOLDER/files"
    OVERRIDE_IN_DOCKER=0 FILESYSTEM_ROOT="$HOME_FOLDER/files" GATEWAY_LISTEN="127.0.0.1:$PORT" \
      LOCALSTACK_HOST="localhost:$PORT" SERVICES=ec2,sts,iam,ssm EAGER_SERVICE_LOADING=1 DISABLE_EVENTS=1 \
      SKIP_SSL_CERT_DOWNLOAD=1 DNS_ADDRESS=0 \
      setsid "$PYTHON" -m localstack.runtime.main >"$LOG" 2>&1 </dev/null 8>&- &
    echo $! >"$PIDFILE"
  fi
  pid="$(cat "$PIDFILE")"
  wait_for_server "$pid"
  print_environment >"$HOME_FOLDER/env.new"
  mv "$HOME_FOLDER/env.new" "$HOME_FOLDER/env"
  say "answers on $URL (process $pid)"
}

wait_for_server() {
  local pid="$1" waited=0
  until answers; do
    kill -0 "$pid" 2>/dev/null || {
      tail -n 30 "$LOG" >&2
      fail "the server ended while starting; its log: $LOG"
    }
    [ "$waited" -lt 480 ] || {
      tail -n 30 "$LOG" >&2
      fail "the server did not answer on $URL within two minutes; its log: $LOG"
    }
    sleep 0.25
    waited=$((waited + 1))
  done
}

print_environment() {
  printf 'export SLIPWAY_TEST_LOCALSTACK=%s\n' "$URL"
  # Its packages include boto3, which the tests run against the EC2 fake.
  printf 'export SLIPWAY_TEST_BOTO3_PYTHON=%s\n' "$PYTHON"
  printf 'export SLIPWAY_TEST_LIBCLOUD_PYTHON=%s\n' "$LIBCLOUD/bin/python"
  [ ! -x "$MOTO/bin/moto_server" ] || printf 'export SLIPWAY_TEST_MOTO_SERVER=%s\n' "$MOTO/bin/moto_server"
}

stop_server() {
  local pid waited=0
  # Remove this file first: tests take its presence as "the server is up".
  rm -f "$HOME_FOLDER/env"
  if pid="$(server_pid)"; then
    kill "$pid"
    while server_pid >/dev/null; do
      [ "$waited" -lt 150 ] || kill -KILL "$pid" 2>/dev/null || true
      [ "$waited" -lt 300 ] || fail "process $pid did not end within 30 seconds; its log: $LOG"
      sleep 0.1
      waited=$((waited + 1))
    done
  fi
  rm -f "$PIDFILE"
  say "stopped"
}

show_status() {
  is_installed && echo "packages: installed" || echo "packages: not installed"
  is_libcloud_installed && echo "libcloud: installed" || echo "libcloud: not installed"
  local pid
  if pid="$(server_pid)" && answers; then echo "server: answers on $URL (process $pid)"; else
    echo "server: not running"
    return 1
  fi
}

case "${1:-}" in
  install | start | stop)
    prepare_folder
    take_lock
    case "$1" in
      install)
        install_server
        install_apart "$LIBCLOUD" "$LIBCLOUD_PACKAGE"
        install_apart "$MOTO" "$MOTO_PACKAGE"
        ;;
      start) start_server ;;
      stop) stop_server ;;
    esac
    ;;
  env) print_environment ;;
  status) show_status ;;
  *)
    echo "usage: scripts/localstack.sh install | start | stop | env | status" >&2
    exit 2
    ;;
esac
