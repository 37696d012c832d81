import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { describeCollection } from './contract/collection.js';
import { describeConnection } from './contract/connection.js';
import { Contract, type ContractHarness } from './contract/contract.js';
import { describeCredential } from './contract/credential.js';
import { describeDeclaration } from './contract/declaration.js';
import { describeExistingPrincipal } from './contract/existing-principal.js';
import { describeFaults } from './contract/faults.js';
import { describeKills } from './contract/kills.js';
import { describeMarks } from './contract/marks.js';
import { describeNames } from './contract/names.js';
import { describePlan } from './contract/plan.js';
import { describeRaces } from './contract/races.js';

/** What every integration must do, whatever its system. */
export function describeIntegration<Secret, State>(name: string, harness: ContractHarness<Secret, State>): void {
  describe(`${name}: the contract of every integration`, () => {
    jest.setTimeout(60_000);
    let started: Contract<Secret, State> | undefined;
    const contract = (): Contract<Secret, State> => {
      if (started === undefined) throw new Error('the system was not started');
      return started;
    };

    beforeAll(async () => {
      started = await Contract.start(harness);
    }, 120_000);
    afterAll(() => started?.stop());

    describeDeclaration(harness.integration, contract);
    describeConnection(contract);
    describePlan(contract);
    describeExistingPrincipal(contract);
    describeKills(contract);
    describeRaces(contract);
    describeMarks(contract);
    describeNames(contract);
    if (harness.integration.declaration.dispenses.length > 0) describeCredential(contract);
    describeFaults(contract);
    describeCollection(contract);

    it('lets no secret out: not into a log, an answer, an error or a mark', () => {
      expect(contract().runner.leaks()).toEqual([]);
    });
  });
}
