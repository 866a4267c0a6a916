import { Refused } from '../../refused.ts';
import { problemOf } from '../answer.ts';

/** What a proxy that asks without the body answers by itself, where one comes that nobody has announced. */
export const uncheckedBody = problemOf(new Refused('body_unchecked'));
