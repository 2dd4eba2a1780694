"""The running service against its own OpenAPI document, asked by schemathesis in each role."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from schemathesis import HookContext
from schemathesis.cli.commands.run.warnings import WarningCollector
from schemathesis.config import (
    ChecksConfig,
    CoveragePhaseConfig,
    ExamplesPhaseConfig,
    FuzzingPhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
    StatefulPhaseConfig,
)
from schemathesis.config._checks import NegativeDataRejectionConfig
from schemathesis.config._phases import ErrorFeedbackConfig, ExtraDataSourcesConfig
from schemathesis.engine import events, from_schema
from schemathesis.schemas import BaseSchema

import resources
from clerk_client.hall.access.rights import RIGHTS
from clerk_client.hall.calling import PREFIX
from tests.hall.changes import employ
from tests.hall.conftest import Town
from tests.hall.schema_hooks import Visitor

ROLES = {"clerk": "C01", "supervisor": "S01", "it": "T01", "auditor": "A01"}
SEED = 20261122
# Made-up calls of an operation, in one of the roles that may and in the others.
DEEP, SHALLOW = {"sqlite": 12, "postgresql": 4}, 2
# 426 is what a client of another version hears, and a header is the one negative value then.
REFUSED = [400, 401, 403, 404, 405, 409, 413, 415, 422, 426, 429, 431]
# No made-up content has the digest that was made up for it.
EXPECTED = {"validation_mismatch": {f"PUT {PREFIX}/attachments/{{sha256}}"}}


def roles_of(method: str, path: str) -> list[str]:
    """Who may, in the order of ROLES."""
    may = RIGHTS[(method.upper(), path.removeprefix(PREFIX))]
    return [role for role in ROLES if may is None or role in {each.value for each in may}]


def is_deep_for(role: str, method: str, path: str) -> bool:
    """Each operation is gone through systematically in one role; they take turns."""
    roles = roles_of(method, path)
    place = list(RIGHTS).index((method.upper(), path.removeprefix(PREFIX)))
    return roles[place % len(roles)] == role


def document() -> Any:
    """As shipped, but for one header."""
    found = json.loads(resources.text("openapi.json"))
    # schemathesis finds no value for a header's pattern with a dot in its systematic part.
    spoken = found["components"]["parameters"]["Clerk-Contract"]
    spoken["schema"] = {"type": "string", "enum": ["1.0", spoken["example"]]}
    return found


def configured(url: str, examples: int, *, is_deep: bool) -> SchemathesisConfig:
    """Nothing by chance and nothing learnt on the way: the same calls each time."""
    made = GenerationConfig(
        deterministic=True,
        max_examples=examples,
        database="none",
        # A proof cannot be made up; what an absent one leads to is the check `ignored_auth`.
        with_security_parameters=False,
    )
    common: dict[str, Any] = {
        "generation": made,
        "operation_ordering": "none",
        "extra_data_sources": ExtraDataSourcesConfig(responses=False),
    }
    phases = PhasesConfig(
        examples=ExamplesPhaseConfig(fill_missing=True, **common),
        coverage=CoveragePhaseConfig(
            enabled=is_deep, generate_duplicate_query_parameters=True, **common
        ),
        fuzzing=FuzzingPhaseConfig(error_feedback=ErrorFeedbackConfig(enabled=False), **common),
        stateful=StatefulPhaseConfig(enabled=False),
    )
    project = ProjectConfig(
        base_url=url,
        continue_on_failure=True,
        generation=made,
        phases=phases,
        checks=ChecksConfig(
            negative_data_rejection=NegativeDataRejectionConfig(expected_statuses=REFUSED)
        ),
    )
    return SchemathesisConfig(seed=SEED, projects=ProjectsConfig(default=project))


class Inquiry:
    """What schemathesis finds, in one role: `findings` and `warnings` are to stay empty."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.findings: list[str] = []
        self.warnings: dict[str, set[str]] = {}
        self.asked: set[str] = set()

    def ask(self, schema: BaseSchema) -> None:
        """Every operation that is left in the schema."""
        self._visitor.join(schema)
        operations = {found.ok().label: found.ok() for found in schema.get_all_operations()}
        self.asked |= operations.keys()
        collector = WarningCollector(config=schema.config)
        context: Any = SimpleNamespace(find_operation=operations.get)
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                collector.on_scenario_finished(context, event)
                self._take(event)
            elif isinstance(event, events.SchemaAnalysisWarnings):
                collector.on_schema_warnings(event)
            elif isinstance(event, events.NonFatalError):
                self.findings.append(f"{event.label}: {event.value!r}")
            elif isinstance(event, events.FatalError):
                raise event.exception
        for kind, labels in collector.data.as_labels().items():
            if unexpected := set(labels) - EXPECTED.get(kind, set()):
                self.warnings.setdefault(kind, set()).update(unexpected)

    def _take(self, event: events.ScenarioFinished) -> None:
        recorder = event.recorder
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is None:
                    continue
                exchange = recorder.interactions[case_id]
                answer = exchange.response
                self.findings.append(
                    f"{event.label}: {check.name}: {check.failure_info.failure.message}\n"
                    f"  {exchange.request.method} {exchange.request.uri}\n"
                    f"  {exchange.request.body!r}\n"
                    f"  {answer.status_code if answer else None} {answer and answer.content!r}"
                )


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)]
)
def kind(request: pytest.FixtureRequest) -> str:
    """What is asked is the contract, which is one: PostgreSQL's turn is in the long runs."""
    return str(request.param)


# Half a minute each on a machine that does nothing else.
@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ROLES)
def test_the_hall_answers_as_its_document_says(town: Town, role: str) -> None:
    code = ROLES[role]
    key = town.keys[code] if code in town.keys else employ(town, code, role)
    visitor = Visitor(town, role, code, key)
    inquiry = Inquiry(visitor)
    whole = document()
    for is_deep, examples in ((True, DEEP[town.database]), (False, SHALLOW)):

        def is_asked(context: HookContext, is_deep: bool = is_deep) -> bool:
            operation = context.operation
            assert operation is not None
            method, path = operation.method, operation.path
            return role in roles_of(method, path) and is_deep_for(role, method, path) == is_deep

        config = configured(town.hall.url, examples, is_deep=is_deep)
        schema = schemathesis.openapi.from_dict(whole, config=config).include(is_asked)
        if any(True for _ in schema.get_all_operations()):
            inquiry.ask(schema)
    assert inquiry.findings == []
    assert inquiry.warnings == {}
    assert visitor.undocumented == set()
    may = {
        f"{method.upper()} {path}"
        for path, methods in whole["paths"].items()
        for method in methods
        if role in roles_of(method, path)
    }
    assert inquiry.asked == may
    served = {
        label
        for label, statuses in visitor.statuses.items()
        if any(200 <= status < 300 for status in statuses)
    }
    assert may - served == set()
    assert "Traceback" not in town.hall.log
    assert "failed:" not in town.hall.log


def test_every_call_of_the_document_is_somebodys() -> None:
    for path, methods in document()["paths"].items():
        for method in methods:
            assert roles_of(method, path), f"{method} {path}"
