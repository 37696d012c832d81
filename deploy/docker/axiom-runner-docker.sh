#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2034,SC2153 # Placeholders of the guide hold a $ that is meant; the shared part sets what only one script reads, and sets VERB.
# Made by "npm run render" from deploy/scripts/ and contract/: change those, not this file.
SERVICE=axiom-runner
PUBLISHED_IMAGE='public.ecr.aws/j1l0w7h1/actionsrunner-service:latest'
STOP_TIMEOUT_SECONDS=120
EXIT_OK=0
EXIT_FAILED=1
EXIT_USAGE=64
EXIT_UNAVAILABLE=69
EXIT_CONFIG=78
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

# --- The container ---

find_tool() {
  local name
  TOOL=${AXIOM_CONTAINER_TOOL:-}
  for name in docker podman; do
    [ -n "$TOOL" ] || TOOL=$(command -v "$name")
  done
  TOOL=$(command -v "${TOOL:-docker}") || fail "$EXIT_UNAVAILABLE" "there is neither docker nor podman on this host." "Install one of them, or name it in AXIOM_CONTAINER_TOOL."
  "$TOOL" version >/dev/null 2>&1 || fail "$EXIT_UNAVAILABLE" "$TOOL does not answer." "Is its service running, and may you use it? Try: $TOOL version"
}

# Sets RUN_OPTIONS. Argument: the image's name.
container_options() {
  RUN_OPTIONS=(
    --name "$CONTAINER" --label "$IMAGE_LABEL=$1" --network host --env-file "$ENV_FILE"
    --read-only --tmpfs "/tmp:rw,exec,nosuid,nodev,size=256m" --cap-drop ALL --security-opt no-new-privileges
    --ulimit core=0 --stop-timeout "$STOP_TIMEOUT_SECONDS" --log-driver json-file --log-opt max-size=10m
  )
  mount_files
}

