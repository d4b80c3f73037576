/**
 * Runs before anything is drawn: whoever chose light or dark does not see the other one first. Without a choice the
 * style sheet follows the system.
 */
const chosen = localStorage.getItem('bytespike-theme');
if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
