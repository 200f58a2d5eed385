#!/usr/bin/env bash
# Sends generated requests to a Torchweave of its own, after the OpenAPI documents that it serves, and fails when an answer is a
# server error or differs from its document. The build must be there. Arguments go on to schemathesis.
#   run.sh             installs what is missing, then runs
#   run.sh --install   installs only
set -euo pipefail

readonly here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly requirements="$here/requirements.txt"
readonly torchweave="$here/../../apps/cli/bin/torchweave.js"
readonly home="${TORCHWEAVE_SCHEMATHESIS_HOME:-${HOME:?}/.cache/torchweave/schemathesis}"
readonly marker="$home/.torchweave-complete" # the requirements that were installed, written last
# All but that right data is accepted: a request can be right by its document and name an archive that is not there. The checks
# of several requests in a row are for the tests of the parts.
readonly checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method

install() {
  mkdir -p "$home"
  exec 9>"$home/.torchweave-install"
  flock 9 # of two at once the second waits, and finds it done
  cmp -s "$marker" "$requirements" && return
  if ! python3 -c 'import ensurepip' 2>/dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=600 python3-venv
  fi
  python3 -m venv --clear "$home/venv"
  "$home/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
  cp "$requirements" "$marker"
}

# A workflow of one function, so that there is something to register and to run.
write_archive() {
  printf 'models: {}\ndag:\n  echo: []\n' >"$work/digits.yaml"
  printf 'def echo(data, context):\n    return None if data is None else [str(row) for row in data]\n' >"$work/digits.py"
  node "$torchweave" war create --workflow-name digits --spec-file "$work/digits.yaml" --handler "$work/digits.py" \
    --export-path "$work/workflows" >/dev/null
}

# Sets $server, $management and $inference.
start_server() {
  # What a client may wait for is a minute: the run has no workflow that takes longer.
  node "$torchweave" start --workflow-store "$work/workflows" --data-dir "$work/data" --metrics-port none \
    --management-port 0 --inference-port 0 --operation-wait-ms 60000 >"$work/out" 2>"$work/log" 9>&- &
  server=$!
  until grep -qs '^start ready' "$work/out"; do
    kill -0 "$server" 2>/dev/null || { cat "$work/log"; exit 1; }
    sleep 0.2
  done
  read -r _ _ _ management _ inference <"$work/out"
}

stop() {
  [[ -z ${server:-} ]] || { kill "$server" 2>/dev/null && wait "$server"; } || true
  rm -rf "$work"
}

ask() { "$home/venv/bin/schemathesis" run "$@" --checks "$checks" --suppress-health-check all --continue-on-failure --no-color \
  --phases examples,coverage,fuzzing --seed 1; }

install
[[ ${1:-} != --install ]] || exit 0
work="$(mktemp -d)"
readonly work
trap stop EXIT
mkdir "$work/workflows"
write_archive
start_server
cd "$work"
node --input-type=module -e 'process.stdout.write(await (await fetch(process.argv[1], { method: "OPTIONS" })).text())' \
  "$inference/" >inference.json
node "$torchweave" workflow register digits.war --management "$management" >/dev/null
ask inference.json --url "$inference" --max-examples 50 "$@"
ask "$management/openapi.json" --max-examples 50 "$@"
# Whatever went wrong without a name is told with its stack there.
if grep '"msg":"request failed"' "$work/log"; then exit 1; fi
