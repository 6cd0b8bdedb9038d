#!/bin/sh
# Makes a base like Debian's slim image by debootstrap, for machines that reach Debian's packages but no registry of
# images. Root has to run it, in a mount namespace of its own: what debootstrap mounts goes with that, even if it fails.
# Usage: bootstrap.sh <Debian's name for the release> <directory to make it in> <tar to write>
set -eu
suite=$1
root=$2
debootstrap --variant=minbase "$suite" "$root"

# debootstrap writes the first of these lines, with the mirror it used. Security updates have a place beside it.
read -r _ mirror _ <"$root/etc/apt/sources.list"
cat >>"$root/etc/apt/sources.list" <<LINES
deb $mirror $suite-updates main
deb $mirror-security $suite-security main
LINES

# As Debian's own images have it: no manuals, no translations, no service that starts when its package is installed;
# and dpkg does not wait for the disk after each file, because a build that ends half-way leaves nothing to mend.
cat >"$root/etc/dpkg/dpkg.cfg.d/berth" <<'LINES'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
LINES
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
find "$root/usr/share/doc" ! -type d ! -name copyright -delete
rm -rf "$root/usr/share/man" "$root/usr/share/locale" "$root/usr/share/info"
rm -rf "$root/var/cache/apt/archives" "$root/var/lib/apt/lists" "$root/var/log/bootstrap.log"
mkdir -p "$root/usr/share/man" "$root/var/cache/apt/archives/partial" "$root/var/lib/apt/lists/partial"
# What is this machine's own.
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"

tar --create --file "$3" --directory "$root" --numeric-owner --one-file-system .
