#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2034,SC2153 # Placeholders of the guide hold a $ that is meant; the shared part sets what only one script reads, and sets VERB.
# Made by "npm run render" from deploy/scripts/ and contract/: change those, not this file.
SERVICE=axiom-runner
START_LINE='Started Axiom Runner'
RELEASE_KEY_FILE='release-key.pem'
RELEASES_URL='https://axiom-cloudformation-template.s3.eu-central-1.amazonaws.com/axiomrunner'
STOP_TIMEOUT_SECONDS=120
EXIT_OK=0
EXIT_FAILED=1
EXIT_USAGE=64
EXIT_UNAVAILABLE=69
EXIT_CONFIG=78
SANDBOX='LimitCORE=0
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
KeyringMode=private
LockPersonality=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service'
VARIABLES='TENANT_ID RUNNER_GROUP_ID RUNNER_API_KEY RUNNER_API_KEY_SECRET_ID SECRETS_STORE_ENGINE SECRETS_STORE_FOLDER WORKFLOW_RESULT_TASK_QUEUE WORKFLOW_RESULT_ACTIVITY_NAME AXIOM_ACTIONS_ADDRESS_AND_PORT AWS_SECRETS_MANAGER_REGION AWS_SECRETS_MANAGER_ROLE_ARN AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID AXIOM_NAMESPACE AXIOM_TASK_QUEUE AXIOM_TLS AXIOM_TLS_CA_FILE AXIOM_TLS_CERT_FILE AXIOM_TLS_KEY_FILE AXIOM_TASK_VERIFICATION_KEY AXIOM_TASK_VERIFICATION_KEY_FILE RUNNER_RECIPIENT_KEYS RUNNER_RECIPIENT_KEYS_FILE RUNNER_STATE_KEY_SECRET_ID RUNNER_LEDGER_TABLE RUNNER_MAX_DURATION RUNNER_ALLOWED RUNNER_POLICY RUNNER_POLICY_FILE RUNNER_MAX_CONCURRENT_TASKS RUNNER_LOG_LEVEL RUNNER_HEALTH_ADDRESS HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS RUNNER_CA_CERTIFICATES'
GUIDE_DEFAULTS='SECRETS_STORE_ENGINE=aws-secrets-manager
WORKFLOW_RESULT_TASK_QUEUE=AxiomWorkflowResultHandlerTaskQueue
WORKFLOW_RESULT_ACTIVITY_NAME=HandleWorkflowResult
AXIOM_ACTIONS_ADDRESS_AND_PORT=axiomactions.axiom.security:443'
PLACEHOLDERS='YOUR_TENANT_ID
your-tenant-id
$TENANT_ID
<TENANT_ID>
YOUR_RUNNER_GROUP_ID
your_runnergroupid
your-runner-group-id
$RUNNER_GROUP_ID
<RUNNER_GROUP_ID>
YOUR_API_KEY
your_apikey
your-api-key
$RUNNER_API_KEY
<RUNNER_API_KEY>
<IAM_ROLE_HERE>
$value'

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

# --- Command line ---

# Sets VERB, the settings that were given, and the options of the verb.
parse_arguments() {
  local option value verbs=" $VERBS "
  NO_WAIT='' AS_JSON='' FOLLOW='' LINES_SHOWN=100 VERSION_WANTED='' IMAGE='' KEY_FROM=''
  VERB=${1:---help}
  case $VERB in help | -h | --help) print_help && exit "$EXIT_OK" ;; esac
  case $verbs in *" $VERB "*) ;; *) fail "$EXIT_USAGE" "\"$VERB\" is no verb. Allowed: $VERBS." "See $PROGRAM --help." ;; esac
  shift
  while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in -h | --help) print_help && exit "$EXIT_OK" ;; esac
    check_option "${option%%=*}"
    if takes_value "${option%%=*}"; then
      case $option in
        *=*) value=${option#*=} ;;
        *)
          if [ $# -eq 0 ] || [[ $1 == --* ]]; then
            fail "$EXIT_USAGE" "$option has no value." "Write $option VALUE; a value that begins with -- as $option=VALUE."
          fi
          value=$1
          shift
          ;;
      esac
      use_option "${option%%=*}" "$value"
    else
      case $option in *=*) fail "$EXIT_USAGE" "${option%%=*} takes no value." "Leave out what stands behind the =." ;; esac
      use_option "$option" yes
    fi
  done
}

check_option() {
  local allowed
  allowed=$(options_of "$VERB")
  case " $allowed " in
    *" $1 "*) ;;
    *) fail "$EXIT_USAGE" "$VERB has no option \"$1\". Allowed: ${allowed:-none}." "See $PROGRAM --help." ;;
  esac
}

