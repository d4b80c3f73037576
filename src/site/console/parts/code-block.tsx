import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import typescript from 'highlight.js/lib/languages/typescript';
import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';

hljs.registerLanguage('sh', bash);
hljs.registerLanguage('json', json);
hljs.registerLanguage('python', python);
hljs.registerLanguage('typescript', typescript);

export type Language = 'sh' | 'json' | 'python' | 'typescript';

/** Code with its words coloured, to be copied. */
export function CodeBlock({ code, language, what }: { code: string; language: Language; what: string }): ReactNode {
  // The highlighter escapes what it is given; nothing else of it is markup.
  const html = hljs.highlight(code, { language, ignoreIllegals: true }).value;
  return (
    <div className="code">
      <div className="code-actions">
        <CopyButton text={code} what={what} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to take the focus */}
      <pre tabIndex={0}>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: see above */}
        <code dangerouslySetInnerHTML={{ __html: html }} />
      </pre>
    </div>
  );
}
