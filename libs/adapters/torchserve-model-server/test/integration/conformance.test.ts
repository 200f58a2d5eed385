import { describeModelServer } from '@torchweave/testing/port-conformance/model-server';

import { describeOnTorchServe, startTestTorchServe } from './torchserve-fixture.js';

describeOnTorchServe('on TorchServe 0.12', () => {
  describeModelServer('TorchServeModelServer', () => startTestTorchServe());
});
