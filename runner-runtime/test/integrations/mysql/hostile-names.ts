/** Legal names of MySQL (up to 64 characters) that break whatever doesn't quote them, or takes them for patterns. */
export const HOSTILE_NAMES: readonly string[] = [
  'two words',
  "Quote`d `` 'twice' \"",
  'under_score 100%',
  'it\\_is \\ back%',
  '`; DROP TABLE app.orders; --',
  'line\nbreak\ttab',
  'Ünïcödé 名前 @home@%',
  'x'.repeat(64),
  'select',
  '.',
  '%',
];
