#!/bin/sh
# Checks a repository out at one commit, and refuses any other content.
# Environment: REPOSITORY (https URL), COMMIT (40 hexadecimal digits), FOLDER (empty)
set -eu
refuse() {
  printf 'clone: REFUSED (%s): %s\n  fix: %s\n  see docs/lessons/%s.md\n' "$1" "$2" "$3" "$1" >&2
  exit 1
}
export GIT_TERMINAL_PROMPT=0
git init --quiet "$FOLDER"
cd "$FOLDER"
# Only the commit; if the server does not serve single commits, all branches.
git fetch --quiet --depth 1 "$REPOSITORY" "$COMMIT" 2>/dev/null || git fetch --quiet "$REPOSITORY" '+refs/heads/*:refs/remotes/origin/*' ||
  refuse I3 "$REPOSITORY cannot be fetched" "make the repository public, or correct its URL in lab:mcp"
git checkout --quiet --detach "$COMMIT" 2>/dev/null ||
  refuse P3 "$REPOSITORY has no commit $COMMIT on any branch" "set a commit of the repository in lab:mcp"
found=$(git rev-parse HEAD)
[ "$found" = "$COMMIT" ] || refuse P3 "$FOLDER has the commit $found, and $COMMIT is declared" "set the full commit ID in lab:mcp"
echo "clone: $REPOSITORY at $COMMIT"
