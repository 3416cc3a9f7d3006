#!/bin/sh
# Lays a repository down as it was at one commit, and refuses anything else.
# Environment: REPOSITORY (https), COMMIT (all 40 digits), FOLDER (empty)
set -eu
refuse() {
  printf 'clone: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
export GIT_TERMINAL_PROMPT=0
git init --quiet "$FOLDER"
cd "$FOLDER"
# Only what is wanted; where a server gives no single commits, everything.
git fetch --quiet --depth 1 "$REPOSITORY" "$COMMIT" 2>/dev/null || git fetch --quiet "$REPOSITORY" '+refs/heads/*:refs/remotes/origin/*' ||
  refuse I3 "$REPOSITORY cannot be fetched" "look whether it is public, and at lab:mcp"
git checkout --quiet --detach "$COMMIT" 2>/dev/null ||
  refuse P3 "$REPOSITORY has no commit $COMMIT on any branch" "write a commit of it under lab:mcp"
found=$(git rev-parse HEAD)
[ "$found" = "$COMMIT" ] || refuse P3 "$FOLDER holds $found, and $COMMIT is declared" "write the whole commit id under lab:mcp"
echo "clone: $REPOSITORY at $COMMIT"
