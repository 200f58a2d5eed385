import { describe, expect, it } from 'vitest';
import { jobCatalogue, jobNames, schemaVersionOf } from './job-catalogue.js';

describe('a payload', () => {
  it.each([
    ['of a URL', { url: 'a.war' }, 1],
    ['of a URL with what is not given', { url: 'a.war', uploaded: undefined }, 1],
    ['of an uploaded archive', { url: 'sha256:a', uploaded: 'a'.repeat(64) }, 2],
  ])('%s is written in the lowest version that can say it', (_, payload, version) => {
    expect(schemaVersionOf('register-workflow', payload)).toBe(version);
  });

  it.each(jobNames)('of %s names no field of a version that nobody reads', (name) => {
    const { fieldsSince, readers, schemaVersion } = jobCatalogue[name];
    const versions = Object.keys(readers).map(Number);
    for (const version of Object.values(fieldsSince)) expect(versions).toContain(version);
    expect(Math.max(...versions)).toBe(schemaVersion);
  });

  it('of version 1 has no uploaded archive, whatever a client writes', () => {
    const { readers } = jobCatalogue['register-workflow'];
    expect(readers[1]?.parse({ url: 'a.war', uploaded: 'a'.repeat(64) })).toEqual({ url: 'a.war' });
    expect(readers[2]?.safeParse({ url: 'a.war', uploaded: '../../etc/passwd' }).success).toBe(false);
  });
});
