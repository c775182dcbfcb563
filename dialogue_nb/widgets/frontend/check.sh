#!/usr/bin/env bash
# Rebuilds the bundle from the locked packages in a folder of its own and compares it with the one
# that is committed. Exit status 0: the same; 1: not the same; 2: it could not be built.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here"/*.js "$here"/*.mjs "$here"/package*.json "$work"/ && mkdir "$work/out" || exit 2
cd "$work" || exit 2
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || exit 2
node build.mjs "$work/out" || exit 2

status=0
for name in story_editor.js story_editor.licenses.txt; do
  if ! cmp "$work/out/$name" "$here/../static/$name"; then
    echo "static/$name is not what its source makes: run 'npm ci && npm run build' in $here."
    status=1
  fi
done
[ $status = 0 ] && echo "The committed bundle is what its source makes."
exit $status
