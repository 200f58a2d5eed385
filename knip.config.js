// What nobody uses: files, exports, dependencies. `npm run lint:unused` asks twice.
//   knip                of every file, tests too: nothing lies about that not even a test uses
//   knip --production   of what is published: nothing lives in it for the sake of tests alone
const production = process.argv.includes('--production');

/** Programs of the system, which no package brings; a test that needs one says so where it is missing. */
const ofTheSystem = ['docker-compose', 'haproxy', 'promtool', 'openssl', 'mkfifo', 'mount', 'umount', 'wrk', 'java'];

const files = { project: ['src/**/*.ts!', '!src/**/*.test.ts!', '{test,bench}/**/*.{ts,mjs}'] };
/** Benchmarks are called by hand (docs/performance.md). */
const withBenchmarks = { ...files, entry: ['bench/*.mjs'] };

export default {
  // The entry of a package may name a type that its functions take or give before somebody needs the name.
  includeEntryExports: production,
  exclude: production ? ['types'] : [],
  // A function that its own file uses may be exported for its test; what other packages' tests alone use is `@internal`.
  ignoreExportsUsedInFile: production,
  ignoreWorkspaces: production ? ['libs/testing', 'tools/*'] : [],
  ignoreBinaries: production ? [] : ofTheSystem,
  workspaces: {
    '.': {
      // The container's health check; nx's targets and what one of them runs.
      entry: ['deploy/*.mjs!', 'tools/nx/*.mjs'],
      // Called by hand (`npx nx test domain`); and by name in "overrides", in place of a page that reports installs.
      ignoreDependencies: ['nx', 'swagger-ui-dist'],
    },
    'apps/*': files,
    // What bin/torchweave.js starts is its compiled self.
    'apps/cli': { ...files, entry: ['src/main.ts!'] },
    'apps/dashboard': {
      entry: ['src/main.tsx!', 'build.mjs'],
      project: ['src/**/*.{ts,tsx}!', '!src/**/*.test.ts!', 'test/**/*.ts'],
    },
    'libs/*': files,
    // The built page is read as files.
    'libs/platform': { ...files, ignoreDependencies: ['@torchweave/dashboard'] },
    'libs/adapters/*': files,
    'libs/http-exchange': withBenchmarks,
    'libs/adapters/python-runtime': withBenchmarks,
    'libs/adapters/torchserve-model-server': withBenchmarks,
    // axe-core is read as a file by its path: it runs in the browser.
    'libs/testing': { ...files, includeEntryExports: true, ignoreDependencies: ['axe-core'] },
    'tools/*': {},
    // The types of the rule beside it, which is JavaScript because ESLint loads it.
    'tools/lint': { entry: ['may-import.d.ts'] },
  },
};
