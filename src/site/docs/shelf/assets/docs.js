// What pages gain where scripts run: copy buttons, tabs that agree, tables that sort, the choice of light or dark, and
// where one is on a page. Everything works without it.

const STORED_TAB = 'bytespike-docs-tab';

for (const figure of document.querySelectorAll('figure.code')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    const code = figure.querySelector('code');
    const done = await copy(code.textContent);
    if (!done) getSelection().selectAllChildren(code);
    button.textContent = done ? 'Copied' : 'Selected';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2000);
  });
  figure.append(button);
}

async function copy(text) {
  try {
    // Absent on plain http off this machine.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// Who picks Python in one place wants it in the next.
choose(stored());
for (const input of document.querySelectorAll('.tabs > input')) {
  input.addEventListener('change', () => {
    const top = input.getBoundingClientRect().top;
    choose(input.value);
    scrollBy(0, input.getBoundingClientRect().top - top);
    try {
      localStorage.setItem(STORED_TAB, input.value);
    } catch {
      // Storage is switched off: the choice holds for this page.
    }
  });
}

function choose(label) {
  for (const input of document.querySelectorAll('.tabs > input')) {
    if (input.value === label) input.checked = true;
  }
}

function stored() {
  try {
    return localStorage.getItem(STORED_TAB);
  } catch {
    return null;
  }
}

for (const table of document.querySelectorAll('table[data-sortable]')) {
  for (const [index, head] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    button.addEventListener('click', () => sort(table, index));
    head.append(button);
  }
}

function sort(table, index) {
  const heads = [...table.tHead.rows[0].cells];
  const descending = heads[index].getAttribute('aria-sort') === 'ascending';
  for (const head of heads) head.removeAttribute('aria-sort');
  heads[index].setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => compare(a.cells[index].textContent, b.cells[index].textContent));
  body.append(...(descending ? rows.reverse() : rows));
}

/** Dollars and token counts by value (`$0.435`, `64K`, `1M`), everything else by letters. */
function compare(a, b) {
  const [left, right] = [value(a), value(b)];
  return left === undefined || right === undefined ? a.localeCompare(b) : left - right;
}

function value(text) {
  const match = /^\$?(\d+(?:\.\d+)?)([KM]?)$/.exec(text.trim());
  return match ? Number(match[1]) * { '': 1, K: 1e3, M: 1e6 }[match[2]] : undefined;
}

// Light or dark, as the console has it too.
const system = matchMedia('(prefers-color-scheme: dark)');
const theme = document.createElement('button');
theme.type = 'button';
theme.className = 'theme';
theme.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path/></svg>';
theme.addEventListener('click', () => {
  const other = shownTheme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = other;
  try {
    localStorage.setItem('bytespike-theme', other);
  } catch {
    // Storage is switched off: the choice holds for this page.
  }
  drawTheme();
});
system.addEventListener('change', drawTheme);
document.querySelector('.links').append(theme);
drawTheme();

function shownTheme() {
  return document.documentElement.dataset.theme ?? (system.matches ? 'dark' : 'light');
}

function drawTheme() {
  const dark = shownTheme() === 'dark';
  theme.setAttribute('aria-label', `Use ${dark ? 'light' : 'dark'} colours`);
  theme
    .querySelector('path')
    .setAttribute(
      'd',
      dark
        ? 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4'
        : 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z',
    );
}

// The section that is read is marked in the list of the page's sections.
const marks = new Map(
  [...document.querySelectorAll('.contents a')].map((link) => [link.getAttribute('href').slice(1), link]),
);
if (marks.size > 0) {
  const headings = [...document.querySelectorAll('article h2')];
  const mark = () => {
    const line = innerHeight / 4;
    const above = headings.filter((heading) => heading.getBoundingClientRect().top < line).at(-1);
    for (const [id, link] of marks) {
      if (id === above?.id) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  };
  addEventListener('scroll', mark, { passive: true });
  mark();
}
