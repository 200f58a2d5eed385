import { errorCount, type LoadErrors } from './load/load.js';
import { formatFigure, formatMemory, formatNumber, formatRatio } from './report/format.js';
import type { Table } from './report/table.js';
import type { SectionResult } from './sections/section.js';
import { figureOf, median, type Figure } from './statistics.js';
import type { Cell, Run } from './sweep.js';

const microseconds = 1e6;

const measures: Readonly<Record<string, (run: Run) => number>> = {
  perSecond: (run) => run.perSecond,
  p50Ms: (run) => run.p50Ms,
  p99Ms: (run) => run.p99Ms,
  errors: (run) => errorCount(run.errors),
  engineCpuUs: (run) => (run.engineCpuSeconds * microseconds) / run.succeeded,
  modelServerCpuUs: (run) => (run.modelServerCpuSeconds * microseconds) / run.succeeded,
};

/** The result of a sweep: a row a cell, and figures named `<name>.<clients>.<side>.<measure>`. */
export function sweepResult(
  name: string,
  title: string,
  cells: readonly Cell[],
  notes: readonly string[],
): SectionResult {
  const figures: Record<string, Figure> = {};
  for (const { side, clients, runs } of cells) {
    for (const [measure, of] of Object.entries(measures)) {
      figures[`${name}.${clients}.${side}.${measure}`] = figureOf(runs.map(of));
    }
  }
  return { tables: [sweepTable(title, cells, notes)], figures, details: cells };
}

function sweepTable(title: string, cells: readonly Cell[], notes: readonly string[]): Table {
  const others = [...new Set(cells.map(({ side }) => side))].filter((side) => side !== 'ours');
  return {
    title,
    columns: [
      ...['', 'clients', 'requests/s', 'p50 ms', 'p99 ms', 'errors'],
      ...['CPU us/request: engine', 'model server', 'memory MB, resident / proportional'],
      ...others.map((side) => `ours / ${side}`),
    ],
    rows: cells.map((cell) => [
      cell.side,
      String(cell.clients),
      ...['perSecond', 'p50Ms', 'p99Ms'].map((measure) => formatFigure(figureIn(cell, measure))),
      formatErrors(cell.runs.map((run) => run.errors)),
      ...['engineCpuUs', 'modelServerCpuUs'].map((measure) => formatCpu(figureIn(cell, measure).median)),
      formatMemory({
        resident: median(cell.runs.map((run) => run.memory.resident)),
        proportional: median(cell.runs.map((run) => run.memory.proportional)),
      }),
      ...others.map((side) => (cell.side === 'ours' ? ratioTo(cell, cells, side) : '')),
    ]),
    notes,
  };
}

function figureIn({ runs }: Cell, measure: string): Figure {
  return figureOf(runs.map(measures[measure] ?? (() => NaN)));
}

/** The medians' ratio of requests a second. */
function ratioTo(ours: Cell, cells: readonly Cell[], side: string): string {
  const other = cells.find((cell) => cell.side === side && cell.clients === ours.clients);
  if (other === undefined) return '-';
  return formatRatio(figureIn(ours, 'perSecond').median / figureIn(other, 'perSecond').median);
}

function formatErrors(errors: readonly LoadErrors[]): string {
  const sum = (kind: keyof LoadErrors): number => errors.reduce((total, each) => total + each[kind], 0);
  const kinds = (['status', 'socket', 'timeout'] as const).filter((kind) => sum(kind) > 0);
  return kinds.length === 0 ? '0' : kinds.map((kind) => `${formatNumber(sum(kind))} ${kind}`).join(', ');
}

/** A dash where nothing runs, or less than /proc can tell. */
const formatCpu = (value: number): string => (value > 0 ? formatNumber(value) : '-');
