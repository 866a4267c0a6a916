// Every step that the tables have ever taken, in the order of its name. A step that has been released is never changed.

import { up as tables } from './migrations/0001-tables.ts';
import { up as publishing } from './migrations/0002-publishing.ts';
import { up as keyUse } from './migrations/0003-key-use.ts';

export const MIGRATIONS = {
  '0001-tables': { up: tables },
  '0002-publishing': { up: publishing },
  '0003-key-use': { up: keyUse },
};
