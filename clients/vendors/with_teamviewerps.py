"""What TeamViewerPS sends: names of fields in its own case, page tokens that it does not encode, a DELETE with a list."""

import json

from wire import check, send

HELP, DEVICES, UNUSED = (f"a0000000-0000-4000-8000-00000000000{digit}" for digit in "246")
NIGHT_SHIFT = 1001


def call(method, path, body=None):
    headers = {"Authorization": "Bearer demo-script-token", "User-Agent": "TeamViewerPS/2.0.0 (PowerShell/7.4.0)"}
    if body is not None:
        headers["Content-Type"] = "application/json; charset=utf-8"
    return send("teamviewer", method, "/api/v1" + path, headers, None if body is None else json.dumps(body))


def holders(role):
    return check(call("GET", f"/userroles/assignments/account?userRoleId={role}"), 200)["AssignedToUsers"]


assert check(call("GET", "/ping"), 200)["token_valid"] is True
[ann] = check(call("GET", "/users?email=ann.lee@example.com&full_list=true"), 200)["users"]
assert check(call("GET", f"/users/{ann['id']}"), 200)["name"] == "Ann Lee"
roles = {role["Id"]: role["Name"] for role in check(call("GET", "/userroles"), 200)["Roles"]}
assert roles[HELP] == "Help Desk", roles
assert HELP in check(call("GET", f"/users/{ann['id']}/userroles"), 200)["assignedRoleIds"]
assert check(call("GET", "/userroles/predefined"), 200) == {"PredefinedUserRoleId": None}

check(call("POST", "/userroles/unassign/account", {"UserIds": ["u201"], "UserRoleId": HELP}), 204)
assert "u201" not in holders(HELP)
check(call("POST", "/userroles/assign/account", {"UserRoleId": HELP, "UserIds": ["u201"]}), 204)
assert "u201" in holders(HELP)
check(call("PUT", "/users/u201", {"unassignUserRoleIds": [DEVICES], "assignUserRoleIds": [UNUSED]}), 204)
assert "u201" in holders(UNUSED) and "u201" not in holders(DEVICES)

groups = {group["id"]: group["name"] for group in check(call("GET", "/usergroups"), 200)["resources"]}
assert groups[NIGHT_SHIFT] == "Night Shift", groups
members = check(call("GET", f"/usergroups/{NIGHT_SHIFT}/members"), 200)["resources"]
[account] = [member["accountId"] for member in members if member["accountId"] == 202]
role = check(call("GET", f"/usergroups/{NIGHT_SHIFT}/userroles"), 200)["assignedRoleId"]
assert NIGHT_SHIFT in check(call("GET", f"/userroles/assignments/usergroups?userRoleId={role}"), 200)["AssignedToGroups"]
check(call("DELETE", f"/usergroups/{NIGHT_SHIFT}/members", [account]), 204)
assert check(call("GET", f"/usergroups/{NIGHT_SHIFT}/members"), 200)["resources"] == [
    member for member in members if member["accountId"] != account
]
check(call("POST", "/userroles/unassign/usergroup", {"UserGroupId": NIGHT_SHIFT}), 204)
assert check(call("GET", f"/usergroups/{NIGHT_SHIFT}/userroles"), 200)["assignedRoleId"] is None
check(call("POST", "/userroles/assign/usergroup", {"UserGroupId": NIGHT_SHIFT, "UserRoleId": role}), 204)

# The module appends a token to a URL that has one already. The manual refuses a parameter that is not known, and the sandbox one that
# comes twice.
check(call("GET", f"/userroles/assignments/account?userRoleId={HELP}&continuationToken=x&continuationToken=y"), 400)
print("TeamViewerPS: users, roles, user groups, a DELETE with a list")
