import uPlot from 'uplot';
import type { ChartProps } from './chart.tsx';
import type { ChartColours } from './colours.ts';
import { DAY, dayText, hourText } from './time-text.ts';

export const HEIGHT = 220;

/** What the pointer is at. */
export interface Pointed {
  /** Which of `times`. */
  at: number;
  /** Pixels from the left of the drawing, and how wide that is. */
  x: number;
  width: number;
}

type Figures = Pick<ChartProps, 'times' | 'series' | 'kind' | 'step'>;

/** Each value stands in the middle of its span. Bars are stacked by adding up what lies below; the tallest is drawn first. */
export function drawn({ times, series, kind, step }: Figures): uPlot.AlignedData {
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

/** How uPlot is to draw it, and what it tells of the pointer. */
export function options(
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

/** `$0.005000` → `$0.005`, `$0.20` stays: an axis has round values. */
const bare = (text: string): string => text.replace(/(\.\d\d\d*?)0+$/, '$1');

const FONT = '12px system-ui, sans-serif';
/** A figure is about as wide. */
const FIGURE_PX = 7;
