#!/usr/bin/env bash
# Verifies that a database can be restored: CloudNativePG restores a Cluster only when it creates it. For an existing
# Cluster it ignores the restore without an error, and the restored data would be missing without notice (B6).
#
# Settings: NAMESPACE, NAME (the Cluster to restore), REQUEST (ID of the restore request, such as generation-1/latest)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NAMESPACE NAME REQUEST
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
mine() { kubectl --namespace "$NAMESPACE" "$@"; }
runbook='docs/runbooks/postgresql.md'

defined=$(kubectl get crd clusters.postgresql.cnpg.io --ignore-not-found --output name) ||
  refuse B6 'the API does not answer, so existing databases cannot be detected' "look at \`journalctl -u k3s -n 50\`; nothing was restored"
if [ -z "$defined" ]; then
  unchanged "the cluster has no PostgreSQL yet: $NAMESPACE/$NAME can be restored"
  exit 0
fi

cluster=$(mine get clusters.postgresql.cnpg.io "$NAME" --ignore-not-found --output 'jsonpath={.metadata.name}|{.metadata.annotations.lab\.home/restored-from}|{.status.currentPrimary}') ||
  refuse B6 "the API does not report whether $NAMESPACE/$NAME exists" "run \`k3s kubectl -n $NAMESPACE get clusters.postgresql.cnpg.io\` to see the error; nothing was restored"
IFS='|' read -r name request primary <<<"$cluster"
if [ -n "$name" ]; then
  if [ "$request" = "$REQUEST" ]; then
    unchanged "$NAMESPACE/$NAME was created by this restore request, $REQUEST"
    exit 0
  fi
  [ -z "$primary" ] ||
    refuse B6 "$NAMESPACE/$NAME is live (its primary is $primary), and was not created by the restore request $REQUEST: nothing was restored, and nothing was changed" \
      "to keep the current data, remove $NAMESPACE from lab:restore.includedNamespaces (or remove lab:restore when the rebuild is done); to read old data next to it, or to replace it, follow $runbook"
  refuse B6 "$NAMESPACE/$NAME was begun by another restore request (${request:-none}) and never became ready: nothing was restored" \
    "delete it, since it holds no data: \`k3s kubectl -n $NAMESPACE delete clusters.postgresql.cnpg.io $NAME\`, then \`pulumi refresh\`, then \`pulumi up\`; its logs: \`k3s kubectl -n $NAMESPACE logs -l cnpg.io/cluster=$NAME --all-containers --tail 50\`"
fi

claims=$(mine get persistentvolumeclaims --selector "cnpg.io/cluster=$NAME" --output 'jsonpath={.items[*].metadata.name}') ||
  refuse B6 "the API does not report whether $NAMESPACE/$NAME has claims" "run \`k3s kubectl -n $NAMESPACE get persistentvolumeclaims\` to see the error; nothing was restored"
[ -z "$claims" ] ||
  refuse B6 "$NAMESPACE/$NAME does not exist, but its claims do ($claims): a new Cluster of that name would reuse them, and restore nothing" \
    "to continue with their data, remove $NAMESPACE from lab:restore.includedNamespaces; to restore instead, \`k3s kubectl -n $NAMESPACE delete persistentvolumeclaims -l cnpg.io/cluster=$NAME\`: their volumes stay (Retain), see docs/runbooks/released-volume.md"
unchanged "$NAMESPACE/$NAME does not exist: it can be restored"
