import { Empty } from '../components/blocks.js';
import { base } from '../routing/route.js';
import { Link } from '../routing/router.js';
import type { Route } from '../routing/route.js';
import { Audit } from './audit.js';
import { Fleet } from './fleet.js';
import { Home } from './home/home.js';
import { OperationPage, Operations } from './operations.js';
import { RequestPage } from './requests/request-page.js';
import { Requests } from './requests/requests.js';
import { WorkflowPage } from './workflow/workflow-page.js';
import { Workflows } from './workflows/workflows.js';

/** The page of a route. */
export function Page({ route }: { route: Route }) {
  switch (route.page) {
    case 'home':
      return <Home />;
    case 'workflows':
      return <Workflows />;
    case 'workflow':
    case 'version':
      return <WorkflowPage key={route.name} route={route} />;
    case 'operations':
      return <Operations />;
    case 'operation':
      return <OperationPage key={route.id} id={route.id} />;
    case 'requests':
      return <Requests />;
    case 'request':
      return <RequestPage key={route.id} id={route.id} />;
    case 'fleet':
      return <Fleet />;
    case 'part':
      return <Fleet id={route.id} />;
    case 'audit':
      return <Audit />;
    case 'nowhere':
      return (
        <Empty title="There is no such page">
          <p>
            <code>{route.path}</code> leads nowhere. <Link href={base}>Home</Link>
          </p>
        </Empty>
      );
  }
}
