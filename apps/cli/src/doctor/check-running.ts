import { z } from 'zod';
import { failure, ok, warning, type Finding } from '@torchweave/composition';
import { probe, type ProbeAnswer } from './probe.js';

const description = z.object({ info: z.object({ title: z.string() }) });
const notReady = z.object({ reasons: z.record(z.string(), z.string()).optional(), message: z.string().optional() });

interface Looked {
  readonly findings: readonly Finding[];
  /** Of the process; undefined where its metrics port was not asked. */
  readonly version?: string;
}

/** The value of a label of a metric's first line. */
function labelOf(text: string, metric: string, label: string): string | undefined {
  const [, labels = ''] = new RegExp(`^${metric}\\{([^}]*)\\}`, 'm').exec(text) ?? [];
  return new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1];
}

function judgeReadiness(subject: string, { status, json }: ProbeAnswer): Finding {
  if (status === 200) return ok(subject, 'It is ready.');
  const { reasons, message } = notReady.safeParse(json).data ?? {};
  const told = Object.entries(reasons ?? {}).map(([part, reason]) => `${part}: ${reason}`);
  const why = told.length > 0 ? told.join('; ') : (message ?? `it answers ${status}`);
  return failure(subject, `It is not ready: ${why}`, 'Its log names the cause.');
}

async function lookAtMetrics(subject: string, url: string, headers: Readonly<Record<string, string>>): Promise<Looked> {
  const { status, text } = await probe('GET', `${url}/metrics`, headers);
  if (status === 401 || status === 403) {
    const remedy = 'Give a key that may read with --token or TORCHWEAVE_TOKEN.';
    return { findings: [warning(subject, 'It wants a key before it tells its version.', remedy)] };
  }
  const version = labelOf(text, 'torchweave_build_info', 'version');
  const app = labelOf(text, 'torchweave_build_info', 'app');
  if (version === undefined || app === undefined) {
    return { findings: [failure(subject, 'What answers there is no Torchweave.', 'Correct the address.')] };
  }
  const [, loaded] = /^torchweave_workflows_loaded (\d+)$/m.exec(text) ?? [];
  const serves = loaded === undefined ? '' : `, serves ${loaded} workflow${loaded === '1' ? '' : 's'}`;
  return { version, findings: [ok(subject, `metrics of ${app}, Torchweave ${version}${serves}`)] };
}

/** Asks one address what it is and whether it can do its work. */
async function lookAt(given: string, token: string | undefined): Promise<Looked> {
  const url = given.replace(/\/+$/, '');
  const subject = url;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const { status, json } = await probe('OPTIONS', `${url}/`, headers);
    const title = description.safeParse(json).data?.info.title;
    const readiness = judgeReadiness(subject, await probe('GET', `${url}/health/ready`, headers));
    if (title?.startsWith('Torchweave ') === true) return { findings: [ok(subject, title), readiness] };
    if (title !== undefined) {
      return { findings: [failure(subject, `What answers there is "${title.slice(0, 80)}".`, 'Correct the address.')] };
    }
    if (status === 401 || status === 403) {
      const remedy = 'Give a key with --token or TORCHWEAVE_TOKEN.';
      return { findings: [warning(subject, 'It wants a key before it tells what it is.', remedy), readiness] };
    }
    const looked = await lookAtMetrics(subject, url, headers);
    return { ...looked, findings: [...looked.findings, ...(looked.findings[0]?.level === 'fail' ? [] : [readiness])] };
  } catch (error) {
    const message = `It cannot be reached: ${(error as Error).message}`;
    return { findings: [failure(subject, message, 'Start it, or correct the address.')] };
  }
}

/**
 * Looks at a deployment that runs: what answers at each address, whether it is ready, and whether all are of one version.
 *
 * @param addresses of APIs and of metrics ports.
 */
export async function checkRunning(addresses: readonly string[], token: string | undefined): Promise<Finding[]> {
  const looked = await Promise.all(addresses.map((address) => lookAt(address, token)));
  const versions = [...new Set(looked.flatMap(({ version }) => version ?? []))];
  const differ =
    versions.length > 1
      ? [
          warning(
            'versions',
            `Several versions run: ${versions.join(', ')}.`,
            'Upgrade the rest: workers, gateways, apis.',
          ),
        ]
      : [];
  return [...looked.flatMap(({ findings }) => findings), ...differ];
}
