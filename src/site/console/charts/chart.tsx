import { type ReactNode, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { useChartColours } from './colours.ts';
import { drawn, HEIGHT, options, type Pointed } from './plot-options.ts';
import { spanText } from './time-text.ts';

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

function valueText(value: number | null | undefined, format: ChartProps['format']): string {
  return value === null || value === undefined ? '–' : format(value);
}