# Files that the settings name have the same path in the container.
mount_files() {
  local line
  while IFS= read -r line; do
    name_of_line "$line"
    case $LINE_NAME in
      *_FILE | NODE_EXTRA_CA_CERTS)
        case $LINE_VALUE in
          /*[,:]* | [!/]*) fail "$EXIT_CONFIG" "$LINE_NAME is \"$LINE_VALUE\", which cannot be mounted into the container. Allowed: an absolute path without comma and colon." "Mend it in $ENV_FILE." ;;
        esac
        need_plain_path "$LINE_VALUE"
        [ -f "$LINE_VALUE" ] || fail "$EXIT_CONFIG" "$LINE_NAME names $LINE_VALUE, which is no file." "Mend it in $ENV_FILE."
        RUN_OPTIONS+=(--volume "$LINE_VALUE:$LINE_VALUE:ro")
        ;;
    esac
  done <"$ENV_FILE"
}

# docker keeps quotes as part of a value and refuses blanks around a name: what the runner would read differently is refused.
check_lines() {
  local line number=0
  while IFS= read -r line; do
    number=$((number + 1))
    if [[ $line =~ ^(#|$) ]]; then continue; fi
    if ! [[ $line =~ ^[A-Za-z_][A-Za-z0-9_]*=([^[:cntrl:][:space:]\"\'].*)?$ ]] || [[ $line =~ [[:cntrl:]]|[[:space:]]$ ]]; then
      fail "$EXIT_CONFIG" "line $number of $ENV_FILE is not NAME=value. Allowed: no export, no blank around the name or at the end, no quotes around the value." "Mend the line."
    fi
  done < <(printf '%s' "$MERGED")
}

# Arguments: the image's name, and what to run when it is not the same.
run_container() {
  container_options "$1"
  "$TOOL" run --detach --restart unless-stopped "${RUN_OPTIONS[@]}" "${2:-$1}" >/dev/null
}

# A container that waits for the next start. One that was there is made anew.
create_container() {
  remove_container
  container_options "$1"
  "$TOOL" create --restart unless-stopped "${RUN_OPTIONS[@]}" "$1" >/dev/null || fail "$EXIT_FAILED" "$TOOL does not make a container of $1." "See the message above."
}

remove_container() {
  "$TOOL" rm --force --volumes "$CONTAINER" >/dev/null 2>&1
  return 0
}

# One fact of the container; empty when there is none.
fact() {
  "$TOOL" inspect --type container --format "$1" "$CONTAINER" 2>/dev/null
}

container_runs() {
  [ "$(fact '{{.State.Running}}')" = true ]
}

image_of_container() {
  fact "{{index .Config.Labels \"$IMAGE_LABEL\"}}"
}

# true, false, or null when the image has no health check or health is switched off. Where an image's format has no place for the check,
# its title tells that it answers.
health() {
  local answer
  if [ -z "$(fact '{{if .Config.Healthcheck}}yes{{end}}')" ] && [ "$(fact '{{index .Config.Labels "org.opencontainers.image.title"}}')" != "$IMAGE_TITLE" ]; then
    printf null
  elif answer=$("$TOOL" exec "$CONTAINER" axiomrunner health 2>/dev/null); then
    printf true
  else
    case $answer in *'_ADDRESS is off'*) printf null ;; *) printf false ;; esac
  fi
}

# Without a health check, ten seconds of life must do.
probe_container() {
  case $(fact '{{.State.Status}}') in
    exited | dead | stopped) return 2 ;;
    running) [ "$(fact '{{.RestartCount}}')" = 0 ] || return 2 ;;
    restarting) return 2 ;;
    *) return 1 ;;
  esac
  ready_after "$1"
}

report_container() {
  local code
  wait_until_ready probe_container
  case $? in
    0) say "$CONTAINER is running, and ready." ;;
    1)
      "$TOOL" logs --tail 3 "$CONTAINER" >&2
      fail "$EXIT_UNAVAILABLE" "$CONTAINER is running and not ready after $READY_SECONDS seconds; it goes on trying." "See above, and $PROGRAM logs."
      ;;
    *)
      code=$(exit_code_of_container)
      "$TOOL" logs --tail 20 "$CONTAINER" >&2
      # Not stop: between two starts podman takes it for done, and starts again.
      create_container "$(image_of_container)"
      case $code in "$EXIT_CONFIG" | "$EXIT_UNAVAILABLE") ;; *) code=$EXIT_FAILED ;; esac
      fail "$code" "$CONTAINER did not start." "Mend what it says above."
      ;;
  esac
}

# The tool starts it again and again, and forgets the code each time: asked between two starts, with longer and longer pauses.
exit_code_of_container() {
  local state turn
  for ((turn = 0; turn < 200; turn++)); do
    state=$(fact '{{.State.Status}} {{.State.ExitCode}}')
    case $state in running* | created*) sleep 0.1 ;; *) break ;; esac
  done
  printf '%s' "${state##* }"
}

# --- Update ---

update() {
  local asked wanted old new was_ready
  ! service_is_registered || need_root_and_systemd
  find_tool
  asked=$(image_of_container) old=$(fact '{{.Image}}')
  [ -n "$asked" ] || fail "$EXIT_UNAVAILABLE" "there is no container $CONTAINER of this script to update." "Run $PROGRAM start."
  wanted=$(image_wanted "$asked") || exit
  "$TOOL" pull --quiet "$wanted" >/dev/null || fail "$EXIT_UNAVAILABLE" "$wanted cannot be pulled; nothing was changed." "See the message above."
  new=$("$TOOL" inspect --type image --format '{{.Id}}' "$wanted") || fail "$EXIT_FAILED" "$wanted is not there after the pull; nothing was changed." "See the message above."
  if [ "${new#sha256:}" = "${old#sha256:}" ]; then
    say "$wanted is what you have."
    return
  fi
  if ! container_runs; then
    merge_settings
    create_container "$wanted"
    say "$wanted is in place for the next start."
    return
  fi
  was_ready=$(health)
  if ! restart_with "$wanted" "$wanted" "$was_ready"; then
    "$TOOL" logs --tail 20 "$CONTAINER" >&2
    restart_with "$asked" "$old" "$was_ready" || fail "$EXIT_FAILED" "the new image failed, and so does the old one, which is back." "See $PROGRAM logs."
    fail "$EXIT_FAILED" "the new image was not ready; the old one is back and running." "What the new one said stands above."
  fi
  say "$wanted is running. The image before it: $old"
}

# The same name with another tag. A digest is a version by itself.
image_wanted() {
  local name=${1%%@*}
  if [ -n "$VERSION_WANTED" ]; then
    case ${name##*/} in *:*) name=${name%:*} ;; esac
    printf '%s:%s' "$name" "$VERSION_WANTED"
  elif [ "$name" != "$1" ]; then
    fail "$EXIT_USAGE" "the image is pinned by its digest: $1." "Name a version: $PROGRAM update --version X; or start with another --image."
  else
    printf '%s' "$1"
  fi
}

