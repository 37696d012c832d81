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
