#!/bin/sh
# Has npm put what a session's user installs with `--global` into that user's home: its own place is root's, and is
# not kept either when the container is made anew.
# Usage: own-prefix.sh <npm's own directory>
set -eu
# shellcheck disable=SC2016 # npm replaces the variable, each time it runs.
echo 'prefix=${HOME}/.local' >>"$1/npmrc"
