import { silentLogger } from '@torchweave/application';
import { describeFunctionRuntime } from '@torchweave/testing/port-conformance/function-runtime';
import { PythonFunctionRuntime } from '../../src/index.js';

describeFunctionRuntime('PythonFunctionRuntime', () => {
  const runtime = new PythonFunctionRuntime({ logger: silentLogger, serverVersion: 'test' });
  return Promise.resolve({ runtime, dispose: () => runtime.close() });
});
