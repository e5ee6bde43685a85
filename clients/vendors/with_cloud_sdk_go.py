"""What cloud-sdk-go and the Terraform provider send: every scope and list that is not used is null."""

import json

from wire import check, send

ORGANIZATION, ANN = "198583657190", "1001"


def call(method, path, body=None):
    headers = {"Authorization": "ApiKey essu_demo-key", "Accept": "application/json", "User-Agent": "cloud-sdk-go/1.24.0"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return send("elastic_cloud", method, f"/api/v1{path}", headers, None if body is None else json.dumps(body))


def scopes(**used):
    return {"deployment": None, "organization": None, "platform": None, **used}


def held():
    members = check(call("GET", f"/organizations/{ORGANIZATION}/members"), 200)["members"]
    [ann] = [member for member in members if member["user_id"] == ANN]
    return ann["role_assignments"]


def projects(kind, **item):
    item = {"application_roles": None, "organization_id": ORGANIZATION, **item}
    return scopes(project={"elasticsearch": None, "observability": None, "security": None, kind: [item]})


assert check(call("GET", "/organizations"), 200)["organizations"][0]["id"] == ORGANIZATION
path = f"/users/{ANN}/role_assignments"
editor = {
    "all": False,
    "application_roles": None,
    "deployment_ids": ["d1"],
    "organization_id": ORGANIZATION,
    "role_id": "deployment-editor",
}
check(call("DELETE", path, scopes(deployment=[editor])), 200)
[left] = [item for item in held()["deployment"] if item["role_id"] == "deployment-editor"]
assert left["deployment_ids"] == ["d2"], left
check(call("POST", path, scopes(deployment=[editor])), 200)
[left] = [item for item in held()["deployment"] if item["role_id"] == "deployment-editor"]
assert sorted(left["deployment_ids"]) == ["d1", "d2"], left
everywhere = {**editor, "all": True, "deployment_ids": None, "role_id": "deployment-viewer"}
check(call("DELETE", path, scopes(deployment=[everywhere])), 200)
assert "deployment-viewer" not in json.dumps(held()), held()
check(call("DELETE", path, scopes(organization=[{"organization_id": ORGANIZATION, "role_id": "billing-admin"}])), 200)
assert "organization" not in held(), held()
check(call("DELETE", path, projects("security", role_id="security-t1-analyst", project_ids=["p2"])), 200)
assert "security" not in held()["project"], held()
# All scopes null ask for nothing.
check(call("DELETE", path, scopes()), 400)
print("cloud-sdk-go: members, removals and additions with null scopes and lists")
