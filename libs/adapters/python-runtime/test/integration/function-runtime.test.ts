import { silentLogger } from '@torchweave/application';
import { describeFunctionRuntime } from '@torchweave/testing/port-conformance/function-runtime';
import { PythonFunctionRuntime, scrubbedEnvironment } from '../../src/index.js';

const environment = scrubbedEnvironment(process.env);

describeFunctionRuntime('PythonFunctionRuntime', () => {
  const runtime = new PythonFunctionRuntime({ logger: silentLogger, serverVersion: 'test', environment });
  return Promise.resolve({ runtime, dispose: () => runtime.close() });
});
