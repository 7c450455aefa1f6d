# Part of scripts/peers.sh: the packages, the busybox binaries, and emulation of the other processor.
# shellcheck shell=bash

# Installs a package only if its command is missing: docker-ce, for example, serves as well as docker.io.
missing_packages() {
  has dockerd || echo docker.io
  has docker-registry || echo docker-registry
  # netavark is Podman's network; Debian only recommends it.
  has podman || echo podman
  [ -x /usr/lib/podman/netavark ] || [ -x /usr/libexec/podman/netavark ] || echo netavark
  has htpasswd || echo apache2-utils
  has tinyproxy || echo tinyproxy-bin
  has qemu-aarch64-static && has qemu-x86_64-static || echo qemu-user-static
  has update-binfmts || echo binfmt-support
  has iptables || echo iptables
  has ip || echo iproute2
  has flock || echo util-linux
  # The shells besides bash that read completion scripts.
  has zsh || echo zsh
  has fish || echo fish
  # What reads the printed configuration of ssh.
  has ssh || echo openssh-client
  has mkfs.ext4 || echo e2fsprogs
  # The guest: what builds it, and what runs it.
  has debootstrap || echo debootstrap
  has qemu-system-x86_64 || echo qemu-system-x86
  has git || echo git
  [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
  # Dependencies of cloud-init (install_cloud_init).
  local library
  for library in configobj jinja2 jsonpatch jsonschema netifaces oauthlib requests yaml; do
    /usr/bin/python3 -c "import $library" 2>/dev/null || echo "python3-$library"
  done
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
  has apt-get || fail "missing: ${packages[*]}; this script supports only apt-get; install them yourself"
  say "installing ${packages[*]}"
  # An unreachable third-party package source must not stop us: the installation itself reports what is missing.
  quietly apt-get update -q || say "apt-get update reported errors (above); continuing"
  # A package's service would be a second engine on the usual socket, so forbid starting services.
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

# The static busybox of one architecture, extracted from its Debian package. apt gets separate lists and a
# separate cache, so that the machine's architectures and package lists do not change.
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
  quietly apt-get "${options[@]}" update -q || say "apt-get update for $architecture reported errors (above); continuing"
  (cd "$apt/download" && quietly apt-get "${options[@]}" download "busybox-static:$architecture") ||
    fail "busybox-static of $architecture cannot be downloaded (above)"
  dpkg-deb -x "$apt"/download/busybox-static_*.deb "$apt/root"
  mkdir -p "$PEERS/busybox/$architecture/bin"
  # In bookworm it is in /bin, in later releases in /usr/bin.
  local found
  found="$(find "$apt/root" -type f -path '*/bin/busybox' -print -quit)"
  [ -n "$found" ] || fail "the package busybox-static of $architecture does not contain busybox"
  install -m 755 "$found" "$(busybox_path "$architecture").new"
  mv "$(busybox_path "$architecture").new" "$(busybox_path "$architecture")"
  rm -rf "$apt"
}

# A Python that can import cloud-init.
cloud_init_program() { echo "$PEERS/cloud-init/bin/python"; }

# cloud-init is extracted from its package: if installed, it would configure this machine at its next boot.
install_cloud_init() {
  [ ! -x "$(cloud_init_program)" ] || return 0
  say "fetching cloud-init"
  local folder="$PEERS/cloud-init"
  rm -rf "$folder"
  mkdir -p "$folder/download" "$folder/bin"
  (cd "$folder/download" && quietly apt-get -o APT::Sandbox::User=root download cloud-init) ||
    fail "the package cloud-init cannot be downloaded (above)"
  dpkg-deb -x "$folder"/download/cloud-init_*.deb "$folder/root"
  printf '#!/bin/sh\nPYTHONPATH=%s exec /usr/bin/python3 "$@"\n' \
    "$folder/root/usr/lib/python3/dist-packages" >"$(cloud_init_program).new"
  chmod 755 "$(cloud_init_program).new"
  mv "$(cloud_init_program).new" "$(cloud_init_program)"
  rm -rf "$folder/download"
}

install_everything() {
  install_packages
  install_cloud_init
  install_busybox amd64
  install_busybox arm64
  install_guest
}

# Lets the kernel run the other processor's programs with qemu. Flag F: the interpreter is opened once,
# here, so that containers do not need it.
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
  local printed
  printed="$("$(busybox_path "$architecture")" uname -m 2>&1)" || true
  [ "$printed" = "$machine" ] || fail "qemu does not run $machine programs here: 'uname -m' printed '$printed'"
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
