import { describeWorkflowVersions } from '../port-conformance/workflow-versions.js';
import { InMemoryWorkflowState } from './workflow-state.js';
import { InMemoryWorkflowVersions } from './workflow-versions.js';

describeWorkflowVersions('InMemoryWorkflowVersions', () => {
  const state = new InMemoryWorkflowState();
  return Promise.resolve({ state, versions: new InMemoryWorkflowVersions(state), dispose: () => Promise.resolve() });
});
