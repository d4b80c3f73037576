import { type ReactNode, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { type ChartColours, useChartColours } from './colours.ts';

export interface Series {
  name: string;
  /** One value for each moment of `times`; null where there is none. */
  values: (number | null)[];
  /** Which of the six colours; by its place when it is left out. */
  colour?: number;
  dashed?: boolean;
}

export interface ChartProps {
  /** What is drawn, for those who do not see it. */
  title: string;
  /** What stands above the drawing; beside it is the button that shows the table. */
  head?: ReactNode;
  /** Unix seconds at which the bars, or the spans that a point stands for, begin. In order. */
  times: number[];
  series: Series[];
  /** A value as its axis and the legend name it. */
  format: (value: number) => string;
  /** `bars`: stacked, the first series at the bottom. `lines`: each on its own. */
  kind: 'bars' | 'lines';
  /** The time that a bar or a point stands for, in seconds: an hour, or a day. */
  step: number;
}

const HEIGHT = 220;

/** A chart over time. The same figures are there as a table. */
export function Chart(props: ChartProps): ReactNode {
  const { title, head, times, series, step, format } = props;
  const [table, setTable] = useState(false);
  return (
    <figure className="chart">
      <div className="chart-head">
        {head}
        <button type="button" className="button quiet small" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? 'Show chart' : 'Show table'}
        </button>
      </div>
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
                    <th scope="row">{spanText(time, step)}</th>
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
      <Legend series={series} />
    </figure>
  );
}

function Legend({ series }: { series: Series[] }): ReactNode {
  return (
    <ul className="legend">
      {series.map(({ name, ...look }, at) => (
        <li key={name}>
          <Swatch at={at} {...look} />
          {name}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ at, colour, dashed }: { at: number; colour?: number; dashed?: boolean }): ReactNode {
  return <span className={`swatch swatch-${colour ?? at % 6}${dashed === true ? ' dashed' : ''}`} aria-hidden="true" />;
}

interface Pointed {
  /** Which of `times`. */
  at: number;
  /** Pixels from the left of the drawing, and how wide that is. */
  x: number;
  width: number;
}

function Plot(props: ChartProps): ReactNode {
  const holder = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<Pointed | undefined>(undefined);
  const colours = useChartColours();
  const { title, times, series, kind, step } = props;
  const shape = `${kind} ${series.map(({ name }) => name).join('|')} ${step}`;

  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: new figures are set below; only another shape needs a new plot
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const made = new uPlot(
      options(latest.current, colours, element.clientWidth, setPointed),
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
    plot.current?.setData(drawn({ times, series, kind, step }));
  }, [times, series, kind, step]);

  return (
    <div className="plot-frame">
      <div
        ref={holder}
        className="plot"
        role="img"
        aria-label={`${title}. The button before it shows it as a table.`}
      />
      {pointed === undefined ? null : <Tip {...props} pointed={pointed} />}
    </div>
  );
}

/** What stands at the place that is pointed at. Who does not see it has the table. */
function Tip({ times, series, format, kind, step, pointed: { at, x, width } }: ChartProps & { pointed: Pointed }) {
  const time = times[at];
  if (time === undefined) return null;
  const rows = series.map((one, index) => ({ ...one, index, value: one.values[at] ?? null }));
  // Bars without a part at this time have nothing to say; the highest part stands first, as it is drawn.
  const shown = kind === 'lines' ? rows : rows.filter(({ value }) => value !== null && value !== 0).reverse();
  const total = rows.reduce((sum, { value }) => sum + (value ?? 0), 0);
  return (
    <div className="chart-tip" aria-hidden="true" style={x > width / 2 ? { right: width - x + 12 } : { left: x + 12 }}>
      <p className="chart-tip-time">{spanText(time, step)}</p>
      {shown.map(({ index, name, value, values: _, ...look }) => (
        <p key={name}>
          <Swatch at={index} {...look} />
          <span>{name}</span>
          <strong>{valueText(value, format)}</strong>
        </p>
      ))}
      {kind === 'lines' || shown.length === 1 ? null : (
        <p className="chart-tip-total">
          <span>{shown.length === 0 ? 'Nothing' : 'Total'}</span>
          {shown.length === 0 ? null : <strong>{format(total)}</strong>}
        </p>
      )}
    </div>
  );
}

type Figures = Pick<ChartProps, 'times' | 'series' | 'kind' | 'step'>;

/** Each value stands in the middle of its span. Bars are stacked by adding up what lies below; the tallest is drawn first. */
function drawn({ times, series, kind, step }: Figures): uPlot.AlignedData {
  const middles = times.map((time) => time + step / 2);
  if (kind === 'lines') return [middles, ...series.map(({ values }) => values)];
  const sums = times.map(() => 0);
  const stacked = series.map(({ values }) =>
    values.map((value, at) => {
      const sum = (sums[at] ?? 0) + (value ?? 0);
      sums[at] = sum;
      return sum;
    }),
  );
  return [middles, ...stacked.reverse()];
}

const DAY = 86_400;

function options(
  { series, format, kind, step }: ChartProps,
  colours: ChartColours,
  width: number,
  onPoint: (pointed: Pointed | undefined) => void,
): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.72, 40], radius: 0 });
  const lines = series.map(({ name, colour: chosen, dashed }, at) => {
    const colour = colours.series[chosen ?? at % colours.series.length] ?? colours.text;
    return kind === 'bars' && bars !== undefined
      ? { label: name, fill: colour, stroke: colour, width: 0, paths: bars, points: { show: false } }
      : {
          label: name,
          stroke: colour,
          width: 1.75,
          spanGaps: true,
          points: { show: true, size: 4, fill: colour },
          ...(dashed === true ? { dash: [5, 4] } : {}),
        };
  });
  const axis = { stroke: colours.text, ticks: { show: false }, font: FONT };
  const days = step >= DAY;
  return {
    width,
    height: HEIGHT,
    padding: [8, 32, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: kind === 'lines' } },
    scales: {
      x: { range: (_plot, first, last) => [first - step / 2, last + step / 2] },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 70,
        size: 28,
        values: (_plot, times) => times.map((time) => (days ? dayText(time) : hourText(time))),
        // A day is named below its bar; hours are marked where they begin.
        ...(days ? { splits: (plot: uPlot) => spread(plot.data[0], plot.width / 70) } : {}),
      },
      {
        ...axis,
        grid: { stroke: colours.grid, width: 1 },
        // As wide as its widest figure, which is told after the first look.
        size: (_plot, values) => Math.max(60, ...(values ?? []).map((text) => text.length * FIGURE_PX + 12)),
        values: (_plot, values) => values.map((value) => bare(format(value))),
      },
    ],
    series: [{}, ...(kind === 'bars' ? lines.reverse() : lines)],
    hooks: {
      setCursor: [
        ({ cursor: { idx, left }, over }) =>
          onPoint(
            typeof idx === 'number' && left !== undefined && left >= 0
              ? { at: idx, x: over.offsetLeft + left, width: over.offsetLeft + over.clientWidth }
              : undefined,
          ),
      ],
    },
  };
}

