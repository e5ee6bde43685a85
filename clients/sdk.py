"""The original's Python SDK, by the path of it that works: an error keeps only its status and headers."""

import asyncio
import os

from aiohttp import ClientResponseError
from truto_python_sdk import TrutoApi

ANN = "6f1e2a30-0000-4000-8000-00000000a001"


async def main():
    api = TrutoApi(token="demo-token", base_url=os.environ["URL"])

    async def unassign(body, **query):
        query = {"integrated_account_id": "demo-crowdstrike", **query}
        return await api.unified_api.create("user-directory", "users/unassign-role", body, query)

    plan = await unassign({"id": ANN, "roles": [{"id": "help_desk"}]}, dry_run=True)
    assert plan["dry_run"] is True and plan["planned_requests"], plan

    user = await unassign(
        {"id": ANN, "roles": [{"id": "help_desk"}]},
        truto_ignore_remote_data=True,
        truto_exclude_fields=["emails", "username"],
    )
    assert [entry["outcome"] for entry in user["role_outcomes"]] == ["removed"], user
    assert not {"emails", "username", "remote_data"} & user.keys(), user
    assert "help_desk" not in [role["id"] for role in user["roles"]], user

    try:
        await unassign({"id": ANN, "roles": [{"name": "No Such Role"}]})
        raise AssertionError("an unknown role must be an error")
    except ClientResponseError as error:
        assert error.status == 404, error
        # The SDK drops the body: the headers say the essentials.
        assert error.headers["x-error-code"] == "not_found", error.headers
        assert error.headers["x-role-outcomes"] == "not_found=1", error.headers
        assert error.headers["x-request-id"], error.headers
    await api.close() if hasattr(api, "close") else None
    print("sdk.py: planned, removed, and refused with readable headers")


asyncio.run(main())
