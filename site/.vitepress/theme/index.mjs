import theme from 'vitepress/theme-without-fonts';
import { MermaidDiagram } from './diagram.mjs';
import './style.css';

// biome-ignore lint/style/noDefaultExport: VitePress reads it
export default {
  extends: theme,
  enhanceApp: ({ app }) => app.component('MermaidDiagram', MermaidDiagram),
};