/** Every moment, or every second or third and so on, so that there are at most `most`. */
function spread(times: ArrayLike<number>, most: number): number[] {
  const every = Math.max(1, Math.ceil(times.length / most));
  return Array.from(times).filter((_, at) => at % every === 0);
}

function valueText(value: number | null | undefined, format: ChartProps['format']): string {
  return value === null || value === undefined ? '–' : format(value);
}

/** `$0.005000` → `$0.005`, `$0.20` stays: an axis has round values. */
const bare = (text: string): string => text.replace(/(\.\d\d\d*?)0+$/, '$1');

// Times are in the viewer's zone and manner, as everywhere.
const dateOf = (seconds: number): Date => new Date(seconds * 1_000);

const dayText = (seconds: number): string =>
  dateOf(seconds).toLocaleDateString(undefined, { month: 'short', day: 'numeric' });

const clockText = (seconds: number): string =>
  dateOf(seconds).toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' });

/** By the hour, and by the date where a day begins. */
function hourText(seconds: number): string {
  const date = dateOf(seconds);
  return date.getHours() === 0 && date.getMinutes() === 0 ? dayText(seconds) : clockText(seconds);
}

/** `Mon, Nov 23`, or `Nov 23, 4:00 – 5:00 PM`. */
function spanText(seconds: number, step: number): string {
  const date = dateOf(seconds);
  if (step >= DAY) return date.toLocaleDateString(undefined, { weekday: 'short', month: 'short', day: 'numeric' });
  return `${dayText(seconds)}, ${hourSpan.formatRange(date, dateOf(seconds + step))}`;
}

const hourSpan = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

const FONT = '12px system-ui, sans-serif';
/** A figure is about as wide. */
const FIGURE_PX = 7;
