// Runs before the first paint, so that a dark screen never flashes white. See src/shell/theme.ts.
(() => {
  const chosen = localStorage.getItem('appwarrant-theme');
  const dark = chosen === null ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
  document.documentElement.classList.add(dark ? 'wa-dark' : 'wa-light');
})();
