// A receipt, checked by an independent JOSE library with the keys that the service publishes.

import assert from 'node:assert/strict';

import { calculateJwkThumbprint, compactVerify, createRemoteJWKSet, decodeProtectedHeader } from 'jose';

const url = process.env.URL;
const ANN = '6f1e2a30-0000-4000-8000-00000000a001';
const role = 'fac7c47add5242538f592946747a7191';

const answer = await fetch(`${url}/unified/user-directory/users/unassign-role?integrated_account_id=demo-crowdstrike`, {
  method: 'POST',
  headers: { authorization: 'Bearer demo-token', 'content-type': 'application/json' },
  body: JSON.stringify({ id: ANN, roles: [{ id: role }] }),
});
const { receipt } = await answer.json();
assert.equal(answer.status, 200);

const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', url));
const verify = (token) => compactVerify(token, keys, { algorithms: ['EdDSA'] });
const { payload, protectedHeader } = await verify(receipt);
assert.deepEqual(protectedHeader, decodeProtectedHeader(receipt));
assert.deepEqual(Object.keys(protectedHeader).sort(), ['alg', 'kid', 'typ']);
assert.equal(protectedHeader.typ, 'unassign-role-receipt+jwt');

const published = await (await fetch(new URL('/.well-known/jwks.json', url))).json();
const key = published.keys.find(({ kid }) => kid === protectedHeader.kid);
assert.equal(await calculateJwkThumbprint(key), protectedHeader.kid);
assert.ok(!('d' in key));

const claims = JSON.parse(new TextDecoder().decode(payload));
assert.deepEqual(claims.outcomes.map((entry) => entry.outcome), ['removed']);
assert.deepEqual(claims.before.map((grant) => grant.role_id), [role]);

// The last character holds bits that a lenient decoder drops.
for (let at = 0; at < receipt.length - 1; at += 7) {
  const changed = `${receipt.slice(0, at)}${receipt[at] === 'A' ? 'B' : 'A'}${receipt.slice(at + 1)}`;
  await assert.rejects(verify(changed), undefined, `character ${at} was changed, and the receipt was taken`);
}
console.log('receipt.mjs: jose takes the receipt, and none with one character changed');
