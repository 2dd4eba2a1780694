"""What schemathesis cannot make up: sessions with their proofs, real ids, signed lines.

A share of its calls gets real values from here; the rest stays made up.
"""

import base64
import hashlib
import itertools
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import requests
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.schemas import BaseSchema
from sqlalchemy import delete

from clerk_client.hall import tables
from clerk_client.hall.calling import PREFIX
from clerk_client.hall.store import writing
from tests.hall.conftest import Town
from tests.hall.desk import ClerkKey, Desk, Journal
from tests.helpers.small_hall import WINDOW

Json = dict[str, Any]

# A wrong guess counts for a minute; unless it is forgotten, all that follows hears 429.
_COUNTED = {
    "/auth/token",
    "/base-lookups",
    "/cases/{number}",
    "/cases/{number}/supplements",
    "/stations",
}

_LISTS = ("clerk", "department", "window", "role")

BEYOND_A_SCHEMA = {
    ("PUT", "/attachments/{sha256}", "ATTACHMENT_OTHER"): "the address is the content's digest",
    ("PUT", "/attachments/{sha256}", "ATTACHMENT_KIND"): "only its content tells a PDF",
    ("GET", "/tallies", "from, to"): "the first day is not after the last",
    ("GET", "/approvals", "after"): "the id of a request, as the page before gave it",
    ("POST", "/indicators", "rows"): "no figure stands twice in a report",
}
"""Why a hall may refuse what the document allows: by the fact `field`, or else the code."""


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
    """Somebody signed in, with what is real in the hall for each call.

    `statuses` are those that came, by operation; `undocumented` what the document does not tell of.
    """

    def __init__(self, town: Town, role: str, code: str, clerk: ClerkKey) -> None:
        self.town, self.code, self.clerk = town, code, clerk
        self.desk = town.desk()
        assert self.desk.sign_in(clerk).json()["clerk"]["role"] == role
        self.statuses: dict[str, set[int]] = {}
        self.undocumented: set[tuple[str, int, str]] = set()
        self._is_at_a_window = role in ("clerk", "supervisor")
        self._kept = b"%PDF-1.7\nkept"
        window = self.desk
        if not self._is_at_a_window:
            window = town.desk()
            assert window.sign_in(town.keys["C01"]).status_code == 200
        sent = window.call("PUT", f"attachments/{_sha256(self._kept)}", data=self._kept)
        assert sent.status_code == 204
        self._names = (f"{role}{number}" for number in itertools.count(1))

    def join(self, schema: BaseSchema) -> None:
        """Hooks into what is generated, sent and answered."""
        schema.auth.set_from_requests(Proven(self.desk, self.clerk))

        @schema.hook
        def before_add_examples(context: HookContext, examples: list[Case]) -> None:
            # There is always one: `fill_missing` stands in the configuration.
            self._filled(examples[0])

        @schema.hook
        def flatmap_case(context: HookContext, case: Case) -> st.SearchStrategy[Case]:
            if case.meta is None or not case.meta.generation.mode.is_positive:
                return st.just(case)
            return st.booleans().map(lambda is_real: self._filled(case) if is_real else case)

        @schema.hook
        def after_call(context: HookContext, case: Case, response: Response) -> None:
            self._note(case, response)

        @schema.hook
        def filter_failure(
            context: HookContext, failure: Failure, case: Case, response: Response
        ) -> bool:
            if not isinstance(failure, RejectedPositiveData):
                return True
            problem = response.json()
            rule = problem["facts"].get("field", problem["code"])
            return (*_call(case), rule) not in BEYOND_A_SCHEMA

    def _filled(self, case: Case) -> Case:
        """The case with real values where there are any."""
        make = self._real.get(_call(case))
        if make is None:
            return case
        values = make()
        case.path_parameters = values.get("path", {})
        case.query = values.get("query", {})
        if "body" in values:
            case.body = values["body"]
        return case

    def _note(self, case: Case, response: Response) -> None:
        operation = case.operation
        if _call(case)[1] in _COUNTED:
            with writing(self.town.engine) as connection:
                connection.execute(delete(tables.failures))
        if case.method.upper() != operation.method.upper():
            return
        self.statuses.setdefault(operation.label, set()).add(response.status_code)
        if response.status_code < 400:
            return
        code = response.json()["code"]
        answer = operation.responses.find_by_status_code(response.status_code)
        if answer is None or code not in answer.definition["x-problem-codes"]:
            self.undocumented.add((operation.label, response.status_code, code))

    # --- real values -----------------------------------------------------------------------------

    @property
    def _real(self) -> dict[tuple[str, str], Callable[[], Json]]:
        return {
            ("POST", "/auth/token"): self._token,
            ("POST", "/stations"): self._station,
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
            ("GET", "/attachments/{sha256}"): lambda: {"path": {"sha256": _sha256(self._kept)}},
            ("POST", "/records"): self._lines,
            ("POST", "/base-lookups"): self._lookup,
            ("POST", "/ratings"): self._rating,
            ("GET", "/tallies"): self._days,
            ("POST", "/indicators"): self._indicators,
            **{("POST", f"/{each}s"): partial(self._new, each) for each in _LISTS},
            **{("PATCH", f"/{each}s/{{code}}"): partial(self._changed, each) for each in _LISTS},
        }

    def _token(self) -> Json:
        return {"body": self.desk.token_request(self.clerk, self.desk.challenge(self.clerk))}

    def _station(self) -> Json:
        name = next(self._names)
        public = hashlib.sha256(name.encode()).digest()
        fields = {
            "station": name,
            "public_key": base64.b64encode(public).decode(),
            "enrolment_code": self.town.code(name),
        }
        return {"body": fields}

    def _supplement(self) -> Json:
        # The same key and materials: one supplement, however often it is sent.
        material = {"name": "平面图", "copies": 1, "form": "copy"}
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, "supplement"))
        return {"path": {"number": "BJ-001"}, "body": {"key": key, "materials": [material]}}

    def _attachment(self) -> Json:
        content = b"%PDF-1.7\n" + next(self._names).encode()
        return {"path": {"sha256": _sha256(content)}, "body": content}

    def _lines(self) -> Json:
        """An acceptance and its print, chained; from others a consultation, which is refused."""
        journal = Journal(self.clerk, self.desk.key, self.code)
        if self._is_at_a_window:
            journal.lease(self.desk, 1)
            lines = [journal.accepted(), journal.printed()]
        else:
            lines = [journal.line(self.clerk, {}, kind="consulted")]
        return {"body": {"lines": [line.to_json() for line in lines]}}

    def _lookup(self) -> Json:
        fields = {
            "base": "hukou",
            "reason": {"kind": "draft", "key": str(uuid.uuid4())},
            "document_type": "resident_id",
            "document_number": "11010519491231002X",
            "fields": {"姓名": "张三"},
        }
        return {"body": fields}

    def _rating(self) -> Json:
        fields = {"key": str(uuid.uuid4()), "window": WINDOW, "stars": 5, "anonymous": True}
        return {"body": fields}

    def _days(self) -> Json:
        today = self.town.today.isoformat()
        return {"query": {"from": today, "to": today, "by": "matter"}}

    def _indicators(self) -> Json:
        row = {"month": "2026-11", "department": "GA", "name": "visits", "amount": 3}
        return {"body": {"rows": [row]}}

    def _new(self, what: str) -> Json:
        name = next(self._names)
        more = {
            "clerk": {"role": "clerk", "identity": f"ZS-{name}"},
            "department": {"full_name": name},
            "window": {},
            "role": {"rights": "clerk"},
        }
        return {"body": {"code": name, "name": name, **more[what]}}

    def _changed(self, what: str) -> Json:
        fields = self._new(what)["body"]
        assert self.desk.post(f"{what}s", fields).status_code == 200
        return {"path": {"code": fields["code"]}, "body": {"name": "改名"}}


def _call(case: Case) -> tuple[str, str]:
    """As in `rights.RIGHTS`."""
    operation = case.operation
    return operation.method.upper(), operation.path.removeprefix(PREFIX)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
