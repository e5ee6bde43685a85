// The same removal as a service in front of a provider's API is usually built: Node's own HTTP, one process, connections kept, the
// access token cached. It takes the calls of the component's HTTP face at CrowdStrike, for `make bench` to compare with; it is no example.
//
//   CALLS=usual      the grants, the revoke, the user and the grants again for the answer; what they show is not looked at
//   CALLS=verified   the calls that the component makes, in its rounds, and the answer depends on the read-back
import http from 'node:http';
import { createHash, timingSafeEqual } from 'node:crypto';

const { CALLS = 'usual', PORT, PROVIDER, CLIENT_ID, CLIENT_SECRET, API_TOKEN } = process.env;
for (const name of ['PORT', 'PROVIDER', 'CLIENT_ID', 'CLIENT_SECRET', 'API_TOKEN']) {
  if (!process.env[name]) {
    console.error(`${name} is not set`);
    process.exit(2);
  }
}
if (CALLS !== 'usual' && CALLS !== 'verified') {
  console.error(`CALLS is ${CALLS}: it must be usual or verified`);
  process.exit(2);
}

const PATH = '/unified/user-directory/users/unassign-role';
const USERS = '/user-management/entities/users/GET/v1';
const GRANTS = '/user-management/combined/user-roles/v2';
const REVOKE = '/user-management/entities/user-role-actions/v1';

const provider = new URL(PROVIDER);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** One exchange with the provider. */
function exchange(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const options = { host: provider.hostname, port: provider.port, method, path, agent, headers };
    if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
    const request = http.request(options, async (response) => {
      try {
        resolve({ status: response.statusCode, document: JSON.parse(await text(response)) });
      } catch (error) {
        reject(error);
      }
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function text(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

let cached = { value: undefined, until: 0 };

async function authorization() {
  if (Date.now() < cached.until) return cached.value;
  const form = new URLSearchParams({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET }).toString();
  const { status, document } = await exchange('POST', '/oauth2/token', { 'content-type': 'application/x-www-form-urlencoded' }, form);
  if (status !== 201) throw new Error(`the token request was answered ${status}`);
  cached = { value: `Bearer ${document.access_token}`, until: Date.now() + (document.expires_in - 60) * 1000 };
  return cached.value;
}

async function resources(method, path, body) {
  const headers = { authorization: await authorization() };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const { status, document } = await exchange(method, path, headers, body === undefined ? undefined : JSON.stringify(body));
  if (status >= 300 || document.errors?.length) throw new Error(`${path} was answered ${status}`);
  return document.resources ?? [];
}

const grantsOf = (id) => resources('GET', `${GRANTS}?user_uuid=${encodeURIComponent(id)}&limit=500`);
const userOf = async (id) => (await resources('POST', USERS, { ids: [id] }))[0];
const revoke = (id, cid, roles) => resources('POST', REVOKE, { action: 'revoke', cid, uuid: id, role_ids: roles });

const isMeant = (grant, roles) => roles.some((role) => role.id === grant.role_id || role.name === grant.role_name);

async function removed({ id, roles }) {
  const held = CALLS === 'usual' ? await grantsOf(id) : (await Promise.all([userOf(id), grantsOf(id)]))[1];
  const meant = held.filter((grant) => isMeant(grant, roles));
  if (meant.length) await revoke(id, meant[0].cid, meant.map((grant) => grant.role_id));
  const [user, grants] = await Promise.all([userOf(id), grantsOf(id)]);
  const isGone = !grants.some((grant) => isMeant(grant, roles));
  return { status: CALLS === 'usual' || isGone ? 200 : 500, body: unified(user, grants) };
}

function unified(user, grants) {
  return {
    id: user.uuid,
    first_name: user.first_name,
    last_name: user.last_name,
    name: [user.first_name, user.last_name].filter(Boolean).join(' '),
    username: user.uid,
    emails: [{ email: user.uid, is_primary: true }],
    status: user.status,
    roles: grants.map((grant) => ({ id: grant.role_id, name: grant.role_name, organization: grant.cid })),
    organizations: [...new Set(grants.map((grant) => grant.cid))].map((id) => ({ id })),
    created_at: user.created_at,
    updated_at: user.updated_at,
    last_login_at: user.last_login_at,
    remote_data: { user, roles: grants },
  };
}

const digest = (value) => createHash('sha256').update(value).digest();
const expected = digest(`Bearer ${API_TOKEN}`);

async function answer(request) {
  if (request.url === '/healthz') return { status: 200, body: { status: 'ok' } };
  if (request.method !== 'POST' || request.url.split('?')[0] !== PATH) return { status: 404, body: { message: 'there is nothing here' } };
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return { status: 401, body: { message: 'the token is not known' } };
  const body = JSON.parse(await text(request));
  if (typeof body.id !== 'string' || !Array.isArray(body.roles) || !body.roles.length) {
    return { status: 400, body: { message: 'id and roles are required' } };
  }
  return removed(body);
}

const server = http.createServer(async (request, response) => {
  let result;
  try {
    result = await answer(request);
  } catch (error) {
    result = { status: 502, body: { message: error.message } };
  }
  const body = JSON.stringify(result.body);
  response.writeHead(result.status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
});
server.listen(Number(PORT), '127.0.0.1');