takes_value() {
  case $1 in --no-wait | --json | --follow) return 1 ;; esac
}

use_option() {
  case $1 in
    --tenantid) add_setting TENANT_ID "$2" "$1" ;;
    --runnergroupid) add_setting RUNNER_GROUP_ID "$2" "$1" ;;
    --apikey) take_key "$1" "$2" ;;
    --apikey-file) read_key_file "$2" ;;
    --region) add_setting AWS_SECRETS_MANAGER_REGION "$2" "$1" ;;
    --role-arn) add_setting AWS_SECRETS_MANAGER_ROLE_ARN "$2" "$1" ;;
    --external-id) add_setting AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID "$2" "$1" ;;
    --env) add_named_setting "$2" ;;
    --image) IMAGE=$2 ;;
    --version) VERSION_WANTED=$2 ;;
    --lines) LINES_SHOWN=$2 ;;
    --no-wait) NO_WAIT=$2 ;;
    --json) AS_JSON=$2 ;;
    --follow) FOLLOW=$2 ;;
  esac
  case $LINES_SHOWN in '' | *[!0-9]*) fail "$EXIT_USAGE" "--lines is no whole number." "Write --lines 100." ;; esac
  case $VERSION_WANTED in
    [!0-9A-Za-z]* | *[!0-9A-Za-z._+-]* | *..*) fail "$EXIT_USAGE" "--version is \"$VERSION_WANTED\". Allowed: letters, digits and . _ + -" "Write for example --version 1.2.3." ;;
  esac
}

take_key() {
  [ -z "$KEY_FROM" ] || fail "$EXIT_USAGE" "$1 stands beside $KEY_FROM." "Give the API key once."
  KEY_FROM=$1
  add_setting RUNNER_API_KEY "$2" "$1"
}

# A key that comes from a file or from standard input stands in no process list and no shell history.
read_key_file() {
  local key='' more=''
  if [ "$1" = - ] && [ -t 0 ]; then
    IFS= read -r -s -p 'API key: ' key
    printf '\n' >&2
  elif [ "$1" = - ]; then
    { IFS= read -r key || true; IFS= read -r more || true; }
  elif [ -r "$1" ] && [ ! -d "$1" ]; then
    { IFS= read -r key || true; IFS= read -r more || true; } <"$1"
  else
    fail "$EXIT_CONFIG" "--apikey-file names $1, which cannot be read." "Give the path of a file that holds the API key, or - for standard input."
  fi
  [ -z "${more%$'\r'}" ] || fail "$EXIT_CONFIG" "--apikey-file holds more than one line. Allowed: the API key alone." "Write the key into a file of its own."
  take_key --apikey-file "${key%$'\r'}"
}

add_named_setting() {
  local name=${1%%=*}
  case $1 in *=*) ;; *) fail "$EXIT_USAGE" "--env is no NAME=VALUE." "Write for example --env RUNNER_LOG_LEVEL=debug." ;; esac
  case " $VARIABLES " in
    *" $name "*) ;;
    *)
      if ! [[ $name =~ ^AWS_[A-Z0-9_]+$ ]]; then
        fail "$EXIT_USAGE" "--env names a variable that a runner does not know. Allowed: $VARIABLES, and those that begin with AWS_." "Mend the name; write other variables into $ENV_FILE yourself."
      fi
      ;;
  esac
  add_setting "$name" "${1#*=}" --env
}

# Refuses what docker, systemd and the runner would not read alike. Shows no value: it may be a key.
add_setting() {
  local found=''
  case $2 in
    '') found='is empty' ;;
    *[[:cntrl:]]*) found='holds a line break or another control character' ;;
    ' '* | *' ') found='begins or ends with a blank' ;;
    \"* | \'*) found='begins with a quote' ;;
    *\\*) found='holds a backslash' ;;
  esac
  [ -z "$found" ] ||
    fail "$EXIT_CONFIG" "$1 ($3) $found. Allowed: one line without a backslash that neither begins with a quote nor begins or ends with a blank." "Docker, systemd and the runner read such a value differently: choose another one, or for a key RUNNER_API_KEY_SECRET_ID."
  if is_placeholder "$2"; then
    fail "$EXIT_CONFIG" "$1 ($3) is missing: it still holds the placeholder $2." "Replace it with your own value."
  fi
  SETTING_NAMES[SETTING_COUNT]=$1
  SETTING_VALUES[SETTING_COUNT]=$2
  SETTING_COUNT=$((SETTING_COUNT + 1))
}

