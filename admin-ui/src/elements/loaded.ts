import { type Task, TaskStatus } from '@lit/task';
import { html, type TemplateResult } from 'lit';

import './loading.ts';
import './problem.ts';

/**
 * What a task has brought: `show` of its value, also while a newer one is on its way; before the first, a skeleton;
 * after a failure, the problem and a way to try again.
 */
export function loaded<Value>(
  task: Task<readonly unknown[], Value>,
  show: (value: Value) => unknown,
  skeleton: 'page' | 'rows' = 'page',
): unknown {
  if (task.status === TaskStatus.ERROR) return failed(task);
  if (task.value !== undefined) return show(task.value);
  return html`<aw-loading kind=${skeleton}></aw-loading>`;
}

function failed(task: Task<readonly unknown[], unknown>): TemplateResult {
  return html`<aw-problem .error=${task.error} retry @retry=${() => void task.run()}></aw-problem>`;
}
