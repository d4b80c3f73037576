import { type Inline, type InlineParser, plainText } from '../render/inline.ts';
import type { Section } from '../structure/navigation.ts';

/** `/llms.txt` (llmstxt.org): every page as Markdown, each with a line of what it says. */
export function llmsTxt(sections: readonly Section[], publicUrl: string, inline: InlineParser): string {
  const line = (text: string): string => plainText(inline(text).map(marked)).replace(/\s+/g, ' ');
  const parts = sections.map(({ title, entries }) => {
    const links = entries.map(
      ({ path, label, build }) => `- [${label}](${publicUrl}${path}.md): ${line(build().summary)}`,
    );
    return `## ${title}\n\n${links.join('\n')}`;
  });
  return `# ByteSpike

> A gateway for language models at ${publicUrl}: one key speaks OpenAI Chat Completions and Anthropic Messages to every model, with an exact bill.

Base URL of OpenAI clients: ${publicUrl}/v1. Base URL of Anthropic clients: ${publicUrl}. The key begins with \`sk-byts-\` and goes into the header \`Authorization: Bearer\` or \`x-api-key\`.

${parts.join('\n\n')}

## For programs

- [OpenAPI description](${publicUrl}/openapi.json): every route with its schemas
- [Rate card](${publicUrl}/api/pricing): prices as JSON, without a key
`;
}

/** Links lose theirs, names of fields keep their mark. */
const marked = (piece: Inline): Inline => (piece.kind === 'code' ? { ...piece, text: `\`${piece.text}\`` } : piece);