is_placeholder() {
  local placeholder answer=1
  shopt -s nocasematch
  while IFS= read -r placeholder; do
    [[ $1 != "$placeholder" ]] || answer=0
  done <<<"$PLACEHOLDERS"
  shopt -u nocasematch
  return $answer
}

# --- Env file ---

# Puts the settings into the env file's text: MERGED, and CHANGED when that differs from the file. Other lines stay.
merge_settings() {
  local line i old='' defaults=''
  MERGED='' CHANGED='' PLACED=' '
  [ ! -L "$ENV_FILE" ] || fail "$EXIT_CONFIG" "$ENV_FILE is a link." "Put the file itself there: it is replaced, not written through."
  if [ -e "$ENV_FILE" ]; then
    old=$(cat "$ENV_FILE") || fail "$EXIT_CONFIG" "$ENV_FILE cannot be read." "Run this as the user who owns it."
    while IFS= read -r line; do
      name_of_line "$line"
      if ! find_setting "$LINE_NAME"; then
        MERGED+=$line$'\n'
      else
        [ "$line" = "$LINE_NAME=$FOUND" ] || CHANGED=yes
        place_setting "$LINE_NAME"
      fi
    done < <(printf '%s\n' "$old")
  else
    defaults=$GUIDE_DEFAULTS CHANGED=yes
  fi
  for ((i = 0; i < SETTING_COUNT; i++)); do
    case $PLACED in *" ${SETTING_NAMES[i]} "*) ;; *) place_setting "${SETTING_NAMES[i]}" && CHANGED=yes ;; esac
  done
  while IFS= read -r line; do
    case $PLACED in *" ${line%%=*} "*) ;; *) MERGED+=$line$'\n' ;; esac
  done < <(printf '%s' "${defaults:+$defaults$'\n'}")
  check_required
}

# Sets FOUND: the value that was given last.
find_setting() {
  local i
  for ((i = SETTING_COUNT - 1; i >= 0; i--)); do
    FOUND=${SETTING_VALUES[i]}
    [ "${SETTING_NAMES[i]}" != "$1" ] || return 0
  done
  return 1
}

# Adds the line of a setting, once.
place_setting() {
  case $PLACED in *" $1 "*) return ;; esac
  find_setting "$1"
  MERGED+=$1=$FOUND$'\n'
  PLACED+="$1 "
}

# LINE_NAME and LINE_VALUE of a line of the file, empty for a line that is no variable.
name_of_line() {
  local pattern='^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$'
  LINE_NAME='' LINE_VALUE=''
  if [[ ${1%$'\r'} =~ $pattern ]]; then
    LINE_NAME=${BASH_REMATCH[2]} LINE_VALUE=${BASH_REMATCH[3]}
    case $LINE_VALUE in \"*\" | \'*\') [ ${#LINE_VALUE} -lt 2 ] || LINE_VALUE=${LINE_VALUE:1:${#LINE_VALUE}-2} ;; esac
  fi
}

# One message for everything that is missing.
check_required() {
  local tenant='' group='' key='' missing='' line
  while IFS= read -r line; do
    name_of_line "$line"
    ! is_placeholder "$LINE_VALUE" || LINE_VALUE=''
    case $LINE_NAME in
      TENANT_ID) tenant=$LINE_VALUE ;;
      RUNNER_GROUP_ID) group=$LINE_VALUE ;;
      RUNNER_API_KEY | RUNNER_API_KEY_SECRET_ID) key=$key$LINE_VALUE ;;
    esac
  done < <(printf '%s' "$MERGED")
  [ -n "$tenant" ] || missing+=', TENANT_ID (--tenantid)'
  [ -n "$group" ] || missing+=', RUNNER_GROUP_ID (--runnergroupid)'
  [ -n "$key" ] || missing+=', RUNNER_API_KEY (--apikey-file or --apikey)'
  [ -z "$missing" ] ||
    fail "$EXIT_CONFIG" "missing: ${missing#, }." "Copy the values from the runner group in the web application; they are kept in $ENV_FILE for the next time."
}

# Atomic, and never readable by others: mktemp makes the file with mode 0600.
write_env_file() {
  if [ -z "$CHANGED" ]; then
    chmod 600 "$ENV_FILE" || fail "$EXIT_FAILED" "$ENV_FILE cannot be protected." "Run this as the user who owns it."
    return
  fi
  TEMPORARY=$(mktemp "$ENV_FILE.XXXXXX") || fail "$EXIT_FAILED" "$RUNNER_FOLDER cannot be written to." "Run this as a user who may, or set AXIOM_RUNNER_HOME."
  if ! { printf '%s' "$MERGED" >"$TEMPORARY" && mv -f "$TEMPORARY" "$ENV_FILE"; }; then
    fail "$EXIT_FAILED" "$ENV_FILE cannot be written." "See the message above."
  fi
  TEMPORARY=''
}

