import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { has, LIBRARY, makeLanguages, ROOT, run } from './support/programs.js';

/** Languages that are generated and looked at, not compiled: docs/languages.md says what that takes. */

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'axiom-generated-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const version = (name: string) => LIBRARY.devDependencies[name];
const hasGo = has('go', 'version');

(hasGo ? describe : describe.skip)(`the module for Go${hasGo ? '' : ': needs Go'}`, () => {
  let code: string;

  beforeAll(async () => {
    await makeLanguages(folder, '--language', 'go');
    const module = `example.com/axiom-runner/axiomrunner@v${LIBRARY.version}`;
    const env = {
      GOPROXY: pathToFileURL(join(folder, 'go')).href,
      GONOSUMDB: 'example.com',
      GOFLAGS: '-modcacherw',
      GOMODCACHE: join(folder, 'mod'),
    };
    // Go checks the layout of the proxy and of the archive.
    code = JSON.parse(await run('go', ['mod', 'download', '-json', module], folder, env)).Dir;
  }, 120_000);

  it('is formatted', async () => {
    expect(await run('gofmt', ['-l', '.'], code)).toBe('');
  });

  it('asks for the versions that the package takes', async () => {
    const required = await readFile(join(code, 'go.mod'), 'utf8');
    expect(required).toMatch(/^module example\.com\/axiom-runner\/axiomrunner$/m);
    expect(required).toContain(`github.com/aws/aws-cdk-go/awscdk/v2 v${version('aws-cdk-lib')}\n`);
    expect(required).toContain(`github.com/cdk8s-team/cdk8s-core-go/cdk8s/v2 v${version('cdk8s')}\n`);
    expect(required).toContain(`github.com/cdk8s-team/cdk8s-plus-go/cdk8splus28/v2 v${version('cdk8s-plus-28')}\n`);
    expect(required).toContain(`github.com/aws/constructs-go/constructs/v10 v${version('constructs')}\n`);
  });
});

const READ_PROJECT = `import json, sys, zipfile, xml.etree.ElementTree as tree
archive = zipfile.ZipFile(sys.argv[1])
project = tree.fromstring(archive.read(next(name for name in archive.namelist() if name.endswith(".csproj"))))
print(json.dumps({
    "packages": {item.get("Include"): item.get("Version") for item in project.iter("PackageReference")},
    "missing": [item.get("Include") for item in project.iter("EmbeddedResource")
                if not any(name.endswith("/" + item.get("Include")) for name in archive.namelist())],
}))`;
const hasPython = has('python3', '--version');

(hasPython ? it : it.skip)(
  `the project for .NET is well-formed, whole, and asks for the versions that the package takes${hasPython ? '' : ': needs python3'}`,
  async () => {
    await makeLanguages(folder, '--language', 'dotnet');
    const archive = join(folder, `dotnet/AxiomRunner.${LIBRARY.version}.zip`);
    expect(JSON.parse(await run('python3', ['-c', READ_PROJECT, archive], folder))).toEqual({
      packages: {
        'Amazon.CDK.Lib': `[${version('aws-cdk-lib')},3.0.0)`,
        'Amazon.JSII.Runtime': expect.any(String),
        Constructs: `[${version('constructs')},11.0.0)`,
        'Org.Cdk8s': `[${version('cdk8s')},3.0.0)`,
        'Org.Cdk8s.Plus28': `[${version('cdk8s-plus-28')},3.0.0)`,
      },
      missing: [],
    });
  },
  120_000,
);

describe('the API references call things as the generated code does:', () => {
  beforeAll(async () => {
    const options = ['--code-only', '--no-fingerprint', '--no-npmignore', '--outdir', join(folder, 'code')];
    await run('node_modules/.bin/jsii-pacmak', [...options, '--targets', 'python', 'java', 'dotnet', 'go', '--', '.'], ROOT);
  }, 120_000);

  it.each([
    ['python', 'python', '.py'],
    ['java', 'java', '.java'],
    ['csharp', 'dotnet', '.cs'],
    ['go', 'go', '.go'],
  ])(
    '%s',
    async (page, target, ending) => {
      const words = await wordsOfCode(join(folder, 'code', target), ending);
      const names = await namesIn(`docs/api/${page}.md`);
      expect(names.length).toBeGreaterThan(200);
      expect(names.filter((name) => !words.has(name))).toEqual([]);
    },
    60_000,
  );

  it('a name of another language is found', async () => {
    const words = await wordsOfCode(join(folder, 'code/python'), '.py');
    expect((await namesIn('docs/api/typescript.md')).filter((name) => !words.has(name))).toContain('metricQueueLag');
  }, 60_000);
});

/** Every word in the generated code, comments aside: those have names of the source. */
async function wordsOfCode(code: string, ending: string): Promise<Set<string>> {
  const paths = (await readdir(code, { recursive: true })).filter((path) => path.endsWith(ending));
  const texts = await Promise.all(paths.map((path) => readFile(join(code, path), 'utf8')));
  const comments = { '.py': /^\s*'''[\s\S]*?'''$|#.*$/gm }[ending] ?? /^\s*(\/\/|\*|\/\*).*$/gm;
  // Strings hold the names by which the runtime of jsii is asked.
  return new Set(
    texts.flatMap(
      (text) =>
        text
          .replace(comments, '')
          .replace(/"[^"\n]*"/g, '')
          .match(/\w+/g) ?? [],
    ),
  );
}

/** Names of the members that a page of the reference lists: the first word of each row. */
async function namesIn(page: string): Promise<string[]> {
  const rows = (await readFile(join(ROOT, page), 'utf8')).matchAll(/^\| `(?:static )?(\w+)/gm);
  return [...new Set([...rows].map(([, name = '']) => name))];
}
