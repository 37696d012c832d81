#!/usr/bin/env -S node --
// A file of this name: where npm makes a script instead of a link, the program would not learn by which name it was called.
require('../dist/axiomrunner.cjs');
