import { type ReactNode, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { type ChartColours, useChartColours } from './colours.ts';

export interface Series {
  name: string;
  /** One value for each moment of `times`; null where there is none. */
  values: (number | null)[];
  /** Which of the six colours; by its place when it is left out. */
  colour?: number;
}

export interface ChartProps {
  /** What is drawn, for those who do not see it. */
  title: string;
  /** Unix seconds, in order. */
  times: number[];
  series: Series[];
  /** A value as its axis and the legend name it. */
  format: (value: number) => string;
  /** `bars`: stacked, the first series at the bottom. `lines`: each on its own. */
  kind: 'bars' | 'lines';
  /** The time that a bar stands for, in seconds. */
  step?: number;
}

const HEIGHT = 220;

/** A chart over time. The same figures are there as a table. */
export function Chart(props: ChartProps): ReactNode {
  const { title, times, series, format } = props;
  const [table, setTable] = useState(false);
  return (
    <figure className="chart">
      <figcaption className="chart-head">
        <Legend series={series} />
        <button type="button" className="button quiet small" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? 'Show chart' : 'Show table'}
        </button>
      </figcaption>
      {table ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to take the focus
        <section className="table-scroll chart-table" tabIndex={0} aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map(({ name }) => (
                  <th scope="col" className="right" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((time, at) =>
                series.every(({ values }) => (values[at] ?? null) === null) ? null : (
                  <tr key={time}>
                    <th scope="row">{timeText(time)}</th>
                    {series.map(({ name, values }) => (
                      <td className="right" key={name}>
                        {valueText(values[at], format)}
                      </td>
                    ))}
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </section>
      ) : (
        <Plot {...props} />
      )}
    </figure>
  );
}

function Legend({ series }: { series: Series[] }): ReactNode {
  return (
    <ul className="legend">
      {series.map(({ name, colour }, at) => (
        <li key={name}>
          <span className={`swatch swatch-${colour ?? at % 6}`} aria-hidden="true" />
          {name}
        </li>
      ))}
    </ul>
  );
}

function Plot(props: ChartProps): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<number | undefined>(undefined);
  const colours = useChartColours();
  const { title, times, series, format, kind, step } = props;
  const shape = `${kind} ${series.map(({ name }) => name).join('|')} ${step}`;

  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: new figures are set below; only another shape needs a new plot
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const made = new uPlot(
      options(latest.current, colours, element.clientWidth, setHover),
      drawn(latest.current),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, colours]);
  useEffect(() => {
    plot.current?.setData(drawn({ times, series, kind }));
  }, [times, series, kind]);

  const at = hover ?? undefined;
  return (
    <>
      <div
        ref={holder}
        className="plot"
        role="img"
        aria-label={`${title}. The button before it shows it as a table.`}
      />
      <p className="chart-hover faint" aria-hidden="true">
        {at === undefined || times[at] === undefined
          ? ' '
          : `${timeText(times[at])}: ${series.map(({ name, values }) => `${name} ${valueText(values[at], format)}`).join(' · ')}`}
      </p>
    </>
  );
}

/** Bars are stacked by adding up what lies below; the tallest is drawn first and the others over it. */
function drawn({ times, series, kind }: Pick<ChartProps, 'times' | 'series' | 'kind'>): uPlot.AlignedData {
  if (kind === 'lines') return [times, ...series.map(({ values }) => values)];
  const sums = times.map(() => 0);
  const stacked = series.map(({ values }) =>
    values.map((value, at) => {
      const sum = (sums[at] ?? 0) + (value ?? 0);
      sums[at] = sum;
      return sum;
    }),
  );
  return [times, ...stacked.reverse()];
}

function options(
  { series, format, kind, step }: ChartProps,
  colours: ChartColours,
  width: number,
  onHover: (index: number | undefined) => void,
): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.75, 48], align: 1 });
  const lines = series.map(({ name, colour: chosen }, at) => {
    const colour = colours.series[chosen ?? at % colours.series.length] ?? colours.text;
    return kind === 'bars' && bars !== undefined
      ? { label: name, fill: colour, stroke: colour, width: 0, paths: bars, points: { show: false } }
      : { label: name, stroke: colour, width: 2, spanGaps: true, points: { show: true, size: 4 } };
  });
  const axis = { stroke: colours.text, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false }, font: FONT };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { range: (_plot, from, to) => [from, to + (step ?? 0)] },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] },
    },
    axes: [
      { ...axis, space: 70, size: 30, values: (_plot, times) => times.map(axisTime) },
      { ...axis, size: 64, values: (_plot, values) => values.map(format) },
    ],
    series: [{}, ...(kind === 'bars' ? lines.reverse() : lines)],
    hooks: { setCursor: [(plot) => onHover(plot.cursor.idx ?? undefined)] },
  };
}

function valueText(value: number | null | undefined, format: ChartProps['format']): string {
  return value === null || value === undefined ? '–' : format(value);
}

/** By the hour, and by the date where a day begins: in the viewer's zone and manner, as everywhere. */
function axisTime(seconds: number): string {
  const date = new Date(seconds * 1_000);
  return date.getHours() === 0 && date.getMinutes() === 0
    ? date.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })
    : date.toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' });
}

const FONT = '12px system-ui, sans-serif';

function timeText(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleString(undefined, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}
