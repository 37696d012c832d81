import { ENVIRONMENT, ENVIRONMENT_PLACEHOLDERS } from '../../../contract/environment.js';
import type { SettingFault } from './settings.js';

/** Reads a file that a setting names; throws when it cannot. */
export type ReadFile = (path: string) => string;

const PLACEHOLDERS = new Set(ENVIRONMENT_PLACEHOLDERS.map((text) => text.toLowerCase()));
const DEFAULTS = new Map(ENVIRONMENT.map((entry) => [entry.name, entry.defaultValue]));
const SECRETS = new Set(ENVIRONMENT.filter((entry) => entry.secret).map((entry) => entry.name));

/** Looks variables up and gathers faults; a faulty one yields a harmless value, because the faults stop the start anyway. */
export class SettingReader {
  readonly faults: SettingFault[] = [];

  constructor(
    readonly environment: Readonly<Record<string, string | undefined>>,
    readonly readFile: ReadFile,
  ) {}

  fault(variable: string, found: string, mend: string): void {
    this.faults.push({ variable, found, mend });
  }

  /** The value or its default; a placeholder counts as missing. */
  optional(name: string): string | undefined {
    const value = this.environment[name]?.trim();
    if (value === undefined || value === '') return DEFAULTS.get(name);
    if (!PLACEHOLDERS.has(value.toLowerCase())) return value;
    this.fault(name, `still holds the placeholder ${value}`, 'Replace it with your own value.');
    return undefined;
  }

  required(name: string): string {
    const before = this.faults.length;
    const value = this.optional(name);
    if (value === undefined && this.faults.length === before) this.fault(name, 'is missing', `Set it: ${meaning(name)}`);
    return value ?? '';
  }

  /** An id without `/`, which separates ids where several stand in one text. */
  id(name: string): string {
    const value = this.required(name);
    if (!/^[^\s/]{0,255}$/.test(value)) this.fault(name, `is "${value.slice(0, 100)}"`, 'Copy the id as it is: no blank, no slash.');
    return value;
  }

  parsed<T>(name: string, parse: (text: string) => T | undefined, mend: string): T {
    const text = this.optional(name) ?? '';
    const value = parse(text);
    if (value === undefined) this.fault(name, shown(name, text), mend);
    return value as T; // A fault stops the start, so nobody meets the hole.
  }

  /** Text of several lines; what it holds is never shown. */
  inline(name: string, read: (value: string) => string | undefined, kind: string, mend: string): string | undefined {
    const value = this.optional(name);
    const text = value === undefined ? undefined : read(value);
    if (value !== undefined && text === undefined) this.fault(name, `is neither ${kind} nor its base64`, mend);
    return text;
  }

  fileOf(name: string): string | undefined {
    const path = this.optional(name);
    if (path === undefined) return undefined;
    try {
      return this.readFile(path);
    } catch (error) {
      this.fault(
        name,
        `names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
        'Give the path of a readable file.',
      );
      return undefined;
    }
  }
}

/** How a value may stand in a message. */
export function shown(name: string, value: string): string {
  return SECRETS.has(name) ? 'holds a malformed value' : `is "${value.slice(0, 100)}"`;
}

function meaning(name: string): string {
  return ENVIRONMENT.find((entry) => entry.name === name)?.meaning ?? '';
}
