import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshKeyDocument, renewKey } from './key-document.js';
import { KeyFile } from './key-file.js';

const later = new Date('2030-01-01T00:00:00Z');

/** A process that looked for the file a moment before another one wrote it. */
class LateKeyFile extends KeyFile {
  override get stamp(): undefined {
    return undefined;
  }
}

describe('a key file that two processes share', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'torchweave-keys-'));
    path = join(directory, 'key_file.json');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is written by one of them alone', () => {
    const [first, second] = [freshKeyDocument(later), freshKeyDocument(later)];
    expect(new KeyFile(path).create(first)).toBe(true);
    expect(new LateKeyFile(path).create(second)).toBe(false);
    expect(new KeyFile(path).read()).toEqual(first);
    expect(readdirSync(directory)).toEqual(['key_file.json']);
  });

  it('keeps both of two renewals at once', () => {
    const file = new KeyFile(path);
    file.create(freshKeyDocument(later));
    let others = file.read();
    let calls = 0;
    const changed = file.change((document) => {
      // The other process comes in between, the first time.
      if ((calls += 1) === 1) others = new KeyFile(path).change((current) => renewKey(current, 'inference', later));
      return renewKey(document, 'management', later);
    });
    expect(calls).toBe(2);
    expect(file.read()).toEqual(changed);
    expect(changed.inference).toEqual(others.inference);
    expect(changed.management).not.toEqual(others.management);
    expect(readdirSync(directory)).toEqual(['key_file.json']);
  });

  it('is changed as a whole, so that nobody reads half of it', () => {
    const file = new KeyFile(path);
    file.create(freshKeyDocument(later));
    const before = file.stamp;
    file.change((document) => {
      expect(file.read()).toEqual(document);
      return renewKey(document, 'management', later);
    });
    expect(file.stamp).not.toBe(before);
  });
});
