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
