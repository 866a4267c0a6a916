// The approving page: it shows what the portal would have signed, computes here what that is, and asks the approval
// passkey. It believes nobody: neither the portal, whose list it checks, nor a link, which only names the list.

import { fetchConfiguration, type Configuration } from './configuration.ts';
import { h } from './dom.ts';
import { fetchTask } from './portal.ts';
import { showEnrolment } from './show-enrolment.ts';
import { showFrame, showNo } from './show-frame.ts';
import { showList } from './show-list.ts';
import { WillNotSign } from './will-not-sign.ts';

const page = document.querySelector<HTMLElement>('#page');
if (page !== null) void start(page);

async function start(page: HTMLElement): Promise<void> {
  let configuration: Configuration | null = null;
  try {
    // The headers forbid frames, too; whoever serves these files himself may have forgotten them.
    if (window.top !== window.self)
      throw new WillNotSign('framed', 'This page does not work inside another one.');
    configuration = await fetchConfiguration();
    const token = takeToken();
    const task = await fetchTask(configuration, token);
    const content =
      task.kind === 'enrolment'
        ? showEnrolment(task, configuration, token)
        : await showList(task.statements, configuration, token);
    page.replaceChildren(showFrame(configuration, content));
  } catch (error) {
    page.replaceChildren(showFrame(configuration, h('main', {}, showNo(error))));
  }
}

/** The token names a list and carries no authority; still it leaves the address bar, so that nobody bookmarks it. */
function takeToken(): string {
  const token = location.hash.slice(1);
  if (!/^[\w-]{16,200}$/.test(token)) {
    throw new WillNotSign(
      'link_incomplete',
      'Open this page from the portal: its link names what is to be approved, works once, and only for minutes.',
    );
  }
  return token;
}

addEventListener('hashchange', () => location.reload());
