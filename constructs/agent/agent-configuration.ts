import type { IConstruct } from 'constructs';
import { AGENT_SECRET_PATTERN, CONTAINER_AGENT_STATE } from '../../contract/agent';
import type { NameRule } from '../../contract/name-rules';
import { checkedSetting, invalidSetting } from '../checks/setting-check';

/** A section of an agent's configuration. */
type Section = Readonly<Record<string, unknown>>;

/** Where and how the token of an application is handed over. */
interface TokenFile {
  readonly token_file: string;
  readonly token_file_mode: string;
}

/** What the place where the agent runs decides alone. */
const RESERVED = ['listen', 'state'];

/** The agent takes no mode that is open to all; applications are in the group of the file. */
const TOKEN_FILE_MODE = '0440';

/**
 * The configuration of an agent beside its applications: what the user wrote, and what the place where it runs adds. Nothing of what the
 * user wrote is overwritten.
 */
export class AgentConfiguration {
  private readonly applications = new Map<string, Section>();

  /**
   * @param owner construct that names itself in refusals
   * @param given by the user, in the words of agent.yaml
   * @param added by the construct, section by section
   * @param applicationRule what an application may be called here
   */
  constructor(
    private readonly owner: IConstruct,
    private readonly given: Section,
    private readonly added: Readonly<Record<string, Section>>,
    private readonly applicationRule: NameRule,
  ) {
    for (const name of RESERVED.filter((each) => given[each] !== undefined)) {
      throw invalidSetting(owner, `config.${name}`, 'given', 'nothing: the sidecar sets it', 'Leave it out.');
    }
    for (const [name, application] of Object.entries(section(owner, 'config.applications', given['applications']))) {
      this.applications.set(name, section(owner, `config.applications.${name}`, application));
    }
  }

  /**
   * Lets an application have secrets, its token in a file.
   * @param allow ids and patterns; none for an application that has some already
   */
  public addApplication(name: string, allow: readonly string[] | undefined, tokenFile: string): void {
    checkedSetting(this.owner, 'application', name, this.applicationRule);
    for (const [index, pattern] of (allow ?? []).entries()) {
      checkedSetting(this.owner, `allow[${index}]`, pattern, AGENT_SECRET_PATTERN);
    }
    const known = this.applications.get(name) ?? {};
    const allowed = [...new Set([...list(known['allow']), ...(allow ?? [])])];
    if (allowed.length === 0) {
      const fix = `List the secrets that ${name} may have, for example allow: ['db-production'].`;
      throw invalidSetting(this.owner, 'allow', 'empty', 'ids of secrets', fix);
    }
    const token: TokenFile = { token_file: tokenFile, token_file_mode: TOKEN_FILE_MODE };
    this.applications.set(name, { ...token, ...known, allow: allowed });
  }

  /** The whole, as the agent reads it. */
  public toJson(): Record<string, unknown> {
    const whole: Record<string, unknown> = { state: CONTAINER_AGENT_STATE, ...this.given };
    for (const [name, more] of Object.entries(this.added)) {
      whole[name] = { ...more, ...section(this.owner, `config.${name}`, this.given[name]) };
    }
    if (this.applications.size > 0) whole['applications'] = Object.fromEntries(this.applications);
    return whole;
  }
}

/** A mapping of the user's, empty where there is none. */
export function section(owner: IConstruct, setting: string, value: unknown): Section {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Section;
  throw invalidSetting(owner, setting, JSON.stringify(value), 'a mapping, as in agent.yaml', 'Correct the configuration.');
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
