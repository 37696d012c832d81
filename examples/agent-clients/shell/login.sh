#!/bin/bash
# login.sh <url>: logs in at a web server (HTTP Basic) with SECRET_USERNAME and SECRET_PASSWORD of its environment.
set -euo pipefail

user=$SECRET_USERNAME:$SECRET_PASSWORD
user=${user//\\/\\\\}
printf 'user = "%s"\n' "${user//\"/\\\"}" | curl --disable --noproxy '*' --config - --silent --fail --output /dev/null "$1"
