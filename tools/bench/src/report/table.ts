/** A table of a report. The first column is text, the others are figures. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** One sentence each, under the table. */
  readonly notes: readonly string[];
}

/** For a terminal: columns aligned. */
export function renderText({ title, columns, rows, notes }: Table): string {
  const lines = [columns, ...rows];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, at) => (at === 0 ? (cells[at] ?? '').padEnd(width) : (cells[at] ?? '').padStart(width)))
      .join('  ');
  return [title, ...lines.map((cells) => `  ${line(cells)}`.trimEnd()), ...notes.map((note) => `  ${note}`)].join('\n');
}

/** For a page. */
export function renderMarkdown({ title, columns, rows, notes }: Table): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${columns.map((_, at) => (at === 0 ? '---' : '---:')).join('|')}|`;
  const table = [row(columns), rule, ...rows.map(row)].join('\n');
  return [`### ${title}`, table, ...notes].join('\n\n');
}
