import { hideSecrets } from './hide-secrets.js';
import { runCli } from './run-cli.js';

hideSecrets(process.argv.slice(2));

// Ends at once: after a failure nothing that was half started may keep the process up.
process.exit(await runCli(process.argv.slice(2), process.env));
