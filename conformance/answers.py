"""Checks what the sandboxes answered to replays of vendors' clients against the providers' official specifications.

    answers.py <folder of specifications> <recorded answers, JSON lines>

Fields that a specification lacks are allowed: providers answer with more than they publish. Prints what does not conform, and as
its last line how many answers were checked.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import jsonschema

from check import resolve

SPECIFICATIONS = {
    "elastic_cloud": [("elastic-cloud/apidocs-user.json", None)],
    "jumpcloud": [("jumpcloud/JumpCloud.SDK.V1.json", None), ("jumpcloud/JumpCloud.SDK.V2.json", None)],
    "teamviewer": [("teamviewer/teamviewer-webapi-userroles.extract.json", "")],
}
# TeamViewer's own module takes null for what is not there; the document says only that it is a text.
NULLABLE = {
    "ContinuationToken",
    "currentPaginationToken",
    "nextPaginationToken",
    "assignedRoleIds",
    "userRoleId",
    "activated_meeting_license_key",
}


def operations(folder, files):
    """Segments of the path, method, responses by status, and the document that references point into."""
    for name, prefix in files:
        root = json.loads((folder / name).read_text())
        base = (root.get("basePath", "") if prefix is None else prefix).rstrip("/")
        for template, item in root["paths"].items():
            for method, operation in item.items():
                if method in {"get", "post", "put", "patch", "delete"}:
                    yield (base + template).strip("/").split("/"), method.upper(), operation["responses"], root


def schema_of(response, root):
    response = resolve(root, response)
    content = next(iter(response.get("content", {}).values()), {})
    return response.get("schema") or content.get("schema")


def opened(schema, root, seen=()):
    """The schema with its references resolved, and no rule about further fields."""
    if isinstance(schema, list):
        return [opened(part, root, seen) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        reference = schema["$ref"]
        return {} if reference in seen else opened(resolve(root, schema), root, (*seen, reference))
    made = {}
    for key, value in schema.items():
        if key == "properties":
            made[key] = {name: nullable(name, opened(inner, root, seen)) for name, inner in value.items()}
        elif key in {"items", "allOf", "anyOf", "oneOf"}:
            made[key] = opened(value, root, seen)
        elif key in {"type", "enum", "minimum", "maximum"} or (key == "required" and isinstance(value, list)):
            made[key] = value
    is_nullable = schema.get("nullable") or schema.get("x-nullable")
    return {"anyOf": [made, {"type": "null"}]} if is_nullable else made


def nullable(name, schema):
    return {"anyOf": [schema, {"type": "null"}]} if name in NULLABLE else schema


def main():
    folder, recorded = Path(sys.argv[1]), Path(sys.argv[2])
    known = {sandbox: list(operations(folder, files)) for sandbox, files in SPECIFICATIONS.items()}
    checked, wrong = Counter(), Counter()
    for line in recorded.read_text().splitlines():
        answer = json.loads(line)
        segments = answer["path"].partition("?")[0].strip("/").split("/")
        fitting = [
            operation
            for operation in known.get(answer["sandbox"], [])
            if operation[1] == answer["method"]
            and len(operation[0]) == len(segments)
            and all(wanted.startswith("{") or wanted == given for wanted, given in zip(operation[0], segments))
        ]
        # Refusals are described in words more often than in schemas.
        if not fitting or answer["status"] >= 400:
            continue
        template, method, responses, root = max(
            fitting, key=lambda one: sum(not part.startswith("{") for part in one[0])
        )
        what = f"{answer['sandbox']} {method} /{'/'.join(template)}"
        checked[answer["sandbox"]] += 1
        response = responses.get(str(answer["status"]))
        if response is None:
            wrong[f"{what}: status {answer['status']}"] += 1
            continue
        schema = schema_of(response, root)
        if schema is None:
            continue
        for error in jsonschema.Draft202012Validator(opened(schema, root)).iter_errors(answer["document"]):
            wrong[f"{what}: {error.json_path}: {error.message[:120]}"] += 1
    for fault, count in wrong.most_common(60):
        print(f"{count:6} x {fault}")
    print(f"sandbox conformance: {sum(checked.values())} answers checked" + (f", {sum(wrong.values())} faults" if wrong else ""))
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
