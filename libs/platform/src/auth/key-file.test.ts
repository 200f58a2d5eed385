import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatKeyDocument, freshKeyDocument, renewKey } from './key-document.js';
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

  it('keeps a change that somebody makes by hand in the middle of one of ours', () => {
    const file = new KeyFile(path);
    file.create(freshKeyDocument(later));
    const others = renewKey(file.read(), 'inference', later);
    let calls = 0;
    const changed = file.change((document) => {
      if ((calls += 1) === 1) writeFileSync(path, formatKeyDocument(others));
      return renewKey(document, 'management', later);
    });
    expect(calls).toBe(2);
    expect(file.read()).toEqual(changed);
    expect(changed.inference).toEqual(others.inference);
    expect(changed.management).not.toEqual(others.management);
    expect(readdirSync(directory)).toEqual(['key_file.json']);
  });

  it('is changed by one of them at a time', () => {
    const file = new KeyFile(path);
    file.create(freshKeyDocument(later));
    file.change((document) => {
      expect(() => new KeyFile(path).change((others) => others)).toThrow(expect.objectContaining({ code: 'ELOCKED' }));
      return document;
    });
    expect(new KeyFile(path).change((others) => others)).toEqual(file.read());
    expect(readdirSync(directory)).toEqual(['key_file.json']);
  });

  it('is another one to whoever remembers it when its mode alone has changed', () => {
    const file = new KeyFile(path);
    file.create(freshKeyDocument(later));
    const before = file.stamp;
    chmodSync(path, 0o640);
    expect(file.stamp).not.toBe(before);
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
