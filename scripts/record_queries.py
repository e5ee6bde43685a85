"""Runs the jq queries of docs/record.md over made-up records and compares what they print. Without jq it says so and passes.

    record_queries.py
"""

import json
import re
import shutil
import subprocess
import sys

PAGE = "docs/record.md"


def line(event, request_id, account="acme", user="u1", mode="revoke", **more):
    return {"v": 1, "event": event, "request_id": request_id, "account": account, "user": user, "mode": mode, **more}


def call(key):
    return json.dumps(key, separators=(",", ":"))


# For each question: records, and the lines that the query has to print.
CASES = {
    "Which removals happened on a day?": [
        (
            [
                line("result", "a", time="2026-01-31T09:30:02Z", status=200, token="offboarding"),
                line("result", "b", time="2026-02-01T00:00:00Z", status=200, token="offboarding"),
                line("result", "c", time="2026-01-31T09:30:02Z", status=200, token="offboarding", mode="plan"),
                line("intent", "a", time="2026-01-31T09:30:02Z"),
            ],
            ['{"time":"2026-01-31T09:30:02Z","account":"acme","user":"u1","status":200,"token":"offboarding"}'],
        ),
    ],
    "Which removals were cut off?": [
        ([line("intent", "a"), line("result", "a")], []),
        # An id that another one begins with, or contains.
        ([line("intent", "HR-4"), line("intent", "HR-42"), line("result", "HR-42")], [call(["HR-4", "acme", "u1"])]),
        # One id for several calls: other accounts, other users, a repeat of the same call.
        ([line("intent", "a"), line("intent", "a", account="beta"), line("result", "a", account="beta")], [call(["a", "acme", "u1"])]),
        ([line("intent", "a"), line("intent", "a", user="u2"), line("result", "a", user="u2")], [call(["a", "acme", "u1"])]),
        ([line("intent", "a"), line("intent", "a"), line("result", "a")], [call(["a", "acme", "u1"])]),
        # The result of an earlier call, and one of another kind.
        ([line("result", "a"), line("intent", "a")], [call(["a", "acme", "u1"])]),
        ([line("intent", "a"), line("result", "a", mode="read_user")], [call(["a", "acme", "u1"])]),
    ],
    "Who was refused, and why?": [
        (
            [
                line("denied", "a", time="2026-01-31T09:30:02Z", status=403, error_code="not_permitted", token="offboarding"),
                line("denied", "b", time="2026-01-31T09:30:03Z", status=400, error_code="invalid_request", field="roles[0].id"),
                line("result", "c", time="2026-01-31T09:30:04Z", status=200),
            ],
            [
                "2026-01-31T09:30:02Z\toffboarding\t403\tnot_permitted\t-",
                "2026-01-31T09:30:03Z\t-\t400\tinvalid_request\troles[0].id",
            ],
        ),
    ],
}


def main():
    page = open(PAGE, encoding="utf-8").read()
    queries = dict(re.findall(r"^([^\n?]+\?)(?:.|\n(?!\n))*\n\n```sh\n(jq (?:.|\n)*?)\n```", page, re.MULTILINE))
    if queries.keys() != CASES.keys():
        sys.exit(f"{PAGE} asks {sorted(queries)}, and {sys.argv[0]} has cases for {sorted(CASES)}")
    if shutil.which("jq") is None:
        print("queries of the record: left out, because there is no jq")
        return
    for question, cases in CASES.items():
        command = queries[question].replace("record.jsonl", "/dev/stdin")
        for records, expected in cases:
            text = "".join(json.dumps(record) + "\n" for record in records)
            run = subprocess.run(["sh", "-c", command], input=text, capture_output=True, text=True)
            if run.returncode != 0 or run.stdout.splitlines() != expected:
                sys.exit(f"{question} prints {run.stdout!r} {run.stderr}, and should print {expected}, of:\n{text}")
    print(f"{PAGE}: {len(CASES)} queries print what they should")


if __name__ == "__main__":
    main()
