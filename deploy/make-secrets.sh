#!/bin/sh
# Makes what deploy/compose.yaml reads from deploy/secrets. What is there stays: lose master_key, and nothing in the control database opens.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 711 secrets
secret() {
  [ -s "secrets/$1" ] && return 0
  printf '%s' "$2" > "secrets/$1"
  # containers read them as users of their own; the folder lets nobody list it
  chmod 644 "secrets/$1"
}
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
secret master_key "$(head -c 32 /dev/urandom | base64)"
for name in control_db_password project_db_password objects_password grafana_password; do secret "$name" "$(random)"; done
secret control_db_url "postgres://postgres:$(cat secrets/control_db_password)@control-db:5432/control"
secret project_db_url "postgres://postgres:$(cat secrets/project_db_password)@project-db:5432/postgres"
echo "deploy/secrets has all of it. Keep a copy of secrets/master_key somewhere else."
