// Every step that the tables have ever taken, in the order of its name. A step that has been released is never changed.

import * as tables from './migrations/0001-tables.ts';

export const MIGRATIONS = {
  '0001-tables': tables,
};
