import { describeModelReports } from '../port-conformance/model-reports.js';
import { InMemoryModelReports } from './model-reports.js';

describeModelReports('InMemoryModelReports', () =>
  Promise.resolve({ reports: new InMemoryModelReports(), dispose: () => Promise.resolve() }),
);
