import { registerIconLibrary } from '@awesome.me/webawesome/dist/components/icon/library.js';

/** Every icon that the portal uses, as files of its own: the content security policy allows no others. */
const FILES = import.meta.glob<string>(
  [
    '../../node_modules/lucide-static/icons/{activity,app-window,archive,arrow-left,arrow-right,arrow-up-right}.svg',
    '../../node_modules/lucide-static/icons/{badge-check,building-2,calendar-clock,check,chevron-down,chevron-up,chevrons-up-down}.svg',
    '../../node_modules/lucide-static/icons/{circle,circle-alert,circle-check,circle-dashed,circle-x,clock,copy,download,ellipsis}.svg',
    '../../node_modules/lucide-static/icons/{eye,eye-off,file-archive,file-check,fingerprint,flask-conical,grip-vertical,handshake}.svg',
    '../../node_modules/lucide-static/icons/{history,house,inbox,info,key-round,list-checks,log-out,mail-plus,minus,monitor,moon}.svg',
    '../../node_modules/lucide-static/icons/{package,package-check,pause,plus,refresh-cw,scroll-text,search,send,server,shield}.svg',
    '../../node_modules/lucide-static/icons/{shield-alert,shield-check,star,stamp,sun,triangle-alert,upload,user,user-plus,users,x}.svg',
  ],
  { query: '?url', import: 'default', eager: true },
);

/** Web Awesome asks for some of its icons by names that Lucide spells otherwise. */
const SPELLED = new Map([
  ['xmark', 'x'],
  ['circle-xmark', 'circle-x'],
  ['eye-slash', 'eye-off'],
]);

const BY_NAME = new Map(
  Object.entries(FILES).map(([path, url]) => [path.slice(path.lastIndexOf('/') + 1, -'.svg'.length), url]),
);

function fileOf(name: string): string {
  const url = BY_NAME.get(SPELLED.get(name) ?? name);
  if (url === undefined) throw new RangeError(`There is no icon called ${name}.`);
  return url;
}

/** Both libraries that Web Awesome looks in: its default one would be fetched from elsewhere. */
export function registerIcons(): void {
  for (const library of ['default', 'system']) registerIconLibrary(library, { resolver: fileOf });
}
