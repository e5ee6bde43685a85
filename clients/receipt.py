"""A receipt, checked by an independent JOSE library with the keys that the service publishes."""

import json
import os
import urllib.request
import warnings

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

# RFC 9864 prefers the name Ed25519 for the same signature; verifiers of today know EdDSA.
warnings.filterwarnings("ignore", message="EdDSA is deprecated")

URL = os.environ["URL"]
ANN = "6f1e2a30-0000-4000-8000-00000000a001"
PATH = f"{URL}/unified/user-directory/users/unassign-role?integrated_account_id=demo-crowdstrike"


def fetch(url, body=None):
    headers = {"Authorization": "Bearer demo-token", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        return json.load(answer)


def verified(token, keys):
    return jws.deserialize_compact(token, keys, algorithms=["EdDSA"])


keys = KeySet.import_key_set(fetch(f"{URL}/.well-known/jwks.json"))
request = {"id": ANN, "roles": [{"id": "remote_responder_one"}]}
planned = fetch(f"{PATH}&mode=plan", request)
answer = fetch(PATH, {**request, "options": {"binding": {"plan": planned["plan"]}, "reference": "CHG-1042"}})
token = answer["receipt"]

receipt = verified(token, keys)
header = receipt.headers()
assert sorted(header) == ["alg", "kid", "typ"], header
assert header["typ"] == "unassign-role-receipt+jwt", header
key = next(key for key in keys.keys if key.kid == header["kid"])
assert key.thumbprint() == header["kid"], "RFC 7638"
assert not key.is_private, "a public key set"

claims = json.loads(receipt.payload)
assert (claims["mode"], claims["status"], claims["user"]) == ("revoke", 200, ANN), claims
assert claims["plan_digest"] == planned["plan_digest"] and claims["reference"] == "CHG-1042", claims
assert [grant["role_id"] for grant in claims["before"]] == ["remote_responder_one"] and claims["after"] == [], claims
assert [entry["outcome"] for entry in claims["outcomes"]] == ["removed"], claims

# The last character holds bits that a lenient decoder drops.
for at in range(0, len(token) - 1, 7):
    changed = token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1 :]
    try:
        verified(changed, keys)
    except (JoseError, ValueError):
        continue
    raise AssertionError(f"character {at} was changed, and the receipt was taken")
print("receipt.py: joserfc takes the receipt, and none with one character changed")
