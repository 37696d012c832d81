const { default: Sequencer } = require('@jest/test-sequencer');

/** Suites that take minutes and whose files are short: jest, which goes by size on a fresh clone, would start them last, and end on one of them alone. */
const LONG = /integrations\/[^/]+\/contract[^/]*\.test\.ts$/;

class LongSuitesFirst extends Sequencer {
  sort(suites) {
    const sorted = super.sort(suites);
    return [...sorted.filter(({ path }) => LONG.test(path)), ...sorted.filter(({ path }) => !LONG.test(path))];
  }
}

module.exports = LongSuitesFirst;
