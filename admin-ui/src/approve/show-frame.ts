import type { Configuration } from './configuration.ts';
import { h } from './dom.ts';
import { WillNotSign } from './will-not-sign.ts';

/** The page around what is shown: whose it is, and for which registry it signs. */
export function showFrame(configuration: Configuration | null, content: HTMLElement): DocumentFragment {
  const frame = document.createDocumentFragment();
  const development = configuration?.environment === 'development';
  frame.append(
    h(
      'header',
      {},
      h('span', { class: 'seal', 'aria-hidden': 'true' }),
      h(
        'span',
        { class: 'whose' },
        configuration === null ? 'Approving page' : `${configuration.vendor} · Approving page`,
      ),
      development ? h('span', { class: 'development' }, 'Development keys') : null,
    ),
    content,
    h(
      'footer',
      {},
      configuration === null
        ? 'Nothing can be signed here.'
        : `This page signs for the registry ${configuration.registry} and no other. It computes what is signed on this machine.`,
    ),
  );
  return frame;
}

/** Why nothing will be signed. */
export function showNo(error: unknown): HTMLElement {
  const known = error instanceof WillNotSign ? error : null;
  return h(
    'div',
    { class: 'no', role: 'alert', 'data-why': known?.why ?? 'unexpected' },
    h('h1', {}, 'This page will not sign'),
    h('p', {}, known?.message ?? 'Something went wrong while this page was made. Nothing was signed.'),
  );
}
