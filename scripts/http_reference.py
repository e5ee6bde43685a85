"""Writes docs/http.md from src/http_api/openapi.json; with --check, says whether it is up to date."""

import json
import pathlib

from written_page import write_or_check

SOURCE = pathlib.Path("src/http_api/openapi.json")
PAGE = pathlib.Path("docs/http.md")
HEAD = """<!-- Written by `python3 scripts/http_reference.py` from src/http_api/openapi.json. Change that file, and run it again. -->

# The HTTP face

This is [`openapi.json`](../src/http_api/openapi.json), version {version}, as a page. The service answers `GET /openapi.json` with it. [Outcomes](outcomes.md) and
[Errors](errors.md) list its words.
"""


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def code(text):
    return f"`{cell(text)}`"


def name_of(reference):
    return reference.rpartition("/")[2]


def type_of(schema):
    """A type in a few words, with a link where it has a name."""
    if "$ref" in schema:
        name = name_of(schema["$ref"])
        return f"[{name}](#{name.lower()})"
    for word in ("oneOf", "anyOf", "allOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(type_of(inner) for inner in schema[word]))
    if "enum" in schema:
        return ", ".join(code(json.dumps(value).strip('"')) for value in schema["enum"])
    if "const" in schema:
        return code(schema["const"])
    kinds = schema.get("type", "any")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    words = []
    for kind in kinds:
        if kind == "array":
            words.append("list of " + type_of(schema.get("items", {})))
        elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            words.append("object of " + type_of(schema["additionalProperties"]))
        else:
            words.append(kind)
    return " or ".join(words)


def meaning(schema):
    text = schema.get("description", "")
    if "default" in schema:
        text += f" Default: {code(json.dumps(schema['default']))}."
    limits = {"maxItems": "at most {} elements", "maxLength": "at most {} characters", "minimum": "at least {}", "maximum": "at most {}"}
    said = [limits[key].format(f"{schema[key]:,}") for key in limits if key in schema]
    if said:
        text += f" ({', '.join(said)})"
    return cell(text.strip())


def properties(schema):
    required = set(schema.get("required", []))
    rows = ["| field | type | meaning |", "|---|---|---|"]
    for name, inner in schema["properties"].items():
        mark = " (required)" if name in required else ""
        rows.append(f"| `{name}`{mark} | {type_of(inner)} | {meaning(inner)} |")
    return "\n".join(rows) + "\n"


def parameters(listed):
    rows = ["| parameter | in | type | meaning |", "|---|---|---|---|"]
    for parameter in listed:
        mark = " (required)" if parameter.get("required") else ""
        schema = parameter.get("schema", {})
        text = meaning({**schema, "description": parameter.get("description", schema.get("description", ""))})
        rows.append(f"| `{parameter['name']}`{mark} | {parameter['in']} | {type_of(schema)} | {text} |")
    return "\n".join(rows) + "\n"


def body(content):
    kinds = [f"{code(kind)}: {type_of(media['schema'])}" if "schema" in media else code(kind) for kind, media in content.items()]
    return "; ".join(kinds)


def page(document):
    out = [HEAD.format(version=document["info"]["version"])]
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            out.append(f"## {operation['summary']}\n")
            token = "" if operation.get("security", document.get("security")) else "\n\nIt needs no token."
            out.append(f"`{verb.upper()} {path}`{token}\n")
            if "description" in operation:
                out.append(operation["description"] + "\n")
            if operation.get("parameters"):
                out.append(parameters(operation["parameters"]))
            if "requestBody" in operation:
                out.append(f"The body is {body(operation['requestBody']['content'])}.\n")
            rows = ["| status | body | meaning |", "|---|---|---|"]
            for status, response in operation["responses"].items():
                rows.append(f"| {status} | {body(response.get('content', {}))} | {cell(response.get('description', ''))} |")
            out.append("\n".join(rows) + "\n")
    parts = document["components"]
    out.append("## Headers of an answer\n")
    rows = ["| header | meaning |", "|---|---|"]
    rows.extend(f"| `{name}` | {meaning(header)} |" for name, header in parts["headers"].items())
    out.append("\n".join(rows) + "\n")
    out.append("## Schemas\n")
    for name, schema in parts["schemas"].items():
        out.append(f"### {name}\n")
        if "description" in schema:
            out.append(schema["description"] + "\n")
        out.append(properties(schema) if "properties" in schema else type_of(schema) + "\n")
    return "\n".join(out)


write_or_check(PAGE, page(json.loads(SOURCE.read_text())), SOURCE)
