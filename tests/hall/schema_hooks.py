"""What schemathesis cannot make up: sessions with their proofs, real ids, signed lines.

A share of its calls gets real values from here; the rest stays made up.
"""

import base64
import hashlib
import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import requests
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis import Case, HookContext, Response
from schemathesis.schemas import APIOperation, BaseSchema
from sqlalchemy import delete

from clerk_client.hall import tables
from clerk_client.hall.calling import PREFIX
from clerk_client.hall.store import writing
from tests.hall.conftest import Town
from tests.hall.desk import ClerkKey, Desk, Journal
from tests.helpers.small_hall import WINDOW

Json = dict[str, Any]
Values = dict[str, Any]

# A wrong guess counts for a minute; without forgetting it all that follows would hear 429.
_COUNTED = {"/cases/{number}", "/cases/{number}/supplements", "/base-lookups", "/stations"}


class Proven(AuthBase):
    """Signs each request as it is sent, a repeated one again: a proof is good for one call."""

    def __init__(self, desk: Desk, clerk: ClerkKey) -> None:
        self._desk, self._clerk = desk, clerk

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        method, url = str(request.method), str(request.url)
        desk, path = self._desk, url.partition("?")[0].partition(PREFIX)[2]
        if path == "/auth/token":
            request.headers["DPoP"] = desk.key.proof(method, url)
            return request
        token = desk.token
        if (method, path) == ("DELETE", "/auth/session"):
            # Ends the session that it names: one that nobody else works in.
            fields = desk.token_request(self._clerk, desk.challenge(self._clerk))
            token = desk.ask_token(fields).json()["access_token"]
        request.headers["Authorization"] = f"DPoP {token}"
        request.headers["DPoP"] = desk.key.proof(method, url, token)
        return request


