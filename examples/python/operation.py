"""The component in wasmtime, and what every caller does with an answer."""

import os
import sys

from wasmtime import Engine, Store, WasiConfig
from wasmtime import component as c

# A variant whose payloads differ in type is written without its tag here: `anywhere` is None, `only` a string.
ANYWHERE = None
# Of the binding, `none` is None, a plan a string, and an approved plan a record.
NO_BINDING = None


def record(**fields):
    """A record of the contract. Its names have hyphens."""
    made = c.Record()
    for name, value in fields.items():
        setattr(made, name.replace("_", "-"), value)
    return made


class Operation:
    """One instance of the component. `environment` is all that it sees of this process."""

    def __init__(self, path, environment=()):
        engine = Engine()
        self.component = c.Component.from_file(engine, path)
        linker = c.Linker(engine)
        linker.add_wasip2()
        linker.add_wasi_http()
        self.store = Store(engine)
        wasi = WasiConfig()
        wasi.env = list(environment)
        # The record of a call by account goes there.
        wasi.inherit_stderr()
        self.store.set_wasi(wasi)
        self.store.set_wasi_http()
        self.instance = linker.instantiate(self.store, self.component)

    def call(self, interface, name, *arguments):
        """The answer of a function: a success or a failure."""
        index = self.component.get_export_index(f"unified:user-directory/{interface}@0.2.0")
        if index is None:
            raise SystemExit(f"this component does not export the interface {interface}")
        function = self.instance.get_func(self.store, self.component.get_export_index(name, index))
        answer = function(self.store, *arguments)
        if hasattr(function, "post_return"):
            function.post_return(self.store)
        return getattr(answer, "payload", answer)


def one_role(user, role):
    """The request and the options for one role. Each of these fields has to be given: none has a default that takes away more."""
    requested = record(role=c.Variant("id", role), group=ANYWHERE, organization=ANYWHERE, workspace=ANYWHERE)
    request = record(
        id=user, everything=False, roles=[requested], organizations=[], workspace_id=ANYWHERE, remote_query=None, remote_data=None
    )
    options = record(
        mode="revoke", allow=[], deadline=None, strict_scope="account-default", unknown_role="not-found", acknowledged_at=None,
        expect=c.Variant("anyone"), accept_unverified=False, binding=NO_BINDING, reference=None,
    )
    return request, options


def told(entry):
    """One entry of the answer in words."""
    what = None
    for named in (entry.role, entry.organization):
        for name in ("id", "name", "group"):
            what = what or getattr(named, name, None)
    reason = f" ({entry.reason})" if entry.reason else ""
    return f"{what or 'an entry'}: {entry.outcome}{reason}"


def is_gone(answer):
    """Prints what became of every role. True only if the call says that all of them are gone."""
    # Only a failure has a kind.
    failed = hasattr(answer, "kind")
    out = sys.stderr if failed else sys.stdout
    if failed:
        print(f"{answer.kind}: {answer.message}", file=out)
    for entry in answer.outcomes:
        print(told(entry), file=out)
    if failed and answer.sent:
        print("a request that writes may have reached the provider", file=out)
    if failed and answer.retryable:
        print(f"repeating the call can help, after {getattr(answer, 'retry-after') or 1} s", file=out)
    return not failed


def environment():
    """What a call by account needs of this process's environment, and nothing else of it."""
    return [(name, value) for name, value in os.environ.items() if name.startswith("UNASSIGN_ROLE_")]
