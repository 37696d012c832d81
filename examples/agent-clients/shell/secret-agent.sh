# shellcheck shell=bash
# Secrets from the secret agent on this host: source this file. Bash 4 or newer, curl 7.55 or newer, jq.
# No value gets into the arguments of a program, which every user of the host can read, nor into a file.
# "set -x" would write values to standard error.

declare -A _agent_kept=()

# agent_secret <id>: sets SECRET_USERNAME, SECRET_PASSWORD and SECRET_EXPIRES_AT, which are kept until then and not exported.
# Otherwise says why not on standard error and returns 1.
agent_secret() {
  local key=id:$1 now
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  SECRET_EXPIRES_AT=
  eval "${_agent_kept[$key]-}"
  [[ $now < $SECRET_EXPIRES_AT ]] || { _agent_ask "$1" && eval "${_agent_kept[$key]}"; }
}

# agent_after_refusal <id>: the same when a login was refused, because the secret was rotated; returns 2 when the agent has nothing else.
agent_after_refusal() {
  local refused=$SECRET_USERNAME$'\n'$SECRET_PASSWORD
  _agent_kept[id:$1]=
  agent_secret "$1" || return 1
  [[ $SECRET_USERNAME$'\n'$SECRET_PASSWORD != "$refused" ]] || return 2
}

_agent_ask() {
  local address=${SEGURA_AGENT_ADDRESS:-http://localhost:8787} waited=0 answer head body wait
  local -a where=()
  if [[ $address == /* ]]; then
    where=(--unix-socket "$address")
    address=http://localhost
  elif [[ ! $address =~ ^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:|$)) ]]; then
    echo 'http:// to another host would send token and secret unencrypted: use https://' >&2
    return 1
  fi
  while :; do
    answer=$(_agent_header | curl --disable --noproxy '*' --silent --show-error --max-time 30 --max-filesize 1048576 --globoff \
      --include --header @- "${where[@]}" "$address/secret/$1") || return 1
    head=${answer%%$'\r\n\r\n'*} body=${answer#*$'\r\n\r\n'}
    if [[ $head == 'HTTP/1.1 200 '* ]]; then
      # Only texts get through: @sh would make several words of a list.
      _agent_kept[id:$1]=$(printf '%s' "$body" | jq -r 'if ([.username, .password, .expires_at] | all(type == "string"))
        then @sh "SECRET_USERNAME=\(.username) SECRET_PASSWORD=\(.password) SECRET_EXPIRES_AT=\(.expires_at)"
        else error("no secret agent") end' 2> /dev/null) && return 0
      echo "what answers at $address is no secret agent" >&2
      return 1
    fi
    wait=0
    [[ $head =~ [Rr]etry-[Aa]fter:\ ([0-9]{1,5}) ]] && wait=${BASH_REMATCH[1]}
    if ((wait == 0 || waited + wait > 30)); then
      printf '%s' "$body" | jq -er 'select(.code) | "\(.code): \(.detail)\n  \(.mend)" | gsub("[^[:print:]\n]"; "·")' >&2 2> /dev/null ||
        echo "what answers at $address is no secret agent" >&2
      return 1
    fi
    sleep "$wait"
    ((waited += wait))
  done
}

# Read each time: beside a sidecar the file holds another token when the agent has started anew.
_agent_header() {
  local token=${SEGURA_AGENT_TOKEN:-}
  if [[ -z $token && -n ${SEGURA_AGENT_TOKEN_FILE:-} ]]; then token=$(< "$SEGURA_AGENT_TOKEN_FILE"); fi
  if [[ -n $token ]]; then printf 'Authorization: Bearer %s\n' "$token"; fi
}
