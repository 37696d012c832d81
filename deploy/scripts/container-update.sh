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
