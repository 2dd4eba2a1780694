"""Every route of the contract asked for by everybody: who is let through, and who is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from fastapi.routing import APIRoute, iter_route_contexts

from clerk_client.demo.authority import Authority
from clerk_client.domain.clock import SystemClock
from clerk_client.hall.access.rights import RIGHTS
from clerk_client.hall.api import build_app
from clerk_client.hall.calling import PREFIX
from clerk_client.hall.store import open_engine
from tests.hall.changes import employ
from tests.hall.conftest import Town
from tests.hall.desk import Desk

ROLES = {"clerk": "C01", "supervisor": "S01", "it": "T01", "auditor": "A01"}

# Written down a second time on purpose, and not taken from `rights.RIGHTS`: a right that is changed
# there by mistake shows here. c clerk, s supervisor, i IT, a auditor; `all` needs no session.
TABLE = """
POST   /auth/challenge                all
POST   /auth/token                    all
GET    /auth/session                  csia
DELETE /auth/session                  csia
POST   /stations                      all
GET    /matters                       csia
GET    /tickets/{number}              cs
GET    /appointments/{number}         cs
GET    /appointments                  cs
GET    /cases/{number}                cs
POST   /cases/{number}/supplements    cs
POST   /number-blocks                 cs
PUT    /attachments/{sha256}          cs
GET    /attachments/{sha256}          csa
POST   /records                       csia
POST   /base-lookups                  cs
GET    /approvals                     s
POST   /ratings                       cs
GET    /tallies                       csa
POST   /station-reports               csia
GET    /fleet                         i
POST   /indicators                    i
GET    /trust                         all
GET    /clerks                        sia
POST   /clerks                        i
PATCH  /clerks/{code}                 i
GET    /departments                   sia
POST   /departments                   i
PATCH  /departments/{code}            i
GET    /windows                       sia
POST   /windows                       i
PATCH  /windows/{code}                i
GET    /roles                         sia
POST   /roles                         i
PATCH  /roles/{code}                  i
GET    /audit                         a
GET    /health                        all
GET    /metrics                       all
"""
RIGHT = {
    (method, path): set(ROLES) if who == "all" else {r for r in ROLES if r[0] in who}
    for method, path, who in (line.split() for line in TABLE.split("\n") if line)
}
OPEN = {(line.split()[0], line.split()[1]) for line in TABLE.split("\n") if line.endswith("all")}


@pytest.fixture(scope="module")
def desks(town: Town) -> Iterator[dict[str, Desk]]:
    """A signed-in station for each role."""
    keys = {**town.keys, "A01": employ(town, "A01", "auditor")}
    found = {}
    for role, clerk in ROLES.items():
        found[role] = town.desk()
        assert found[role].sign_in(keys[clerk]).json()["clerk"]["role"] == role
    yield found
    # Signing out comes last of all routes, because it takes the session away.
    for role, desk in found.items():
        answer = desk.call("DELETE", "auth/session")
        assert (answer.status_code == 204) == (role in RIGHT["DELETE", "/auth/session"])


def test_every_route_of_the_service_stands_in_the_table(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'hall.sqlite'}")
    app = build_app(engine, [Authority().certificate], SystemClock())
    engine.dispose()
    found = list(iter_route_contexts(app.routes))
    assert all(isinstance(each.original_route, APIRoute) for each in found)
    served = {
        (method, (each.path or "").removeprefix(PREFIX))
        for each in found
        for method in each.methods or ()
    }
    assert sorted(served - RIGHT.keys()) == []
    assert sorted(RIGHT.keys() - served) == []


def test_every_right_that_the_service_gives_stands_in_the_table() -> None:
    given = {
        route: set(ROLES) if roles is None else {role.value for role in roles}
        for route, roles in RIGHTS.items()
    }
    assert given == RIGHT
    assert {route for route, roles in RIGHTS.items() if roles is None} == OPEN


@pytest.mark.parametrize("route", sorted(RIGHT), ids=" ".join)
def test_only_who_may_is_let_through(
    town: Town, desks: dict[str, Desk], route: tuple[str, str]
) -> None:
    method, pattern = route
    path = re.sub(r"\{\w+\}", "x", pattern).removeprefix("/")
    body: dict[str, str] | None = {} if method in ("POST", "PATCH", "PUT") else None
    url = f"{town.hall.url}{PREFIX}/{path}"
    stranger = requests.request(method, url, json=body, timeout=20)
    if route in OPEN:
        assert stranger.status_code not in (401, 403)
    else:
        assert (stranger.status_code, stranger.json()["code"]) == (401, "TOKEN_EXPIRED")
    if route == ("DELETE", "/auth/session"):
        return
    for role, desk in desks.items():
        answer = desk.call(method, path, json=body)
        if role in RIGHT[route]:
            assert answer.status_code not in (401, 403), role
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "RIGHT_MISSING"), role
