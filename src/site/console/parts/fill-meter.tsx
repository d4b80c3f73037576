import { Meter } from '@base-ui/react/meter';
import type { ReactNode } from 'react';

/** How full something is. The colour changes at four fifths and at nine tenths; `figures` and `told` say the same in words. */
export function FillMeter(props: {
  name: string;
  share: number;
  figures: ReactNode;
  told: string;
  children?: ReactNode;
}): ReactNode {
  const { name, share, figures, told, children } = props;
  const tone = share >= 0.9 ? 'bad' : share >= 0.8 ? 'warn' : 'good';
  return (
    <Meter.Root className={`meter ${tone}`} value={share * 100} aria-valuetext={told}>
      <div className="meter-head">
        <Meter.Label>{name}</Meter.Label>
        {figures}
      </div>
      <Meter.Track className="meter-track">
        <Meter.Indicator className="meter-fill" />
      </Meter.Track>
      {children}
    </Meter.Root>
  );
}
