import { describeArchiveSource, longest, mostBytes, tooLong } from '../port-conformance/archive-source.js';
import { InMemoryArchiveSource, type Content } from './archive-source.js';

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
  await Promise.reject(new Error('the connection was cut off'));
}

async function* stalled(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
  await new Promise(() => undefined);
}

describeArchiveSource('InMemoryArchiveSource', () => {
  const contents = new Map<string, Content>([
    ['here.war', longest],
    ['http://one/here.war', longest],
    ['long.war', tooLong],
    ['http://one/long.war', tooLong],
    ['http://two/here.war', longest],
    ['http://one/broken.war', broken],
    ['http://one/stalled.war', stalled],
  ]);
  const options = { maxArchiveBytes: mostBytes, allows: (url: string) => url.startsWith('http://one/') };
  return Promise.resolve({
    source: new InMemoryArchiveSource(contents, options),
    present: ['here.war', 'http://one/here.war'],
    tooLong: ['long.war', 'http://one/long.war'],
    missing: { 'none.war': 'workflowNotInStore', 'http://one/none.war': 'downloadFailed' },
    forbidden: 'http://two/here.war',
    broken: 'http://one/broken.war',
    stalled: 'http://one/stalled.war',
    dispose: () => Promise.resolve(),
  });
});
