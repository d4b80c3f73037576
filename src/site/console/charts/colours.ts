import { useEffect, useMemo, useState } from 'react';
import { onThemeChange } from '../theme.tsx';

/** A canvas knows no style sheet: it is told the colours that hold now. */
export interface ChartColours {
  text: string;
  grid: string;
  series: string[];
}

const SERIES = 6;

/** Read anew when light changes to dark, by the system or by the switch. */
export function useChartColours(): ChartColours {
  const [version, setVersion] = useState(0);
  useEffect(() => onThemeChange(() => setVersion((before) => before + 1)), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says when the style sheet's values are others
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const read = (name: string): string => style.getPropertyValue(name).trim();
    return {
      text: read('--faint'),
      grid: read('--line'),
      series: Array.from({ length: SERIES }, (_, at) => read(`--series-${at}`)),
    };
  }, [version]);
}
