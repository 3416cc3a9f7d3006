#!/usr/bin/env bash
# Verifies before a database is restored that it can be: CloudNativePG restores a cluster only while it makes it. Told to
# restore one that lives it does nothing, and says nothing, so that everybody would believe in data that never came (B6).
#
# Settings: NAMESPACE, NAME (the Cluster that is to be restored), ORDER (generation-1/latest: which order this is)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NAMESPACE NAME ORDER
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
mine() { kubectl --namespace "$NAMESPACE" "$@"; }
runbook='docs/runbooks/postgresql.md'

defined=$(kubectl get crd clusters.postgresql.cnpg.io --ignore-not-found --output name) ||
  refuse B6 'the API does not answer, so that nobody knows what lives' "look at \`journalctl -u k3s -n 50\`; nothing was restored"
if [ -z "$defined" ]; then
  unchanged "no PostgreSQL was ever made here: $NAMESPACE/$NAME can be restored"
  exit 0
fi

cluster=$(mine get clusters.postgresql.cnpg.io "$NAME" --ignore-not-found --output 'jsonpath={.metadata.name}|{.metadata.annotations.lab\.home/restored-from}|{.status.currentPrimary}') ||
  refuse B6 "the API does not tell whether $NAMESPACE/$NAME lives" "ask it: \`k3s kubectl -n $NAMESPACE get clusters.postgresql.cnpg.io\`; nothing was restored"
IFS='|' read -r name order primary <<<"$cluster"
if [ -n "$name" ]; then
  if [ "$order" = "$ORDER" ]; then
    unchanged "$NAMESPACE/$NAME was made by this order, $ORDER"
    exit 0
  fi
  [ -z "$primary" ] ||
    refuse B6 "$NAMESPACE/$NAME is live (its server is $primary), and was not made by the order $ORDER: nothing was restored, and nothing was changed" \
      "to keep what is there, take $NAMESPACE out of lab:restore.includedNamespaces (or lab:restore out of the file when the rebuild is done); to look at old data beside it, or to have it instead, follow $runbook"
  refuse B6 "$NAMESPACE/$NAME was begun by another order (${order:-none}) and never served: nothing was restored" \
    "it holds nothing: \`k3s kubectl -n $NAMESPACE delete clusters.postgresql.cnpg.io $NAME\`, then \`pulumi refresh\`, then \`pulumi up\`; why it never served: \`k3s kubectl -n $NAMESPACE logs -l cnpg.io/cluster=$NAME --all-containers --tail 50\`"
fi

claims=$(mine get persistentvolumeclaims --selector "cnpg.io/cluster=$NAME" --output 'jsonpath={.items[*].metadata.name}') ||
  refuse B6 "the API does not tell whether $NAMESPACE/$NAME has claims" "ask it: \`k3s kubectl -n $NAMESPACE get persistentvolumeclaims\`; nothing was restored"
[ -z "$claims" ] ||
  refuse B6 "$NAMESPACE/$NAME is gone, but its claims are there ($claims): a new cluster of that name would take them up as they are, and restore nothing" \
    "to go on with what they hold, take $NAMESPACE out of lab:restore.includedNamespaces; to restore instead, \`k3s kubectl -n $NAMESPACE delete persistentvolumeclaims -l cnpg.io/cluster=$NAME\`: their volumes stay (Retain), see docs/runbooks/released-volume.md"
unchanged "$NAMESPACE/$NAME does not exist: it can be restored"
