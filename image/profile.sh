# What every session's login shell has besides. The guest starts shells with an environment of its own, so what
# an image sets by ENV reaches programs only through this file.

# What `npm install --global`, `pipx` and the like put there, before what the image has: it is newer.
PATH="$HOME/.local/bin:$PATH"
export PATH

# Compiled at the image's build, see agents/warm.sh. Nobody writes to it: without the second variable, which Node.js
# knows from 26 on, it would try at every program's end.
export NODE_COMPILE_CACHE=/opt/agents/cache NODE_COMPILE_CACHE_READONLY=1

# The agents are root's and are of the image's versions. They should not try to replace themselves.
export DISABLE_AUTOUPDATER=1 OPENCODE_DISABLE_AUTOUPDATE=1