# --- The service ---

service_is_registered() {
  [ -e "$UNIT_FILE" ]
}

service_is_active() {
  service_is_registered && systemctl is-active --quiet "$SERVICE"
}

need_root_and_systemd() {
  [ "$(id -u)" -eq 0 ] || fail "$EXIT_FAILED" "$VERB needs root." "sudo $0 $VERB ..."
  command -v systemctl >/dev/null || fail "$EXIT_UNAVAILABLE" "there is no systemctl on this host." "Use start, from whatever starts services here."
}

# A path stands in the unit as it is, so blanks, quotes and % are refused.
need_plain_path() {
  case $1 in
    *[!A-Za-z0-9/._+@:,=-]*) fail "$EXIT_CONFIG" "the path $1 has characters that a unit file takes differently. Allowed: letters, digits and / . _ + @ : , = -" "Move the folder, for example to /opt/$SERVICE." ;;
  esac
}

# Enables and starts the unit. Argument: its text.
install_unit() {
  TEMPORARY=$(mktemp "$UNIT_FILE.XXXXXX") || fail "$EXIT_FAILED" "$UNIT_FOLDER cannot be written to." "Is this a host with systemd?"
  printf '%s\n' "$1" >"$TEMPORARY"
  chmod 644 "$TEMPORARY"
  mv -f "$TEMPORARY" "$UNIT_FILE" || fail "$EXIT_FAILED" "$UNIT_FILE cannot be written." "See the message above."
  TEMPORARY=''
  if ! { systemctl daemon-reload && systemctl enable --quiet "$SERVICE" && systemctl restart "$SERVICE"; }; then
    fail "$EXIT_FAILED" "systemd does not start $SERVICE." "See: systemctl status $SERVICE; journalctl -u $SERVICE"
  fi
}

deregister() {
  need_root_and_systemd
  if ! service_is_registered; then
    say "$SERVICE is not registered."
    return
  fi
  systemctl disable --quiet "$SERVICE"
  systemctl stop "$SERVICE" || fail "$EXIT_FAILED" "systemd does not stop $SERVICE; its unit stays." "See: systemctl status $SERVICE"
  rm -f "$UNIT_FILE"
  systemctl daemon-reload
  systemctl reset-failed "$SERVICE" 2>/dev/null
  say "$SERVICE is stopped and no longer registered. $ENV_FILE stays, with the API key in it: remove it when you are done with it."
}

service_logs() {
  if [ -n "$FOLLOW" ]; then exec journalctl --unit "$SERVICE" --output cat --lines "$LINES_SHOWN" --follow; fi
  exec journalctl --unit "$SERVICE" --output cat --lines "$LINES_SHOWN" --no-pager
}

# Says how a start or restart of the service ended. Argument: answer of wait_until_ready.
report_service() {
  case $1 in
    0) say "$SERVICE is registered, and ready." ;;
    2)
      [ "$(systemctl show --property ExecMainStatus --value "$SERVICE")" != "$EXIT_CONFIG" ] ||
        fail "$EXIT_CONFIG" "$SERVICE ended: its settings are wrong." "Mend them as its log says: journalctl -u $SERVICE"
      fail "$EXIT_FAILED" "$SERVICE ended." "See its log: journalctl -u $SERVICE"
      ;;
    *) fail "$EXIT_UNAVAILABLE" "$SERVICE runs and is not ready after $READY_SECONDS seconds; it goes on trying." "See its log: journalctl -u $SERVICE" ;;
  esac
}

# Exit code 0 running and ready (or nobody can tell), 1 running and not ready, 69 not running.
# Arguments: whether it is ready, how it runs ("" when it does not), more JSON.
report_status() {
  local registered=false
  ! service_is_registered || registered=true
  if [ -n "$AS_JSON" ]; then
    printf '{"running":%s,"ready":%s,"mode":%s,"registered":%s,%s}\n' "$([ -n "$2" ] && echo true || echo false)" "$1" "${2:+\"}${2:-null}${2:+\"}" $registered "$3"
  elif [ -z "$2" ]; then
    say "$SERVICE is not running."
  else
    case $1 in
      true) say "$SERVICE is running as a $2, and ready." ;;
      false) say "$SERVICE is running as a $2, and not ready. See: $PROGRAM logs" ;;
      *) say "$SERVICE is running as a $2." ;;
    esac
  fi
  [ -n "$2" ] || exit "$EXIT_UNAVAILABLE"
  [ "$1" != false ] || exit "$EXIT_FAILED"
}

