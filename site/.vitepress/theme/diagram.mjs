import { useData, withBase } from 'vitepress';
import { defineComponent, h, onMounted, ref, useId, watch } from 'vue';

/** How far a picture shrinks to fit its column; from there on it scrolls, so that its text stays legible on a phone. */
const SMALLEST = 0.7;

/** A diagram as a picture, in the colours of the page; its text until it is drawn, or when it cannot be. */
export const MermaidDiagram = defineComponent({
  props: {
    /** Text of the diagram, percent-encoded. */
    text: { type: String, required: true },
  },
  setup(props, { slots }) {
    const { isDark } = useData();
    const id = `diagram-${useId()}`;
    const picture = ref('');
    const draw = async () => {
      picture.value = await svgOf(id, decodeURIComponent(props.text), isDark.value);
    };
    onMounted(() => watch(isDark, draw, { immediate: true }));
    return () =>
      h('div', { class: 'diagram' }, [
        picture.value === '' ? slots.default?.() : h('div', { class: 'picture', tabindex: 0, role: 'img', innerHTML: picture.value }),
      ]);
  },
});

/** One drawing at a time: the settings are those of the whole page. */
let drawing = Promise.resolve('');

function svgOf(id, text, isDark) {
  drawing = drawing.catch(() => '').then(() => draw(id, text, isDark));
  return drawing;
}

async function draw(id, text, isDark) {
  const mermaid = await drawingProgram();
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    theme: isDark ? 'dark' : 'neutral',
    themeVariables: isDark ? { edgeLabelBackground: '#1b1b1f', clusterBkg: '#242429', clusterBorder: '#5a5a63' } : {},
    fontFamily: 'inherit',
    flowchart: { useMaxWidth: true, nodeSpacing: 30, rankSpacing: 40, subGraphTitleMargin: { top: 4, bottom: 12 } },
    sequence: { useMaxWidth: true, actorMargin: 16, width: 90, messageMargin: 30, mirrorActors: false },
  });
  const { svg } = await mermaid.render(id, text);
  return svg.replace(/max-width: ([\d.]+)px;/, (style, width) => `${style} min-width: ${Math.round(Number(width) * SMALLEST)}px;`);
}

let loading;

/** Mermaid, a file of the site that is loaded where a page has a diagram. */
function drawingProgram() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = withBase('/mermaid.tiny.js');
    script.onload = () => resolve(globalThis.mermaid);
    script.onerror = () => reject(new Error(`${script.src} was not loaded: diagrams stay text`));
    document.head.append(script);
  });
  return loading;
}
