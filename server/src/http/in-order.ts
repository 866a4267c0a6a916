import type { Middleware, Next, ParameterizedContext } from 'koa';

/** One middleware that does these one inside the other, first to last. */
export function inOrder(steps: readonly Middleware[]): Middleware {
  return (http, next) => from(0, http, next);

  async function from(index: number, http: ParameterizedContext, next: Next): Promise<void> {
    const step = steps[index];
    if (step === undefined) await next();
    else await step(http, () => from(index + 1, http, next));
  }
}
