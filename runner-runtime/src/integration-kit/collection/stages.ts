import type { Item } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { CollectPage } from '../../integrations/integration.js';
import { badCursor, type ListPage, type ReadList, type Source } from './source.js';

/** Lists that one page asks for at most: keeps it short where there are thousands of empty ones. */
const MOST_READS = 50;
/** Time after which a page is handed over as it is, ms: where a vendor lets few calls through, its step must not run out of time. */
const LONGEST_PAGE_MS = 45_000;
/** Elements of a vendor's list asked for at once, where neither the limit nor the vendor is lower. */
const LARGEST_SIZE = 1000;
/** What the contract of integrations allows. */
const LONGEST_CURSOR = 4096;

/** One part of a collection: a list, and the items that its elements are. */
export interface Stage<Context> {
  /** Stands in cursors: never renamed. */
  readonly name: string;
  /** Whether the collection goes on with a warning where the credential may not read the list. */
  readonly optional: boolean;
  /** As {@link Source.most}. */
  readonly most: number;
  open(context: Context): ReadList<Item>;
}

/** A stage of a collection. @param items what an element is; nothing for one that is not to be shown */
export function stage<Context, Element>(
  name: string,
  source: Source<Context, Element>,
  items: (element: Element, context: Context) => readonly Item[],
  { optional = false } = {},
): Stage<Context> {
  return {
    name,
    optional,
    most: source.most,
    open: (context) => {
      const read = source.open(context);
      return async (token, size) => {
        const page = await read(token, size);
        return { ...page, elements: page.elements.flatMap((element) => items(element, context)) };
      };
    },
  };
}

const cursorSchema = z.strictObject({
  stage: z.string(),
  /** Elements of a vendor's list asked for at once: one size for a whole collection, since page numbers mean nothing without it. */
  size: z.int().min(1).max(LARGEST_SIZE),
  token: z.string().exactOptional(),
});
type Cursor = z.infer<typeof cursorSchema>;

/**
 * Reads one page of a collection that goes through stages in their order. The cursor alone says where to go on.
 * @param limit most items wanted; one piece of a vendor's list may be more
 * @throws {RunnerError} `TASK_REJECTED` for a cursor of somebody else
 */
export async function collectStages<Context>(
  stages: readonly Stage<Context>[],
  context: Context,
  cursor: string | undefined,
  limit: number,
): Promise<CollectPage> {
  const items: Item[] = [];
  const warnings: string[] = [];
  let at = cursor === undefined ? firstOf(stages, limit) : readCursor(cursor);
  let open: { readonly name: string; readonly read: ReadList<Item> } | undefined;
  const startedAt = performance.now();
  for (let reads = 0; at !== undefined && reads < MOST_READS && performance.now() - startedAt < LONGEST_PAGE_MS; reads += 1) {
    const { stage: name, size, token }: Cursor = at;
    const index = stages.findIndex((entry) => entry.name === name);
    const current = stages[index];
    if (current === undefined) throw badCursor();
    if (items.length > 0 && items.length + Math.min(size, current.most) > limit) break;
    if (open?.name !== name) open = { name, read: current.open(context) };
    const page = await readStage(current, open.read, token, size);
    items.push(...page.elements);
    warnings.push(...(page.warnings ?? []));
    const following = stages[index + 1]?.name;
    if (page.next !== undefined) at = { stage: name, size, token: page.next };
    else at = following === undefined ? undefined : { stage: following, size };
  }
  return { items, warnings, ...(at !== undefined && { next: writeCursor(at) }) };
}

async function readStage<Context>(
  { optional, name }: Stage<Context>,
  read: ReadList<Item>,
  token: string | undefined,
  size: number,
): Promise<ListPage<Item>> {
  try {
    return await read(token, size);
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error;
    if (optional && error.code === 'TARGET_PERMISSION_DENIED') {
      return { elements: [], warnings: [`${name} could not be read: ${error.message}`] };
    }
    // The list has become shorter since its last piece.
    if (token !== undefined && error.code === 'TARGET_NOT_FOUND') return { elements: [] };
    throw error;
  }
}

function firstOf<Context>([first]: readonly Stage<Context>[], limit: number): Cursor | undefined {
  return first === undefined ? undefined : { stage: first.name, size: Math.min(LARGEST_SIZE, Math.max(1, limit)) };
}

function readCursor(text: string): Cursor {
  try {
    return cursorSchema.parse(JSON.parse(text));
  } catch {
    throw badCursor();
  }
}

function writeCursor(cursor: Cursor): string {
  const text = JSON.stringify(cursor);
  if (text.length <= LONGEST_CURSOR) return text;
  throw new RunnerError('UNSUPPORTED', 'The system pages its lists by tokens that are longer than the runner takes.', {
    object: cursor.stage,
  });
}
