import { agentGuides } from '../guides/agents.ts';
import { authenticationGuide } from '../guides/authentication.ts';
import { clientsGuide } from '../guides/clients.ts';
import { errorsGuide } from '../guides/errors.ts';
import { limitsAndBillingGuide } from '../guides/limits-and-billing.ts';
import { quickstartGuide } from '../guides/quickstart.ts';
import { streamingGuide } from '../guides/streaming.ts';
import { toolsAndReasoningGuide } from '../guides/tools-and-reasoning.ts';
import { apiPage } from '../pages/api-page.ts';
import { modelPage } from '../pages/model-page.ts';
import { modelsPage } from '../pages/models-page.ts';
import { overviewPage } from '../pages/overview-page.ts';
import { pricingPage } from '../pages/pricing-page.ts';
import type { DocPage } from './document.ts';
import { modelPath, type SiteContext } from './site-context.ts';

/** A place in the navigation. The page is made when it is asked for. */
export interface Entry {
  path: string;
  label: string;
  build: () => DocPage;
}

export interface Section {
  title: string;
  entries: Entry[];
}

/** Every page of the documentation in reading order, which is also that of "previous" and "next". */
export function navigation(context: SiteContext): Section[] {
  const entry = (path: string, label: string, build: (context: SiteContext) => DocPage): Entry => ({
    path,
    label,
    build: () => build(context),
  });
  return [
    {
      title: 'Get started',
      entries: [
        entry('/docs', 'Overview', overviewPage),
        entry('/docs/guides/quickstart', 'Quickstart', quickstartGuide),
        entry('/docs/guides/authentication', 'Authentication', authenticationGuide),
      ],
    },
    {
      title: 'Clients',
      entries: [
        entry('/docs/guides/clients', 'SDKs and clients', clientsGuide),
        ...agentGuides.map(({ path, label, build }) => entry(path, label, build)),
      ],
    },
    {
      title: 'Guides',
      entries: [
        entry('/docs/guides/streaming', 'Streaming', streamingGuide),
        entry('/docs/guides/tools-and-reasoning', 'Tools and reasoning', toolsAndReasoningGuide),
        entry('/docs/guides/limits-and-billing', 'Limits and billing', limitsAndBillingGuide),
        entry('/docs/guides/errors', 'Errors', errorsGuide),
      ],
    },
    {
      title: 'Models',
      entries: [
        entry('/docs/models', 'All models', modelsPage),
        entry('/docs/pricing', 'Pricing', pricingPage),
        ...context.catalog.cards.map((card) => entry(modelPath(card.id), card.id, () => modelPage(card, context))),
      ],
    },
    { title: 'Reference', entries: [entry('/docs/api', 'API', apiPage)] },
  ];
}

/** The entries before and after a path. */
export function neighbours(sections: readonly Section[], path: string): { previous?: Entry; next?: Entry } {
  const entries = sections.flatMap((section) => section.entries);
  const at = entries.findIndex((entry) => entry.path === path);
  const [previous, next] = at < 0 ? [] : [entries[at - 1], entries[at + 1]];
  return { ...(previous === undefined ? {} : { previous }), ...(next === undefined ? {} : { next }) };
}
