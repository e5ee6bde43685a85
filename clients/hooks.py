"""What the fuzzer must not ask for: a deadline in which no provider can answer is answered with 504, rightly."""

import schemathesis


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict) and isinstance(body.get("options"), dict):
        body["options"].pop("deadline_ms", None)
    return body
