// Preloaded into the customer's programs: an air gap for one process. Listening still works; every outgoing connection is
// refused at once and reported, so that the story fails if the verifier ever tried to reach anybody.
import { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);
const net = require('node:net');
const dgram = require('node:dgram');
const dns = require('node:dns');

function refuse(what) {
  process.stderr.write(`AIR GAP: ${what} was attempted and refused\n`);
  const error = new Error('There is no network here.');
  error.code = 'ENETUNREACH';
  throw error;
}
net.Socket.prototype.connect = () => refuse('an outgoing connection');
dgram.Socket.prototype.send = () => refuse('an outgoing datagram');
// Listening on an address passes through here, too; it asks nobody.
const lookUp = dns.lookup;
dns.lookup = (name, ...rest) => (net.isIP(name) === 0 ? refuse('a name look-up') : lookUp(name, ...rest));
syncBuiltinESMExports();
