// What every caller does with an answer.

/** One entry of the answer in words. */
function told({ role, organization, outcome, reason }) {
  const what = role?.id ?? role?.name ?? role?.group ?? organization?.id ?? organization?.name ?? 'an entry';
  return reason === undefined ? `${what}: ${outcome}` : `${what}: ${outcome} (${reason})`;
}

/** Runs the call and prints what became of every role. True only if the call says that all of them are gone. */
export function isGone(call) {
  try {
    const success = call();
    for (const entry of success.outcomes) console.log(told(entry));
    return true;
  } catch (error) {
    // A failure of the contract has a payload. Anything else is a fault of this program.
    if (error.payload === undefined) throw error;
    const failure = error.payload;
    console.error(`${failure.kind}: ${failure.message}`);
    for (const entry of failure.outcomes) console.error(told(entry));
    if (failure.sent) console.error('a request that writes may have reached the provider');
    if (failure.retryable) console.error(`repeating the call can help, after ${failure.retryAfter ?? 1} s`);
    return false;
  }
}

const anywhere = { tag: 'anywhere' };

/** The request and the options for one role. Each of these fields has to be given: none has a default that takes away more. */
export function oneRole(user, role) {
  const request = {
    id: user,
    everything: false,
    roles: [{ role: { tag: 'id', val: role }, group: anywhere, organization: anywhere, workspace: anywhere }],
    organizations: [],
    workspaceId: anywhere,
  };
  const options = {
    mode: 'revoke',
    allow: [],
    strictScope: 'account-default',
    unknownRole: 'not-found',
    expect: { tag: 'anyone' },
    acceptUnverified: false,
    binding: { tag: 'none' },
  };
  return { request, options };
}