# Arguments: the image's name, what to run, and whether a runner was ready before: else it need only stay alive.
restart_with() {
  local probe=probe_container
  if service_is_registered; then
    register_image "$1" "$2"
    probe=probe_service
  else
    "$TOOL" stop -t "$STOP_TIMEOUT_SECONDS" "$CONTAINER" >/dev/null 2>&1
    remove_container
    run_container "$1" "$2" || return 1
  fi
  [ -z "$NO_WAIT" ] || return 0
  wait_until_ready "$probe"
  case $? in
    0) return 0 ;;
    1) [ "$3" = false ] ;;
    *) return 1 ;;
  esac
}

VERBS='start stop register deregister status logs update'
CONTAINER=$SERVICE
# The image as it was asked for: after a rollback the container itself only knows the id.
IMAGE_LABEL=axiom-runner.image
# Label of the images of this project, whoever builds them.
IMAGE_TITLE='Axiom Runner'

options_of() {
  case $1 in
    start | register) printf '%s' "--tenantid --runnergroupid --apikey --apikey-file --region --role-arn --external-id --env --image --no-wait" ;;
    status) printf '%s' '--json' ;;
    logs) printf '%s' '--follow --lines' ;;
    update) printf '%s' '--version --no-wait' ;;
  esac
}

print_help() {
  cat <<HELP
Usage: $PROGRAM VERB [OPTION...]

Runs the runner in the container $CONTAINER, with docker or podman.

  start       run it in the background, with the .env beside this script
  stop        let it end its running steps, up to $STOP_TIMEOUT_SECONDS seconds
  register    run it as the systemd service $SERVICE, enabled and started (root)
  deregister  stop the service and remove it; .env stays (root)
  status      exit code 0 ready, 1 not ready, 69 not running            --json
  logs        what it wrote                                             --follow --lines N
  update      pull, restart; back to the image before if it fails       --version X (the same tag)

Settings, for start and register. They are kept in .env, mode 0600; lines that you do not name stay.

  --tenantid ID         --runnergroupid ID
  --apikey-file FILE    API key from a file; - is standard input
  --apikey KEY          the same, but your shell and its history show it
  --region REGION       region of the secret store
  --role-arn ARN        proxy role of a secret store in another account
  --external-id ID      its external id
  --env NAME=VALUE      any other variable of a runner; files that it names are mounted
  --image IMAGE         $PUBLISHED_IMAGE when absent
  --no-wait             do not wait until it is ready (also for update)

Environment: AXIOM_CONTAINER_TOOL (docker or podman), AXIOM_RUNNER_HOME (folder of .env), AXIOM_READY_SECONDS ($READY_SECONDS).

Examples:
  $PROGRAM start --tenantid acme --runnergroupid rg-1 --apikey-file - <key.txt
  $PROGRAM start --image 111122223333.dkr.ecr.eu-central-1.amazonaws.com/axiom-runner:1.2.3
  sudo $PROGRAM register --tenantid acme --runnergroupid rg-1 --apikey-file key.txt
  $PROGRAM update --version 1.2.3

Exit codes: 0 done, 1 failed, 64 wrong command line, 69 not running or out of reach, 78 wrong settings.
HELP
}

