#!/usr/bin/env bash
# Installs TorchServe 0.12.0 for tests and benchmarks; the last line of stdout is its home (a venv).
#   install.sh           installs what is missing; running it again, or twice at once, is safe
#   install.sh --check   prints the home when it is complete, else exits 1 and says what is missing; changes nothing
set -euo pipefail

readonly system_python=/usr/bin/python3
readonly java_minimum=11
readonly commands=(torchserve torch-model-archiver torch-workflow-archiver)
readonly requirements="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/requirements.txt"
readonly home="${TORCHWEAVE_TORCHSERVE_HOME:-${HOME:?}/.cache/torchweave/torchserve-0.12.0}"
readonly lock="$home/.torchweave-install"    # also says that the folder is ours to clear
readonly marker="$home/.torchweave-complete" # what was installed, written last

exec 3>&1 1>&2 # stdout carries nothing but the home

fail() {
  echo "$1"
  exit 1
}

has_module() { "$system_python" -s -c 'import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)' "$1"; }

has_java() {
  local java="${JAVA_HOME:+$JAVA_HOME/bin/}java" version
  version="$("$java" -version 2>&1)" || return 1
  [[ "$version" =~ version\ \"([0-9]+) ]] && ((BASH_REMATCH[1] >= java_minimum))
}

# The apt packages that this machine lacks.
missing_packages() {
  [[ -x $system_python ]] && has_module torch || echo python3-torch
  [[ -x $system_python ]] && has_module ensurepip || echo python3-venv
  has_java || echo default-jre-headless
}

# What the marker of a complete install of these requirements with this Python says.
fingerprint() {
  "$system_python" --version
  cat "$requirements"
}

is_complete() {
  local command
  [[ -f $marker && -x $system_python ]] && cmp -s "$marker" <(fingerprint) || return 1
  for command in "${commands[@]}"; do [[ -x $home/bin/$command ]] || return 1; done
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"
  local still
  still="$(missing_packages | xargs)"
  [[ -z $still ]] || fail "After apt-get install, this is still missing: $still (is JAVA_HOME set to a Java older than $java_minimum?)."
}

install_venv() {
  local command
  find "$home" -mindepth 1 -maxdepth 1 ! -path "$lock" -exec rm -rf {} +
  "$system_python" -m venv --system-site-packages "$home"
  "$home/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps -r "$requirements"
  for command in "${commands[@]}"; do
    "$home/bin/$command" --help >/dev/null || fail "$command was installed into $home, but '$command --help' fails."
  done
  fingerprint >"$marker.new"
  mv "$marker.new" "$marker"
}

mode="${1:-install}"
(($# <= 1)) && [[ $mode == install || $mode == --check ]] || fail "Usage: install.sh [--check]"
missing="$(missing_packages | xargs)"

if [[ $mode == --check ]]; then
  [[ -z $missing ]] || fail "TorchServe cannot run here: the apt packages $missing are missing. Run tools/torchserve/install.sh."
  is_complete || fail "TorchServe 0.12.0 is not, or not completely, installed in $home. Run tools/torchserve/install.sh."
  echo "$home" >&3
  exit 0
fi

if [[ -n $missing ]]; then
  command -v apt-get >/dev/null || fail "TorchServe needs $missing, and there is no apt-get here: install python3 with torch and venv, and a Java >= $java_minimum, by hand."
  ((EUID == 0)) || fail "TorchServe needs the apt packages $missing: run this as root, or first run 'apt-get install $missing'."
fi
if [[ -d $home && ! -e $lock && -n "$(ls -A "$home")" ]]; then
  fail "$home holds files that this script did not put there: empty it, or set TORCHWEAVE_TORCHSERVE_HOME to another folder."
fi

mkdir -p "$home"
exec 9>>"$lock"
flock 9
missing="$(missing_packages | xargs)" # another run may have installed them meanwhile
if [[ -n $missing ]]; then
  # shellcheck disable=SC2086 # one word per package
  install_packages $missing
fi
is_complete || install_venv
echo "$home" >&3
