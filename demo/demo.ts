import { leaveSignalsToCaller, stopAll } from '@axiom-runner/local-servers';
import { Command } from 'commander';
import { playAll } from './all/play-all.js';
import { foundCompany } from './company.js';
import {
  collectData,
  dispenseTemporaryUser,
  grantToExistingRole,
  killInTheMiddle,
  lookForOrphans,
  synthesise,
  terminateOnServer,
  testConnection,
} from './scenes.js';
import { Timeline } from './timeline.js';

const NEXT = `
What next
  docs/oidc-role.md, docs/secrets-manager-role.md   deploy the roles of a runner with CDK or CloudFormation
  docs/integrations/postgresql.md                   what the integration user of your database needs
  docs/control-plane.md                             do by hand, with axiomctl, what this demo did
  docs/security.md                                  who can do and decrypt what
`;

const {
  json = false,
  keep = false,
  all = false,
} = new Command('demo')
  .description('Shows one access from request to proved revocation, with real servers on this machine. No AWS account, no Docker.')
  .option('--json', 'print the timeline as JSON at the end')
  .option('--all', "run every integration's lifecycle, against its server or a fake of the vendor")
  .option('--keep', 'leave the servers and the last runner up until Ctrl-C')
  .parse()
  .opts<{ json?: boolean; keep?: boolean; all?: boolean }>();

const timeline = new Timeline(json);
const interrupted = new Promise<'interrupted'>((resolve) => {
  leaveSignalsToCaller();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('interrupted'));
});
// The servers do not keep this process alive; the demo does, until it has stopped them.
const alive = setInterval(() => undefined, 1_000);

async function play(): Promise<void> {
  synthesise(timeline);
  timeline.scene('A small company on this machine');
  const company = await foundCompany(timeline);
  try {
    timeline.tell('a runner starts, as it is shipped, in a process of its own');
    const first = await company.startRunner();
    await testConnection(timeline, company);
    await collectData(timeline, company);
    await grantToExistingRole(timeline, company);
    await dispenseTemporaryUser(timeline, company);
    const second = await killInTheMiddle(timeline, company, first);
    await terminateOnServer(timeline, company);
    await lookForOrphans(timeline, company);
    if (keep) {
      timeline.scene('Everything stays up until Ctrl-C');
      timeline.tell(`axiomctl --home ${company.home.folder} group list`);
      await interrupted;
    }
    timeline.observe('the runner drains and stops with exit code 0', (await second.stop()) === 0);
  } finally {
    await company.close();
  }
}

let exitCode = 1;
try {
  const ending = await Promise.race([
    (all ? playAll(timeline) : play()).then(() => 'played' as const),
    interrupted.then((word) => (keep && timeline.passed ? new Promise<never>(() => undefined) : word)),
  ]);
  exitCode = ending === 'interrupted' ? 130 : timeline.passed ? 0 : 1;
} catch (error) {
  timeline.observe(error instanceof Error ? error.message : String(error), false);
} finally {
  await stopAll();
  clearInterval(alive);
  timeline.end();
}
if (exitCode === 130) process.stderr.write('\nInterrupted. Everything that the demo started is stopped.\n');
else if (!json)
  process.stdout.write(exitCode === 0 ? `\nAll of it was observed.\n${NEXT}` : '\nNot everything was observed: see ✗ above.\n');
process.exit(exitCode);
