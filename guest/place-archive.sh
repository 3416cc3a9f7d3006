#!/usr/bin/env bash
# Downloads the archive of K3s' own images (pause, CoreDNS, metrics-server, local-path-provisioner), in parallel with the
# preparation of the node: K3s publishes these images on Docker Hub only, which can block a whole network (I3).
#
# Settings: URL (https or file), SHA256 of the archive, DESTINATION (a file)
#
# install-k3s.sh moves it to the folder that K3s imports images from. This script does not, because configure-k3s.sh takes
# that folder as a sign that K3s runs on the node.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings URL SHA256 DESTINATION
need_root

[[ $SHA256 =~ ^[0-9a-f]{64}$ ]] || refuse P3 "'$SHA256' is not a SHA-256 checksum" "copy it from sha256sum-amd64.txt of the release: 64 characters"
if [ -f "$DESTINATION" ] && sha256sum --check --status <<<"$SHA256  $DESTINATION"; then
  unchanged "$DESTINATION"
  exit 0
fi
folder=$(dirname "$DESTINATION")
mkdir -p "$folder"
# The archive is 240 MB, and K3s unpacks its images on the same filesystem.
need_space "$folder" 1024
new=$(mktemp "$folder/.archive.XXXXXX")
trap 'rm -f "$new"' EXIT
curl --fail --silent --show-error --location --proto '=https,http,file' --retry 3 --connect-timeout 15 --max-time 1500 --output "$new" "$URL" ||
  refuse I3 "$URL cannot be downloaded; nothing was changed" "run \`curl -LO $URL\` on the node to see the cause, and allow the node to reach that host, or set another URL in lab:cluster.archive"
found=$(sha256sum "$new" | cut -d' ' -f1)
[ "$found" = "$SHA256" ] ||
  refuse P3 "the SHA-256 checksum of $URL is $found, and $SHA256 is declared; nothing was changed" \
    "compare both with the line \`k3s-airgap-images-amd64.tar.zst\` in sha256sum-amd64.txt of the release, and correct lab:cluster.archiveChecksum only if that file says so"
chmod 0644 "$new"
sync "$new"
mv -f "$new" "$DESTINATION"
changed "$DESTINATION"
