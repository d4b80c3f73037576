import type { ReactNode } from 'react';
import type { UsageRow } from '../../api/rows.ts';
import { Badge } from '../../parts/badge.tsx';
import { Tokens, Usd } from '../../parts/figures.tsx';
import { Card } from '../../parts/page.tsx';
import { costParts } from './cost-parts.ts';

/** What a request used, what each part was charged at, and what came of it. */
export function CostCard({ row }: { row: UsageRow }): ReactNode {
  const { price, cost_usd: cost, absorbed_usd: absorbed, upstream_cost_usd: upstreamCost, usage_source: source } = row;
  return (
    <Card
      title="Usage and price"
      actions={
        source === 'estimated' ? (
          <Badge tone="warn" title="The upstream’s report never came: the gateway counted the tokens itself.">
            counted by the gateway
          </Badge>
        ) : null
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to take the focus */}
      <section className="table-scroll" tabIndex={0} aria-label="Usage and price">
        <table>
          <thead>
            <tr>
              <th scope="col">Tokens</th>
              <th scope="col" className="right">
                Count
              </th>
              <th scope="col" className="right">
                $ per 1M
              </th>
              <th scope="col" className="right">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {costParts(row).map(({ name, tokens, perMillion, amount }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="right">
                  <Tokens value={tokens} />
                </td>
                <td className="right">{perMillion === undefined ? '–' : `$${perMillion}`}</td>
                <td className="right">{amount === undefined ? '–' : <Usd value={amount} />}</td>
              </tr>
            ))}
            {price === null || price.multiplier === '1' ? null : (
              <tr>
                <th scope="row" colSpan={3}>
                  Factor of the key’s group
                </th>
                <td className="right">× {price.multiplier}</td>
              </tr>
            )}
          </tbody>
          <tfoot>
            {absorbed === '0' ? null : (
              <tr>
                <th scope="row" colSpan={3}>
                  Not charged: more than any limit could hold
                </th>
                <td className="right">
                  <span className="figure">−${absorbed}</span>
                </td>
              </tr>
            )}
            <tr>
              <th scope="row" colSpan={3}>
                Charged, exactly
              </th>
              <td className="right">
                <strong className="figure">${cost}</strong>
              </td>
            </tr>
            {upstreamCost === undefined ? null : (
              <tr className="faint">
                <th scope="row" colSpan={3}>
                  What the upstream charges
                </th>
                <td className="right">{upstreamCost === null ? 'not in the card' : <Usd value={upstreamCost} />}</td>
              </tr>
            )}
          </tfoot>
        </table>
      </section>
    </Card>
  );
}
