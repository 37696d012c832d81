#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2034,SC2153 # Placeholders of the guide hold a $ that is meant; the shared part sets what only one script reads, and sets VERB.
#@ contract
#@ include common.sh
#@ include command-line.sh
#@ include env-file.sh
#@ include service.sh
#@ include binary-update.sh

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
