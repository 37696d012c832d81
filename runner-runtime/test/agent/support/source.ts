import { agentSettingsSchema } from '../../../src/agent/config/agent-settings.js';
import { SecretSource } from '../../../src/agent/delivery/secret-source.js';
import { createLogger } from '../../../src/operations/logger.js';
import { KeptTrail } from './kept-trail.js';
import { PlayedClock } from './played-clock.js';
import { ScriptedVault } from './scripted-vault.js';

/** A source with all that it stands on, played. @param settings of the configuration, as a user writes them */
export function playedSource(settings: Record<string, unknown> = {}, vault = new ScriptedVault()) {
  const { cache, limits, secrets } = agentSettingsSchema.parse(settings);
  const clock = new PlayedClock();
  const trail = new KeptTrail();
  const log: string[] = [];
  const changed: string[] = [];
  const source = new SecretSource({
    cache,
    limits,
    settingsOf: (id) => new Map(Object.entries(secrets)).get(id),
    vaultOf: () => vault,
    trail,
    onChanged: (id) => changed.push(id),
    log: createLogger({ write: (line) => log.push(line) }),
    now: clock.now,
    monotonic: clock.monotonic,
  });
  return { source, vault, clock, trail, log, changed };
}
