import { Problem, type InputError } from '../problem.ts';
import type { z } from './fields.ts';

/**
 * Reads a value by its schema; `where` (body or query) begins each path.
 * @throws Problem input_invalid, naming everything that is wrong
 */
export function readInput<Value>(schema: z.ZodType<Value>, value: unknown, where: 'body' | 'query'): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors: InputError[] = result.error.issues.slice(0, 20).map((issue) => ({
    at: [where, ...issue.path.map(String)].join('.').slice(0, 200),
    message: issue.message.slice(0, 300),
  }));
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw new Problem('input_invalid', `${first?.at ?? where}: ${first?.message ?? 'wrong'}${more}.`, {
    errors,
  });
}
