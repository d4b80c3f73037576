import { type ReactNode, useState } from 'react';
import { useWallet } from '../../api/queries.ts';
import type { Wallet } from '../../api/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Usd } from '../../parts/figures.tsx';
import { PlusIcon } from '../../parts/icons.tsx';
import { Page, Stat } from '../../parts/page.tsx';
import { Loaded } from '../../parts/states.tsx';
import { Ledger } from './ledger.tsx';
import { TopUpDialog } from './top-up-dialog.tsx';

/** What is there to spend, and every booking that made it so. */
export default function WalletPage(): ReactNode {
  const wallet = useWallet();
  const [toppingUp, setToppingUp] = useState(false);
  return (
    <Page
      title="Wallet"
      actions={
        <Button look="primary" onClick={() => setToppingUp(true)}>
          <PlusIcon /> Top up
        </Button>
      }
    >
      <Loaded query={wallet} what="the wallet" lines={3}>
        {(row) => <Balance wallet={row} />}
      </Loaded>
      <Ledger />
      {toppingUp ? <TopUpDialog onClose={() => setToppingUp(false)} /> : null}
    </Page>
  );
}

const LEVELS: Record<string, string> = {
  low: 'Less than a fifth is left of what the wallet held after the last top-up. Top up before calls are refused.',
  critical: 'Less than a twentieth is left of what the wallet held after the last top-up. Calls will soon be refused.',
};

function Balance({ wallet }: { wallet: Wallet }): ReactNode {
  const warning = LEVELS[wallet.level];
  return (
    <>
      {warning === undefined ? null : (
        <p className={`notice ${wallet.level === 'critical' ? 'bad' : 'warn'}`} role="alert">
          {warning}
        </p>
      )}
      <dl className="stats">
        <Stat
          name="Balance"
          value={wallet.available_usd === null ? 'Unlimited' : <Usd value={wallet.available_usd} left />}
          note={wallet.unlimited ? 'the wallet only counts' : 'free to be spent'}
        />
        <Stat name="Reserved" value={<Usd value={wallet.reserved_usd} />} note="held for running calls" />
        <Stat name="Topped up" value={<Usd value={wallet.lifetime_topup_usd} left />} note="for life" />
        {wallet.lifetime_adjusted_usd === '0' ? null : (
          <Stat name="Adjusted" value={<Usd value={wallet.lifetime_adjusted_usd} left />} note="for life" />
        )}
        <Stat name="Spent" value={<Usd value={wallet.lifetime_spent_usd} />} note="for life" />
      </dl>
    </>
  );
}