# --- Download ---

# Downloads a release to a path, executable and proved by its checksum. Arguments: version, path.
fetch_release() {
  local base=${AXIOM_RELEASES_URL:-$RELEASES_URL} machine url wanted found
  case $base in
    https://* | http://127.0.0.1[:/]* | http://localhost[:/]*) ;;
    *) fail "$EXIT_CONFIG" "AXIOM_RELEASES_URL is \"$base\". Allowed: https://..., and http:// on loopback." "A checksum from the same place proves nothing without TLS." ;;
  esac
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) machine=amd64 ;;
    Linux-aarch64 | Linux-arm64) machine=arm64 ;;
    *) fail "$EXIT_UNAVAILABLE" "there is no runner for $(uname -s) on $(uname -m). Allowed: Linux on x86_64 or aarch64 (arm64)." "Use another host." ;;
  esac
  url=${base%/}/releases/$1/regular-amd64_linux_${machine}_v1/axiomrunner
  TEMPORARY=$(mktemp "$2.XXXXXX") || fail "$EXIT_FAILED" "$RUNNER_FOLDER cannot be written to." "Run this as a user who may, or set AXIOM_RUNNER_HOME."
  [ -z "$RELEASE_KEY" ] || need_openssl
  download "$url.sha256" "$TEMPORARY.sha256"
  download "$url" "$TEMPORARY"
  read -r wanted _ <"$TEMPORARY.sha256"
  read -r found _ < <(sha256sum "$TEMPORARY")
  [[ $wanted =~ ^[0-9a-f]{64}$ ]] || fail "$EXIT_FAILED" "$url.sha256 holds no checksum; nothing was changed." "Try again; if it stays so, tell whoever publishes the releases."
  [ "$wanted" = "$found" ] || fail "$EXIT_FAILED" "$url does not have the published checksum; nothing was changed." "Try again; if it stays so, tell whoever publishes the releases."
  [ -z "$RELEASE_KEY" ] || verify_signature "$url"
  chmod 755 "$TEMPORARY"
  found=$(timeout 20 "$TEMPORARY" version </dev/null 2>/dev/null)
  [[ $found == "axiomrunner "* ]] ||
    fail "$EXIT_FAILED" "the axiomrunner of $url does not run on this host; nothing was changed." "It needs Linux with glibc 2.28 or newer."
  check_version "$1" "${found#axiomrunner }"
  mv -f "$TEMPORARY" "$2" || fail "$EXIT_FAILED" "$2 cannot be written." "See the message above."
  rm -f "$TEMPORARY.sha256" "$TEMPORARY.sig"
  TEMPORARY=''
}

# A checksum from the same place tells of damage only; a signature tells who made it.
verify_signature() {
  download "$1.sig" "$TEMPORARY.sig"
  openssl pkeyutl -verify -pubin -inkey "$RELEASE_KEY" -rawin -in "$TEMPORARY" -sigfile "$TEMPORARY.sig" >/dev/null 2>&1 ||
    fail "$EXIT_FAILED" "$1 is not signed with the key of $RELEASE_KEY; nothing was changed." "Try again; if it stays so, do not use it, and tell whoever publishes the releases."
}

# Ed25519 over a whole file: older ones have no -rawin.
need_openssl() {
  local found
  found=$(openssl version 2>/dev/null)
  [[ $found =~ ^OpenSSL\ ([3-9]|[1-9][0-9])\. ]] ||
    fail "$EXIT_UNAVAILABLE" "signatures are verified with OpenSSL 3 or newer; found: ${found:-none}. Nothing was changed." "Install it; or download and verify on another host and put the axiomrunner here yourself."
}

