import { describeWorkflowScaling } from '../port-conformance/workflow-scaling.js';
import { InMemoryWorkflowScaling } from './workflow-scaling.js';
import { InMemoryWorkflowState } from './workflow-state.js';
import { InMemoryWorkflowVersions } from './workflow-versions.js';

describeWorkflowScaling('InMemoryWorkflowScaling', () => {
  const state = new InMemoryWorkflowState();
  const versions = new InMemoryWorkflowVersions(state);
  const scaling = new InMemoryWorkflowScaling(state, versions);
  return Promise.resolve({ state, versions, scaling, dispose: () => Promise.resolve() });
});
