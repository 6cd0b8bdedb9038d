#!/bin/sh
# Installs what package.json pins into this directory, keeps of it what runs on this system's C library, and links
# each command from bin/. Both Containerfiles run it, as root.
# Usage: install.sh glibc|musl [file of authorities that npm trusts besides its own]
set -eu
libc=$1
cd "$(dirname "$0")"
modules=$PWD/node_modules
case $(uname -m) in
x86_64) cpu=x64 ;;
aarch64) cpu=arm64 ;;
*) echo "the agents have no programs for $(uname -m)" >&2 && exit 1 ;;
esac

if [ -s "${2:-}" ]; then export NODE_EXTRA_CA_CERTS="$2"; fi
# Without the packages' own scripts: they download, compile, or choose by the processor of the machine that builds.
npm ci --ignore-scripts --loglevel=error
rm -rf ~/.npm

# Node's own npm, by which this may be installed, knows nothing of C libraries (Debian 13 has 9.2) and brings both kinds.
if [ "$libc" = glibc ]; then
    suffix=
    rm -rf "$modules"/*-musl "$modules"/@*/*-musl
else
    suffix=-musl
    # Alpine has Node.js and npm of its own, because the packages' are for glibc.
    rm -rf "$modules"/node-linux-* "$modules/npm"
    rm -rf "$modules/opencode-linux-$cpu" "$modules/opencode-linux-$cpu-baseline"
fi

# The image may run on another processor than it is built on, so on x86-64 the variant that needs no AVX2.
opencode=opencode-linux-$cpu$suffix
if [ "$cpu" = x64 ]; then
    rm -rf "${modules:?}/$opencode"
    opencode=opencode-linux-x64-baseline$suffix
fi

# A package's script would put a copy of the program over a placeholder in the package itself; a link does it too.
mkdir -p bin
link() {
    [ -x "$modules/$2" ] || { echo "there is no $2 after npm's work" >&2 && exit 1; }
    ln -s "$modules/$2" "bin/$1"
}
link claude "@anthropic-ai/claude-code-linux-$cpu$suffix/claude"
link codex .bin/codex
link gemini .bin/gemini
link opencode "$opencode/bin/opencode"
if [ "$libc" = glibc ]; then
    link node "node-linux-$cpu/bin/node"
    link npm .bin/npm
    link npx .bin/npx
    sh ./own-prefix.sh "$modules/npm"
fi
