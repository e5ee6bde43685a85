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
    return answer.status, dict(answer.getheaders()), json.loads(raw) if raw else None


def check(answer, expected):
    """The document of an answer whose status must be this one."""
    status, _, document = answer
    assert status == expected, (status, document)
    return document
