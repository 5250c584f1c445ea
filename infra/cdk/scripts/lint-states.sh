#!/bin/sh
# asl-validator over the state machines, as they stand in the repository.
set -eu
cd "$(dirname "$0")/.."
set --
for definition in ../../statemachines/*.asl.json; do
  set -- "$@" --json-path "$definition"
done
npx --no-install asl-validator "$@"
