// node by-account.mjs ACCOUNT USER ROLE: the account, its secrets and what this caller may do stand in the environment, as they do for
// the HTTP face (UNASSIGN_ROLE_ACCOUNTS, UNASSIGN_ROLE_SECRET_…, UNASSIGN_ROLE_CALLER).

import { accounts } from './operation/operation.js';
import { isGone, oneRole } from './told.mjs';

const [account, user, role] = process.argv.slice(2);
const { request, options } = oneRole(user, role);
const gone = isGone(() => accounts.unassignRole(account, request, options, { actor: 'example' }));
// The shim's worker would keep the process alive.
process.exit(gone ? 0 : 1);
