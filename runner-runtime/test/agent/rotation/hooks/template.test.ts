import { describe, expect, it } from '@jest/globals';
import { checkTemplate, renderTemplate } from '../../../../src/agent/rotation/hooks/template.js';
import { aSecret } from '../support.js';

const render = (text: string, more: Parameters<typeof aSecret>[1] = {}) =>
  renderTemplate(text, 'prod/db', aSecret('v1', { username: 'app', password: 'p', ...more }));

describe('a template', () => {
  it('names the fields of a secret', () => {
    const text = '{{username}}:{{ password }}@{{secret_id}} {{version}} {{expires_at}}';
    expect(checkTemplate(text)).toEqual([]);
    expect(render(text, { expiresAt: Date.parse('2025-05-30T18:00:00.999Z') })).toBe('app:p@prod/db v1 2025-05-30T18:00:00Z');
  });

  it('leaves the end of a secret without an end empty', () => {
    expect(render('[{{expires_at}}]')).toBe('[]');
  });

  it.each([
    ['json', `a"b\\c\n`, '"a\\"b\\\\c\\n"'],
    ['shell', `it's $(x) "y"`, `'it'\\''s $(x) "y"'`],
    ['url', `p@s/s:w#'(é)!*`, 'p%40s%2Fs%3Aw%23%27%28%C3%A9%29%21%2A'],
    ['url', 'half \ud800 pair', 'half%20%EF%BF%BD%20pair'],
    ['base64', 'é', 'w6k='],
  ])('quotes as %s', (filter, password, expected) => {
    expect(render(`x={{${filter} password}}`, { password })).toBe(`x=${expected}`);
  });

  it('takes nothing of a value for a placeholder, or for a pattern of a replacement', () => {
    expect(render('{{password}}', { password: '{{username}} $& $1' })).toBe('{{username}} $& $1');
  });

  it.each([
    ['{{passwort}}', 'has {{passwort}}'],
    ['{{html password}}', 'has {{html password}}'],
    ['{{json shell password}}', 'has {{json shell password}}'],
    ['{{constructor password}}', 'has {{constructor password}}'],
    ['{{}}', 'has {{}}'],
    ['a {{password', 'has {{ without }}'],
  ])('is refused at the start: %s', (text, found) => {
    const [fault] = checkTemplate(text, 'rotation.hooks.0.file.template');
    expect(fault).toEqual({ variable: 'rotation.hooks.0.file.template', found, mend: expect.stringContaining('{{json password}}') });
  });
});