# A mirror must not hand out another version than was asked for, nor an older one as the latest. Arguments: version asked for, version found.
check_version() {
  local mine newest
  if [ "$1" != latest ]; then
    [ "$1" = "$2" ] || fail "$EXIT_FAILED" "version $1 was asked for, and $2 came; nothing was changed." "Is $1 published? Ask for another one, or tell whoever publishes the releases."
    return
  fi
  mine=$([ ! -e "$EXECUTABLE" ] || timeout 20 "$EXECUTABLE" version </dev/null 2>/dev/null)
  [[ $mine == "axiomrunner "* ]] || return 0
  mine=${mine#axiomrunner }
  # For sort, ~ comes before the end: what comes before a release is older than it.
  newest=$(printf '%s\n%s\n' "$mine" "$2" | tr - '~' | sort -V | tail -n 1 | tr '~' -)
  if [ "$mine" != "$2" ] && [ "$newest" = "$mine" ]; then
    fail "$EXIT_FAILED" "the latest release is $2, and you have $mine; nothing was changed." "To go back all the same: $PROGRAM update --version $2"
  fi
}

download() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --proto-redir =https --retry 3 --connect-timeout 20 --output "$2" "$1"
  else
    # It reads the lower-case spelling only.
    https_proxy=${https_proxy:-${HTTPS_PROXY:-}} wget --quiet --tries 3 --timeout 20 --output-document "$2" "$1"
  fi || fail "$EXIT_UNAVAILABLE" "$1 cannot be downloaded; nothing was changed." "Is there a release of that version? Does this host reach it? A proxy is taken from HTTPS_PROXY."
}

# --- Update ---

update() {
  local mode='' was_ready='' new=$EXECUTABLE.new
  ! service_is_registered || need_root_and_systemd
  [ -e "$EXECUTABLE" ] || fail "$EXIT_UNAVAILABLE" "there is no $EXECUTABLE to update." "Run $PROGRAM start: it downloads the latest."
  fetch_release "${VERSION_WANTED:-latest}" "$new"
  if cmp -s "$new" "$EXECUTABLE"; then
    rm -f "$new"
    say "$("$EXECUTABLE" version) is what you have."
    return
  fi
  if service_is_active; then mode=service; elif background_runs; then mode=background; fi
  [ -z "$mode" ] || was_ready=$(health)
  if ! { cp -p "$EXECUTABLE" "$EXECUTABLE.kept" && mv -f "$new" "$EXECUTABLE"; }; then
    fail "$EXIT_FAILED" "$RUNNER_FOLDER cannot be written to." "Run this as the user who owns it."
  fi
  if ! restart_as "$mode" "$was_ready"; then
    mv -f "$EXECUTABLE.kept" "$EXECUTABLE"
    restart_as "$mode" "$was_ready" || fail "$EXIT_FAILED" "the new version failed, and so does the old one, which is back." "See $PROGRAM logs."
    fail "$EXIT_FAILED" "the new version was not ready; the old one is back and running." "See $PROGRAM logs for what the new one said."
  fi
  mv -f "$EXECUTABLE.kept" "$EXECUTABLE.previous"
  say "$("$EXECUTABLE" version) is in place${mode:+ and running}; the one before it is $EXECUTABLE.previous."
}

# Restarts what ran. A runner that was not ready before need only stay alive: perhaps the control plane is down.
restart_as() {
  local probe=probe_background
  case $1 in
    '') return 0 ;;
    service)
      systemctl restart "$SERVICE" || return 1
      probe=probe_service
      ;;
    *)
      ! background_runs || stop_background
      start_background
      ;;
  esac
  [ -z "$NO_WAIT" ] || return 0
  wait_until_ready "$probe"
  case $? in
    0) return 0 ;;
    1) [ "$2" = false ] ;;
    *) return 1 ;;
  esac
}

VERBS='start stop register deregister status logs update'
EXECUTABLE=$RUNNER_FOLDER/axiomrunner
LOG_FILE=$RUNNER_FOLDER/axiom-runner.log
PID_FILE=$RUNNER_FOLDER/axiom-runner.pid
SERVICE_USER=${AXIOM_SERVICE_USER:-$SERVICE}
# Where a key lies beside the script or the executable, only what is signed with it is taken. A link to nothing is no reason to go without.
RELEASE_KEY=''
for place in "$(dirname "${BASH_SOURCE[0]}")" "$RUNNER_FOLDER"; do
  if [ -e "$place/$RELEASE_KEY_FILE" ] || [ -L "$place/$RELEASE_KEY_FILE" ]; then RELEASE_KEY=$place/$RELEASE_KEY_FILE; fi
done

options_of() {
  case $1 in
    start | register) printf '%s' "--tenantid --runnergroupid --apikey --apikey-file --region --role-arn --external-id --env --no-wait" ;;
    status) printf '%s' '--json' ;;
    logs) printf '%s' '--follow --lines' ;;
    update) printf '%s' '--version --no-wait' ;;
  esac
}

