import { type ReactNode, useState } from 'react';
import { curlSnippet } from '../../../snippets/curl.ts';
import { pythonSnippet } from '../../../snippets/python.ts';
import { KEY_VARIABLE, type SnippetRequest } from '../../../snippets/snippet-request.ts';
import { typescriptSnippet } from '../../../snippets/typescript.ts';
import { useSession } from '../../api/session.tsx';
import { Choices } from '../../parts/choices.tsx';
import { CodeBlock, type Language } from '../../parts/code-block.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { openCalls, type Turn } from './conversation.ts';
import { requestBody } from './request-body.ts';
import type { Settings } from './settings.ts';

const FORMS: { value: string; label: string; language: Language; write: (request: SnippetRequest) => string }[] = [
  { value: 'curl', label: 'curl', language: 'sh', write: curlSnippet },
  { value: 'python', label: 'Python', language: 'python', write: pythonSnippet },
  { value: 'typescript', label: 'TypeScript', language: 'typescript', write: typescriptSnippet },
];

/** The request that would be sent next, as a program that sends it. */
export function CodeDialog({
  settings,
  turns,
  draft,
  onClose,
}: {
  settings: Settings;
  turns: readonly Turn[];
  draft: string;
  onClose: () => void;
}): ReactNode {
  const { public_url: baseUrl } = useSession();
  const [name, setName] = useState('curl');
  const form = FORMS.find(({ value }) => value === name);
  const { protocol } = settings;
  const body = requestBody(settings, asked(turns, draft));
  return (
    <Dialog
      open
      onClose={onClose}
      title="This request as code"
      description={
        <>
          Put your key into the environment variable <code>{KEY_VARIABLE}</code> first.
        </>
      }
      wide
    >
      <Choices label="Language" options={FORMS} value={name} onChange={setName} />
      {form === undefined ? null : (
        <CodeBlock code={form.write({ baseUrl, protocol, body })} language={form.language} what="the program" />
      )}
    </Dialog>
  );
}

/** Ends with what somebody asks: the draft, the last question again, or a greeting. */
function asked(turns: readonly Turn[], draft: string): readonly Turn[] {
  if (draft.trim() !== '' && openCalls(turns).length === 0) return [...turns, { role: 'user', text: draft.trim() }];
  const last = turns.findLastIndex(({ role }) => role !== 'assistant');
  return last < 0 ? [{ role: 'user', text: 'Hello, ByteSpike.' }] : turns.slice(0, last + 1);
}
