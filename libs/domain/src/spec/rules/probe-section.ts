import { isMap } from 'yaml';
import { isInsidePath } from '../../archive/manifest.js';
import { probeTypeFault } from '../../probe/probe-spec.js';
import { boundsOf, isWithin } from '../spec.js';
import type { SpecDocument, SpecRule } from '../spec-document.js';
import { suggest } from '../suggest.js';

const pathFault = (value: unknown): string | undefined =>
  typeof value === 'string' && isInsidePath(value) ? undefined : 'must be the path of a file of the archive';

const statuses = { least: 200, most: 599 };
const statusFault = (value: unknown): string | undefined =>
  isWithin(value, statuses.least, statuses.most) ? undefined : `must be ${boundsOf(statuses.least, statuses.most)}`;

/** What each key of a probe must be. */
const faults: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  ...{ file: pathFault, 'content-type': probeTypeFault },
  ...{ status: statusFault, answer: pathFault },
};
const keys = Object.keys(faults);

export const probeSection: SpecRule = {
  name: 'probe-section',
  description:
    'probe is a file of the archive, or a mapping with file, content-type, status and answer: the request that a version must answer ' +
    'well before it serves. What would be another request must not pass for it.',
  check(document, report) {
    const probe = document.section('probe');
    if (probe === undefined) return;
    if (!isMap(probe.value)) {
      const fault = pathFault(document.scalar(probe.value));
      const at = probe.value ?? probe.keyNode;
      if (fault !== undefined) report(at, `probe ${fault}, or a mapping, not ${document.show(probe.value)}.`);
      return;
    }
    for (const { key, keyNode, value } of document.entries(probe.value)) {
      const fault = Object.hasOwn(faults, key) ? faults[key]?.(document.scalar(value)) : undefined;
      if (!keys.includes(key)) report(keyNode, `probe.${key} is none of ${keys.join(', ')}.${suggest(key, keys)}`);
      else if (fault !== undefined) report(value ?? keyNode, `probe.${key} ${fault}, not ${document.show(value)}.`);
    }
    if (!hasFile(document)) report(probe.keyNode, 'probe.file is missing: it names the file that is sent.');
  },
};

const hasFile = (document: SpecDocument): boolean =>
  document.entries(document.section('probe')?.value).some(({ key }) => key === 'file');
