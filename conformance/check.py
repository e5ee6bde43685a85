"""Checks recorded requests against the providers' official specifications: method, path, query and body. CrowdStrike's are
checked against the calls of its own SDK, which has no schemas of bodies.

    check.py <folder of specifications> <recorded requests, JSON lines>

The specifications are not part of this project. Prints what does not conform, and as its last line how many requests were checked.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import jsonschema

# Parameters that tests give as remote_query or remote_data: passed through on request, and so not the adapter's own.
PASSED_THROUGH = {"foo", "flag", "n[x]", "n[x][]", "n[x][0]", "n[x][1]", "note", "reason", "trace", "tag"}
# What the specification lacks and the provider's own tools use.
UNPUBLISHED = {
    ("api.elastic-cloud.com", "GET", "/api/v1/organizations/{}/role_mappings"): "in Elastic's API reference; not in the published specification",
    ("console.jumpcloud.com", "GET", "/api/users/{}"): "used by JumpCloud's own PowerShell module",
    ("console.jumpcloud.com", "DELETE", "/api/users/{}"): "used by JumpCloud's own PowerShell module",
    ("console.jumpcloud.com", "GET", "/api/users"): "used by JumpCloud's own PowerShell module",
    ("console.jumpcloud.com", "GET", "/api/v2/roles"): "in the current specification; an empty stub in older copies",
    ("webapi.teamviewer.com", "GET", "/api/v1/account"): "in TeamViewer's API manual; not in the published specification",
    ("webapi.teamviewer.com", "GET", "/api/v1/usergroups"): "in TeamViewer's API manual; not in the published specification",
}

# The same calls in the other region.
UNPUBLISHED |= {
    ("console.eu.jumpcloud.com", method, path): why
    for (authority, method, path), why in UNPUBLISHED.items()
    if authority == "console.jumpcloud.com"
}


class Operation:
    """A method of a path, in one shape for every kind of specification."""

    def __init__(self, segments, method, query, required, body, root):
        self.segments, self.method, self.query, self.required = segments, method, query, required
        self.body, self.root = body, root

    def fits(self, method, segments):
        return (
            method == self.method
            and len(segments) == len(self.segments)
            and all(wanted.startswith("{") or wanted == given for wanted, given in zip(self.segments, segments))
        )


def resolve(root, value):
    while isinstance(value, dict) and "$ref" in value:
        target = root
        for part in value["$ref"].lstrip("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        value = target
    return value


def openapi(path, prefix=None):
    """Swagger 2 and OpenAPI 3."""
    root = json.loads(path.read_text())
    base = (root.get("basePath", "") if prefix is None else prefix).rstrip("/")
    for template, item in root["paths"].items():
        for method, operation in item.items():
            if method not in {"get", "post", "put", "patch", "delete"}:
                continue
            parameters = [resolve(root, p) for p in item.get("parameters", []) + operation.get("parameters", [])]
            query = {p["name"]: p for p in parameters if p["in"] == "query"}
            body = next((p["schema"] for p in parameters if p["in"] == "body"), None)
            if "requestBody" in operation:
                content = resolve(root, operation["requestBody"])["content"]
                body = next(iter(content.values())).get("schema")
            segments = (base + template).strip("/").split("/")
            required = {name for name, p in query.items() if p.get("required")}
            yield Operation(segments, method.upper(), query, required, body, root)


def slack(folder):
    """The pages of the methods; the older specification only for methods that have no page among them."""
    pages = sorted((folder / "docs.slack.dev-methods").glob("*.json"))
    described = {path.stem for path in pages}
    for operation in openapi(folder / "slack_web_openapi_v2.json"):
        if operation.segments[-1] not in described:
            # It goes in a header.
            operation.query.pop("token", None)
            operation.required.discard("token")
            yield operation
    for path in pages:
        method = json.loads(path.read_text())
        arguments = dict(method["args"]["properties"])
        required = set(method["args"].get("required", [])) - {"token"}
        arguments.pop("token", None)
        query = {name: {"type": "string"} for name in arguments}
        body = {"type": "object", "properties": arguments, "required": sorted(required), "additionalProperties": False}
        for verb in ("GET", "POST"):
            yield Operation(["api", path.stem], verb, query, required if verb == "GET" else set(), body, {})


def falconpy():
    """CrowdStrike publishes no document; its own SDK says which calls there are and which parameters they take."""
    try:
        from falconpy._endpoint._user_management import _user_management_endpoints as endpoints
    except ImportError:
        return
    for _, method, path, _, _, parameters in endpoints:
        query = {parameter["name"]: parameter for parameter in parameters if parameter.get("in") == "query"}
        required = {name for name, parameter in query.items() if parameter.get("required")}
        has_body = any(parameter.get("in") == "body" for parameter in parameters)
        yield Operation(path.strip("/").split("/"), method, query, required, {"type": "object"} if has_body else None, {})


def specifications(folder):
    crowdstrike = list(falconpy())
    hosts = ["api", "api.us-2", "api.eu-1", "api.laggar.gcw"]
    jumpcloud = [*openapi(folder / "jumpcloud/JumpCloud.SDK.V1.json"), *openapi(folder / "jumpcloud/JumpCloud.SDK.V2.json")]
    return {
        **({f"{host}.crowdstrike.com": crowdstrike for host in hosts} if crowdstrike else {}),
        "api.elastic-cloud.com": list(openapi(folder / "elastic-cloud/apidocs-user.json")),
        "console.jumpcloud.com": jumpcloud,
        "console.eu.jumpcloud.com": jumpcloud,
        "slack.com": list(slack(folder / "slack")),
        "webapi.teamviewer.com": list(openapi(folder / "teamviewer/teamviewer-webapi-userroles.extract.json", "")),
    }


def closed(schema, root, seen=(), is_part=False):
    """The schema with references resolved, and objects closed: a field that the provider does not publish is a mistake."""
    if isinstance(schema, dict) and "$ref" in schema:
        if schema["$ref"] in seen:
            return {}
        return closed(resolve(root, schema), root, (*seen, schema["$ref"]), is_part)
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key in {"properties"}:
            made[key] = {name: closed(inner, root, seen) for name, inner in value.items()}
        elif key in {"items", "additionalProperties"}:
            made[key] = closed(value, root, seen)
        elif key in {"allOf", "oneOf", "anyOf"}:
            made[key] = [closed(inner, root, seen, is_part=True) for inner in value]
        elif key in {"type", "required", "enum", "minItems", "maxItems", "minimum", "maximum"}:
            made[key] = value
    if schema.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    # A part of a composition knows only some of the fields; the whole is closed around all of them.
    if not is_part and ("properties" in made or "allOf" in made) and "additionalProperties" not in made:
        made["unevaluatedProperties"] = False
    # Swagger's `required: true` on a property is no JSON schema.
    if not isinstance(made.get("required", []), list):
        made.pop("required")
    return made


def faults(request, operations):
    target, _, query = request["target"].partition("?")
    segments = [unquote(part) if "{" not in part else part for part in target.strip("/").split("/")]
    fitting = [operation for operation in operations if operation.fits(request["method"], segments)]
    if not fitting:
        unpublished = any(
            request["authority"] == authority and request["method"] == method
            and re.fullmatch(template.replace("{}", "[^/]+"), target)
            for authority, method, template in UNPUBLISHED
        )
        return None if unpublished else ["no such method and path"]
    # The most literal path is the one that is meant.
    operation = max(fitting, key=lambda one: sum(not part.startswith("{") for part in one.segments))
    found = []
    given = {name for name, _ in parse_qsl(query, keep_blank_values=True)} - PASSED_THROUGH
    found += [f"unknown query parameter {name}" for name in sorted(given - set(operation.query))]
    found += [f"missing query parameter {name}" for name in sorted(operation.required - given)]
    if request["body"]:
        if operation.body is None:
            return [*found, "a body where none is published"]
        if "json" not in (request["content_type"] or ""):
            return [*found, f"content type {request['content_type']}"]
        try:
            body = json.loads(request["body"])
        except ValueError:
            return [*found, "the body is not JSON"]
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if name not in PASSED_THROUGH}
        schema = closed(operation.body, operation.root)
        found += [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(body)]
    elif isinstance(operation.body, dict) and operation.method != "GET" and operation.body.get("required"):
        found.append("no body where one is published")
    return found


def main():
    folder, recorded = Path(sys.argv[1]), Path(sys.argv[2])
    known = specifications(folder)
    checked, unpublished, wrong = Counter(), Counter(), Counter()
    for line in recorded.read_text().splitlines():
        request = json.loads(line)
        operations = known.get(request["authority"])
        if operations is None or request["target"].startswith("/oauth2/") or "/oauth2/" in request["target"]:
            continue
        found = faults(request, operations)
        if found is None:
            unpublished[request["authority"]] += 1
            continue
        checked[request["authority"]] += 1
        for fault in found:
            path = request["target"].partition("?")[0]
            wrong[f"{request['authority']} {request['method']} {path[:80]}: {fault[:160]}"] += 1
    for fault, count in wrong.most_common(60):
        print(f"{count:6} x {fault}")
    for authority, count in sorted(checked.items()):
        print(f"{count:6} {authority} ({unpublished[authority]} to calls that it does not publish)")
    print(f"spec conformance: {sum(checked.values())} requests checked" + (f", {sum(wrong.values())} faults" if wrong else ""))
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
