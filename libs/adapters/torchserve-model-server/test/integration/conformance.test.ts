import { describeMarServer } from '@torchweave/testing/port-conformance/mar-models';

import { describeOnTorchServe, startTestTorchServe } from './torchserve-fixture.js';

describeOnTorchServe('on TorchServe 0.12', () => {
  describeMarServer('TorchServeModelServer', () => startTestTorchServe());
});
