import { toTorchweaveError } from '@torchweave/domain';
import { assertExposure, examineKeyFile, isLoopback, reachedAt, type Settings } from '@torchweave/platform';
import { failure, ok, warning, type Finding } from '@torchweave/composition';
import { listenersOf, type Listener } from './listeners.js';

const subject = 'exposure';

async function checkListener(listener: Listener, settings: Settings): Promise<Finding> {
  const { api, setting, at } = listener;
  const where = `The ${api} port (${at.host}:${at.port})`;
  try {
    await assertExposure(settings, setting, at);
  } catch (thrown) {
    return failure(subject, toTorchweaveError(thrown).message, 'Give keys with --key-file, or listen on 127.0.0.1.');
  }
  if (settings.keyFile !== undefined) return ok(subject, `${where} asks for a key.`);
  if (await isLoopback(reachedAt(settings, at.host)))
    return ok(subject, `${where} asks for no key, and only this machine reaches it.`);
  const right = api === 'management' ? 'register workflows, which is to run code here' : 'ask it anything';
  return warning(
    subject,
    `${where} asks for no key: whoever reaches it may ${right}.`,
    'Give keys with --key-file, or see that nobody reaches it who may not.',
  );
}

function checkKeyFile(path: string): Finding {
  const name = 'key file';
  try {
    const { isThere, isExposed } = examineKeyFile(path);
    if (!isThere) return ok(name, `${path} is not there: it is made at start, with fresh keys.`);
    if (isExposed) return warning(name, `Others may read ${path}.`, `chmod 600 ${path}`);
    return ok(name, `${path} can be read.`);
  } catch (thrown) {
    return failure(name, toTorchweaveError(thrown).message, 'Correct --key-file, or mend the file.');
  }
}

/** Who reaches each port, and whether a key is asked there. */
export async function checkExposure(settings: Settings): Promise<Finding[]> {
  const found = await Promise.all(listenersOf(settings).map((listener) => checkListener(listener, settings)));
  return [...found, ...(settings.keyFile === undefined ? [] : [checkKeyFile(settings.keyFile)])];
}
