import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const projectRoot = fileURLToPath(new URL('../../../../../../', import.meta.url));

/** What the tests read of a service of docker-compose.yml. */
interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** `SOURCE:TARGET[:ro]`. */
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}

/**
 * The services of docker-compose.yml, anchors resolved.
 *
 * @param overrides further files, as docker-compose merges them.
 * @param variables that are given; others are at their defaults.
 */
export function composeServices(
  overrides: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): ComposeFile['services'] {
  const services = { ...readServices('docker-compose.yml', variables) };
  for (const [name, override] of overrides.flatMap((file) => Object.entries(readServices(file, variables)))) {
    const service = services[name];
    services[name] = {
      ...{ ...service, ...override, image: service?.image ?? override.image ?? '' },
      environment: { ...service?.environment, ...override.environment },
      volumes: [...(service?.volumes ?? []), ...(override.volumes ?? [])],
    };
  }
  return services;
}

function readServices(
  name: string,
  variables: Readonly<Record<string, string>>,
): Readonly<Record<string, ComposeService>> {
  const text = readFileSync(`${projectRoot}${name}`, 'utf8');
  return (
    parse(
      text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, variable: string, value: string) => variables[variable] ?? value),
      { merge: true },
    ) as ComposeFile
  ).services;
}

/** What the image of the Dockerfile adds to a service's command and environment. */
export function imageDefaults(): { entrypoint: string[]; environment: Record<string, string> } {
  const text = readFileSync(`${projectRoot}Dockerfile`, 'utf8');
  const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? '') as string[];
  const variables = /^ENV (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
  return {
    entrypoint,
    environment: Object.fromEntries(variables.map((entry) => entry.split('='))) as Record<string, string>,
  };
}
