/**
 * As much of ELF-64 as an executable is prepared with: little-endian, which both x86-64 and arm64 are.
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
 */
const FOR_DEBUGGERS = /^\.(debug_.*|symtab|strtab)$/;
const HEADER = { sectionsAt: 0x28, sectionCount: 0x3c, namesIndex: 0x3e };
const SECTION_BYTES = 64;

/**
 * Leaves out what only debuggers read: a seventh of the file. Must happen before anything is injected: what is added to a
 * file moves what other tools then cut.
 * @param {Buffer} file @returns {Buffer}
 */
export function withoutSymbols(file) {
  const sections = sectionsOf(file);
  const dropped = sections.filter(({ name }) => FOR_DEBUGGERS.test(name));
  if (dropped.length === 0) return file;
  const kept = sections.filter((section) => !dropped.includes(section));
  const start = Math.min(...dropped.map(({ offset }) => offset));
  const names = kept.at(-1);
  // They stand last in what linkers write, with only the names of sections among them: nothing that is kept moves, and no index changes.
  const behind = kept.filter(({ offset }) => offset >= start);
  if (names?.name !== '.shstrtab' || behind.some((section) => section !== names) || sections.indexOf(dropped[0]) < kept.length - 1) {
    throw new Error(`symbols stand among other sections (${sections.map(({ name }) => name).join(' ')}): mend elf.mjs`);
  }
  const namesAt = start;
  const tableAt = align(namesAt + names.size, 8);
  const result = Buffer.alloc(tableAt + kept.length * SECTION_BYTES);
  file.copy(result, 0, 0, start);
  file.copy(result, namesAt, names.offset, names.offset + names.size);
  for (const [index, { at }] of kept.entries()) file.copy(result, tableAt + index * SECTION_BYTES, at, at + SECTION_BYTES);
  result.writeBigUInt64LE(BigInt(namesAt), tableAt + (kept.length - 1) * SECTION_BYTES + 24);
  result.writeBigUInt64LE(BigInt(tableAt), HEADER.sectionsAt);
  result.writeUInt16LE(kept.length, HEADER.sectionCount);
  result.writeUInt16LE(kept.length - 1, HEADER.namesIndex);
  return result;
}

/**
 * The newest version of the C library that a program or library asks for, such as "2.28".
 * @param {Buffer} file @returns {string}
 */
export function glibcOf(file) {
  const sections = sectionsOf(file);
  const needs = sections.find(({ name }) => name === '.gnu.version_r');
  const strings = sections.find(({ name }) => name === '.dynstr');
  if (needs === undefined || strings === undefined) throw new Error('it names no versions of libraries: is it linked dynamically?');
  const asked = [];
  for (let need = needs.offset, left = needs.info; left > 0; left -= 1) {
    for (let entry = need + file.readUInt32LE(need + 8), more = file.readUInt16LE(need + 2); more > 0; more -= 1) {
      const [, version] = /^GLIBC_([\d.]+)$/.exec(textAt(file, strings.offset + file.readUInt32LE(entry + 8))) ?? [];
      if (version !== undefined) asked.push(version);
      entry += file.readUInt32LE(entry + 12);
    }
    need += file.readUInt32LE(need + 12);
  }
  return asked.reduce((newest, version) => (compareVersions(version, newest) > 0 ? version : newest), '0');
}

/** Below 0, 0 or above 0 as the first of two dotted versions is older, equal or newer. */
export function compareVersions(one, other) {
  return one.localeCompare(other, 'en', { numeric: true });
}

function sectionsOf(file) {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) throw new Error('it is no little-endian ELF-64 file');
  const tableAt = Number(file.readBigUInt64LE(HEADER.sectionsAt));
  const sections = Array.from({ length: file.readUInt16LE(HEADER.sectionCount) }, (_, index) => {
    const at = tableAt + index * SECTION_BYTES;
    const [offset, size] = [24, 32].map((field) => Number(file.readBigUInt64LE(at + field)));
    return { at, offset, size, nameAt: file.readUInt32LE(at), info: file.readUInt32LE(at + 44) };
  });
  const names = sections[file.readUInt16LE(HEADER.namesIndex)];
  return sections.map((section) => ({ ...section, name: textAt(file, names.offset + section.nameAt) }));
}

const textAt = (file, start) => file.toString('latin1', start, file.indexOf(0, start));
const align = (value, to) => Math.ceil(value / to) * to;
