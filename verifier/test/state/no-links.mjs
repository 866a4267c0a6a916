import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

// Preloaded into a process, this makes every disk one that knows no hard links, as memory cards and some network disks do.

fs.linkSync = () => {
  throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
};
syncBuiltinESMExports();