print_help() {
  cat <<HELP
Usage: $PROGRAM VERB [OPTION...]

Runs the axiomrunner that lies beside this script, or in AXIOM_RUNNER_HOME.

  start       run it in the background, with .env and axiom-runner.log beside it; a missing axiomrunner is downloaded
  stop        let it end its running steps, up to $STOP_TIMEOUT_SECONDS seconds
  register    run it as the systemd service $SERVICE, enabled and started (root)
  deregister  stop the service and remove it; .env stays (root)
  status      exit code 0 ready, 1 not ready, 69 not running            --json
  logs        what it wrote                                             --follow --lines N
  update      download, verify, replace, restart; back if it fails      --version X (latest)

Settings, for start and register. They are kept in .env, mode 0600; lines that you do not name stay.

  --tenantid ID         --runnergroupid ID
  --apikey-file FILE    API key from a file; - is standard input
  --apikey KEY          the same, but your shell and its history show it
  --region REGION       region of the secret store
  --role-arn ARN        proxy role of a secret store in another account
  --external-id ID      its external id
  --env NAME=VALUE      any other variable of a runner
  --no-wait             do not wait until it is ready (also for update)

Environment: AXIOM_RUNNER_HOME, AXIOM_RELEASES_URL, AXIOM_READY_SECONDS ($READY_SECONDS), AXIOM_SERVICE_USER ($SERVICE_USER).

Examples:
  $PROGRAM start --tenantid acme --runnergroupid rg-1 --apikey-file - <key.txt
  $PROGRAM start --role-arn arn:aws:iam::111122223333:role/Axiom-Security-SecretsManagerRole --external-id 8f14e45f
  sudo $PROGRAM register --tenantid acme --runnergroupid rg-1 --apikey-file key.txt
  $PROGRAM update --version 1.2.3

Exit codes: 0 done, 1 failed, 64 wrong command line, 69 not running or out of reach, 78 wrong settings.
HELP
}

start() {
  merge_settings
  if service_is_active || background_runs; then
    [ -z "$CHANGED" ] || fail "$EXIT_FAILED" "$SERVICE is already running, with other settings; nothing was changed." "Run $PROGRAM stop first, or register for the service."
    say "$SERVICE is already running with these settings."
    return
  fi
  ! service_is_registered || fail "$EXIT_FAILED" "$SERVICE is registered as a service, which is stopped." "Start it: systemctl start $SERVICE; or run $PROGRAM deregister first."
  [ -e "$EXECUTABLE" ] || fetch_release latest "$EXECUTABLE"
  write_env_file
  start_background
  [ -n "$NO_WAIT" ] || report_background
}

# --- In the background ---

# PID file: process id, its start in ticks, and the boot in which it was: another process that got the same id is not ours.
start_background() {
  LOG_START=$(($(wc -c 2>/dev/null <"$LOG_FILE" || echo 0) + 1))
  (
    cd "$RUNNER_FOLDER" || exit 1
    exec setsid "$EXECUTABLE" --env-file "$ENV_FILE" </dev/null >>"$LOG_FILE" 2>&1
  ) &
  BACKGROUND=$!
  printf '%s %s %s\n' "$BACKGROUND" "$(start_of "$BACKGROUND")" "$(boot)" >"$PID_FILE" || fail "$EXIT_FAILED" "$PID_FILE cannot be written." "See the message above."
}

boot() {
  cat /proc/sys/kernel/random/boot_id
}

# Start of a process in ticks since the boot; empty when it is gone or only waits to be collected.
start_of() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  # The name of the program stands in brackets and may hold anything.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [ "$1" = Z ] || [ "$1" = X ] || printf '%s' "${20}"
}

# Sets PID when the runner that start left behind is still there.
background_runs() {
  local since booted
  PID=''
  [ -r "$PID_FILE" ] && read -r PID since booted <"$PID_FILE" || return 1
  [[ $PID =~ ^[0-9]+$ ]] && [ -n "$since" ] && [ "$booted" = "$(boot)" ] && [ "$(start_of "$PID")" = "$since" ]
}

probe_background() {
  if tail -c "+$LOG_START" "$LOG_FILE" | grep -q "\"message\":\"$START_LINE "; then return 0; fi
  background_runs && return 1
  return 2
}

report_background() {
  local code
  wait_until_ready probe_background
  case $? in
    0) say "$SERVICE is running as process $PID, and ready. Log: $LOG_FILE" ;;
    1)
      last_words 3
      fail "$EXIT_UNAVAILABLE" "$SERVICE is running as process $PID and not ready after $READY_SECONDS seconds; it goes on trying." "See above, and $PROGRAM logs."
      ;;
    *)
      wait "$BACKGROUND"
      code=$?
      rm -f "$PID_FILE"
      last_words 20
      case $code in "$EXIT_CONFIG" | "$EXIT_UNAVAILABLE") ;; *) code=$EXIT_FAILED ;; esac
      fail "$code" "$SERVICE did not start." "Mend what it says above."
      ;;
  esac
}

