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
