#!/usr/bin/env bash
# The call of the original's documentation: with its empty lists, and with one role.
set -euo pipefail
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
call() {
  curl -s -o "$answer" -w '%{http_code}' -X POST \
    "$URL/unified/user-directory/users/unassign-role?integrated_account_id=demo-crowdstrike" \
    -H 'Authorization: Bearer demo-token' -H 'Content-Type: application/json' -d "$1"
}
expect() {
  [ "$2" = "$3" ] || { echo "curl: $1: $2 instead of $3: $(cat "$answer")" >&2; exit 1; }
}
user=6f1e2a30-0000-4000-8000-00000000a001
expect 'empty lists' "$(call "{\"roles\": [], \"organizations\": [], \"id\": \"$user\", \"remote_data\": {}}")" 400
grep -q missing_required_body_fields "$answer" || { cat "$answer" >&2; exit 1; }
expect 'one role' "$(call "{\"roles\": [{\"id\": \"event_viewer\"}], \"organizations\": [], \"id\": \"$user\", \"remote_data\": {}}")" 200
grep -q '"outcome":"removed"' "$answer" || { cat "$answer" >&2; exit 1; }
echo 'curl: 400 for empty lists, 200 for one role'
