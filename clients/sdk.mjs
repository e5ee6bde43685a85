// What the original's TypeScript SDK sends (its headers, its query with indexed brackets, its body), and how it reads the answer.

import assert from 'node:assert/strict';

const ANN = '6f1e2a30-0000-4000-8000-00000000a001';

/** As `qs.stringify` writes it: indexed brackets, everything percent-encoded, undefined left out, null empty. */
function query(value, name = '') {
  if (value === undefined) return [];
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([key, inner]) => query(inner, name ? `${name}[${key}]` : key));
  }
  return [`${encodeURIComponent(name)}=${encodeURIComponent(value ?? '')}`];
}

async function customMethod(method, body, { unified_model, resource, ...rest }) {
  const url = `${process.env.URL}/unified/${unified_model}/${resource}/${method}?${query(rest).join('&')}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: 'Bearer demo-token',
      'content-type': 'application/json',
      'user-agent': 'truto-ts-sdk/2.0.12',
      'idempotency-key': 'k1',
    },
    body: JSON.stringify(body ?? {}),
  });
  // Anything but a type with "json" would be a Blob, and an empty body a SyntaxError.
  assert.match(response.headers.get('content-type'), /json/);
  return { status: response.status, headers: response.headers, data: await response.json() };
}

const place = { unified_model: 'user-directory', resource: 'users', integrated_account_id: 'demo-crowdstrike' };

const user = await customMethod('unassign-role', { id: ANN, roles: [{ id: 'dashboard_admin' }] }, {
  ...place, truto_exclude_fields: ['emails'], none: undefined,
});
assert.equal(user.status, 200, JSON.stringify(user.data));
assert.deepEqual(user.data.role_outcomes.map((entry) => entry.outcome), ['removed']);
assert.ok(!('emails' in user.data));

const planned = await customMethod('unassign-role', undefined, {
  ...place, truto_response_format: 'normalized', truto_ignore_remote_data: true, truto_exclude_fields: ['remote_data', 'emails'],
  remote_query: { foo: 'bar', n: { x: ['1', '2'] }, flag: false }, id: ANN,
  roles: [{ id: 'help_desk' }, { id: 'falconhost_read_only' }], dry_run: true,
});
assert.equal(planned.status, 200, JSON.stringify(planned.data));
assert.equal(planned.data.role_outcomes.length, 2);

// A value that is null is sent as a name, and every name is one that is known.
const invented = await customMethod('unassign-role', { id: ANN, roles: [{ id: 'help_desk' }] }, { ...place, nul: null });
assert.equal(invented.status, 400);
assert.equal(invented.data.field, 'nul');

const failed = await customMethod('unassign-role', { id: ANN }, place);
assert.equal(failed.status, 400);
assert.deepEqual(failed.data.truto_error_insight.missing_required_body_fields.value, ['roles']);

const meta = await fetch(`${process.env.URL}/unified/user-directory/users/meta/unassign-role?integrated_account_id=demo-crowdstrike`);
assert.equal((await meta.json()).method, 'unassign-role');
console.log('sdk.mjs: removed, planned, refused and described');
