/** Legal names of PostgreSQL (up to 63 bytes) that break whatever doesn't quote them. */
export const HOSTILE_NAMES: readonly string[] = [
  'two words',
  'Quote"d "" twice"',
  "it's $1 %s %I \\ back",
  '"; DROP TABLE sales.orders; --',
  'line\nbreak\ttab',
  'Ünïcödé 名前 🔑',
  'é'.repeat(31),
  'x'.repeat(63),
  'select',
  '.',
];
