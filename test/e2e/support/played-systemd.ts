import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Puts a systemctl and a journalctl into a folder for PATH: they run the commands of the unit that a script has written, as systemd does,
 * where there is no systemd. Calls of systemctl stand in the file `systemctl.calls`, what the service writes in `journal`.
 *
 * @param units folder of the unit, and of those files
 */
export async function playSystemd(folder: string, units: string): Promise<void> {
  const systemctl = `#!/bin/bash
cd '${units}' || exit 1
echo "$*" >>systemctl.calls
unit=axiom-runner.service
commands() { sed -n "s/^$1=-\\{0,1\\}//p" $unit; }
stop() {
  commands ExecStop | while read -r line; do $line; done
  [ ! -e pid ] || tail --pid="$(cat pid)" --sleep-interval=0.1 -f /dev/null
  rm -f pid
} >>journal 2>&1
start() {
  commands ExecStartPre | while read -r line; do $line; done
  setsid $(commands ExecStart) </dev/null &
  echo $! >pid
} >>journal 2>&1
active() { [ -e pid ] && kill -0 "$(cat pid)" 2>/dev/null; }
case $1 in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  is-active) if active; then [ "$2" = --quiet ] || echo active; else [ "$2" = --quiet ] || echo failed; exit 3; fi ;;
  show) echo 0 ;;
esac
`;
  await writeFile(join(folder, 'systemctl'), systemctl, { mode: 0o755 });
  await writeFile(join(folder, 'journalctl'), `#!/bin/sh\ncat '${units}/journal'\n`, { mode: 0o755 });
}
