import { TorchweaveError } from '@torchweave/domain';
import { codeOf } from '@torchweave/kernel';
import { readFileSync, statSync } from 'node:fs';
import { tellableValue } from '../text/tellable-value.js';
import { parseKeyDocument } from './key-document.js';

/** A key file as it lies there. */
export interface ExaminedKeyFile {
  readonly isThere: boolean;
  /** Whether others than its owner may read it. */
  readonly isExposed: boolean;
}

/**
 * Looks at a key file and changes nothing.
 *
 * @throws TorchweaveError `configurationInvalid` for one that cannot be read, or is none.
 */
export function examineKeyFile(path: string): ExaminedKeyFile {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { isThere: false, isExposed: false };
  try {
    parseKeyDocument(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = codeOf(error) || (error as Error).message;
    const data = { setting: '--key-file', value: tellableValue(path), rule: `a key file that can be read (${reason})` };
    throw new TorchweaveError('configurationInvalid', data, { cause: error });
  }
  return { isThere: true, isExposed: (found.mode & 0o077) !== 0 };
}
