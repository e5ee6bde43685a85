// The typed call from JavaScript, transpiled, with outbound HTTP of Node.

import assert from 'node:assert/strict';
import { users } from './transpiled/operation.js';

const SAM = '6f1e2a30-0000-4000-8000-00000000b002';

assert.equal(users.providers().length, 6);

const anywhere = { tag: 'anywhere' };
/** Every field that a caller must give. */
const complete = () => ({
  account: {
    provider: 'crowdstrike',
    baseUrl: { tag: 'url', val: process.env.SANDBOX },
    credentials: {
      tag: 'client-credentials',
      val: { clientId: 'demo-client', clientSecret: 'demo-secret', memberCid: anywhere },
    },
    settings: '{}',
  },
  request: {
    id: SAM,
    roles: [{ role: { tag: 'id', val: 'event_viewer' }, group: anywhere, organization: anywhere, workspace: anywhere }],
    organizations: [],
    workspaceId: anywhere,
  },
  options: {
    mode: 'revoke',
    allow: [],
    strictScope: 'account-default',
    unknownRole: 'not-found',
    expect: { tag: 'anyone' },
    binding: { tag: 'none' },
  },
});
const unassign = async ({ account, request, options }) => users.unassignRole(account, request, options);

/** The way to every field of the call, and the object that it stands in: those of lists and variants, too. */
function* fields(value, path = '') {
  for (const [name, inner] of Object.entries(value)) {
    if (name !== 'tag' && name !== 'val' && !Array.isArray(value)) yield [value, name, `${path}.${name}`];
    if (inner !== null && typeof inner === 'object') yield* fields(inner, `${path}.${name}`);
  }
}
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

async function refused(call, what) {
  let answer;
  try {
    answer = await unassign(call);
  } catch (error) {
    // The binding's own error, or a failure that says that nothing was sent.
    assert.notEqual(error.payload?.sent, true, what);
    return;
  }
  assert.fail(`${what}: ${JSON.stringify(answer.outcomes)}`);
}

const paths = [...fields(complete())].map(([, , path]) => path);
assert.ok(paths.includes('.options.mode') && paths.includes('.request.roles.0.organization'), paths.join());
for (const path of paths) {
  const find = (call) => [...fields(call)].find(([, , other]) => other === path);
  const without = complete();
  const [parent, name] = find(without);
  delete parent[name];
  await refused(without, `without ${path}`);
  if (snake(name) !== name) {
    const renamed = complete();
    const [object] = find(renamed);
    object[snake(name)] = object[name];
    delete object[name];
    await refused(renamed, `${path} in snake case`);
  }
}
// The switch of the HTTP face is none of this call's.
const switched = complete();
delete switched.options.mode;
await refused({ ...switched, options: { ...switched.options, dry_run: true, dryRun: true } }, 'dry_run instead of a mode');

const plan = complete();
plan.options.mode = 'plan';
const planned = await unassign(plan);
assert.deepEqual(planned.outcomes.map((entry) => entry.outcome), ['planned'], 'nothing was removed so far');
assert.ok(planned.dryRun && planned.plannedRequests.length > 0);

const success = await unassign(complete());
assert.deepEqual(success.outcomes.map((entry) => entry.outcome), ['removed']);

const empty = complete();
empty.request.roles = [];
try {
  await unassign(empty);
  assert.fail('no roles must be an error');
} catch (error) {
  const failure = error.payload ?? error;
  assert.equal(failure.kind, 'invalid-request', JSON.stringify(failure));
  assert.equal(failure.sent, false);
}
console.log(`typed.mjs: ${paths.length} fields are required, then planned, removed, and refused`);
process.exit(0);
