import { mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sitePackages } from './packages.mjs';
import { serveFolder } from './serve.mjs';

/**
 * Looks at a built site in a real browser and prints what it saw as JSON: `node --import tsx site/look.mjs --browser <Chromium> [--site <folder>]
 * [--base <path>] [--screenshots <folder>] [--search <text>]…`.
 */
const { values } = parseArgs({
  options: {
    browser: { type: 'string' },
    site: { type: 'string', default: join(import.meta.dirname, 'dist') },
    base: { type: 'string', default: '/' },
    screenshots: { type: 'string' },
    search: { type: 'string', multiple: true, default: [] },
  },
});
if (values.browser === undefined) throw new Error('--browser is missing: the path of Chromium, for example /usr/bin/chromium');
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };
/** What is seen on a phone in the dark is not seen in the office in all its pages, but in one of each kind: tables, code, diagrams. */
const DESKTOP_PAGES = [
  'index.html',
  'docs/index.html',
  'docs/api.html',
  'docs/architecture.html',
  'docs/agent-rotation.html',
  'docs/security.html',
];

const { launch } = createRequire(join(await sitePackages(), 'package.json'))('puppeteer-core');
const { address, stop } = await serveFolder(resolve(values.site), { base: values.base });
// The pages are our own, and Chromium refuses its sandbox to root.
const browser = await launch({ executablePath: values.browser, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
try {
  const paths = readdirSync(values.site, { recursive: true })
    .filter((path) => path.endsWith('.html'))
    .sort();
  const some = paths.filter((path) => DESKTOP_PAGES.includes(path));
  const pages = [...(await lookAt(paths, PHONE, 'dark')), ...(await lookAt(some, DESKTOP, 'light'))];
  const searches = {};
  for (const text of values.search) searches[text] = await search(text);
  console.log(JSON.stringify({ version: await browser.version(), pages, searches }, undefined, 2));
} finally {
  await browser.close();
  await stop();
}

/** What is wrong with pages at one size of the window and in one theme. */
async function lookAt(paths, size, theme) {
  const tab = await browser.newPage();
  await tab.setViewport(size);
  await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  const errors = [];
  const foreign = [];
  tab.on('pageerror', ({ message }) => errors.push(message));
  tab.on('request', (request) => {
    if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(address)) foreign.push(request.url());
  });
  tab.on('response', (response) => {
    if (response.status() >= 400) errors.push(`${response.status()} ${response.url().replace(address, '/')}`);
  });
  const seen = [];
  for (const path of paths) {
    await tab.goto(`${address}${path}`, { waitUntil: 'load' });
    await tab.waitForFunction(() => document.querySelector('.diagram > pre') === null, { timeout: 30_000 }).catch(() => undefined);
    seen.push({ path, width: size.width, theme, ...(await tab.evaluate(faults)), errors: errors.splice(0), foreign: foreign.splice(0) });
    if (values.screenshots !== undefined) await shoot(tab, `${path.replaceAll('/', '-')}-${size.width}-${theme}.png`);
  }
  await tab.close();
  return seen;
}

async function shoot(tab, name) {
  mkdirSync(values.screenshots, { recursive: true });
  await tab.screenshot({ path: join(values.screenshots, name) });
}

/** Runs in the page. */
function faults() {
  const boxes = 'table, pre, .diagram, div[class*=language-]';
  const wide = [...document.querySelectorAll('.vp-doc *')].filter(
    (element) => element.getBoundingClientRect().right > innerWidth + 1 && element.parentElement?.closest(boxes) === null,
  );
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [red = 0, green = 0, blue = 0] = channels(colour)
      .slice(0, 3)
      .map((channel) => channel / 255)
      .map((channel) => (channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0.5) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  /** Contrast of WCAG 2.1, 1 to 21. */
  const contrast = (element) => {
    const [one, other] = [getComputedStyle(element).color, groundOf(element)].map(luminance);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const texts = '.vp-doc p, .vp-doc li, .vp-doc td, .vp-doc th, .vp-doc code, .vp-doc pre span, .vp-doc a, .diagram foreignObject span';
  const pale = [...document.querySelectorAll(texts)].filter((element) => element.textContent.trim() !== '' && contrast(element) < 4.5);
  const text = (element) => `${element.tagName.toLowerCase()}: ${element.textContent.trim().slice(0, 60)}`;
  return {
    scrollsBy: document.scrollingElement.scrollWidth - innerWidth,
    wide: wide.map(text).slice(0, 5),
    pale: pale.map((element) => `${text(element)} (${contrast(element).toFixed(1)})`).slice(0, 5),
    diagrams: document.querySelectorAll('.diagram svg').length,
    undrawn: document.querySelectorAll('.diagram > pre').length,
  };
}

/** The first results of the search box for a text, as addresses in the site. */
async function search(text) {
  const tab = await browser.newPage();
  await tab.setViewport(DESKTOP);
  await tab.goto(address, { waitUntil: 'load' });
  // The button works as soon as the page's script has taken it over.
  const open = () => document.querySelector('#localsearch-input') ?? document.querySelector('#local-search button')?.click();
  await tab.waitForFunction(open, { polling: 250, timeout: 30_000 });
  await tab.type('#localsearch-input', text);
  let found = [];
  // The results follow the typing: they count when they stay the same for a while.
  for (let alike = 0, tries = 0; alike < 4 && tries < 60; tries += 1) {
    await setTimeout(250);
    const now = await tab.$$eval('.results a.result', (links) => links.map((link) => link.pathname + link.hash));
    alike = now.length > 0 && now.join() === found.join() ? alike + 1 : 0;
    found = now;
  }
  if (values.screenshots !== undefined) await shoot(tab, `search-${text.replaceAll(/\W+/g, '-')}.png`);
  await tab.close();
  return found.slice(0, 5).map((link) => link.replace(values.base, '/'));
}
