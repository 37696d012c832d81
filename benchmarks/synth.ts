import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Figure } from './figures.js';
import { outputOf } from './processes.js';
import { githubRunnersApp, LIBRARY, ROOT, type SynthApp, synthApp } from './synth-apps.js';
import { foreignModulesOf } from './synth-modules.js';
import type { SynthReport } from './synth-site.js';
import { assertEqual, type SynthesisedTemplate, templateIn, textsIn } from './synth-templates.js';
import { temporaryFolder } from './temporary-folder.js';

const TURNS = 7;
/** The CDK's validator takes some seconds in each. */
const VALIDATED_TURNS = 3;
const BY_HAND = 'the same app by hand';
const STACK = 'Runners';

const packed = z.tuple([z.object({ unpackedSize: z.number() })]);

/** Synthesis of the full app beside the same app by hand, and beside another library; what the library itself weighs. */
export async function measureSynth(say: (text: string) => void): Promise<Figure[]> {
  const ours = await synthApp('synth-with-library');
  const byHand = await synthApp('synth-by-hand');
  await ours.run({ unvalidated: true });
  const { template } = templateIn(ours.folder, STACK);
  const texts = join(temporaryFolder('axiom-synth-texts-'), 'texts.json');
  writeFileSync(texts, JSON.stringify(textsIn(template)));
  await byHand.run({ texts, unvalidated: true });
  const [one, other] = [templateIn(ours.folder, STACK), templateIn(byHand.folder, STACK)];
  assertEqual(one.template, other.template);

  const validated = await rounds(VALIDATED_TURNS, { ours: () => ours.run(), theirs: () => byHand.run({ texts }) });
  const bare = await rounds(TURNS, {
    ours: () => ours.run({ unvalidated: true }),
    theirs: () => byHand.run({ texts, unvalidated: true }),
  });
  const bar = { kind: 'ratio', most: 1.15 } as const;
  return [
    { ...values('cpuMs', validated), what: 'synth of the full app: CPU', reference: BY_HAND, compared: bar },
    { ...values('cpuMs', bare), what: "the same, without the CDK's validator: CPU", reference: BY_HAND, compared: bar },
    { ...values('ms', bare), what: "the same, without the CDK's validator: time", reference: BY_HAND, compared: { kind: 'ratio' } },
    {
      ...values('processCpuMs', bare),
      what: 'the same, and the loading of all modules: CPU',
      reference: BY_HAND,
      compared: { kind: 'ratio' },
    },
    ...sizes(one, other, BY_HAND),
    ...(await besideGithubRunners(ours, one, say)),
    await loading(),
    await packageSize(),
  ];
}

interface Rounds {
  readonly ours: readonly SynthReport[];
  readonly theirs: readonly SynthReport[];
}

async function rounds(turns: number, run: Readonly<Record<'ours' | 'theirs', () => Promise<SynthReport>>>): Promise<Rounds> {
  const [ours, theirs]: [SynthReport[], SynthReport[]] = [[], []];
  for (let turn = 0; turn < turns; turn += 1) {
    ours.push(await run.ours());
    theirs.push(await run.theirs());
  }
  return { ours, theirs };
}

function values(key: keyof SynthReport, { ours, theirs }: Rounds): Pick<Figure, 'unit' | 'ours' | 'theirs'> {
  return { unit: 'ms', ours: ours.map((report) => report[key]), theirs: theirs.map((report) => report[key]) };
}

function sizes(one: SynthesisedTemplate, other: SynthesisedTemplate, reference: string): Figure[] {
  const common = { what: 'template of the full app', reference, compared: { kind: 'ratio' } } as const;
  return [
    { ...common, unit: 'kB', ours: [one.bytes / 1000], theirs: [other.bytes / 1000] },
    { ...common, unit: 'resources', ours: [one.resources], theirs: [other.resources] },
  ];
}

async function besideGithubRunners(ours: SynthApp, own: SynthesisedTemplate, say: (text: string) => void): Promise<Figure[]> {
  const theirs = await githubRunnersApp();
  if (theirs === undefined) {
    say('npm did not get cdk-github-runners: it is not compared.');
    return [];
  }
  const reference = 'default app of cdk-github-runners';
  const measured = await rounds(VALIDATED_TURNS, {
    ours: () => ours.run({ unvalidated: true }),
    theirs: () => theirs.run({ unvalidated: true }),
  });
  const what = "synth of the full app, without the CDK's validator: CPU";
  return [
    { ...values('cpuMs', measured), what, reference, compared: { kind: 'ratio' } },
    ...sizes(own, templateIn(theirs.folder, STACK), reference),
  ];
}

/** CPU time of `require` in a fresh process, beside that of the modules of other packages that the library names. */
async function loading(): Promise<Figure> {
  const measure = async (modules: readonly string[]) => {
    const source = `const b = process.cpuUsage(); for (const m of ${JSON.stringify(modules)}) require(m); const { user, system } = process.cpuUsage(b); console.log((user + system) / 1000);`;
    return Number(
      await outputOf({ program: process.execPath, args: ['--eval', source], environment: { NODE_PATH: join(ROOT, 'node_modules') } }),
    );
  };
  const foreign = foreignModulesOf(LIBRARY);
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < TURNS; turn += 1) {
    ours.push(await measure([LIBRARY]));
    theirs.push(await measure(foreign));
  }
  return { what: 'loading of the library: CPU', reference: 'the modules it names', unit: 'ms', ours, theirs, compared: { kind: 'ratio' } };
}

async function packageSize(): Promise<Figure> {
  const { npm_execpath: npm } = process.env;
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const invocation = npm === undefined ? { program: 'npm', args } : { program: process.execPath, args: [npm, ...args] };
  const [{ unpackedSize }] = packed.parse(JSON.parse(await outputOf({ ...invocation, folder: ROOT })));
  return {
    what: 'npm package of the library, unpacked',
    reference: 'nothing',
    unit: 'kB',
    ours: [unpackedSize / 1000],
    theirs: [0],
    compared: { kind: 'difference', most: 1500 },
  };
}
