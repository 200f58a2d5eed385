import { codeOf } from '@torchweave/kernel';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { failure, ok, type Finding } from '../doctor/finding.js';
import type { Probe } from '../doctor/probe.js';
import type { TorchServeUrls } from './torchserve.js';

const subject = 'model server';

/** `OPTIONS /` of both APIs: TorchServe tells its own version as the version of its API. */
const description = z.object({
  info: z.object({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.unknown()).optional(),
});
const keyFile = z.object({ management: z.object({ key: z.string() }) });
const refusal = z.object({ type: z.string() });

async function authorization(path: string | undefined): Promise<Record<string, string>> {
  if (path === undefined) return {};
  const { data } = keyFile.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (data === undefined) throw new Error('it has no management.key');
  return { authorization: `Bearer ${data.management.key}` };
}

/** What cannot be read tells its system's code; what is no JSON must not be quoted, for it may be a key. */
const reasonOf = (error: unknown): string =>
  error instanceof SyntaxError ? 'it is not JSON' : codeOf(error) || (error as Error).message;

type Api = 'management' | 'inference';

/** A path that only one of the two APIs has. */
const pathOf = { management: '/models', inference: '/predictions/{model_name}' } as const satisfies Record<Api, string>;

/** Whether a server describes the other API only. */
function isSwapped(api: Api, paths: Readonly<Record<string, unknown>> | undefined): boolean {
  const other = api === 'management' ? 'inference' : 'management';
  return paths !== undefined && !Object.hasOwn(paths, pathOf[api]) && Object.hasOwn(paths, pathOf[other]);
}

async function checkApi(api: Api, url: string, probe: Probe): Promise<Finding> {
  try {
    const { json } = await probe('OPTIONS', `${url.replace(/\/+$/, '')}/`);
    const read = description.safeParse(json);
    if (read.success && read.data.info.title.startsWith('TorchServe')) {
      if (isSwapped(api, read.data.paths)) {
        return failure(
          subject,
          `${url} is given as the ${api} address, and the other API of TorchServe answers there.`,
          'Swap the two: --model-server torchserve=MANAGEMENT_URL,INFERENCE_URL, by default ports 8081 and 8080.',
        );
      }
      return ok(subject, `TorchServe ${read.data.info.version}, ${api} API at ${url}`);
    }
    return failure(subject, `What answers at ${url} is no ${api} API of TorchServe.`, 'Correct --model-server.');
  } catch (error) {
    return failure(
      subject,
      `The ${api} API at ${url} cannot be reached: ${(error as Error).message}`,
      'Start that TorchServe, or correct --model-server torchserve=MANAGEMENT_URL,INFERENCE_URL.',
    );
  }
}

/** A registration without a url registers nothing: it is refused for that, unless all are. */
async function checkRegistration(url: string, keys: string | undefined, probe: Probe): Promise<Finding> {
  let headers: Record<string, string>;
  try {
    headers = await authorization(keys);
  } catch (error) {
    const remedy = 'Give the key_file.json of the running TorchServe as --model-server-key-file.';
    return failure(subject, `The key file ${keys ?? ''} cannot be read: ${reasonOf(error)}`, remedy);
  }
  return judgeRegistration(await probe('POST', `${url.replace(/\/+$/, '')}/models`, headers));
}

/** Judges the answer to a registration without a url. */
export function judgeRegistration({ status, json }: Awaited<ReturnType<Probe>>): Finding {
  const refused = refusal.safeParse(json);
  if (status === 405) {
    return failure(
      subject,
      'It registers no models.',
      'Start TorchServe with --enable-model-api, or set enable_model_api=true in its config.properties.',
    );
  }
  if (refused.success && refused.data.type === 'InvalidKeyException') {
    return failure(
      subject,
      'It wants a key, or another one than it was given.',
      'Give its key_file.json as --model-server-key-file, or start it with --disable-token-auth.',
    );
  }
  if (status === 400) return ok(subject, 'It registers models.');
  return failure(subject, `It answers ${status} to a registration.`, 'Look into its log.');
}

/** Whether both APIs are there, each where it should be, and models can be registered. */
export async function checkTorchServe(
  { managementUrl, inferenceUrl }: TorchServeUrls,
  keys: string | undefined,
  probe: Probe,
): Promise<Finding[]> {
  const [management, inference] = await Promise.all([
    checkApi('management', managementUrl, probe),
    checkApi('inference', inferenceUrl, probe),
  ]);
  const isThere = management.level === 'ok';
  return [management, inference, ...(isThere ? [await checkRegistration(managementUrl, keys, probe)] : [])];
}
