import type { Series, WorkflowView } from '@torchweave/dashboard-contract';
import { useMemo } from 'react';
import { Chart } from '../../components/chart.js';
import { exactly } from '../../format/moments.js';
import { duration, percent, perSecond } from '../../format/units.js';

/** Requests, latency and errors of the last while on one time axis, and the same figures as a table. */
export function Charts({ series, marks }: Pick<WorkflowView, 'series' | 'marks'>) {
  const times = useMemo(() => timesOf(series), [series]);
  const lines = useMemo(() => marks.map(({ at, version }) => ({ at: Date.parse(at) / 1_000, version })), [marks]);
  const shared = { times, marks: lines };
  if (times.length === 0) return null;
  return (
    <div data-live="">
      <div className="charts">
        <Chart title="Requests/s" values={series.requestsPerSecond} format={perSecond} tone="accent" {...shared} />
        <Chart title="p99" values={series.p99Ms} format={duration} tone="changing" {...shared} />
        <Chart title="Errors" values={series.errorRate} format={percent} tone="not-serving" {...shared} />
      </div>
      <details className="chart-table">
        <summary>The same as a table</summary>
        <ChartTable series={series} times={times} marks={lines} />
      </details>
    </div>
  );
}

const timesOf = ({ startedAt, stepMs, requestsPerSecond }: Series): number[] =>
  requestsPerSecond.map((_, at) => (Date.parse(startedAt) + at * stepMs) / 1_000);

const told = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? 'no figure' : format(value);

function ChartTable({
  series,
  times,
  marks,
}: {
  series: Series;
  times: readonly number[];
  marks: readonly { at: number; version: number }[];
}) {
  const came = (time: number): string =>
    marks
      .filter(({ at }) => at >= time && at < time + series.stepMs / 1_000)
      .map(({ version }) => `v${version}`)
      .join(', ');
  return (
    <div className="scroll-table" tabIndex={0} role="region" aria-label="Figures of the charts">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" className="figure">
              Requests/s
            </th>
            <th scope="col" className="figure">
              p99
            </th>
            <th scope="col" className="figure">
              Errors
            </th>
            <th scope="col">Version</th>
          </tr>
        </thead>
        <tbody>
          {times
            .map((time, at) => (
              <tr key={time}>
                <th scope="row">{exactly(new Date(time * 1_000).toISOString())}</th>
                <td className="figure">{told(series.requestsPerSecond[at], perSecond)}</td>
                <td className="figure">{told(series.p99Ms[at], duration)}</td>
                <td className="figure">{told(series.errorRate[at], percent)}</td>
                <td>{came(time)}</td>
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </div>
  );
}
