"""What JumpCloud's generated Python clients send: V1 and V2, with a content type on every call, and an empty `x-org-id`."""

import json
from urllib.parse import quote, urlencode

from wire import check, send

ANN, ADMIN, OTHER = "5f0000000000000000000001", "5e0000000000000000000001", "5e0000000000000000000003"
GROUP, NORTH = "5c0000000000000000000001", "5b0000000000000000000001"


def call(method, path, query=None, body=None, organization=None):
    headers = {"x-api-key": "demo-api-key", "Content-Type": "application/json", "Accept": "application/json"}
    if organization is not None:
        headers["x-org-id"] = organization
    headers["User-Agent"] = "Swagger-Codegen/1.0.0/python"
    query = f"?{urlencode(query, quote_via=quote)}" if query else ""
    return send("jumpcloud", method, path + query, headers, None if body is None else json.dumps(body))


# V1
page = {"limit": 100, "skip": 0, "sort": "_id", "fields": "", "search": "", "filter": "email:$eq:ann.lee@example.com"}
found = check(call("GET", "/api/systemusers", page, organization=""), 200)
assert (found["totalCount"], found["results"][0]["_id"]) == (1, ANN), found
user = check(call("GET", f"/api/systemusers/{ANN}", {"fields": "username email", "filter": ""}, organization=""), 200)
assert user["admin"]["id"] == ADMIN, user
organizations = check(call("GET", "/api/organizations", {"limit": 100, "skip": 0}, organization=""), 200)
assert [found["displayName"] for found in organizations["results"]] == ["North", "South"], organizations
renamed = {"email": "ann.lee@example.com", "firstname": "Ann", "enableMultiFactor": True, "roleName": None}
admin = check(call("PUT", f"/api/users/{ADMIN}", body=renamed, organization=""), 200)
assert (admin["firstname"], len(admin["roleNames"])) == ("Ann", 4), admin
admin = check(call("PUT", f"/api/users/{OTHER}", body={"roleNames": ["Manager"]}), 200)
assert (admin["roleName"], admin["roleNames"]) == ("Manager", ["Manager"]), admin
admin = check(call("PUT", f"/api/users/{OTHER}", body={"roleName": "Read Only"}), 200)
assert admin["roleNames"] == ["Read Only"], admin
check(call("PUT", f"/api/users/{OTHER}", body={"roleNames": ["No Such Role"]}), 400)

# V2
status, headers, groups = call("GET", "/api/v2/usergroups", {"filter": "name:eq:On Call", "limit": 100, "skip": 0, "sort": ""})
assert status == 200 and headers["x-total-count"] == "1" and groups[0]["id"] == GROUP, (status, headers, groups)
member_of = {"filter": "", "limit": 10, "skip": 0, "sort": ""}
assert check(call("GET", f"/api/v2/users/{ANN}/memberof", member_of, organization=""), 200)[0]["id"] == GROUP
members = check(call("GET", f"/api/v2/usergroups/{GROUP}/members", {"limit": 10, "skip": 0}, organization=""), 200)
assert ANN in [row["to"]["id"] for row in members], members
path = f"/api/v2/usergroups/{GROUP}/members"
remove = {"id": ANN, "op": "remove", "type": "user"}
check(call("POST", path, body=remove, organization=""), 204)
check(call("POST", path, body=remove, organization=""), 404)
check(call("POST", path, body={**remove, "op": "add", "attributes": None}, organization=""), 204)
links = f"/api/v2/administrators/{ADMIN}/organizationlinks"
assert len(check(call("GET", links, {"limit": 10, "skip": 0}), 200)) == 2
# The generated client sends a body with a DELETE where it has one.
check(call("DELETE", f"{links}/{NORTH}", body={}), 204)
assert len(check(call("GET", links, {"limit": 10, "skip": 0}), 200)) == 1
print("jcapi-python V1 and V2: users, administrators, groups, organizations")
