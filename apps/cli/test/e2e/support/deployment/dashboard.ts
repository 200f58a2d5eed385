import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './compose-file.js';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** Title and query of every panel of the Grafana dashboard, with its variables filled in as Grafana would. */
export function dashboardQueries(): { title: string; query: string }[] {
  const file = join(projectRoot, 'deploy/grafana/dashboards/torchweave.json');
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { panels: Panel[] };
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      query: expr.replaceAll('$__rate_interval', '1m').replaceAll('$workflow', '.*'),
    })),
  );
}
