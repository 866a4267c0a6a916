/** The pages that explain codes: files of the project, all of them in the one chunk of the page that shows them. */
const PAGES = new Map(
  Object.entries(
    import.meta.glob<string>('../../../docs/codes/*.md', { query: '?raw', import: 'default', eager: true }),
  ).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1, -'.md'.length), text]),
);

/** The page of a code as Markdown, or null when no page has that name. */
export function codePage(code: string): string | null {
  return PAGES.get(code) ?? null;
}
