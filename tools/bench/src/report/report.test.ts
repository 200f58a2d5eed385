import { describe, expect, it } from 'vitest';
import { figureOf } from '../statistics.js';
import { formatFigure, formatNumber } from './format.js';
import { markers, replaceBetweenMarkers, reportMarkdown, reportText, type Report } from './report.js';
import { renderMarkdown, renderText, type Table } from './table.js';

const table: Table = {
  title: 'Chain',
  columns: ['', 'requests/s'],
  rows: [
    ['ours', '5,644'],
    ['alone', '6,990'],
  ],
  notes: ['A note.'],
};

const report: Report = {
  startedAt: '2026-11-24T10:00:00.000Z',
  minutes: 12.4,
  command: 'npm run bench -- --only chain',
  machine: {
    ...{ processor: 'Some CPU', cores: 2, memoryGiB: 24, system: 'Debian' },
    ...{ versions: { Node: 'v20' }, loadBefore: 0.1 },
  },
  coresOfOthers: 1.5,
  figures: {},
  targets: [{ what: 'chain is fast', verdict: 'not met', measured: ['12 ms (at most 10)'] }],
  sections: [
    { name: 'chain', title: 'Chain', result: { tables: [table], figures: {} } },
    { name: 'soak', title: 'Soak', failure: 'TorchServe has ended.' },
    { name: 'memory', title: 'Memory', leftOut: 'Left out.' },
  ],
};

describe('numbers', () => {
  it.each([
    [5644.4, '5,644'],
    [14.23, '14.2'],
    [0.184, '0.18'],
    [7, '7'],
    [-0.001, '0.00'],
    [NaN, '-'],
  ])('%d is told as %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('have a range where there are several samples', () => {
    expect(formatFigure(figureOf([1.5]))).toBe('1.50');
    expect(formatFigure(figureOf([1.5, 3.25, 2]))).toBe('2 (1.50 to 3.25)');
  });
});

describe('a table', () => {
  it('is aligned in a terminal', () => {
    expect(renderText(table).split('\n')).toEqual([
      'Chain',
      '         requests/s',
      '  ours        5,644',
      '  alone       6,990',
      '  A note.',
    ]);
  });

  it('is a Markdown table on a page', () => {
    expect(renderMarkdown(table).split('\n')).toEqual([
      ...['### Chain', '', '|  | requests/s |', '|---|---:|', '| ours | 5,644 |', '| alone | 6,990 |', '', 'A note.'],
    ]);
  });
});

describe('a report', () => {
  it.each([
    ['terminal', reportText],
    ['page', reportMarkdown],
  ])('tells tables, targets, failures and what was left out on a %s', (_, render) => {
    const text = render(report);
    for (const part of ['5,644', 'not met', '12 ms (at most 10)', 'TorchServe has ended.', 'Left out.']) {
      expect(text).toContain(part);
    }
  });

  it('says when others were at work', () => {
    expect(reportText(report)).toContain('the figures are noisy');
    expect(reportText({ ...report, coresOfOthers: 0.02 })).toContain('a quiet machine');
  });

  it('goes between the markers and leaves the rest alone', () => {
    const page = `before\n\n${markers.begin}\nold\n${markers.end}\n\nafter\n`;
    const once = replaceBetweenMarkers(page, 'new');
    expect(once).toBe(`before\n\n${markers.begin}\n\nnew\n\n${markers.end}\n\nafter\n`);
    expect(replaceBetweenMarkers(once, 'new')).toBe(once);
    expect(() => replaceBetweenMarkers('no markers', 'new')).toThrow(markers.begin);
  });
});
