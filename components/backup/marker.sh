#!/bin/sh
# Writes the content that the restore drill verifies: random bytes into the claim, and their hash into a ConfigMap (B2).
# Environment: MARKER (namespace). Runs in a pod with the claim at /marker; POSIX sh and kubectl.
set -eu
head -c 1048576 /dev/urandom >/marker/content.new
hash=$(sha256sum /marker/content.new | cut -c1-64)
mv /marker/content.new /marker/content
sync
kubectl --namespace "$MARKER" --request-timeout=30s patch configmap marker --type=merge \
  --patch "{\"data\":{\"sha256\":\"$hash\",\"written\":\"$(date -u +%FT%TZ)\"}}" >/dev/null
echo "marker: 1 MiB with the SHA-256 $hash"
