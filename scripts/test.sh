#!/bin/sh
# usage: test.sh [path...]
# Installs what is missing and runs the suite, or the given parts of it. Last line: `N passed, N failed`.
set -eu
cd "$(dirname "$0")/.."
bun=$(sh scripts/install.sh development) || { echo '0 passed, 1 failed'; exit 1; }
BUN_CONFIG_MAX_HTTP_REQUESTS=65000
export BUN_CONFIG_MAX_HTTP_REQUESTS
exec "$bun" scripts/test.ts "$@"
