#!/usr/bin/env bash
# Runs a command apart from what this machine has lying about, so that nothing passes or fails because of it:
#
#   scripts/isolated.sh COMMAND [ARGUMENT...]
#
# HOME and TMPDIR are empty folders that are removed at the end. Where the kernel lets us (as root, with unshare), /tmp
# is that same empty folder; of the old one only this checkout and the peers' folder (SLIPWAY_PEERS_DIR) remain. Where
# it does not, this says so and goes on.
set -euo pipefail

# In a mount namespace of this process's own: puts an empty folder in the place of /tmp, then becomes the command.
hide_tmp() {
  local empty="$1" old="$HOME/old" keep
  shift
  mkdir "$old"
  mount --rbind /tmp "$old"
  mount --bind "$empty" /tmp
  for keep in "$PWD" "${SLIPWAY_PEERS_DIR:-/tmp/slipway-peers}"; do
    if [[ "$keep" == /tmp/* && -d "$old/${keep#/tmp/}" ]]; then
      mkdir -p "$keep"
      mount --rbind "$old/${keep#/tmp/}" "$keep"
    fi
  done
  umount --recursive --lazy "$old"
  rmdir "$old"
  # The working directory is still the one below the old /tmp.
  cd "$PWD"
  exec "$@"
}

if [ "${1:-}" = --hide-tmp ]; then
  shift
  hide_tmp "$@"
fi
[ $# -gt 0 ] || {
  echo "usage: scripts/isolated.sh COMMAND [ARGUMENT...]" >&2
  exit 2
}

# Short, because paths of sockets are limited to 107 bytes.
folder="$(mktemp -d /var/tmp/slipway.XXXXXX)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/home" "$folder/tmp"
chmod 1777 "$folder/tmp"
export HOME="$folder/home" TMPDIR="$folder/tmp"
if [ "$(id -u)" = 0 ] && unshare --mount --propagation private true 2>/dev/null; then
  unshare --mount --propagation private bash "${BASH_SOURCE[0]}" --hide-tmp "$TMPDIR" "$@"
else
  echo "isolated: /tmp stays the machine's own: an empty one needs root and unshare" >&2
  "$@"
fi
