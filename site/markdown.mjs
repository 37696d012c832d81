/** Plug-in of markdown-it: braces of a page are text, and no expressions of Vue. */
export function plainText(md) {
  for (const name of ['text', 'code_inline']) {
    const rule = md.renderer.rules[name];
    md.renderer.rules[name] = (...args) => rule(...args).replaceAll('{{', '&#123;&#123;');
  }
}

/**
 * Plug-in of markdown-it: a block of the language mermaid becomes a picture in the browser. Its text stays in the page for readers without
 * scripts.
 */
export function diagrams(md) {
  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index];
    if (info.trim() !== 'mermaid') return fence(tokens, index, ...rest);
    return `<MermaidDiagram text="${encodeURIComponent(content)}"><pre v-pre>${md.utils.escapeHtml(content)}</pre></MermaidDiagram>\n`;
  };
}
