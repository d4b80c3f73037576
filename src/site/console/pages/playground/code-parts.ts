interface CodePart {
  text: string;
  code: boolean;
}

/**
 * Cuts a text at its fences, lines of three backticks or tildes and more. A fence that is not closed yet reaches to the
 * end. What a fence says of its language goes; of all else no character is lost but the line ends beside fences.
 */
export function codeParts(text: string): CodePart[] {
  const parts: CodePart[] = [];
  let lines: string[] = [];
  let fence: string | undefined;
  const close = (code: boolean): void => {
    const held = code ? lines : withoutEmptyEnds(lines);
    if (code || held.some((line) => line.trim() !== '')) parts.push({ text: held.join('\n'), code });
    lines = [];
  };
  for (const line of text.split('\n')) {
    const [, mark = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence === undefined && mark !== '' && !rest.includes('`')) {
      close(false);
      fence = mark;
    } else if (fence !== undefined && mark.startsWith(fence) && rest.trim() === '') {
      close(true);
      fence = undefined;
    } else lines.push(line);
  }
  close(fence !== undefined);
  return parts;
}

/** No pattern over the text: it would try at each of many line ends in a row. */
function withoutEmptyEnds(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line !== '');
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => line !== '') + 1);
}
