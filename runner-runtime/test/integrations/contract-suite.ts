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
  describeContract(`${name}: the contract of every integration`, harness, (contract) => {
    describeDeclaration(harness.integration, contract);
    describeConnection(contract);
    describePlan(contract);
    describeLife(harness, contract);
    describeNames(contract);
    describeFaults(contract);
    describeCollection(contract);
  });
}

/** What holds for each way of giving access that an integration has besides the one that {@link describeIntegration} tries. */
export function describeFurtherWay<Secret, State>(name: string, harness: ContractHarness<Secret, State>): void {
  describeContract(`${name}: the life of an access`, harness, (contract) => {
    describeLife(harness, contract);
  });
}

function describeLife<Secret, State>({ integration }: ContractHarness<Secret, State>, contract: () => Contract<Secret, State>): void {
  describeExistingPrincipal(contract);
  describeKills(contract);
  describeRaces(contract);
  describeMarks(contract);
  if (integration.declaration.dispenses.length > 0) describeCredential(contract);
}

function describeContract<Secret, State>(
  title: string,
  harness: ContractHarness<Secret, State>,
  describeParts: (contract: () => Contract<Secret, State>) => void,
): void {
  describe(title, () => {
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

    describeParts(contract);

    it('lets no secret out: not into a log, an answer, an error or a mark', () => {
      expect(contract().runner.leaks()).toEqual([]);
    });
  });
}
