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
