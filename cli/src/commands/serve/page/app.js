// The page speaks to the service as any client does. Only what lies under /sandbox is the page's own: the provider's true state, and an
// approver's signature.

const OPERATION = '/unified/user-directory/users/unassign-role';
const byId = (id) => document.getElementById(id);

const state = { sandbox: null, reading: null, readings: 0, plan: null, approval: null };

/** A call of the service. Every answer is JSON, errors too. */
async function call(path, body) {
  const options = { headers: { authorization: `Bearer ${state.sandbox.token}` } };
  if (body !== undefined) {
    options.method = 'POST';
    options.headers['content-type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  return { status: answer.status, body: await answer.json() };
}

const chosen = () => ({ account: byId('account').value, person: byId('person').value });
const target = (mode) => `${OPERATION}?integrated_account_id=${encodeURIComponent(chosen().account)}&mode=${mode}`;

// Text from a provider is only ever set as text.
function cell(text, className) {
  const cell = document.createElement('td');
  cell.textContent = text ?? '';
  if (className) cell.className = className;
  return cell;
}

function row(...cells) {
  const row = document.createElement('tr');
  row.append(...cells);
  return row;
}

const named = (id, name) => (name && name !== id ? `${name} (${id})` : id ?? '');
const scope = (of) => Object.entries(of ?? {}).map(([kind, id]) => `${kind} ${id}`).join(', ');
const through = (via) => (via ?? []).map((one) => `${one.kind.replaceAll('_', ' ')} ${one.name ?? one.id ?? ''}`).join(', ');

// --- who holds what

async function read() {
  const { account, person } = chosen();
  forgetPlan();
  state.readings += 1;
  const mine = state.readings;
  byId('reading').textContent = 'Reading …';
  const path = `/unified/user-directory/users/${encodeURIComponent(person)}?integrated_account_id=${encodeURIComponent(account)}`;
  const { status, body } = await call(path);
  // Somebody else has been chosen meanwhile.
  if (mine !== state.readings) return;
  const rows = byId('grants').tBodies[0];
  rows.replaceChildren();
  if (status !== 200) {
    state.reading = null;
    byId('reading').textContent = `${status}: ${body.message}`;
    return;
  }
  state.reading = body;
  const grants = body.role_grants ?? [];
  byId('reading').textContent = `${body.name ?? person} holds ${grants.length} ${grants.length === 1 ? 'grant' : 'grants'}. `
    + (body.whole ? 'The reading is whole.' : 'The reading is not whole: more may be held.');
  const effects = new Set();
  grants.forEach((grant, index) => {
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.value = String(index);
    box.disabled = !grant.selector;
    box.setAttribute('aria-label', `Take ${named(grant.role_id, grant.role_name)}`);
    box.addEventListener('change', forgetPlan);
    const first = document.createElement('td');
    first.append(box);
    (grant.needs_allow ?? []).forEach((effect) => effects.add(effect));
    const removable = grant.removable === 'no' ? `no: ${(grant.obstacle ?? '').replaceAll('_', ' ')}`
      : grant.removable === 'needs_allow' ? `if allowed: ${grant.needs_allow.join(', ')}` : 'yes';
    rows.append(row(
      first,
      cell(named(grant.role_id, grant.role_name)),
      cell(scope(grant.scope)),
      cell(grant.via?.length ? `through ${through(grant.via)}` : 'directly'),
      cell(removable, { yes: 'good', no: 'bad' }[grant.removable] ?? 'unsure'),
    ));
  });
  const allow = byId('allow');
  allow.hidden = effects.size === 0;
  allow.replaceChildren(allow.querySelector('legend'));
  effects.forEach((effect) => {
    const label = document.createElement('label');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.value = effect;
    box.addEventListener('change', forgetPlan);
    label.append(box, effect);
    allow.append(label);
  });
}

const checked = (within) => [...byId(within).querySelectorAll('input:checked')].map((box) => box.value);

/** The request for what is checked: each grant brings the entry that selects it and nothing else. */
function request(options) {
  const selectors = checked('grants').map((index) => state.reading.role_grants[Number(index)].selector);
  const roles = selectors.filter((selector) => selector.role).map((selector) => selector.role);
  const organizations = selectors.filter((selector) => selector.organization).map((selector) => selector.organization);
  const body = { id: state.reading?.id ?? chosen().person, options: { allow: checked('allow'), ...options } };
  if (roles.length) body.roles = roles;
  if (organizations.length) body.organizations = organizations;
  return body;
}

// --- plan, approve, revoke

function forgetPlan() {
  state.plan = null;
  state.approval = null;
  byId('approve').disabled = true;
  byId('revoke').disabled = true;
  byId('plan-box').hidden = true;
}

function nothingChosen() {
  const isNothing = !state.reading || checked('grants').length === 0;
  if (isNothing) byId('next').textContent = 'Read a person, and check at least one grant.';
  return isNothing;
}

async function plan() {
  if (nothingChosen()) return;
  forgetPlan();
  const { status, body } = await call(target('plan'), request({}));
  outcomes(body);
  if (status !== 200) {
    byId('next').textContent = `${status}: ${body.message}`;
    return;
  }
  state.plan = body.plan;
  byId('plan-text').textContent = JSON.stringify(JSON.parse(body.plan), null, 2);
  byId('plan-box').hidden = false;
  byId('approve').disabled = false;
  byId('revoke').disabled = false;
  byId('next').textContent = 'Planned. Revoke carries out this plan and nothing else.';
}

async function approve() {
  const { status, body } = await call('/sandbox/approve', { plan: state.plan });
  if (status !== 200) {
    byId('next').textContent = body.message;
    return;
  }
  state.approval = body.approval;
  byId('revoke').disabled = false;
  byId('next').textContent = `Approved by ${body.approver}. Revoke carries out this plan and nothing else.`;
}

async function revoke() {
  const binding = state.approval ? { plan: state.plan, approval: state.approval } : { plan: state.plan };
  byId('revoke').disabled = true;
  byId('next').textContent = 'Revoking, and reading back …';
  const { status, body } = await call(target('revoke'), request({ binding, reference: 'try-it page' }));
  outcomes(body);
  byId('next').textContent = status === 200 ? 'Gone: a fresh read shows it.' : `${status}: ${body.message}`;
  await receipt(body.receipt);
  await read();
}

async function verify() {
  if (nothingChosen()) return;
  const { status, body } = await call(target('verify'), request({}));
  outcomes(body);
  byId('next').textContent = status === 200 ? 'Nothing of it is held.' : `${status}: ${body.message}`;
  await receipt(body.receipt);
}

function outcomes(body) {
  const entries = body.role_outcomes ?? [];
  const rows = byId('outcomes').tBodies[0];
  rows.replaceChildren();
  byId('outcomes').hidden = entries.length === 0;
  for (const entry of entries) {
    const asked = entry.role ?? entry.organization ?? {};
    const grants = entry.grants?.length ? entry.grants : [{ ...entry, role_id: asked.id ?? asked.name }];
    for (const grant of grants) {
      const why = [grant.message ?? entry.message, through(grant.via) && `through ${through(grant.via)}`].filter(Boolean).join('; ');
      rows.append(row(
        cell(named(grant.role_id, grant.role_name)),
        cell(scope(grant.scope)),
        cell(grant.outcome.replaceAll('_', ' '), grant.outcome),
        cell(why),
      ));
    }
  }
}

// --- the receipt, verified here with the service's public key

const bytes = (base64url) => Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const json = (base64url) => JSON.parse(new TextDecoder().decode(bytes(base64url)));

async function receipt(token) {
  byId('receipt-box').hidden = !token;
  if (!token) return;
  const [head, payload, signature] = token.split('.');
  byId('receipt-text').textContent = JSON.stringify(json(payload), null, 2);
  const shown = byId('receipt-state');
  try {
    const { keys } = (await call('/.well-known/jwks.json')).body;
    const key = keys.find(({ kid }) => kid === json(head).kid);
    const imported = await crypto.subtle.importKey('jwk', { kty: key.kty, crv: key.crv, x: key.x }, 'Ed25519', false, ['verify']);
    const signed = new TextEncoder().encode(`${head}.${payload}`);
    const isValid = await crypto.subtle.verify('Ed25519', imported, bytes(signature), signed);
    shown.textContent = isValid ? 'The signature is valid.' : 'The signature is not valid.';
    shown.className = isValid ? 'good' : 'bad';
  } catch {
    shown.textContent = 'This browser cannot check Ed25519: `unassign-role receipt verify` can.';
    shown.className = 'unsure';
  }
}

// --- the provider's own state

async function truth() {
  const { account } = chosen();
  const { accounts } = (await call('/sandbox/state')).body;
  state.sandbox.accounts = accounts;
  if (account !== chosen().account) return;
  const holds = new Set(accounts.find(({ id }) => id === account)?.holds ?? []);
  const list = byId('truth');
  const known = new Map([...list.children].map((item) => [item.textContent, item]));
  for (const [text, item] of known) {
    if (holds.has(text)) continue;
    if (item.classList.contains('gone')) item.remove();
    else item.classList.add('gone');
  }
  for (const text of holds) {
    const item = known.get(text);
    if (item) {
      item.classList.remove('gone');
      continue;
    }
    const added = document.createElement('li');
    added.textContent = text;
    list.append(added);
  }
}

function people() {
  const account = state.sandbox.accounts.find(({ id }) => id === chosen().account);
  byId('person').replaceChildren(...account.people.map((person) => new Option(person)));
  byId('truth').replaceChildren();
}

async function start() {
  state.sandbox = await (await fetch('/sandbox/state')).json();
  byId('account').replaceChildren(...state.sandbox.accounts.map(({ id }) => new Option(id)));
  people();
  byId('account').addEventListener('change', () => { people(); truth(); read(); });
  byId('person').addEventListener('change', read);
  byId('who').addEventListener('submit', (event) => { event.preventDefault(); read(); });
  for (const [id, action] of Object.entries({ plan, approve, revoke, verify })) byId(id).addEventListener('click', action);
  await truth();
  await read();
  setInterval(truth, 1000);
}

start();
