// The typed call from JavaScript, transpiled, with outbound HTTP of Node.

import assert from 'node:assert/strict';
import { users } from './transpiled/operation.js';

const SAM = '6f1e2a30-0000-4000-8000-00000000b002';

assert.equal(users.providers().length, 6);

const account = {
  provider: 'crowdstrike',
  baseUrl: process.env.SANDBOX,
  credentials: { tag: 'client-credentials', val: { clientId: 'demo-client', clientSecret: 'demo-secret' } },
};
const request = { id: SAM, roles: [{ id: 'event_viewer' }], organizations: [] };
const options = { dryRun: false, allow: [], acceptUnverified: false };

const success = await users.unassignRole(account, request, options);
assert.deepEqual(success.outcomes.map((entry) => entry.outcome), ['removed']);

try {
  await users.unassignRole(account, { ...request, roles: [] }, options);
  assert.fail('no roles must be an error');
} catch (error) {
  const failure = error.payload ?? error;
  assert.equal(failure.kind, 'invalid-request', JSON.stringify(failure));
  assert.equal(failure.sent, false);
}
console.log('typed.mjs: removed, and refused');
process.exit(0);
