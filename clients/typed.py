"""The typed call from Python, with outbound HTTP of the host."""

import os
import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime import component as c

SAM = "6f1e2a30-0000-4000-8000-00000000b002"

engine = Engine()
component = c.Component.from_file(engine, sys.argv[1])
linker = c.Linker(engine)
linker.add_wasip2()
linker.add_wasi_http()
store = Store(engine)
wasi = WasiConfig()
wasi.inherit_stderr()
store.set_wasi(wasi)
store.set_wasi_http()
instance = linker.instantiate(store, component)
users = component.get_export_index("unified:user-directory/users@0.2.0")


def function(name):
    return instance.get_func(store, component.get_export_index(name, users))


def record(**fields):
    made = c.Record()
    for name, value in fields.items():
        setattr(made, name.replace("_", "-"), value)
    return made


def call(name, *arguments):
    called = function(name)
    answer = called(store, *arguments)
    if hasattr(called, "post_return"):
        called.post_return(store)
    return answer


providers = call("providers")
assert len(providers) == 6, providers

# A variant whose payloads differ in type is written here without its tags: `anywhere` is None, `only` a string; no binding is None, too.
anywhere = None
credentials = record(client_id="demo-client", client_secret="demo-secret", member_cid=anywhere)
account = record(
    provider="crowdstrike",
    base_url=os.environ["SANDBOX"],
    credentials=c.Variant("client-credentials", credentials),
    settings="{}",
)
role = record(role=c.Variant("id", "event_viewer"), group=anywhere, organization=anywhere, workspace=anywhere)
request = record(id=SAM, everything=False, roles=[role], organizations=[], workspace_id=anywhere, remote_query=None, remote_data=None)
options = record(
    mode="revoke", allow=[], deadline=None, strict_scope="account-default", unknown_role="not-found", acknowledged_at=None,
    expect=c.Variant("anyone"), accept_unverified=False, binding=None, reference=None,
)
for made in (account, credentials, request, role, options):
    for name, value in list(vars(made).items()):
        delattr(made, name)
        try:
            call("unassign-role", account, request, options)
            raise SystemExit(f"a call without {name} was taken")
        except AttributeError:
            setattr(made, name, value)

answer = call("unassign-role", account, request, options)
success = getattr(answer, "payload", answer)
assert [outcome.outcome for outcome in success.outcomes] == ["removed"], vars(success)
again = call("unassign-role", account, request, options)
assert [outcome.outcome for outcome in getattr(again, "payload", again).outcomes] == ["already-absent"]
print("typed.py: no field can be left out; removed, and already absent on the second call")
