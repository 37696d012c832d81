/**
 * How a construct library looks in each language that jsii makes it for: what things are called, and how they are written. The names are
 * those of the code that jsii-pacmak generates, which a test compares.
 */

const pascal = (name) => `${name[0].toUpperCase()}${name.slice(1)}`;
// jsii takes units such as GiB for one word.
const snake = (name) => name.replace(/([a-z0-9])([KMGTPEZY]iB|[A-Z])/g, '$1_$2').toLowerCase();
const list = (parameters, nameOf = (name) => name) =>
  parameters.map(({ name, optional }) => `${nameOf(name)}${optional ? '?' : ''}`).join(', ');
/** `aws_ec2.IVpc` of `aws-cdk-lib.aws_ec2.IVpc`, `IResource` of what is at the top of its package. */
const withoutPackage = (fqn) => fqn.slice(fqn.indexOf('.') + 1);
const simpleName = (fqn) => fqn.split('.').at(-1);

/** Whether the last parameter is a struct: one that some languages spread over keyword arguments or a builder. */
const takesStruct = (parameters) => /^(props|options|attributes)$/.test(parameters.at(-1)?.name ?? '');

const typescript = {
  id: 'typescript',
  title: 'TypeScript',
  introduction: "Import from `axiom-runner`; stacks: `import { stacks } from 'axiom-runner'`.",
  primitives: {},
  collections: { array: 'array of', map: 'map of' },
  foreign: (fqn) => withoutPackage(fqn).replace(/^(interfaces\.)?aws_/, ''),
  initializer: (name, parameters) => `new ${name}(${list(parameters)})`,
  property: ({ name }) => name,
  method: ({ name, parameters }) => `${name}(${list(parameters)})`,
  enumMember: (_, name) => name,
};

const keywords = (parameters) =>
  takesStruct(parameters)
    ? [list(parameters.slice(0, -1), snake), `**${parameters.at(-1).name}`].filter(Boolean).join(', ')
    : list(parameters, snake);

const python = {
  id: 'python',
  title: 'Python',
  introduction: `Import from \`axiom_runner\`; stacks: \`from axiom_runner import stacks\`. \`**props\` stands for the properties of that type, which are keyword
arguments. Within other properties it is an object: \`PostgresqlCredentials(username="axiom", …)\`.`,
  primitives: { string: 'str', number: 'int or float', boolean: 'bool', any: 'Any', date: 'datetime' },
  collections: { array: 'list of', map: 'dict of' },
  foreign: (fqn) => withoutPackage(fqn).replace(/^interfaces\./, ''),
  initializer: (name, parameters) => `${name}(${keywords(parameters)})`,
  property: ({ name }) => snake(name),
  method: ({ name, parameters }) => `${snake(name)}(${keywords(parameters)})`,
  enumMember: (_, name) => name,
};

const java = {
  id: 'java',
  title: 'Java',
  introduction: `Package \`com.example.axiomrunner\`; stacks: \`com.example.axiomrunner.stacks\`. What takes \`props\` is made by a builder with a method for each
property of that type: \`EcsRunner.Builder.create(scope, id).tenantId("acme").….build()\`. Property types have one of their own:
\`PostgresqlCredentials.builder().username("axiom").….build()\`.`,
  primitives: { string: 'String', number: 'Number', boolean: 'Boolean', any: 'Object', date: 'Instant' },
  collections: { array: 'List of', map: 'Map of' },
  foreign: simpleName,
  initializer: (name, parameters) =>
    takesStruct(parameters) ? `${name}.Builder.create(${list(parameters.slice(0, -1))})` : `new ${name}(${list(parameters)})`,
  property: ({ name, inStruct }) => (inStruct ? name : `get${pascal(name)}()`),
  method: typescript.method,
  enumMember: (_, name) => name,
};

const csharp = {
  id: 'csharp',
  title: 'C#',
  introduction:
    'Namespace `AxiomRunner`; stacks: `AxiomRunner.Stacks`. Properties are set as in `new EcsRunnerProps { TenantId = "acme", … }`.',
  primitives: { number: 'double', boolean: 'bool', any: 'object', date: 'DateTime' },
  collections: { array: 'array of', map: 'IDictionary of' },
  foreign: simpleName,
  initializer: typescript.initializer,
  property: ({ name }) => pascal(name),
  method: ({ name, parameters }) => `${pascal(name)}(${list(parameters)})`,
  enumMember: (_, name) => name,
};

const go = {
  id: 'go',
  title: 'Go',
  introduction: `Import \`example.com/axiom-runner/axiomrunner\`; stacks: \`example.com/axiom-runner/axiomrunner/stacks\`. Values are passed by pointer:
\`&axiomrunner.EcsRunnerProps{TenantId: jsii.String("acme"), …}\`; \`nil\` for what is left out.`,
  primitives: { string: '*string', number: '*float64', boolean: '*bool', any: 'interface{}', date: '*time.Time' },
  collections: { array: 'slice of', map: 'map of' },
  foreign: (fqn) => goPackage(fqn.split('.').slice(0, -1)) + simpleName(fqn),
  initializer: (name, parameters) => `New${name}(${list(parameters)})`,
  property: ({ name, inStruct }) => (inStruct ? pascal(name) : `${pascal(name)}()`),
  method: ({ name, parameters, isStatic, typeName }) => `${isStatic ? `${typeName}_` : ''}${pascal(name)}(${list(parameters)})`,
  enumMember: (typeName, name) => `${typeName}_${name}`,
};

function goPackage([library, ...modules]) {
  const names = { 'aws-cdk-lib': 'awscdk' };
  return `${modules.length === 0 ? (names[library] ?? library.replaceAll('-', '')) : modules.join('').replaceAll('_', '')}.`;
}

/** The languages, in the order in which they are listed. */
export const LANGUAGES = [typescript, python, java, csharp, go];
