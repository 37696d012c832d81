# What both scripts share: messages, waiting. Syntax of bash 3.2, as in every part.
set -u -o pipefail
umask 077
LC_ALL=C
PROGRAM=${0##*/}
RUNNER_FOLDER=$(CDPATH='' cd -- "${AXIOM_RUNNER_HOME:-$(dirname "${BASH_SOURCE[0]}")}" && pwd -P) || exit "$EXIT_CONFIG"
ENV_FILE=$RUNNER_FOLDER/.env
UNIT_FOLDER=${AXIOM_SYSTEMD_FOLDER:-/etc/systemd/system}
UNIT_FILE=$UNIT_FOLDER/$SERVICE.service
READY_SECONDS=${AXIOM_READY_SECONDS:-60}
SETTING_NAMES=()
SETTING_VALUES=()
SETTING_COUNT=0
TEMPORARY=''
trap '[ -z "$TEMPORARY" ] || rm -f "$TEMPORARY" "$TEMPORARY.sha256" "$TEMPORARY.sig"' EXIT
trap 'exit 130' INT TERM

say() {
  printf '%s\n' "$*"
}

# Ends the script. Arguments: exit code, what is wrong, how to mend it.
fail() {
  printf '%s: %s\n' "$PROGRAM" "$2" >&2
  [ $# -lt 3 ] || printf '  %s\n' "$3" >&2
  exit "$1"
}

# --- Waiting ---

# Whether a runner that is alive for this many seconds is ready. One without a health check, or with its health switched off, is after ten.
ready_after() {
  case $(health) in
    true) return 0 ;;
    null) [ "$1" -lt 10 ] || return 0 ;;
  esac
  return 1
}

# Calls a probe once a second. Returns its 0 (ready) or 2 (ended), or 1 when the time is over.
wait_until_ready() {
  local second answer
  for ((second = 0; ; second++)); do
    "$1" "$second"
    answer=$?
    [ "$answer" -eq 1 ] || return "$answer"
    [ "$second" -lt "$READY_SECONDS" ] || return 1
    sleep 1
  done
}
