// Checks the types of one package, its tests included, as the root's check of all packages does.
//   node tools/nx/typecheck.mjs libs/domain
import ts from 'typescript';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const [, , folder] = process.argv;
const { config } = ts.readConfigFile(`${root}tsconfig.check.json`, ts.sys.readFile);
const include = [`${folder}/src`, `${folder}/test`];
const { options, fileNames } = ts.parseJsonConfigFileContent({ ...config, include }, ts.sys, root);
const faults = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
const host = { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => '\n' };
process.stdout.write(ts.formatDiagnostics(faults, host));
process.exitCode = faults.length === 0 ? 0 : 1;
