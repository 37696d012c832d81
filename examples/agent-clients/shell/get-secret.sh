#!/bin/bash
# get-secret.sh <secret id> <url>: the ways of get-secret, which finds agent and token by itself.
# It keeps nothing: each call asks the agent.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")

# One value. Its own line: in "export x=$(...)" or "local x=$(...)" a failure would go unnoticed.
username=$(segura-agent get-secret --id "$1" --field username)
echo "a secret of $username"

# All values, as variables of this shell. Not eval "$(...)" at once, for the same reason.
assignments=$(segura-agent get-secret --id "$1" --format env --prefix DB_)
eval "$assignments"
echo "to be used until $DB_EXPIRES_AT"

# In the environment of one program, and nowhere else: SECRET_USERNAME, SECRET_PASSWORD.
segura-agent get-secret --id "$1" --exec -- "$here/login.sh" "$2"
echo 'logged in'
