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
