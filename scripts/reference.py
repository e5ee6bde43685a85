"""Writes docs/reference.md from wit/user-directory.wit; with --check, says whether it is up to date."""

import pathlib
import re
import sys

from written_page import write_or_check

SOURCE = pathlib.Path("wit/user-directory.wit")
PAGE = pathlib.Path("docs/reference.md")
HEAD = """<!-- Written by `python3 scripts/reference.py` from wit/user-directory.wit. Change that file, and run it again. -->

# The contract

This is [`user-directory.wit`](../wit/user-directory.wit), package `{package}`, as a page. The HTTP face has the same records in JSON, with underscores
in place of hyphens; `GET /openapi.json` describes it, and [Outcomes](outcomes.md) and [Errors](errors.md) list its words.
"""
KINDS = {"record": ("field", "type"), "variant": ("case", "of"), "enum": ("case", None)}


def cell(text):
    return text.replace("|", "\\|")


def page(source):
    lines = iter(source.splitlines())
    out, doc = [], []
    package = re.search(r"^package (.+);$", source, re.MULTILINE)[1]
    out.append(HEAD.format(package=package))

    def take():
        # An empty line of a comment begins a paragraph.
        taken = "\n\n".join(" ".join(part.splitlines()) for part in "\n".join(doc).split("\n\n"))
        doc.clear()
        return taken

    rows = None
    kind = None
    for line in lines:
        line = line.strip()
        if line.startswith("///"):
            doc.append(line[3:].strip())
        elif not line or line.startswith(("@since", "package ")):
            # The text above `package` belongs to the page.
            if line.startswith("package ") and doc:
                out.append(take() + "\n")
        elif opened := re.match(r"(interface|world) ([\w-]+) \{$", line):
            said = take()
            out.append(f"## {opened[1].capitalize()} `{opened[2]}`\n")
            out.extend([said + "\n"] if said else [])
        elif opened := re.match(r"(record|variant|enum|flags) ([\w-]+) \{$", line):
            kind, (first, second) = opened[1], KINDS[opened[1]]
            said = take()
            out.append(f"### {kind} `{opened[2]}`\n")
            out.extend([said + "\n"] if said else [])
            head = [first] + ([second] if second else []) + ["meaning"]
            rows = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        elif line == "}" and rows is not None:
            out.append("\n".join(rows) + "\n")
            rows = None
        elif line == "}":
            doc.clear()
        elif rows is not None:
            entry = line.rstrip(",").replace("%", "")
            meaning = cell(take())
            if kind == "record":
                name, _, of = entry.partition(": ")
                rows.append(f"| `{name}` | `{cell(of)}` | {meaning} |")
            elif kind == "variant":
                name, _, of = entry.partition("(")
                of = f"`{of.rstrip(')')}`" if of else ""
                rows.append(f"| `{name}` | {of} | {meaning} |")
            else:
                rows.append(f"| `{entry}` | {meaning} |")
        elif func := re.match(r"(?:export )?([\w-]+): (func\(.+);$", line):
            said = take()
            out.append(f"### func `{func[1]}`\n")
            out.append(f"```wit\n{func[1]}: {func[2]}\n```\n")
            out.extend([said + "\n"] if said else [])
        elif line.startswith(("use ", "import ", "export ")):
            doc.clear()
            out.append(f"`{line.rstrip(';')}`\n")
        else:
            sys.exit(f"{SOURCE}: this line is not understood: {line}")
    return "\n".join(out)


write_or_check(PAGE, page(SOURCE.read_text()), SOURCE)
