import { boolean, oneOf, text, wholeNumber } from '../setting-values.js';
import type { Setting } from './setting.js';

/** The processes of functions and local models. */
export const processSettings = {
  python: {
    flag: 'python',
    variable: 'TORCHWEAVE_PYTHON',
    description: 'Python interpreter of the function nodes (default python3)',
    schema: text('the name or the path of a program').default('python3'),
  },
  processMemory: {
    property: 'process_memory',
    variable: 'TORCHWEAVE_PROCESS_MEMORY',
    description: 'Address space of a function or local model process in bytes (default unlimited)',
    schema: wholeNumber(1, Number.MAX_SAFE_INTEGER, ' of bytes').optional(),
  },
  processCount: {
    property: 'process_count',
    variable: 'TORCHWEAVE_PROCESS_COUNT',
    description: 'Processes and threads of the user that function and local model processes run as (default unlimited)',
    schema: wholeNumber(1, 4_194_304).optional(),
  },
  processOpenFiles: {
    property: 'process_open_files',
    variable: 'TORCHWEAVE_PROCESS_OPEN_FILES',
    description: "Files that a function or local model process may have open (default the server's own limit)",
    schema: wholeNumber(16, 1_048_576).optional(),
  },
  processCpuSeconds: {
    property: 'process_cpu_seconds',
    variable: 'TORCHWEAVE_PROCESS_CPU_SECONDS',
    description: 'CPU time of a function or local model process in s; a call may use half of it (default unlimited)',
    schema: wholeNumber(2, 2_000_000, ' of s').optional(),
  },
  processUser: {
    flag: 'process-user',
    property: 'process_user',
    variable: 'TORCHWEAVE_PROCESS_USER',
    description: "User that function and local model processes run as; only for root's server (default its own user)",
    schema: text('the name of a user').optional(),
  },
  functionNetwork: {
    flag: 'function-network',
    property: 'function_network',
    variable: 'TORCHWEAVE_FUNCTION_NETWORK',
    description: 'Network of the function processes: host, or none for an empty one (default host)',
    schema: oneOf('host', 'none').default('host'),
  },
  installPyDepPerModel: {
    property: 'install_py_dep_per_model',
    description: "Whether the local model server installs a model's requirements file (default false)",
    schema: boolean.default(false),
  },
} as const satisfies Record<string, Setting>;
