"""The contract as an OpenAPI 3.1 document: what `resources/openapi.json` holds.

FastAPI describes parameters, bodies and answers; here comes what holds for every call: versions,
sessions, problem documents with their codes, headers.
"""

import copy
import inspect
import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from clerk_client.hall.access.rights import RIGHTS
from clerk_client.hall.calling import PREFIX
from clerk_client.hall.errors import HallError
from clerk_client.hall.problems import HEADERS_OF_STATUS
from clerk_client.hall.refusals import ANY_CALL, SIGNED_IN, Refusal, refusals, status_of
from clerk_client.wire.messages import CONTRACT, Problem

Json = dict[str, Any]

_ALWAYS_TAKEN = ("POST", "/records")
# bodies.py refuses it in every path and query.
_NO_NUL = r"^[^\x00]*$"
_SESSION = "session"
_PROOF = "proof"
_FIGURES = "figures"

_COMMON = (*ANY_CALL, *SIGNED_IN)

_ABOUT = """\
What passes between the windows of a government service hall and the hall's own system.

Times are RFC 3339 in UTC, days are the hall's. Unknown fields are refused in what is written and \
must be ignored in what is read. Every error is a problem document (RFC 9457) whose `code` is \
stable; `x-problem-codes` lists those of each call. Lists are paged: `next` is the `after` of the \
next page and empty on the last one."""

_SCHEMES: Json = {
    _SESSION: {
        "type": "http",
        "scheme": "DPoP",
        "description": "The token of POST auth/token, bound to the station's key (RFC 9449).",
    },
    _PROOF: {
        "type": "apiKey",
        "in": "header",
        "name": "DPoP",
        "description": "A proof by the station's Ed25519 key, made anew for each call (RFC 9449).",
    },
    _FIGURES: {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of --metrics-token-file. The hall's own machine needs none.",
    },
}

_SPOKEN: Json = {
    "name": "Clerk-Contract",
    "in": "header",
    "required": False,
    "description": "The contract's version that the caller speaks: major.minor.",
    "schema": {
        "type": "string",
        "minLength": 3,
        "maxLength": 6,
        "pattern": rf"^{CONTRACT.partition('.')[0]}\.[0-9]{{1,4}}$",
    },
    "example": CONTRACT,
}

_HEADERS: Json = {
    "Clerk-Contract": {
        "description": "The contract's version that the hall speaks.",
        "required": True,
        "schema": {"type": "string", "pattern": r"^[0-9]{1,4}\.[0-9]{1,4}$"},
    },
    "Cache-Control": {"required": True, "schema": {"type": "string", "const": "no-store"}},
    "X-Request-Id": {
        "description": "Under which the hall's log tells of this call. Absent where what came was \
refused before it was one.",
        "required": False,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    },
}

_EXAMPLES: dict[str, Any] = {
    "number@/tickets/{number}": "A023",
    "number@/appointments/{number}": "YY0001",
    "number@/cases/{number}": "BJ-001",
    "number@/cases/{number}/supplements": "BJ-001",
}


def description(app: FastAPI) -> Json:
    """The document of an application with the contract's routes."""
    found: Json = copy.deepcopy(app.openapi())
    found["info"] = {"title": "clerk_client hall", "version": CONTRACT, "description": _ABOUT}
    found["servers"] = [{"url": "/", "description": "The hall; https except on its own machine."}]
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _, problem = models_json_schema(
        [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas |= problem["$defs"]
    found["components"]["securitySchemes"] = _SCHEMES
    found["components"]["headers"] = _HEADERS
    found["components"]["responses"] = {
        _name(status): _problem(status, [each for each in _COMMON if status_of(each) == status])
        for status in sorted({status_of(each) for each in _COMMON})
    }
    found["components"]["parameters"] = {"Clerk-Contract": _SPOKEN}
    functions = {route.name: route.endpoint for route in _routes(app)}
    for method, path, operation in operations(found):
        _complete(method, path, operation, functions[operation["operationId"]])
    return found


def text(app: FastAPI) -> str:
    """The document as it is shipped."""
    return json.dumps(description(app), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Method, path as in `rights.RIGHTS`, and what the document says of it."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path.removeprefix(PREFIX), operation


def _routes(app: FastAPI) -> list[Any]:
    from fastapi.routing import iter_route_contexts

    return [each.original_route for each in iter_route_contexts(app.routes)]


def _complete(method: str, path: str, operation: Json, function: Any) -> None:
    roles = RIGHTS[(method, path)]
    first, _, rest = (inspect.getdoc(function) or "").partition("\n")
    operation["summary"] = first
    operation["description"] = " ".join([rest.strip(), _who(method, path)]).strip()
    operation["security"] = _security(path, needs_session=roles is not None)
    if (method, path) != _ALWAYS_TAKEN:
        spoken = {"$ref": "#/components/parameters/Clerk-Contract"}
        operation.setdefault("parameters", []).append(spoken)
    for parameter in operation.get("parameters", ()):
        example = _EXAMPLES.get(f"{parameter.get('name')}@{path}")
        if example is not None:
            parameter["example"] = example
        for kind in _kinds(parameter.get("schema", {})):
            if kind.get("type") == "string" and not {"pattern", "format", "enum"} & kind.keys():
                kind["pattern"] = _NO_NUL
    answers = operation["responses"]
    # FastAPI's own shape of a 422 is not ours.
    answers.pop("422", None)
    for answer in answers.values():
        answer["headers"] = _named_headers() | answer.get("headers", {})
        answer["description"] = "Done."
    given = refusals(method, path, needs_session=roles is not None)
    for status in sorted({status_of(each) for each in given}):
        said = [each for each in given if status_of(each) == status]
        common = [each for each in _COMMON if status_of(each) == status]
        answers[str(status)] = (
            {"$ref": f"#/components/responses/{_name(status)}"}
            if said == common
            else _problem(status, said)
        )


def _kinds(schema: Json) -> list[Json]:
    return schema.get("anyOf") or [schema]


def _who(method: str, path: str) -> str:
    roles = RIGHTS[(method, path)]
    if roles is None:
        return ""
    return f"For: {', '.join(sorted(role.value for role in roles))}."


def _security(path: str, *, needs_session: bool) -> list[Json]:
    if needs_session:
        return [{_SESSION: [], _PROOF: []}]
    if path == "/auth/token":
        return [{_PROOF: []}]
    if path == "/metrics":
        return [{}, {_FIGURES: []}]
    return []


def _named_headers(status: int = 200) -> Json:
    found: Json = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    for name, value in HEADERS_OF_STATUS.get(status, {}).items():
        found[name] = {"required": True, "schema": {"type": "string", "const": value}}
    return found


def _name(status: int) -> str:
    return f"Problem{status}"


def _problem(status: int, said: list[Refusal]) -> Json:
    lines = [f"- `{each.code}`: {_first_line(each)}" for each in said]
    example = Problem(title=_first_line(said[0]), status=status, code=said[0].code)
    return {
        "description": "\n".join(lines),
        "headers": _named_headers(status),
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": example.model_dump(),
            }
        },
        "x-problem-codes": [each.code for each in said],
    }


def _first_line(refusal: type[Exception]) -> str:
    if refusal is HallError:
        return "The hall failed; its log says why under X-Request-Id."
    return (refusal.__doc__ or "").partition("\n")[0]
