"""by_account.py COMPONENT ACCOUNT USER ROLE: the account, its secrets and what this caller may do stand in the environment, as they do
for the HTTP face (UNASSIGN_ROLE_ACCOUNTS, UNASSIGN_ROLE_SECRET_…, UNASSIGN_ROLE_CALLER)."""

import sys

from operation import Operation, environment, is_gone, one_role, record

component, account, user, role = sys.argv[1:]
request, options = one_role(user, role)
operation = Operation(component, environment())
answer = operation.call("accounts", "unassign-role", account, request, options, record(actor="example"))
sys.exit(0 if is_gone(answer) else 1)
