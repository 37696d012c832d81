const { readFileSync, writeSync } = require('node:fs');

/** Preloaded into a process: at its end it tells the most memory it has ever had resident, in kB, on file descriptor 3. */
process.on('exit', () => {
  const [, kilobytes = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  writeSync(3, kilobytes);
});
