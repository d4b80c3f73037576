#!/bin/sh
# usage: bench.sh [--quick] [--rounds N] [--only PART,...]
# Installs what is missing and runs the benchmark; see bench/README.md.
set -eu
cd "$(dirname "$0")/.."
bun=$(sh scripts/install.sh development)
exec "$bun" bench/main.ts "$@"
