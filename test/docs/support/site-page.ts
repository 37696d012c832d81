const unescaped = (text: string) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");

/** Addresses that a built page links to. */
export function addressesIn(html: string): string[] {
  return [...html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)].map(([, address = '']) => unescaped(address));
}

/** Addresses that a built page loads by itself: scripts, styles, pictures. */
export function loadedBy(html: string): string[] {
  const sources = [...html.matchAll(/\ssrc="([^"]*)"/g), ...html.matchAll(/<link\s[^>]*?href="([^"]*)"/g)];
  return sources.map(([, address = '']) => unescaped(address));
}

/** Anchors of a built page. */
export function anchorsIn(html: string): Set<string> {
  return new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => unescaped(id)));
}
