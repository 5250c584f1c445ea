#!/bin/sh
# cfn-lint over the templates of both variants, of AWS's with a key of one's own too, and of the stack in us-east-1, as cdk-nag has let
# them through.
# CFN_LINT names another cfn-lint than the one `make` installs.
set -eu
cd "$(dirname "$0")/.."
lint=${CFN_LINT:-../../.local/venv/bin/cfn-lint}
command -v "$lint" >/dev/null || { echo "lint-template: no $lint: run 'make tools', or name one with CFN_LINT" >&2; exit 1; }

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
status=0
for variant in 'true' 'false' 'false encryptionKey=own'; do
  set -- $variant
  local=$1
  shift
  node --import tsx scripts/synth.ts "$local" "$out/$local$*" "$@"
  # W3005: the CDK repeats dependencies that references already imply.
  "$lint" --ignore-checks W3005 -- "$out/$local$*"/Holdfast*.template.json || status=1
done
[ $status -eq 0 ] && echo "cfn-lint: every template passes"
exit $status
