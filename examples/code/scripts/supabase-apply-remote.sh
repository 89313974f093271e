#!/usr/bin/env sh
# Applies the migrations of this folder that a project does not have yet. SUPABASE_DB_URL: its database, without a pooler in
# transaction mode; BASALT: how the command is called.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${SUPABASE_DB_URL:-}" ]; then
  echo 'SUPABASE_DB_URL is missing: the URL of the database to apply the migrations to.' >&2
  exit 1
fi
if ! [ -d supabase/migrations ]; then
  echo "There is no supabase/migrations in $(pwd): run just supabase-tables, or copy yours here." >&2
  exit 1
fi
# several words: npx basalt
exec ${BASALT:-npx basalt} db push --db-url "$SUPABASE_DB_URL"
