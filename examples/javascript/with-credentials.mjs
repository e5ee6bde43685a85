// node with-credentials.mjs USER ROLE: this program holds the credentials itself and hands them over with the call.

import { users } from './operation/operation.js';
import { isGone, oneRole } from './told.mjs';

const [user, role] = process.argv.slice(2);
const account = {
  provider: 'crowdstrike',
  baseUrl: { tag: 'url', val: process.env.CROWDSTRIKE_URL },
  credentials: {
    tag: 'client-credentials',
    val: {
      clientId: process.env.CROWDSTRIKE_CLIENT_ID,
      clientSecret: process.env.CROWDSTRIKE_CLIENT_SECRET,
      memberCid: { tag: 'anywhere' },
    },
  },
  settings: '{}',
};
const { request, options } = oneRole(user, role);
const gone = isGone(() => users.unassignRole(account, request, options));
// The shim's worker would keep the process alive.
process.exit(gone ? 0 : 1);
