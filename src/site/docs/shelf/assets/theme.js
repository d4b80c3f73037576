// Before anything is drawn: who chose light or dark, here or in the console, does not see the other one first.
try {
  const chosen = localStorage.getItem('bytespike-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off: the style sheet follows the system.
}
