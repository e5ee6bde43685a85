"""What the replays share: where the sandboxes are, and a request with exactly these headers and this body."""

import http.client
import json
import os
from urllib.parse import urlsplit

SANDBOXES = json.loads(os.environ["SANDBOXES"])


def send(sandbox, method, path, headers=None, body=None):
    """Status, headers and document (None without one). Nothing is added to the headers but what HTTP itself asks for."""
    connection = http.client.HTTPConnection(urlsplit(SANDBOXES[sandbox]).netloc, timeout=10)
    data = body.encode() if isinstance(body, str) else body
    connection.request(method, path, data, headers or {})
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    document = json.loads(raw) if raw else None
    record({"sandbox": sandbox, "method": method, "path": path, "status": answer.status, "document": document})
    return answer.status, dict(answer.getheaders()), document


def record(answer):
    """A line of JSON in the file that `RECORD_ANSWERS` names, to be checked against official specifications."""
    if name := os.environ.get("RECORD_ANSWERS"):
        with open(name, "a") as file:
            file.write(json.dumps(answer) + "\n")


def check(answer, expected):
    """The document of an answer whose status must be this one."""
    status, _, document = answer
    assert status == expected, (status, document)
    return document
