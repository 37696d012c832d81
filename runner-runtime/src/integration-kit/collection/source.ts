import { z } from 'zod';
import { RunnerError } from '../../errors.js';

/** A piece of a vendor's list. */
export interface ListPage<Element> {
  readonly elements: readonly Element[];
  /**
   * What asks for the next piece: a page number, an offset, a vendor's token; absent on the last. It comes back through the control plane,
   * so it is checked like any text from outside, and is never a URL.
   */
  readonly next?: string | undefined;
  readonly warnings?: readonly string[];
}

/**
 * Reads one piece of a list.
 * @param token `next` of the piece before; absent for the first
 * @param size  elements wanted; the same for the whole of a list
 */
export type ReadList<Element> = (token: string | undefined, size: number) => Promise<ListPage<Element>>;

/** Every element of a list, piece by piece. */
export async function* everyElement<Element>(read: ReadList<Element>, size: number): AsyncGenerator<Element> {
  let token: string | undefined;
  do {
    const { elements, next } = await read(token, size);
    yield* elements;
    token = next;
  } while (token !== undefined);
}

/** A list, and how it is read. @typeParam Context what every call needs: a client, an access */
export interface Source<Context, Element> {
  /** The largest piece that the vendor gives, in elements. */
  readonly most: number;
  /** Starts to read, anywhere; at most one piece is kept in memory. */
  open(context: Context): ReadList<Element>;
}

/** A vendor's list. @param most as {@link Source.most} */
export function list<Context, Element>(
  most: number,
  read: (context: Context, token: string | undefined, size: number) => Promise<ListPage<Element>>,
): Source<Context, Element> {
  return { most, open: (context) => (token, size) => read(context, token, Math.min(most, size)) };
}

/** How the children of each element of a list are read. */
export interface Children<Context, Parent, Child> {
  /** What tells a parent from the others and stays: its id. */
  readonly key: (parent: Parent) => string;
  /** What a warning calls the children: `members of platform`. */
  readonly name: (parent: Parent) => string;
  /** As {@link Source.most}. */
  readonly most: number;
  readonly read: (context: Context, parent: Parent, token: string | undefined, size: number) => Promise<ListPage<Child>>;
}

/** Where to go on: piece of the parents' list, place and key of the parent in it, piece of its children. */
const placeSchema = z.tuple([z.string().nullable(), z.int().nonnegative(), z.string().nullable(), z.string().nullable()]);
type Place = z.infer<typeof placeSchema>;
const START: Place = [null, 0, null, null];

/**
 * The children of every element of a list, with their parents; itself a list, so that it can have children in turn. The children of a parent
 * that is gone are left out; those that may not be read are named in a warning.
 */
export function within<Context, Parent, Child>(
  parents: Source<Context, Parent>,
  children: Children<Context, Parent, Child>,
): Source<Context, readonly [Parent, Child]> {
  return {
    most: children.most,
    open: (context) => {
      const readParents = remembering(parents.open(context));
      return async (token, size) => {
        const place = token === undefined ? START : readPlace(token);
        const { elements, next, warnings = [] } = await readParents(place[0] ?? undefined, size);
        const [parent, index, child] = locate(elements, place, children.key);
        const afterPiece: Place | undefined = next === undefined ? undefined : [next, 0, null, null];
        if (parent === undefined) return { elements: [], next: write(afterPiece), warnings };
        const found = await readOrSkip(parent, children, () => children.read(context, parent, child, Math.min(children.most, size)));
        const following = elements[index + 1];
        const afterParent: Place | undefined = following === undefined ? afterPiece : [place[0], index + 1, children.key(following), null];
        const goOn: Place | undefined = found.next === undefined ? afterParent : [place[0], index, children.key(parent), found.next];
        return {
          elements: found.elements.map((element) => [parent, element] as const),
          next: write(goOn),
          warnings: [...(place[1] === 0 && place[3] === null ? warnings : []), ...(found.warnings ?? [])],
        };
      };
    },
  };
}

/** The parent to go on with; where it has gone meanwhile the one that took its place, from its first child on. */
function locate<Parent>(
  elements: readonly Parent[],
  [, index, key, child]: Place,
  keyOf: (parent: Parent) => string,
): readonly [Parent | undefined, number, string | undefined] {
  const found = key === null ? -1 : elements.findIndex((element) => keyOf(element) === key);
  return found >= 0 ? [elements[found], found, child ?? undefined] : [elements[index], index, undefined];
}

async function readOrSkip<Parent, Child>(
  parent: Parent,
  { name }: Pick<Children<never, Parent, Child>, 'name'>,
  read: () => Promise<ListPage<Child>>,
): Promise<ListPage<Child>> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error;
    if (error.code === 'TARGET_NOT_FOUND') return { elements: [] };
    if (error.code === 'TARGET_PERMISSION_DENIED')
      return { elements: [], warnings: [`${name(parent)} could not be read: ${error.message}`] };
    throw error;
  }
}

/** One parent after the other asks for the same piece. */
function remembering<Element>(read: ReadList<Element>): ReadList<Element> {
  let last: { readonly token: string | undefined; readonly size: number; readonly page: ListPage<Element> } | undefined;
  return async (token, size) => {
    if (last === undefined || last.token !== token || last.size !== size) last = { token, size, page: await read(token, size) };
    return last.page;
  };
}

function write(place: Place | undefined): string | undefined {
  return place === undefined ? undefined : JSON.stringify(place);
}

function readPlace(token: string): Place {
  try {
    return placeSchema.parse(JSON.parse(token));
  } catch {
    throw badCursor();
  }
}

/** A cursor that this integration did not write. */
export function badCursor(): RunnerError {
  return new RunnerError('TASK_REJECTED', 'The cursor is not one of this integration.');
}
