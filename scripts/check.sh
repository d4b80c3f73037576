#!/bin/sh
# Everything that CI checks. All steps run, so that one look shows all that is wrong; the tests' line is the last.
set -eu
cd "$(dirname "$0")/.."
bun=$(sh scripts/install.sh development) || { echo '0 passed, 1 failed'; exit 1; }
failed=''

step() {
  name=$1
  shift
  echo "== $name"
  "$@" || failed="$failed $name"
}

step format-and-lint node_modules/.bin/biome ci --colors=off .
step types node_modules/.bin/tsc -p .
step types-of-the-console node_modules/.bin/tsc -p src/site/console
step architecture "$bun" test tests/architecture.test.ts
# Prints figures for people; judges nothing.
step benchmark sh scripts/bench.sh --quick
[ -z "$failed" ] || echo "== failed:$failed"
echo '== tests'
sh scripts/test.sh || failed="$failed tests"
[ -z "$failed" ]
