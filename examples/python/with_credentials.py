"""with_credentials.py COMPONENT USER ROLE: this program holds the credentials itself and hands them over with the call."""

import os
import sys

from wasmtime import component as c

from operation import ANYWHERE, Operation, is_gone, one_role, record

component, user, role = sys.argv[1:]
credentials = record(
    client_id=os.environ["CROWDSTRIKE_CLIENT_ID"], client_secret=os.environ["CROWDSTRIKE_CLIENT_SECRET"], member_cid=ANYWHERE
)
account = record(
    provider="crowdstrike",
    base_url=os.environ["CROWDSTRIKE_URL"],
    credentials=c.Variant("client-credentials", credentials),
    settings="{}",
)
request, options = one_role(user, role)
answer = Operation(component).call("users", "unassign-role", account, request, options)
sys.exit(0 if is_gone(answer) else 1)
