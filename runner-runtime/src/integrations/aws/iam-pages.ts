const PAGE = 100;

/** One answer of a list of IAM. */
interface IamPage<Element> {
  readonly elements: readonly Element[] | undefined;
  readonly IsTruncated?: boolean | undefined;
  readonly Marker?: string | undefined;
}

/** Every element of a short list of IAM: https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html */
export async function allPages<Element>(
  read: (page: { readonly MaxItems: number; readonly Marker?: string }) => Promise<IamPage<Element>>,
): Promise<readonly Element[]> {
  const all: Element[] = [];
  let marker: string | undefined;
  do {
    const page = await read({ MaxItems: PAGE, ...(marker !== undefined && { Marker: marker }) });
    all.push(...(page.elements ?? []));
    marker = nextMarker(page);
  } while (marker !== undefined);
  return all;
}

/** Where a list of IAM goes on. */
export function nextMarker({ IsTruncated: more, Marker: marker }: Omit<IamPage<unknown>, 'elements'>): string | undefined {
  return more === true ? marker : undefined;
}
