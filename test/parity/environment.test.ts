import * as fc from 'fast-check';
import { ofEcsRunner, ofEksRunner, ofRunnerChart, REGION, reference, userDataOfEc2Runner } from './support/cdk-renderings';
import { ENV_FILE_READERS, type Variables } from './support/env-file-readers';
import { ofHelmWithSetString, ofHelmWithValuesFile } from './support/helm-renderings';
import { aWantedRunner, type WantedRunner } from './support/runner-arbitrary';
import { envFileOfScript } from './support/script-renderings';
import { typedSettings } from './support/typed-settings';
import { envFileWrittenBy } from './support/user-data-run';

/** What a failure prints as well; with it the same runners are drawn again. */
const SEED = 20_261_122;
const RUNNERS = 25;
/** Ends the search for a simpler runner after a failure: it is then reported with the simplest found so far. */
const TIME_LIMIT_MS = 200_000;

/**
 * All that may differ between the hosts, and why:
 * - `AWS_REGION` is on EC2 only: ECS and EKS set it by themselves, and on an instance the AWS SDK finds none. Users of the scripts set it.
 * - The API key is a variable where the image cannot read a secret (`keyByVariable`), which no EC2 instance has; else every host names the
 *   secret.
 */
const ADDED_BY_HOST: Readonly<Record<string, Variables>> = { 'user data of Ec2Runner': { AWS_REGION: REGION } };

type Renderings = Readonly<Record<string, Variables>>;

/** The environment of a runner, by who renders it. */
async function renderingsOf(wanted: WantedRunner): Promise<Renderings> {
  const typed = typedSettings(wanted, reference(wanted));
  return {
    EcsRunner: ofEcsRunner(wanted),
    EksRunner: ofEksRunner(wanted),
    RunnerChart: ofRunnerChart(wanted),
    'Helm chart, values file': ofHelmWithValuesFile(wanted, typed),
    'Helm chart, --set-string': ofHelmWithSetString(wanted, typed),
    ...(await readings('script for binaries', envFileOfScript('binary', wanted, typed))),
    ...(await readings('script for containers', envFileOfScript('docker', wanted, typed))),
    ...(wanted.keyByVariable ? {} : await ofUserData(wanted)),
  };
}

async function ofUserData(wanted: WantedRunner): Promise<Renderings> {
  const { text, assets } = userDataOfEc2Runner(wanted);
  return readings('user data of Ec2Runner', envFileWrittenBy(text, assets));
}

/** An env file as each of its readers understands it. */
async function readings(who: string, text: string): Promise<Renderings> {
  const read = Object.entries(ENV_FILE_READERS).map(async ([reader, parse]) => [`${who}, read by ${reader}`, await parse(text)] as const);
  return Object.fromEntries(await Promise.all(read));
}

function expected(who: string, environment: Variables): Variables {
  const [, added] = Object.entries(ADDED_BY_HOST).find(([host]) => who.startsWith(host)) ?? [];
  return { ...environment, ...added };
}

it('is the same, whoever renders it', async () => {
  const property = fc.asyncProperty(aWantedRunner, async (wanted) => {
    const environment = reference(wanted);
    const renderings = await renderingsOf(wanted);
    expect(Object.keys(renderings)).toHaveLength(wanted.keyByVariable ? 11 : 14);
    const wantedOfAll = Object.fromEntries(Object.keys(renderings).map((who) => [who, expected(who, environment)]));
    expect(renderings).toEqual(wantedOfAll);
  });
  await fc.assert(property, { seed: SEED, numRuns: RUNNERS, interruptAfterTimeLimit: TIME_LIMIT_MS, markInterruptAsFailure: true });
}, 300_000);
