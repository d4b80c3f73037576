// What pages gain where scripts run: copy buttons, tabs that agree, tables that sort. Everything works without it.

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
