#!/bin/bash
# demo.sh <secret id> <url>: logs in at a web server (HTTP Basic) each time that you press Enter.
set -uo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=secret-agent.sh
source "$here/secret-agent.sh"

# Hands the secret over in the environment, to this one program.
login() {
  SECRET_USERNAME=$SECRET_USERNAME SECRET_PASSWORD=$SECRET_PASSWORD "$here/login.sh" "$1"
}

# Logs in; when the password was rotated meanwhile, once more with the new one. The same one is not tried twice: accounts get locked.
login_with_current() {
  agent_secret "$1" || return
  login "$2" || { agent_after_refusal "$1" && login "$2"; } || {
    echo 'the login was refused' >&2
    return 1
  }
}

while read -r _; do
  login_with_current "$1" "$2" || exit 1
  echo "logged in with $1 (user $SECRET_USERNAME, until $SECRET_EXPIRES_AT)"
done
