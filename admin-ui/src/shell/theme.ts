const KEY = 'appwarrant-theme';

export type Theme = 'light' | 'dark';

/** What is shown now: chosen here, or the system's. public/theme.js sets it before the first paint. */
export function currentTheme(): Theme {
  return document.documentElement.classList.contains('wa-dark') ? 'dark' : 'light';
}

/** Chooses for this browser. */
export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  apply(theme);
}

/** Goes with the system as long as nobody has chosen. */
export function followSystem(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
    if (localStorage.getItem(KEY) !== null) return;
    apply(event.matches ? 'dark' : 'light');
    changed();
  });
}

function apply(theme: Theme): void {
  document.documentElement.classList.toggle('wa-dark', theme === 'dark');
  document.documentElement.classList.toggle('wa-light', theme === 'light');
}
