"""What each host must do, over HTTP. hosts/run calls it: check.py CASE ARGUMENT…"""

import json
import os
import pathlib
import signal as signals
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle

PATH = "/unified/user-directory/users/unassign-role?integrated_account_id="


def post(port, account, body, token="demo-token", query="", timeout=60):
    """Status and JSON of a call."""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}{account}{query}", json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def outcome(answer):
    status, body = answer
    return status, [entry["outcome"] for entry in body.get("role_outcomes", [])], body.get("message")


def token(port):
    status, body = post(port, "demo-crowdstrike", {}, token=None)
    assert status == 401, (status, body)


def removal(port, user, role):
    token(port)
    body = {"id": user, "roles": [{"id": role}]}
    assert outcome(post(port, "demo-crowdstrike", body, query="&dry_run=true"))[:2] == (200, ["planned"])
    first = outcome(post(port, "demo-crowdstrike", body))
    assert first[:2] == (200, ["removed"]), first
    again = outcome(post(port, "demo-crowdstrike", body))
    assert again[:2] == (200, ["already_absent"]), again
    print(f"planned, removed, already absent: {role}")


def unconfigured(port, expected, missing):
    """A host that did not pass on a variable: nothing is done, and the answer names what is missing."""
    status, body = post(port, "demo-crowdstrike", {"id": "a@example.com", "roles": [{"id": "event_viewer"}]})
    assert status == int(expected) and missing in json.dumps(body), (status, body)
    print(f"{status}: {body['message']}")


def record(log):
    """Without the prefix of the host, each line of the record is JSON."""
    lines = [json.loads(line) for line in pathlib.Path(log).read_text().splitlines() if line.startswith("{")]
    events = [line.get("event") for line in lines]
    assert "intent" in events and "result" in events, events
    print(f"the record has {len(lines)} lines of JSON")


def signal(port, silent, process, name):
    """A provider that takes the connection and never answers keeps a call running."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(silent)))
    listener.listen()
    seen = threading.Event()

    held = []

    def hold():
        while True:
            held.append(listener.accept())
            seen.set()

    threading.Thread(target=hold, daemon=True).start()
    answers = []

    def call():
        body = {"id": "a@example.com", "roles": [{"id": "b"}], "options": {"deadline_ms": 4000}}
        try:
            answers.append(outcome(post(port, "demo-crowdstrike", body)))
        except (OSError, urllib.error.URLError) as error:
            answers.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    assert seen.wait(30), "the call did not reach the provider"
    os.kill(int(process), getattr(signals, f"SIG{name}"))
    caller.join(30)
    (answer,) = answers
    if name == "INT":
        assert isinstance(answer, tuple) and answer[0] == 504, answer
        print("SIGINT: the running call had its answer")
    else:
        assert isinstance(answer, Exception), answer
        print("SIGTERM: the running call was cut off without an answer")


def balanced(first, second):
    """Two instances, chosen in turn: the same removals at the same time, and none of them may be lost or told wrongly."""
    turn = cycle([first, second])
    lock = threading.Lock()

    class Balancer(BaseHTTPRequestHandler):
        def do_POST(self):
            with lock:
                port = next(turn)
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name: self.headers[name] for name in ("content-type", "authorization")}
            request = urllib.request.Request(f"http://127.0.0.1:{port}{self.path}", body, headers, method="POST")
            try:
                answer = urllib.request.urlopen(request, timeout=60)
            except urllib.error.HTTPError as error:
                answer = error
            self.send_response(answer.status if hasattr(answer, "status") else answer.code)
            content = answer.read()
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Balancer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    body = {"id": "6f1e2a30-0000-4000-8000-00000000a001", "roles": [{"id": "remote_responder_one"}, {"id": "help_desk"}]}
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(outcome(post(port, "demo-crowdstrike", body)))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(answers) == 12, answers
    gone = {"removed", "already_absent"}
    for status, outcomes, message in answers:
        # A call that meets another one may have to be repeated. It may not say "gone" with another status, or the other way round.
        assert (status == 200) == (len(outcomes) == 2 and set(outcomes) <= gone), (status, outcomes, message)
    for instance in (first, second):
        last = outcome(post(instance, "demo-crowdstrike", body))
        assert last[:2] == (200, ["already_absent"] * 2), last
    print(f"12 calls on two instances: {sum(status == 200 for status, *_ in answers)} times 200, and both see the roles gone")


def refused_host(port):
    """The list of hosts lacks the provider's: the host refuses the call, and the answer says so."""
    status, body = post(port, "demo-crowdstrike", {"id": "a@example.com", "roles": [{"id": "event_viewer"}]})
    assert (status, body.get("error_code")) == (500, "host_not_allowed"), (status, body)
    print(f"a host that is not listed: {body['message']}")


def reached(port):
    """The provider is reached, whatever it says of a user whom it does not know."""
    status, body = post(port, "demo-crowdstrike", {"id": "nobody@example.com", "roles": [{"id": "event_viewer"}]})
    assert (status, body.get("error_code")) == (404, "not_found"), (status, body)
    print("without a list of hosts the provider is reached")


def wash_project(manifest, folder, component, port, variables, hosts):
    """The manifest of deploy/, with the sandboxes for providers. `hosts`: `sandboxes` are the only ones allowed, `others` are, or there is
    no list."""
    text = pathlib.Path(manifest).read_text()
    text = text.replace("../../target/wasm32-wasip2/guest/unassign_role_wasi.wasm", component)
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    listed = "  allowedHosts:\n    - api.us-2.crowdstrike.com\n"
    assert listed in text, text
    text = text.replace(listed, {"sandboxes": "  allowedHosts:\n    - 127.0.0.1\n", "others": listed, "none": ""}[hosts])
    head, _ = text.split("    fromEnv:\n")
    text = head + "    fromEnv:\n" + "".join(f"      - {name}\n" for name in variables.split())
    wash = pathlib.Path(folder, ".wash")
    wash.mkdir(exist_ok=True)
    (wash / "config.yaml").write_text(text)


if __name__ == "__main__":
    case, *arguments = sys.argv[1:]
    globals()[case.replace("-", "_")](*arguments)
