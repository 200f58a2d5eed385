import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** A line over time. Gaps (`null`) are gaps. */
export interface ChartProps {
  readonly title: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  readonly format: (value: number) => string;
  /** Seconds since 1970, each with the version that came then. */
  readonly marks: readonly { readonly at: number; readonly version: number }[];
  /** Names a colour of the table. */
  readonly tone: string;
}

const height = 132;

/** One chart; all charts of a page share their time axis and cursor. */
export function Chart({ title, times, values, format, marks, tone }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ format, marks });
  latest.current = { format, marks };
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, tone, latest), [[...times], [...values]], element);
    };
    make();
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    // A canvas has its colours by value: it is drawn anew when they change.
    const looks = new MutationObserver(make);
    looks.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    return () => {
      observer.disconnect();
      looks.disconnect();
      scheme.removeEventListener('change', make);
      plot.current?.destroy();
      plot.current = undefined;
    };
    // Data go in by the effect below.
  }, [tone]);
  useEffect(() => plot.current?.setData([[...times], [...values]]), [times, values]);
  const last = values.findLast((value) => value !== null);
  return (
    <figure className="chart">
      <figcaption>
        {title} <b>{last === undefined ? '–' : format(last)}</b>
      </figcaption>
      <div ref={place} aria-hidden="true" />
    </figure>
  );
}

const colour = (element: Element, name: string): string => {
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

function options(
  element: HTMLElement,
  tone: string,
  latest: { current: Pick<ChartProps, 'format' | 'marks'> },
): uPlot.Options {
  const [quiet, line, stroke] = ['text-quiet', 'line', tone].map((name) => colour(element, name));
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: quiet ?? '', font, grid: { stroke: line ?? '', width: 1 }, ticks: { show: false } };
  return {
    ...{ width: element.clientWidth, height },
    legend: { show: false },
    cursor: { sync: { key: 'page' }, y: false, points: { size: 6 } },
    scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] } },
    series: [{}, { stroke: stroke ?? '', width: 1.5, points: { show: false }, spanGaps: false }],
    axes: [
      {
        ...axis,
        values: (_plot, splits) => splits.map((split) => new Date(split * 1_000).toISOString().slice(11, 16)),
        size: 26,
        space: 60,
      },
      { ...axis, values: (_plot, splits) => splits.map((split) => latest.current.format(split)), size: 58, space: 28 },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, latest.current.marks, quiet ?? '', font)] },
  };
}

function drawMarks(plot: uPlot, marks: ChartProps['marks'], stroke: string, font: string): void {
  const { ctx, bbox } = plot;
  const [from = 0, to = 0] = [plot.scales['x']?.min, plot.scales['x']?.max].map((edge) => edge ?? 0);
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.fillStyle = stroke;
  ctx.font = font.replace(/^\d+/, (size) => String(Number(size) * devicePixelRatio));
  ctx.textBaseline = 'top';
  ctx.textAlign = 'left';
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { at, version } of marks.filter((mark) => mark.at >= from && mark.at <= to)) {
    const x = Math.round(plot.valToPos(at, 'x', true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(`v${version}`, x + 4 * devicePixelRatio, bbox.top);
  }
  ctx.restore();
}
