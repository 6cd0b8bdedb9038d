#!/bin/sh
# Fills the compile cache of the programs that run on Node.js. Node.js keeps one for each user and version, and a user
# reads only their own, so this has to be run by the user who will run the agents.
# Usage: NODE_COMPILE_CACHE=<directory that this user may write to> warm.sh
set -eu
: "${NODE_COMPILE_CACHE:?says where the cache belongs}"
# It writes nothing into the image's home, which a session's own home covers.
HOME=$(mktemp -d)
export HOME
unset NODE_COMPILE_CACHE_READONLY
for agent in gemini codex npm; do
    "$agent" --version
done
rm -rf "$HOME"
[ -n "$(find "$NODE_COMPILE_CACHE" -type f)" ] || { echo "nothing is in $NODE_COMPILE_CACHE" >&2 && exit 1; }
