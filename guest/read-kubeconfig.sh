#!/usr/bin/env bash
# Prints this server's kubeconfig, and nothing else, on standard output. It is a secret: it grants full access to the
# cluster. It takes no settings.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2119  # none, and none are passed on
settings
need_root

[ -s /etc/rancher/k3s/k3s.yaml ] || refuse K5 "/etc/rancher/k3s/k3s.yaml is missing or empty" "look at \`systemctl status k3s\`: a server writes it when it starts"
cat /etc/rancher/k3s/k3s.yaml
