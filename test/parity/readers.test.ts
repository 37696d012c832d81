import { inPod } from './support/container-environment';
import { asDockerReads, asSystemdReads } from './support/env-file-readers';

/** The grammars that the comparison stands on, each by what its documentation says. */
describe('an env file, as systemd reads it', () => {
  it.each([
    ['A=b c', { A: 'b c' }],
    ['A= b \t', { A: 'b' }],
    ['A=', { A: '' }],
    ['A="b c" ', { A: 'b c' }],
    [`A='b "c" \\'`, { A: 'b "c" \\' }],
    ['A="b\nc"', { A: 'b\nc' }],
    ['A="\\$b\\c"', { A: '$b\\c' }],
    [`A="b"'c'd`, { A: 'bcd' }],
    ['A=b"c"', { A: 'b"c"' }],
    ['A=b\\\nc', { A: 'bc' }],
    ['A=b\\c\\ ', { A: 'bc ' }],
    ['A=$B#c;d=e', { A: '$B#c;d=e' }],
    ['# A=b\n; C=d\n\n E=f', { E: 'f' }],
    ['A=b\nA=c', { A: 'c' }],
  ])('%j', (text, variables) => {
    expect(asSystemdReads(text)).toEqual(variables);
  });

  it.each(['A', 'export A=b', 'A-B=c'])('%j is not set', (text) => {
    expect(() => asSystemdReads(text)).toThrow('systemd ignores');
  });
});

describe('an env file, as docker reads it', () => {
  it.each([
    ['A="b c" ', { A: '"b c" ' }],
    ['A=b\\c', { A: 'b\\c' }],
    ['  A=$B=#c', { A: '$B=#c' }],
    ['#A=b\n\nA=', { A: '' }],
  ])('%j', (text, variables) => {
    expect(asDockerReads(text)).toEqual(variables);
  });

  it.each(['A', 'export A=b', '=b'])('%j is refused, or taken from elsewhere', (text) => {
    expect(() => asDockerReads(text)).toThrow('docker');
  });
});

it('reads the variables of a pod as Kubernetes does', () => {
  const of = (value: string) =>
    inPod([
      { name: 'A', value: 'a' },
      { name: 'B', value },
    ])['B'];
  expect(['$(A)', '$$(A)', '$$$(A)', '$(C)', '$A', '$', '$$$$'].map(of)).toEqual(['a', '$(A)', '$a', '$(C)', '$A', '$', '$$']);
});
