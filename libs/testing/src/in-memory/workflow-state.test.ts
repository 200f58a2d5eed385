import { describeWorkflowState } from '../port-conformance/workflow-state.js';
import { InMemoryWorkflowState } from './workflow-state.js';

describeWorkflowState('InMemoryWorkflowState', () =>
  Promise.resolve({ state: new InMemoryWorkflowState(), dispose: () => Promise.resolve() }),
);
