#!/usr/bin/env bash
# Declares a node's disks to Longhorn on the Node object, before Longhorn first sees the node: with the label that K3s sets,
# Longhorn uses only these disks and creates no default one (S5, S6). Runs on a server.
#
# Settings: NODE_NAME, DISKS_B64 (JSON list of Longhorn's annotation, each with path, name, storageReserved and tags)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
settings NODE_NAME DISKS_B64
need_root

kubectl() { k3s kubectl --request-timeout=30s "$@"; }
annotation=node.longhorn.io/default-disks-config

disks=$(base64 -d <<<"$DISKS_B64")
# Longhorn identifies a disk by the UUID that it wrote there; a UUID that is set here belongs to another disk (S5).
if grep -q diskUUID <<<"$disks"; then refuse S5 "the disks of $NODE_NAME are declared with a diskUUID" 'this is a bug in the program, report it: Longhorn generates the UUID itself'; fi
kubectl get node "$NODE_NAME" >/dev/null ||
  refuse K6 "$NODE_NAME is not a node of the cluster" "look at \`journalctl -u k3s-agent\` on it"

found=$(kubectl get node "$NODE_NAME" --output "jsonpath={.metadata.annotations.${annotation//./\\.}}")
if [ "$found" = "$disks" ]; then unchanged "the disks of $NODE_NAME"; else
  kubectl annotate --overwrite node "$NODE_NAME" "$annotation=$disks" >/dev/null
  changed "the disks of $NODE_NAME"
fi
