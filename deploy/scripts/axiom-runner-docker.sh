#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2034,SC2153 # Placeholders of the guide hold a $ that is meant; the shared part sets what only one script reads, and sets VERB.
#@ contract
#@ include common.sh
#@ include command-line.sh
#@ include env-file.sh
#@ include service.sh
#@ include container.sh
#@ include container-update.sh

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
