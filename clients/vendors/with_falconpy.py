"""CrowdStrike's own Python SDK: find a user, page through the grants, read roles, revoke and grant; users of partner CIDs too."""

from falconpy import UserManagement

from wire import SANDBOXES

HOME = "0123456789abcdef0123456789abcdef"
CHILD = "fedcba9876543210fedcba9876543210"
PARTNERS_USER = "eve.ross@partner.example"


def client(**settings):
    return UserManagement(
        client_id="demo-client", client_secret="demo-secret", base_url=SANDBOXES["crowdstrike"], **settings
    )


def resources(answer, status=200):
    assert answer["status_code"] == status, answer
    assert not answer["body"].get("errors"), answer
    return answer["body"].get("resources")


def pages(read, **parameters):
    """Every row, three a page, as the SDK's own samples page."""
    rows, total = [], 1
    while len(rows) < total:
        answer = read(limit=3, offset=len(rows), **parameters)
        rows += resources(answer)
        total = answer["body"]["meta"]["pagination"]["total"]
    return rows


falcon = client()
[ann] = resources(falcon.query_users(filter="uid:'ann.lee@example.com'", sort="uid|asc"))
[record] = resources(falcon.retrieve_users(ids=[ann]))
assert (record["first_name"], record["cid"]) == ("Ann", HOME), record
assert resources(falcon.query_users(filter="uid:'nobody@example.com'")) == []

grants = pages(falcon.get_user_grants, user_uuid=ann, direct_only=True)
held = {grant["role_id"] for grant in grants}
assert len(grants) == 6 and "help_desk" in held, grants
narrowed = falcon.get_user_grants(user_uuid=ann, cid=HOME, filter="role_id:'help_desk'", sort="role_name|desc")
assert [grant["role_name"] for grant in resources(narrowed)] == ["Help Desk"], narrowed

known = resources(falcon.query_roles(cid=HOME))
assert held <= set(known), known
described = {role["id"]: role["display_name"] for role in resources(falcon.get_roles_mssp(ids=known, cid=HOME))}
older = {role["id"]: role["display_name"] for role in resources(falcon.get_roles_mssp_v1(ids=known))}
assert described == older and described["help_desk"] == "Help Desk", described


def act(action, *roles, user=ann, cid=HOME, call=falcon.user_roles_action):
    return call(action=action, uuid=user, cid=cid, role_ids=list(roles))


def roles_of(user=ann, read=falcon.get_user_grants):
    return {grant["role_id"] for grant in pages(read, user_uuid=user)}


resources(act("revoke", "help_desk", "event_viewer"))
assert roles_of() == held - {"help_desk", "event_viewer"}
in_child = resources(falcon.get_user_grants(user_uuid=ann, cid=CHILD))
assert [grant["role_id"] for grant in in_child] == ["help_desk"], in_child
resources(act("grant", "help_desk", "event_viewer"))
assert roles_of() == held
refused = act("revoke", "help_desk", "no_such_role")
assert refused["status_code"] == 400 and "invalid roleID" in refused["body"]["errors"][0]["message"], refused
assert roles_of() == held

# The older calls do not know somebody who is homed in a partner CID, and the newer ones do.
mail = f"uid:'{PARTNERS_USER}'"
assert resources(falcon.query_users(filter=mail)) == []
[eve] = resources(falcon.query_users_v2(filter=mail, user_type="external"))
[record] = resources(falcon.retrieve_users_v2(ids=[eve]))
assert record["user_type"] == "external" and record["cid"] not in {HOME, CHILD}, record
assert falcon.get_user_grants(user_uuid=eve)["status_code"] == 400
assert roles_of(eve, falcon.combined_user_roles_v3) == {"event_viewer", "dashboard_admin"}
assert act("revoke", "event_viewer", user=eve)["status_code"] == 400
resources(act("remove-role", "event_viewer", user=eve, call=falcon.update_user_roles))
assert roles_of(eve, falcon.combined_user_roles_v3) == {"dashboard_admin"}
resources(act("assign-role", "event_viewer", user=eve, call=falcon.update_user_roles))

# A token that is locked to a child CID sees that one.
child = client(member_cid=CHILD)
assert roles_of(ann, child.get_user_grants) == {"help_desk"}
assert child.get_user_grants(user_uuid=ann, cid=HOME)["status_code"] == 403

token = falcon.auth_object.token_value
revoked = falcon.auth_object.revoke(token)
assert revoked["status_code"] == 200, revoked
print("falconpy: users, grants page by page, roles, revoke and grant, users of partner CIDs")
