import type { SpecDocument } from '../spec/spec-document.js';
import { mediaTypeOfFile, type ProbeSpec } from './probe-spec.js';

/** The probe of a spec that obeys the rules; undefined where it has none. */
export function readProbe(document: SpecDocument): ProbeSpec | undefined {
  const section = document.section('probe');
  if (section === undefined) return undefined;
  const path = document.scalar(section.value);
  const values = new Map(document.entries(section.value).map(({ key, value }) => [key, document.scalar(value)]));
  const file = (path ?? values.get('file')) as string;
  const contentType = values.get('content-type') as string | undefined;
  const status = values.get('status') as number | undefined;
  const answer = values.get('answer') as string | undefined;
  return {
    ...{ file, contentType: contentType ?? mediaTypeOfFile(file) },
    ...(status === undefined ? {} : { status }),
    ...(answer === undefined ? {} : { answer }),
  };
}