# The last lines of this start's log.
last_words() {
  tail -c "+$LOG_START" "$LOG_FILE" | tail -n "$1" >&2
}

stop() {
  if service_is_active; then
    systemctl stop "$SERVICE" || fail "$EXIT_FAILED" "systemd does not stop $SERVICE." "As root: sudo $PROGRAM stop"
    say "$SERVICE is stopped until the next boot; deregister ends that as well."
  elif background_runs; then
    stop_background
    say "$SERVICE is stopped."
  else
    rm -f "$PID_FILE"
    say "$SERVICE is not running."
  fi
}

stop_background() {
  local second
  kill -TERM "$PID" || fail "$EXIT_FAILED" "process $PID takes no signal from you." "Run this as the user who started it."
  for ((second = 0; second < STOP_TIMEOUT_SECONDS * 5; second++)); do
    background_runs || break
    sleep 0.2
  done
  ! background_runs || fail "$EXIT_FAILED" "process $PID has not ended within $STOP_TIMEOUT_SECONDS seconds." "It can be ended without loss: kill -9 $PID"
  rm -f "$PID_FILE"
}

# --- As a service ---

register() {
  need_root_and_systemd
  need_plain_path "$RUNNER_FOLDER"
  merge_settings
  id -u "$SERVICE_USER" >/dev/null 2>&1 || useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$SERVICE_USER" ||
    fail "$EXIT_FAILED" "the user $SERVICE_USER cannot be made." "See the message above, or name another one in AXIOM_SERVICE_USER."
  [ -e "$EXECUTABLE" ] || fetch_release latest "$EXECUTABLE"
  runuser -u "$SERVICE_USER" -- test -x "$EXECUTABLE" ||
    fail "$EXIT_CONFIG" "the user $SERVICE_USER, which the service runs as, cannot reach $EXECUTABLE. Allowed: a folder that every user may enter." "sudo mv $RUNNER_FOLDER /opt/$SERVICE && sudo /opt/$SERVICE/$PROGRAM register ..."
  write_env_file
  chown "$SERVICE_USER:$(id -gn "$SERVICE_USER")" "$ENV_FILE" || fail "$EXIT_FAILED" "$ENV_FILE cannot be given to $SERVICE_USER." "See the message above."
  ! background_runs || stop_background
  install_unit "$(unit_text)"
  [ -n "$NO_WAIT" ] || { wait_until_ready probe_service; report_service $?; }
}

unit_text() {
  cat <<UNIT
# Made by $PROGRAM register; deregister removes it.
[Unit]
Description=Axiom Runner
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
User=$SERVICE_USER
WorkingDirectory=$RUNNER_FOLDER
ExecStart=$EXECUTABLE --env-file $ENV_FILE
Restart=always
RestartSec=5
RestartPreventExitStatus=$EXIT_CONFIG
KillMode=mixed
TimeoutStopSec=$STOP_TIMEOUT_SECONDS
$SANDBOX

[Install]
WantedBy=multi-user.target
UNIT
}

# A runner without a health address says nothing; ten seconds of life must do.
probe_service() {
  case $(systemctl is-active "$SERVICE") in
    failed) return 2 ;;
    active) ;;
    *) return 1 ;;
  esac
  ready_after "$1"
}

# true, false, or null when health is switched off.
health() {
  local answer
  if answer=$("$EXECUTABLE" health --env-file "$ENV_FILE" 2>/dev/null); then
    printf true
  else
    case $answer in *'_ADDRESS is off'*) printf null ;; *) printf false ;; esac
  fi
}

status() {
  if service_is_active; then
    report_status "$(health)" service "\"pid\":$(systemctl show --property MainPID --value "$SERVICE")"
  elif background_runs; then
    report_status "$(health)" process "\"pid\":$PID"
  else
    report_status false '' '"pid":null'
  fi
}

logs() {
  if service_is_registered; then service_logs; fi
  [ -e "$LOG_FILE" ] || fail "$EXIT_UNAVAILABLE" "there is no $LOG_FILE." "Run $PROGRAM start."
  if [ -n "$FOLLOW" ]; then exec tail -n "$LINES_SHOWN" -F "$LOG_FILE"; fi
  exec tail -n "$LINES_SHOWN" "$LOG_FILE"
}

parse_arguments "$@"
"$VERB"
