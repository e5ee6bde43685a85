"""Slack's own Python SDK: who the token is, users, role assignments, account types, workspaces."""

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from wire import SANDBOXES

ENTERPRISE, NORTH, SOUTH = "E0ACME", "T0NORTH", "T0SOUTH"
ANN, SAM, KIM = "U0ANN", "U0SAM", "U0KIM"

slack = WebClient(token="xoxp-demo-token", base_url=SANDBOXES["slack_enterprise"] + "/api/")


def refused(call, **arguments):
    try:
        answer = call(**arguments)
    except SlackApiError as error:
        return error.response["error"]
    raise AssertionError(answer.data)


me = slack.auth_test()
assert (me["enterprise_id"], me["is_enterprise_install"]) == (ENTERPRISE, True), me.data
ann = slack.users_info(user=ANN, include_locale=True)["user"]
assert ann["profile"]["email"] == "ann.lee@example.com" and ann["locale"], ann
assert slack.users_lookupByEmail(email="ann.lee@example.com")["user"]["id"] == ANN
assert refused(slack.users_info, user="U0NOBODY") == "user_not_found"
assert refused(slack.users_lookupByEmail, email="nobody@example.com") == "users_not_found"


def assignments(**narrowed):
    """Every assignment: the SDK follows the cursors itself."""
    rows = []
    for page in slack.admin_roles_listAssignments(limit=2, **narrowed):
        rows += page["role_assignments"]
    return {(row["role_id"], row["entity_id"], row["user_id"]) for row in rows}


everything = assignments()
assert len(everything) == 9, everything
audit = assignments(role_ids=["Rl0C"])
assert audit == {("Rl0C", NORTH, ANN), ("Rl0C", ENTERPRISE, ANN)}, audit
assert assignments(role_ids="Rl0C", entity_ids=[NORTH]) == {("Rl0C", NORTH, ANN)}

slack.admin_roles_removeAssignments(role_id="Rl0C", entity_ids=[NORTH, ENTERPRISE], user_ids=[ANN])
assert assignments() == everything - audit
slack.admin_roles_addAssignments(role_id="Rl0C", entity_ids=NORTH, user_ids=ANN)
slack.admin_roles_addAssignments(role_id="Rl0C", entity_ids=[ENTERPRISE], user_ids=[ANN])
assert assignments() == everything
# What the SDK sends as JSON, on request.
role = {"role_id": "Rl0C", "entity_ids": [NORTH], "user_ids": [ANN]}
slack.api_call("admin.roles.removeAssignments", json=role)
assert assignments() == everything - {("Rl0C", NORTH, ANN)}
assert refused(slack.admin_roles_removeAssignments, role_id="RlNONE", entity_ids=NORTH, user_ids=ANN) == "invalid_role_id"

teams = {team["id"] for page in slack.admin_teams_list(limit=1) for team in page["teams"]}
assert teams == {NORTH, SOUTH}, teams


def holders(team):
    owners = slack.admin_teams_owners_list(team_id=team)["owner_ids"]
    admins = slack.admin_teams_admins_list(team_id=team, limit=10)["admin_ids"]
    return owners, admins


def kind(user, team):
    [row] = [row for row in slack.admin_users_list(team_id=team, is_active=True)["users"] if row["id"] == user]
    return "owner" if row["is_owner"] else "admin" if row["is_admin"] else "guest" if row["is_restricted"] else "member"


assert holders(NORTH) == ([SAM], [ANN]) and holders(SOUTH) == ([], []), holders(NORTH)
assert [kind(user, NORTH) for user in (ANN, SAM, KIM)] == ["admin", "owner", "guest"]
slack.admin_users_setRegular(team_id=NORTH, user_id=ANN)
assert (kind(ANN, NORTH), holders(NORTH)) == ("member", ([SAM], []))
slack.admin_users_setAdmin(team_id=NORTH, user_id=ANN)
assert (kind(ANN, NORTH), holders(NORTH)) == ("admin", ([SAM], [ANN]))
assert refused(slack.admin_users_setRegular, team_id=ENTERPRISE, user_id="U0ROOT") == "cannot_modify_primary_owner"
assert refused(slack.admin_teams_owners_list, team_id="T0NONE") == "team_not_found"
print("slack_sdk: token, users, assignments page by page, account types, workspaces")
