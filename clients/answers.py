"""Answers of every kind against the schemas of /openapi.json."""

import json
import os
import urllib.error
import urllib.request

import jsonschema

URL = os.environ["URL"]
PATH = "/unified/user-directory/users/unassign-role"
ANN = "6f1e2a30-0000-4000-8000-00000000a001"
SAM = "6f1e2a30-0000-4000-8000-00000000b002"


def fetch(path, body=None, token="demo-token"):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers)) as answer:
            return answer.status, dict(answer.headers), json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), json.load(error)


# What an HTTP answer has anyway.
ORDINARY = {
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "x-content-type-options",
}
DOCUMENT = fetch("/openapi.json")[2]
RESPONSES = DOCUMENT["paths"][PATH]["post"]["responses"]


def role(name):
    return {"id": ANN, "roles": [{"id": name}]}


def check(expected, body, query="", token="demo-token"):
    status, headers, answer = fetch(f"{PATH}?integrated_account_id=demo-crowdstrike{query}", body, token)
    assert status == expected, (status, answer)
    response = RESPONSES[str(status)]
    schema = {"components": DOCUMENT["components"], **response["content"]["application/json"]["schema"]}
    jsonschema.Draft202012Validator(schema).validate(answer)
    unknown = {name.lower() for name in headers} - ORDINARY - response.get("headers", {}).keys()
    assert not unknown, (status, unknown)


several = {"id": ANN, "roles": [{"id": "help_desk"}, {"name": "Event Viewer"}]}
check(200, several, "&dry_run=true")
check(200, several, "&dry_run=true&truto_response_format=normalized")
check(200, role("dashboard_admin"))
check(200, role("falconhost_read_only"), "&truto_response_format=normalized")
check(404, {"id": ANN, "roles": [{"name": "No Such Role"}]})
check(422, {"id": SAM, "roles": [{"id": "vulnerability_manager"}]})
check(400, {"id": ANN, "roles": []})
check(400, several, "&dry_run=maybe")
check(401, several, token="wrong")
print("answers.py: plans, users and errors are as /openapi.json says")
