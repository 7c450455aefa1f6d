# Part of scripts/peers.sh: the Docker engine, from start to stop.
# shellcheck shell=bash

engine_pid() {
  local pid
  pid="$(cat "$PIDFILE" 2>/dev/null)" || return 1
  # A pid file outlives a crash: its pid may have been reused, or may belong to a zombie, which has no
  # command line.
  grep -qszxF "unix://$SOCKET" "/proc/$pid/cmdline" && echo "$pid"
}

# Checked in its log, because a client may not be installed: newer releases package it separately.
engine_answers() {
  [ -S "$SOCKET" ] && engine_pid >/dev/null && grep -qs 'msg="API listen on' "$LOG"
}

make_bridge() {
  ip link show "$BRIDGE" >/dev/null 2>&1 || ip link add name "$BRIDGE" type bridge
  # replace, not add: a bridge that outlived its engine already has the address.
  ip addr replace "$SUBNET.1/24" dev "$BRIDGE"
  ip link set "$BRIDGE" up
}

start_engine() {
  engine_answers && return 0
  if engine_pid >/dev/null; then
    wait_for_engine
    return 0
  fi
  # An engine that was killed can leave data that the next one cannot read: 20.10 ends with a nil pointer at an image
  # that was half written. Tests build what they need, so each engine starts empty.
  end_processes_of "$PEERS"
  unmount_below "$PEERS"
  rm -rf "$PIDFILE" "$SOCKET" "$PEERS/exec" "$PEERS/data"
  make_bridge
  mkdir -p "$PEERS/data" "$PEERS/exec"
  # No --default-address-pool: an engine that has one deletes the docker0 of any engine at its second start.
  # 9>&-: an engine that inherits the lock would hold it until it ends.
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
      fail "the engine did not answer on $SOCKET within a minute; its log: $LOG"
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
}

# Kills the processes of a killed engine: its containerd, the shims of its containers, the containers.
end_processes_of() {
  local folder="$1" pid child
  for pid in $(grep -lszF "$folder/" /proc/[0-9]*/cmdline | cut -d/ -f3); do
    case "$(cat "/proc/$pid/comm" 2>/dev/null)" in
      containerd-shim*)
        # The container, which would outlive its shim.
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

# Removes what killed test runs left of their own engines (test/support/engines.ts).
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
  # Remove this file first: tests take its presence as "the peers are up".
  rm -f "$PEERS/env"
  stop_leftovers
  if pid="$(engine_pid)"; then
    kill "$pid"
    while engine_pid >/dev/null; do
      [ "$waited" -lt 300 ] || fail "the engine (process $pid) did not end within 30 seconds; its log: $LOG"
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
