#!/bin/sh
# Answers one request with the drill's metrics. Prometheus requires the Content-Type header.
# busybox nc runs it for each connection, with the connection as its standard input and output.
set -eu
while IFS= read -r line && [ -n "$(printf '%s' "$line" | tr -d '\r')" ]; do :; done
printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n\r\n'
cat "${METRICS:-/result/metrics}"
