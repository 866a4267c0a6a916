import { clockTolerance } from './replay-store.ts';

// What Redis or Valkey does with a claim, in one step that nobody comes between (SPEC §10.13). Before it takes anything it makes sure that
// what it was given before is still there: that it is the same process as ever since (its run id), that it has thrown nothing away, and
// that nobody has emptied it. That, and since when, is the epoch; whoever knows another one has to begin anew.

/** KEYS: the epoch, the claim. ARGV: the epoch that the node knows, its now, how long to remember (ms). */
export const claimScript = `local function told(section, name)
  return string.match(redis.call('INFO', section), '\\n' .. name .. ':([^\\r\\n]*)') or ''
end
local policy = told('memory', 'maxmemory_policy')
if policy ~= 'noeviction' then return {'evicts', policy} end
if told('replication', 'role') ~= 'master' then return {'replica'} end
if told('replication', 'connected_slaves') ~= '0' and told('replication', 'min_slaves_good_slaves') == '' then return {'splits'} end
local time = redis.call('TIME')
if math.abs(time[1] - ARGV[2]) > ${String(clockTolerance)} then return {'clock', time[1]} end
local process = told('server', 'run_id') .. ' ' .. told('stats', 'evicted_keys') .. ' '
local epoch = redis.call('GET', KEYS[1])
if not epoch or string.sub(epoch, 1, #process) ~= process then
  epoch = process .. time[1] .. ' ' .. time[2]
  redis.call('SET', KEYS[1], epoch)
end
if epoch ~= ARGV[1] then return {'epoch', epoch, time[1]} end
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[3]) then return {'first'} end
return {'used'}
`;

/** SHA-1 of the script, by which a server knows it once it has seen it. A test keeps it true. */
export const claimScriptSha1 = '9bfc97fdbea49a5229ab5a565a42f50e52de4ea0';