class Visitor:
    """Somebody signed in, with what is real in the hall for each operation."""

    def __init__(self, town: Town, role: str, clerk: ClerkKey) -> None:
        self.town, self.role, self.clerk = town, role, clerk
        self.desk = town.desk()
        assert self.desk.sign_in(clerk).json()["clerk"]["role"] == role
        self.statuses: dict[str, set[int]] = {}
        self.undocumented: set[tuple[str, int, str]] = set()
        self._count = itertools.count(1)
        self._station = f"{role}-{uuid.uuid4().hex[:6]}"

    @property
    def proven(self) -> Proven:
        return Proven(self.desk, self.clerk)

    def join(self, schema: BaseSchema) -> None:
        """Hooks into what is generated, sent and answered."""

        @schema.hook
        def before_add_examples(context: HookContext, examples: list[Case]) -> None:
            # There is always one: `fill_missing` stands in the configuration.
            self.filled(examples[0])

        @schema.hook
        def flatmap_case(context: HookContext, case: Case) -> st.SearchStrategy[Case]:
            if case.meta is None or not case.meta.generation.mode.is_positive:
                return st.just(case)
            return st.sampled_from([False, True]).map(
                lambda is_real: self.filled(case) if is_real else case
            )

        @schema.hook
        def after_call(context: HookContext, case: Case, response: Response) -> None:
            self._note(case, response)

    def filled(self, case: Case) -> Case:
        """The case with real values where there are any."""
        operation: APIOperation = case.operation
        make = self._real.get((operation.method.upper(), operation.path.removeprefix(PREFIX)))
        if make is None:
            return case
        values = make()
        case.path_parameters = values.get("path", {})
        case.query = values.get("query", {})
        if "body" in values:
            case.body = values["body"]
            case.media_type = values.get("media_type", "application/json")
        return case

    def _note(self, case: Case, response: Response) -> None:
        operation = case.operation
        path = operation.path.removeprefix(PREFIX)
        if path in _COUNTED:
            with writing(self.town.engine) as connection:
                connection.execute(delete(tables.failures))
        if case.method.upper() != operation.method.upper():
            return
        self.statuses.setdefault(operation.label, set()).add(response.status_code)
        if response.status_code < 400:
            return
        code = response.json()["code"]
        answer = operation.responses.find_by_status_code(response.status_code)
        if answer is None or code not in answer.definition.get("x-problem-codes", ()):
            self.undocumented.add((operation.label, response.status_code, code))

    # --- real values ---------------------------------------------------------------------------------

    @property
    def _real(self) -> dict[tuple[str, str], Callable[[], Values]]:
        return {
            ("POST", "/auth/token"): self._token,
            ("POST", "/stations"): self._station_request,
            ("GET", "/tickets/{number}"): lambda: {"path": {"number": "A023"}},
            ("GET", "/appointments/{number}"): lambda: {"path": {"number": "YY0001"}},
            ("GET", "/cases/{number}"): lambda: {
                "path": {"number": "BJ-001"},
                "query": {"name": "欧阳·张三"},
            },
            ("POST", "/cases/{number}/supplements"): self._supplement,
            ("POST", "/number-blocks"): lambda: {
                "body": {"journal": str(uuid.uuid4()), "key": str(uuid.uuid4()), "count": 1}
            },
            ("PUT", "/attachments/{sha256}"): self._attachment,
            ("GET", "/attachments/{sha256}"): self._kept_attachment,
            ("POST", "/records"): self._lines,
            ("POST", "/base-lookups"): self._lookup,
            ("POST", "/ratings"): self._rating,
            ("GET", "/tallies"): self._days,
            ("POST", "/indicators"): self._indicators,
            ("POST", "/clerks"): lambda: {"body": self._new("clerk")},
            ("POST", "/departments"): lambda: {"body": self._new("department")},
            ("POST", "/windows"): lambda: {"body": self._new("window")},
            ("POST", "/roles"): lambda: {"body": self._new("role")},
            ("PATCH", "/clerks/{code}"): lambda: self._changed("clerk"),
            ("PATCH", "/departments/{code}"): lambda: self._changed("department"),
            ("PATCH", "/windows/{code}"): lambda: self._changed("window"),
            ("PATCH", "/roles/{code}"): lambda: self._changed("role"),
        }

    def _token(self) -> Values:
        return {"body": self.desk.token_request(self.clerk, self.desk.challenge(self.clerk))}

    def _station_request(self) -> Values:
        name = f"{self._station}-{next(self._count)}"
        public = hashlib.sha256(name.encode()).digest()
        return {
            "body": {
                "station": name,
                "public_key": base64.b64encode(public).decode(),
                "enrolment_code": self.town.code(name),
            }
        }

    def _supplement(self) -> Values:
        # The same key and materials: one supplement, however often it is sent.
        material = {"name": "平面图", "copies": 1, "form": "copy"}
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, "supplement"))
        return {"path": {"number": "BJ-001"}, "body": {"key": key, "materials": [material]}}

    def _attachment(self) -> Values:
        content = b"%PDF-1.7\n" + f"{self._station} {next(self._count)}".encode()
        return {
            "path": {"sha256": hashlib.sha256(content).hexdigest()},
            "body": content,
            "media_type": "application/octet-stream",
        }

    def _kept_attachment(self) -> Values:
        content = b"%PDF-1.7\nkept"
        sha256 = hashlib.sha256(content).hexdigest()
        # Who only reads finds what a window has sent.
        if self.role != "auditor":
            assert self.desk.call("PUT", f"attachments/{sha256}", data=content).status_code == 204
        return {"path": {"sha256": sha256}}

    def _lines(self) -> Values:
        """An acceptance and its print, chained. Who leases no numbers hands in a consultation."""
        journal = Journal(self.clerk, self.desk.key, self.desk_clerk)
        if self.role in ("clerk", "supervisor"):
            journal.lease(self.desk, 1)
            lines = [journal.accepted(), journal.printed()]
        else:
            lines = [journal.line(self.clerk, {}, kind="consulted")]
        return {"body": {"lines": [line.to_json() for line in lines]}}

    @property
    def desk_clerk(self) -> str:
        return {"clerk": "C01", "supervisor": "S01", "it": "T01", "auditor": "A01"}[self.role]

    def _lookup(self) -> Values:
        return {
            "body": {
                "base": "hukou",
                "reason": {"kind": "draft", "key": str(uuid.uuid4())},
                "document_type": "resident_id",
                "document_number": "11010519491231002X",
                "fields": {"姓名": "张三"},
            }
        }

    def _rating(self) -> Values:
        fields = {"key": str(uuid.uuid4()), "window": WINDOW, "stars": 5, "anonymous": True}
        return {"body": fields}

    def _days(self) -> Values:
        today = datetime.now(UTC).date().isoformat()
        return {"query": {"from": today, "to": today, "by": "matter"}}

    def _indicators(self) -> Values:
        row = {"month": "2026-11", "department": "GA", "name": "visits", "amount": 3}
        return {"body": {"rows": [row]}}

    def _new(self, what: str) -> Json:
        name = f"n{next(self._count)}"
        return {
            "clerk": {"code": name, "name": name, "role": "clerk", "identity": f"ZS-{name}"},
            "department": {"code": name, "name": name, "full_name": name},
            "window": {"code": name, "name": name},
            "role": {"code": name, "name": name, "rights": "clerk"},
        }[what]

    def _changed(self, what: str) -> Values:
        fields = self._new(what)
        assert self.desk.post(f"{what}s", fields).status_code == 200
        return {"path": {"code": fields["code"]}, "body": {"name": f"other {fields['name']}"}}


def labels(schema: BaseSchema) -> Iterator[str]:
    """`GET /api/v1/health` of each operation."""
    for result in schema.get_all_operations():
        yield result.ok().label
