#!/bin/sh
# usage: install.sh production|development
# Installs the packages of package-lock.json unless they are there, and prints the path of the Bun binary.
# Everything else goes to stderr. Runs of it at the same time wait for each other.
set -eu

want=$1
root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
cd "$root"

# What is installed: a copy of the lock file that it was installed from, a link to Bun, a mark for development packages.
state=node_modules/.bytespike
lock=.install.lock

ready() {
  cmp -s package-lock.json "$state/package-lock.json" && [ -x "$state/bun" ] &&
    { [ "$want" = production ] || [ -e "$state/development" ]; }
}

say() {
  echo "bytespike: $*" >&2
}

# The number of a process that is gone may be another's by now, or our own: whoever installs here works in this folder.
alive() {
  [ "$1" != "$$" ] || return 1
  if folder=$(readlink "/proc/$1/cwd" 2>/dev/null); then [ "$folder" = "$root" ]; return; fi
  # kill -0 says no for the process of another user, so /proc is asked where there is one.
  if [ -d /proc/self ]; then [ -d "/proc/$1" ]; else kill -0 "$1" 2>/dev/null; fi
}

# A symbolic link is made in one step together with its content, the owner's process id.
take_lock() {
  waits_for=
  until ln -s "$$" "$lock" 2>/dev/null; do
    [ -w . ] || { say "cannot install packages: $root is not writable"; exit 1; }
    owner=$(readlink "$lock" || true)
    if [ -n "$owner" ] && ! alive "$owner"; then break_lock; else wait_for "$owner"; fi
  done
  npm_pid=
  trap 'rm -f "$lock"' EXIT
  trap 'stop_npm; exit 130' INT
  trap 'stop_npm; exit 143' TERM
}

# Told once. Where there is no /proc, the process may be another that has the number now.
wait_for() {
  if [ -z "$waits_for" ] && [ -n "$1" ]; then
    waits_for=$1
    say "waiting for process $1, which installs packages; if it does not, remove $root/$lock"
  fi
  sleep 0.2
}

stop_npm() {
  if [ -n "$npm_pid" ]; then
    kill "$npm_pid" 2>/dev/null || true
    wait "$npm_pid" || true
  fi
}

# Only one waiter may remove the lock of a dead owner, and only while it is still that one's.
break_lock() {
  if mkdir "$lock.break" 2>/dev/null; then
    owner=$(readlink "$lock" || true)
    if [ -n "$owner" ] && ! alive "$owner"; then rm -f "$lock"; fi
    rmdir "$lock.break"
  else
    sleep 0.2
  fi
}

install_packages() {
  command -v npm >/dev/null || { say 'npm is needed to install packages; install Node.js 20 or newer'; exit 1; }
  say "installing packages ($want)"
  if [ "$want" = development ] || [ -d node_modules/typescript ]; then
    set -- --include=dev
  else
    set -- --omit=dev
  fi
  # A server may be running from this folder: what is installed is completed in place. `npm ci` starts from nothing.
  if [ -e node_modules/.package-lock.json ]; then
    set -- install --no-save "$@"
  else
    set -- ci "$@"
  fi
  npm "$@" --no-audit --no-fund --no-update-notifier --loglevel=error >&2 &
  npm_pid=$!
  # The lock passes to npm: should this script be killed, the next one waits until npm has ended.
  ln -sfn "$npm_pid" "$lock.npm"
  mv -f "$lock.npm" "$lock"
  wait "$npm_pid" || { say 'npm could not install the packages'; exit 1; }
  npm_pid=
}

# With install scripts switched off, npm's `bun` is a placeholder and the binary lies in the package of the platform.
find_bun() {
  for candidate in node_modules/@oven/bun-*/bin/bun node_modules/bun/bin/bun.exe; do
    if [ -x "$candidate" ] && "$candidate" --version >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  say "there is no Bun for this platform ($(uname -s) $(uname -m)) among the installed packages"
  exit 1
}

note_installed() {
  bun=$(find_bun)
  mkdir -p "$state"
  ln -sfn "../../$bun" "$state/bun"
  if [ -d node_modules/typescript ]; then : >"$state/development"; fi
  # So that npx finds the command here and need not link the folder into its cache.
  mkdir -p node_modules/.bin
  ln -sfn ../../bin/bytespike node_modules/.bin/bytespike
  # Last and in one step: from now on this is an installation.
  cp package-lock.json "$state/package-lock.json.new"
  mv "$state/package-lock.json.new" "$state/package-lock.json"
}

if ! ready; then
  take_lock
  # Another run may have done it meanwhile.
  if ! ready; then
    install_packages
    note_installed
  fi
fi

echo "$root/$state/bun"
