import { toTorchweaveError } from '@torchweave/domain';
import { tlsFor, type Settings } from '@torchweave/platform';
import { X509Certificate } from 'node:crypto';
import { failure, ok, warning, type Finding } from '@torchweave/composition';
import { listenersOf, type Listener } from './listeners.js';

const subject = 'tls';
const dayMs = 86_400_000;
/** Days before a certificate ends from which on one is told. */
const soon = 21;

/** Judges by its dates whether a certificate can be used. */
export function judgeCertificate({ validFrom, validTo }: { validFrom: Date; validTo: Date }, now: Date): Finding {
  const until = validTo.toISOString().slice(0, 10);
  const remedy = 'Put a new one in its place, and start the servers again.';
  if (validTo <= now) return failure(subject, `The certificate has ended on ${until}.`, remedy);
  if (validFrom > now) {
    return failure(subject, `The certificate begins on ${validFrom.toISOString().slice(0, 10)} only.`, remedy);
  }
  const days = Math.floor((validTo.getTime() - now.getTime()) / dayMs);
  if (days < soon) return warning(subject, `The certificate ends in ${days} days, on ${until}.`, remedy);
  return ok(subject, `The certificate holds until ${until}.`);
}

function checkListener({ address, setting }: Listener, settings: Settings): Finding | Buffer | undefined {
  try {
    return tlsFor(address, setting, settings)?.cert;
  } catch (thrown) {
    return failure(subject, toTorchweaveError(thrown).message, 'Correct certificate_file and private_key_file.');
  }
}

/** Whether there is a certificate for the addresses that want one, and it holds. */
export function checkTls(settings: Settings, now = new Date()): Finding[] {
  const found = listenersOf(settings).map((listener) => checkListener(listener, settings));
  const failures = found.filter((each): each is Finding => each !== undefined && !Buffer.isBuffer(each));
  if (failures.length > 0)
    return failures.filter(({ message }, at, all) => all.findIndex((f) => f.message === message) === at);
  const certificate = found.find((each) => Buffer.isBuffer(each));
  if (certificate !== undefined) {
    const { validFrom, validTo } = new X509Certificate(certificate);
    return [judgeCertificate({ validFrom: new Date(validFrom), validTo: new Date(validTo) }, now)];
  }
  if (settings.certificateFile === undefined && settings.privateKeyFile === undefined) return [];
  return [
    warning(subject, 'A certificate is given, and no address begins with https://.', 'Change http:// to https://.'),
  ];
}
