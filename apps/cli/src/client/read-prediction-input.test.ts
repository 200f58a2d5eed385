import { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CommandContext } from '../output/command-context.js';
import { readPredictionInput, type PredictionInputOptions } from './read-prediction-input.js';

async function read(options: PredictionInputOptions, source?: string): Promise<{ text: string; contentType: string }> {
  const streams = { stdin: Readable.from([Buffer.from('piped')]), stdout: new Writable(), stderr: new Writable() };
  const { body, contentType } = await readPredictionInput(new CommandContext({}, streams), source, options);
  return { text: Buffer.from(body).toString(), contentType };
}

describe('readPredictionInput', () => {
  it.each([
    ['a text', { data: 'hi' }, undefined, 'hi', 'text/plain'],
    ['JSON', { json: '[1]' }, undefined, '[1]', 'application/json'],
    ['stdin', {}, '-', 'piped', 'application/octet-stream'],
    ['a text of a type that is given', { data: 'a,b', contentType: 'text/csv' }, undefined, 'a,b', 'text/csv'],
  ])('reads %s', async (_what, options, source, text, contentType) => {
    expect(await read(options, source)).toEqual({ text, contentType });
  });

  it('tells the type of a file by its name', async () => {
    expect(await read({ file: 'package.json' })).toMatchObject({ contentType: 'application/json' });
    expect(await read({ file: 'README.md' })).toMatchObject({ contentType: 'application/octet-stream' });
  });

  it.each([
    ['nothing', {}, undefined],
    ['two sources', { data: 'a', json: '1' }, undefined],
    ['a source and stdin', { data: 'a' }, '-'],
    ['a word that is no flag', { data: 'a' }, 'hello'],
  ])('calls %s a fault of the command line', async (_what, options, source) => {
    await expect(read(options, source)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('tells a file that is not there and a text that is not JSON', async () => {
    await expect(read({ file: '/nosuch' })).rejects.toThrow('The file of --file cannot be read: ENOENT');
    await expect(read({ json: '{' })).rejects.toThrow('The text of --json is not JSON');
  });
});