start() {
  find_tool
  merge_settings
  if service_is_active || container_runs; then
    [ -z "$IMAGE" ] || [ "$IMAGE" = "$(image_of_container)" ] || CHANGED=yes
    [ -z "$CHANGED" ] || fail "$EXIT_FAILED" "$CONTAINER is already running, with other settings; nothing was changed." "Run $PROGRAM stop first, or register for the service."
    say "$CONTAINER is already running with these settings."
    return
  fi
  ! service_is_registered || fail "$EXIT_FAILED" "$SERVICE is registered as a service, which is stopped." "Start it: systemctl start $SERVICE; or run $PROGRAM deregister first."
  [ -n "$IMAGE" ] || IMAGE=$(image_of_container)
  check_lines
  write_env_file
  remove_container
  run_container "${IMAGE:-$PUBLISHED_IMAGE}" || fail "$EXIT_UNAVAILABLE" "$TOOL does not start ${IMAGE:-$PUBLISHED_IMAGE}." "See the message above."
  [ -n "$NO_WAIT" ] || report_container
}

stop() {
  if service_is_active; then
    systemctl stop "$SERVICE" || fail "$EXIT_FAILED" "systemd does not stop $SERVICE." "As root: sudo $PROGRAM stop"
    say "$SERVICE is stopped until the next boot; deregister ends that as well."
    return
  fi
  find_tool
  if ! container_runs; then
    say "$CONTAINER is not running."
    return
  fi
  "$TOOL" stop -t "$STOP_TIMEOUT_SECONDS" "$CONTAINER" >/dev/null || fail "$EXIT_FAILED" "$TOOL does not stop $CONTAINER." "See the message above."
  say "$CONTAINER is stopped."
}

# --- As a service ---

register() {
  need_root_and_systemd
  find_tool
  need_plain_path "$RUNNER_FOLDER"
  [ -n "$IMAGE" ] || IMAGE=$(image_of_container)
  IMAGE=${IMAGE:-$PUBLISHED_IMAGE}
  need_plain_path "$IMAGE"
  merge_settings
  check_lines
  write_env_file
  if ! service_is_active && container_runs; then "$TOOL" stop -t "$STOP_TIMEOUT_SECONDS" "$CONTAINER" >/dev/null; fi
  register_image "$IMAGE"
  [ -n "$NO_WAIT" ] || { wait_until_ready probe_service; report_service $?; }
}

# Arguments as of run_container.
register_image() {
  container_options "$1"
  install_unit "$(unit_text "${2:-$1}")"
}

unit_text() {
  local after='network-online.target' requires=''
  if [ "${TOOL##*/}" = docker ]; then after+=' docker.service' requires=Requires=docker.service; fi
  cat <<UNIT
# Made by $PROGRAM register; deregister removes it.
[Unit]
Description=Axiom Runner (container)
Wants=network-online.target
After=$after
$requires
StartLimitIntervalSec=0

[Service]
ExecStartPre=-$TOOL rm --force --volumes $CONTAINER
ExecStart=$TOOL run --rm ${RUN_OPTIONS[@]} $1
ExecStop=-$TOOL stop -t $STOP_TIMEOUT_SECONDS $CONTAINER
Restart=always
RestartSec=5
RestartPreventExitStatus=$EXIT_CONFIG
# The container tool ends what does not stop in time; systemd comes after it.
TimeoutStopSec=$((STOP_TIMEOUT_SECONDS + 10))
# The first start may have to pull the image.
TimeoutStartSec=600

[Install]
WantedBy=multi-user.target
UNIT
}

probe_service() {
  case $(systemctl is-active "$SERVICE") in
    failed) return 2 ;;
    active) container_runs || return 1 ;;
    *) return 1 ;;
  esac
  ready_after "$1"
}

status() {
  local mode=container
  find_tool
  ! service_is_active || mode=service
  if container_runs; then
    report_status "$(health)" "$mode" "\"image\":\"$(image_of_container)\""
  else
    report_status false '' '"image":null'
  fi
}

logs() {
  if service_is_registered; then service_logs; fi
  find_tool
  if [ -n "$FOLLOW" ]; then exec "$TOOL" logs --tail "$LINES_SHOWN" --follow "$CONTAINER"; fi
  exec "$TOOL" logs --tail "$LINES_SHOWN" "$CONTAINER"
}

parse_arguments "$@"
"$VERB"
