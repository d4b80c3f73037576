#!/bin/sh
# Drives real coding agents against the gateway. Not part of the suite: it installs them, some hundred megabytes.
set -eu
cd "$(dirname "$0")/.."
bun=$(sh scripts/install.sh development)
exec "$bun" test --timeout=300000 ./tests/agents
