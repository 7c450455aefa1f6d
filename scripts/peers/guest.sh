# Part of scripts/peers.sh: a real guest, for qemu with software emulation: Debian's cloud kernel and cloud-init.
# shellcheck shell=bash

# Change it with anything below, so that the guest is built again.
GUEST_VERSION=1

guest_folder() { echo "$PEERS/guest-$GUEST_VERSION"; }

guest_is_built() { [ -e "$(guest_folder)/disk.img" ] && [ -e "$(guest_folder)/vmlinuz" ]; }

# Built beside its final place and moved there whole. Takes about 4 minutes.
install_guest() {
  ! guest_is_built || return 0
  say "building the guest (about 4 minutes)"
  local build="$PEERS/guest.new" root="$PEERS/guest.new/root" mirror
  remove_guest_build "$build"
  mkdir -p "$build/guest"
  mirror="$(guest_mirror)"
  # python3-cffi-backend: python3-cryptography depends on one of its virtual names, which debootstrap does not resolve.
  quietly debootstrap --arch=amd64 --variant=minbase \
    --include=systemd-sysv,cloud-init,python3-cffi-backend,linux-image-cloud-amd64,ifupdown,isc-dhcp-client,iproute2 \
    bookworm "$root" "$mirror" || fail "debootstrap from $mirror failed (above)"
  cp "$root"/boot/vmlinuz-* "$build/guest/vmlinuz"
  configure_guest "$root"
  # The kernel has drivers for NVMe and ext4 built in, so it needs no initial RAM disk.
  truncate -s 1200M "$build/guest/disk.img"
  mkfs.ext4 -q -F -d "$root" -O ^has_journal -m 0 "$build/guest/disk.img" || fail "mkfs.ext4 failed"
  rm -rf "$PEERS"/guest-*
  mv "$build/guest" "$(guest_folder)"
  remove_guest_build "$build"
}

# A debootstrap that was killed leaves file systems of this machine mounted in its folder.
remove_guest_build() {
  umount -l "$1/root/proc" "$1/root/sys" 2>/dev/null || true
  rm -rf --one-file-system "$1"
}

# The source of this machine's own packages, if it is a Debian.
guest_mirror() {
  local uri
  uri="$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
    awk '$2 == "Debian" && $3 == "bookworm" && !seen++ { print $1 }')" || true
  echo "${uri:-http://deb.debian.org/debian}"
}

# Leaves out what costs time under emulation and no test looks at.
configure_guest() {
  local root="$1" unit
  echo guest >"$root/etc/hostname"
  echo "127.0.0.1 localhost" >"$root/etc/hosts"
  : >"$root/etc/fstab"
  echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
  cat >"$root/etc/cloud/cloud.cfg.d/99-guest.cfg" <<'END'
cloud_init_modules: [bootcmd, write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
END
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer getty@tty1.service serial-getty@ttyS0.service systemd-logind.service systemd-update-utmp.service \
    systemd-update-utmp-runlevel.service systemd-journal-flush.service systemd-random-seed.service \
    systemd-pstore.service systemd-sysusers.service systemd-udev-settle.service systemd-tmpfiles-clean.timer \
    modprobe@drm.service modprobe@fuse.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount \
    sys-kernel-tracing.mount sys-fs-fuse-connections.mount; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  rm -rf "$root"/boot/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* \
    "$root"/usr/share/man/* "$root"/usr/share/locale/*
}
