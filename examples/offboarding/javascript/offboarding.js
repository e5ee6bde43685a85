// The same as ../rust, as a component made by componentize-js.

import { unassignRole } from 'unified:user-directory/accounts@0.2.0';

const anywhere = { tag: 'anywhere' };

// The accounts are named, and not those of `listAccounts`: that leaves out an account that is missing or broken.
function offboard(step, leavers, accounts) {
  const lines = leavers.flatMap((leaver) => accounts.map((account) => takeEverything(step, leaver, account)));
  // Without an account or a leaver nothing was looked at, and an unknown address may be a mistyped one: neither is "done".
  return { isComplete: lines.length > 0 && lines.every(({ verdict }) => verdict === 'gone'), lines };
}

/** The exported interface. */
export const leavers = { offboard };

function takeEverything(step, leaver, account) {
  const request = { id: leaver, everything: true, roles: [], organizations: [], workspaceId: anywhere };
  const options = {
    mode: step,
    allow: [],
    strictScope: 'account-default',
    unknownRole: 'not-found',
    // Whoever the address leads to must have that address.
    expect: { tag: 'email', val: leaver },
    acceptUnverified: false,
    binding: { tag: 'none' },
    reference: 'offboarding example',
  };
  try {
    const success = unassignRole(account, request, options, { actor: 'offboarding' });
    return { leaver, account, verdict: step === 'plan' ? 'planned' : 'gone', said: success.outcomes.map(told) };
  } catch (error) {
    const failure = error.payload;
    if (failure === undefined) throw error;
    const said = [failure.message, ...failure.outcomes.map(told)];
    if (failure.sent) said.push('a request that writes may have reached the provider');
    if (failure.retryable) said.push(`repeat the call after ${failure.retryAfter ?? 1} s`);
    // With entries it is a role that the provider does not know, and not the user.
    const nobody = failure.kind === 'not-found' && failure.outcomes.length === 0;
    return { leaver, account, verdict: nobody ? 'no-such-user' : 'not-gone', said };
  }
}

function told({ role, organization, outcome, reason }) {
  const what = role?.id ?? role?.name ?? role?.group ?? organization?.id ?? organization?.name ?? 'an entry';
  return reason === undefined ? `${what}: ${outcome}` : `${what}: ${outcome} (${reason})`;
}
