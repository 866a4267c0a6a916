import type { Target } from './target.ts';
import { attestationTargets } from './targets/attestations.ts';
import { bundleTargets } from './targets/bundle.ts';
import { commandTargets } from './targets/commands.ts';
import { folderTargets } from './targets/folder.ts';
import { jsonTargets } from './targets/json.ts';
import { nonceTargets } from './targets/nonces.ts';
import { receiptTargets } from './targets/receipts.ts';
import { redisTargets } from './targets/redis.ts';
import { requestTargets } from './targets/requests.ts';
import { statementTargets } from './targets/statements.ts';
import { tufTargets } from './targets/tuf.ts';
import { valueTargets } from './targets/values.ts';
import { vectorTargets } from './targets/vectors.ts';

/** Every target, from the inside out. */
export const targets: readonly Target[] = [
  ...jsonTargets,
  ...valueTargets,
  ...statementTargets,
  ...tufTargets,
  ...bundleTargets,
  ...requestTargets,
  ...nonceTargets,
  ...attestationTargets,
  ...folderTargets,
  ...commandTargets,
  ...receiptTargets,
  ...redisTargets,
  ...vectorTargets,
];
