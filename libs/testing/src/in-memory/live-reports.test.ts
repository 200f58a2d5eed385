import { describeLiveReports } from '../port-conformance/live-reports.js';
import { InMemoryLiveReports } from './live-reports.js';

describeLiveReports('InMemoryLiveReports', () =>
  Promise.resolve({ reports: new InMemoryLiveReports(), dispose: () => Promise.resolve() }),
);
