"""What Saviynt's BlackLine connector sends: the client in the form, one page of users, pairs of role and product."""

from urllib.parse import urlencode

from wire import check, send

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LOGIN = {
    "client_id": "demo-client",
    "grant_type": "password",
    "client_secret": "demo-secret",
    "scope": "bl.users instance_0f8c",
    "username": "demo-api",
    "password": "demo-key",
}
ANN = 301


def login(form, path="/connect/token"):
    return send("blackline_saviynt", "POST", path, FORM, urlencode(form))


token = check(login(LOGIN), 200)["access_token"]
check(login({**LOGIN, "password": "wrong"}), 400)
check(login(LOGIN, "/authorize/connect/token"), 401)


def call(method, path, body=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return send("blackline_saviynt", method, path, headers, body)


def items(path):
    return check(call("GET", path), 200)["items"]


def pairs():
    return {(row["role"]["id"], row["product"]["id"]) for row in items(f"/v1/users/{ANN}/roles-products")}


users = {user["id"]: user for user in items("/v1/users?pageSize=10000&filter=isActive%20eq%20true")}
assert users[ANN]["loginId"] == "ann.lee@example.com", users
assert {"id": 5, "name": "Reviewer"} in items("/v1/roles")
assert items("/v1/teams")[0]["name"] == "Close team" and items("/v1/mdm/entities")[0]["name"] == "Acme GmbH"

before = pairs()
check(call("DELETE", f"/v1/users/{ANN}/roles-products?roleId=5&productId=A"), 204)
assert pairs() == before - {(5, "A")}
check(call("POST", f"/v1/users/{ANN}/roles-products", '[{"roleId": 5,"productId": "A"}]'), 200)
assert pairs() == before
check(call("DELETE", f"/v1/users/{ANN}/teams/71"), 204)
assert items(f"/v1/users/{ANN}/teams") == []
check(call("DELETE", f"/v1/users/{ANN}/entities/901"), 204)
assert items(f"/v1/users/{ANN}/entities") == []
print("Saviynt's BlackLine connector: token, users, roles, pairs, teams and entities")
