import { describe, expect, it } from 'vitest';
import { download, serve, sourceWith, tableLookup } from './local-servers.js';

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('with status %i are followed, absolute or relative', async (status) => {
    const { url } = await serve((request, response) => {
      if (request.url === '/a/b.war') response.writeHead(status, { location: '../c.war?x=1' }).end('moved');
      else if (request.url === '/c.war?x=1') response.writeHead(status, { location: `${url}/d.war` }).end();
      else response.end(request.url);
    });
    expect((await download(sourceWith(), `${url}/a/b.war`)).toString()).toBe('/d.war');
  });

  it('are followed as often as allowed and not once more', async () => {
    const paths: (string | undefined)[] = [];
    const { url } = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { location: `/${paths.length}` }).end();
    });
    await expect(download(sourceWith({ maxRedirects: 2 }), `${url}/0`)).rejects.toMatchObject({
      code: 'downloadFailed',
      data: { url: `${url}/0`, reason: 'there were more than 2 redirects' },
    });
    expect(paths).toEqual(['/0', '/1', '/2']);
  });

  it('that lead in a circle end', async () => {
    const { url } = await serve((_request, response) => response.writeHead(302, { location: '/a.war' }).end());
    await expect(download(sourceWith(), `${url}/a.war`)).rejects.toMatchObject({ code: 'downloadFailed' });
  });

  it.each([
    ['nowhere', undefined, 'it redirects to nowhere'],
    ['what is no URL', 'http://localhost:aaaa/', 'it redirects to nowhere'],
    ['a file', 'file:///etc/passwd', 'it redirects to another scheme'],
    ['another scheme', 'gopher://localhost/', 'it redirects to another scheme'],
    ['a user name', 'http://user@localhost/a.war', 'the URL holds a user name or password'],
  ])('to %s are refused', async (_where, location, reason) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(302, location === undefined ? {} : { location }).end();
    });
    await expect(download(sourceWith(), `${url}/a.war`)).rejects.toMatchObject({
      code: 'downloadFailed',
      data: { url: `${url}/a.war`, reason },
    });
  });

  it('are held against the allow-list, hop by hop', async () => {
    let reached = 0;
    const other = await serve((_request, response) => response.end(String((reached += 1))));
    const { url, port } = await serve((_request, response) => {
      response.writeHead(302, { location: `${other.url}/a.war` }).end();
    });
    const source = sourceWith({ allowedUrls: [`http://127\\.0\\.0\\.1:${port}/.*`] });
    await expect(download(source, `${url}/a.war`)).rejects.toMatchObject({
      code: 'urlNotAllowed',
      data: { url: `${url}/a.war` },
    });
    expect(reached).toBe(0);
  });

  it('are held against the address rule, hop by hop', async () => {
    const { lookup } = tableLookup({ 'friend.example': ['127.0.0.1'] });
    let reached = 0;
    const other = await serve((_request, response) => response.end(String((reached += 1))));
    const { port } = await serve((_request, response) => {
      response.writeHead(302, { location: `${other.url}/a.war` }).end();
    });
    const allowedUrls = ['http://friend\\.example(:\\d+)?/.*', 'http://.*'];
    const source = sourceWith({ allowedUrls, allowPrivateAddresses: false, lookup });
    await expect(download(source, `http://friend.example:${port}/a.war`)).rejects.toMatchObject({
      code: 'addressNotAllowed',
      data: { url: `http://friend.example:${port}/a.war`, host: '127.0.0.1' },
    });
    expect(reached).toBe(0);
  });
});

describe('the allow-list', () => {
  it('is asked before any host is looked up', async () => {
    const { lookup, asked } = tableLookup({});
    const source = sourceWith({ allowedUrls: ['https://friend\\.example/.*'], lookup });
    const url = 'http://stranger.example/a.war';
    await expect(download(source, url)).rejects.toMatchObject({
      code: 'urlNotAllowed',
      status: 404,
      message: `Given URL ${url} does not match any allowed URL(s)`,
    });
    expect(asked).toEqual([]);
  });
});

describe('addresses', () => {
  it.each([
    'http://127.0.0.1/a.war',
    'http://0x7f.1/a.war',
    'http://2130706433/a.war',
    'http://0177.0.0.1/a.war',
    'http://[::1]/a.war',
    'http://[::ffff:7f00:1]/a.war',
    'http://[64:ff9b::7f00:1]/a.war',
    'http://169.254.169.254/latest/meta-data',
    'http://0.0.0.0/a.war',
    'http://１２７.0.0.1/a.war',
  ])('in the URL %s are refused', async (url) => {
    await expect(download(sourceWith({ allowPrivateAddresses: false }), url)).rejects.toMatchObject({
      code: 'addressNotAllowed',
      status: 404,
      data: { url },
    });
  });

  it.each([
    ['a private one', ['10.0.0.1']],
    ['one of its own network by IPv6', ['fd00::1']],
    ['a mapped loopback', ['::ffff:127.0.0.1']],
    ['a private one beside a public one', ['8.8.8.8', '192.168.0.1']],
    ['none at all', []],
  ])('that a host name leads to are refused: %s', async (_what, addresses) => {
    const { lookup } = tableLookup({ 'stranger.example': addresses });
    const url = 'http://stranger.example/a.war';
    await expect(download(sourceWith({ allowPrivateAddresses: false, lookup }), url)).rejects.toMatchObject({
      code: 'addressNotAllowed',
      data: { url, host: 'stranger.example' },
    });
  });

  it('are looked up once, so that a second answer cannot lead elsewhere', async () => {
    const { url, port } = await serve((_request, response) => response.end('abc'));
    const { lookup, asked } = tableLookup({ 'friend.example': ['127.0.0.1'] });
    const body = await download(sourceWith({ lookup }), `http://friend.example:${port}/a.war`);
    expect(body.toString()).toBe('abc');
    expect(asked).toEqual(['friend.example']);
    expect(url).toContain('127.0.0.1');
  });

  it('of a host that the allow-list spells out may be private', async () => {
    const { port } = await serve((_request, response) => response.end('abc'));
    const { lookup } = tableLookup({ 'friend.example': ['127.0.0.1'], 'stranger.example': ['127.0.0.1'] });
    const allowedUrls = ['http://friend\\.example(:\\d+)?/.*|http://.*'];
    const source = sourceWith({ allowedUrls, allowPrivateAddresses: false, lookup });
    expect((await download(source, `http://friend.example:${port}/a.war`)).toString()).toBe('abc');
    await expect(download(source, `http://stranger.example:${port}/a.war`)).rejects.toMatchObject({
      code: 'addressNotAllowed',
    });
  });

  it('that are not known fail the download without naming anything but the URL', async () => {
    const { lookup } = tableLookup({});
    const url = 'http://nowhere.example/a.war';
    await expect(download(sourceWith({ lookup }), url)).rejects.toMatchObject({
      code: 'downloadFailed',
      data: { url, reason: 'the host name is not known' },
    });
  });
});
