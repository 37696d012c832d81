import { installPackages, run } from './install.mjs';

/** Builds what is shipped: the construct library (jsii) and the bundles of runtime and control plane. `runtime` as argument: the bundles only. */
installPackages();
if (process.argv[2] !== 'runtime') run('npx', ['jsii', '--silence-warnings=reserved-word']);
run('node', ['runner-runtime/build.mjs']);
run('node', ['control-plane/build.mjs']);
