"""The running service against its own OpenAPI document, asked by schemathesis in each role."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from schemathesis.cli.commands.run.warnings import WarningCollector
from schemathesis.config import (
    ProjectConfig, ProjectsConfig, SchemathesisConfig, GenerationConfig, PhasesConfig, ExamplesPhaseConfig,
    CoveragePhaseConfig, FuzzingPhaseConfig, StatefulPhaseConfig, ChecksConfig,
)
from schemathesis.engine import events, from_schema

import resources
from clerk_client.hall.calling import PREFIX
from clerk_client.hall.rights import RIGHTS
from tests.hall.changes import employ
from tests.hall.conftest import Town
from tests.hall.schema_hooks import Visitor
import os, time, collections

ROLES=["clerk","supervisor","it","auditor"]

@pytest.mark.parametrize("role", ROLES)
@pytest.mark.timeout(600)
def test_x(town, role):
    keys = {"clerk": "C01", "supervisor": "S01", "it": "T01"}
    key = town.keys[keys[role]] if role in keys else employ(town, "A01", "auditor")
    v = Visitor(town, role, key)
    doc = json.loads(__import__("pathlib").Path("/tmp/o.json").read_text())
    doc["components"]["parameters"]["Clerk-Contract"]["schema"] = {"type":"string","enum":["1.0","1.1"]}
    n=int(os.environ.get("N","5"))
    from schemathesis.config._phases import ExtraDataSourcesConfig, ErrorFeedbackConfig
    off=ExtraDataSourcesConfig(responses=False)
    gen=lambda: GenerationConfig(deterministic=True, max_examples=n, database="none", with_security_parameters=False)
    phases=PhasesConfig(
        examples=ExamplesPhaseConfig(fill_missing=True, operation_ordering="none", extra_data_sources=off, generation=gen()),
        coverage=CoveragePhaseConfig(operation_ordering="none", extra_data_sources=off, generation=gen(), generate_duplicate_query_parameters=True, enabled="C" in os.environ.get("PH","EFC")),
        fuzzing=FuzzingPhaseConfig(enabled="F" in os.environ.get("PH","EFC"), operation_ordering="none", extra_data_sources=off, generation=gen(), error_feedback=ErrorFeedbackConfig(enabled=False)),
        stateful=StatefulPhaseConfig(enabled=False))
    from schemathesis.config._checks import NegativeDataRejectionConfig as ND
    checks = ChecksConfig(negative_data_rejection=ND(expected_statuses=[400,401,403,404,405,406,409,413,415,422,426,429]))
    project = ProjectConfig(checks=checks, base_url=town.hall.url, phases=phases, generation=gen(), continue_on_failure=True)
    config = SchemathesisConfig(seed=5, projects=ProjectsConfig(default=project))
    schema = schemathesis.openapi.from_dict(doc, config=config)
    def may(ctx):
        roles = RIGHTS[(ctx.operation.method.upper(), ctx.operation.path.removeprefix(PREFIX))]
        return roles is None or role in {r.value for r in roles}
    schema = schema.include(may)
    schema.auth.set_from_requests(v.proven)
    v.join(schema)
    w = WarningCollector(config=schema.config)
    ops = {r.ok().label: r.ok() for r in schema.get_all_operations()}
    ctx = SimpleNamespace(find_operation=lambda label: ops.get(label))
    t=time.process_time(); t0=time.time()
    total=collections.Counter(); by=collections.Counter(); fails=collections.OrderedDict()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            w.on_scenario_finished(ctx, event)
            total[event.phase.name]+=len(event.recorder.interactions)
            by[event.label, event.phase.name]+=event.elapsed_time
            for cid, checks in event.recorder.checks.items():
                for c in checks:
                    if c.failure_info:
                        f=c.failure_info.failure
                        it=event.recorder.interactions.get(cid)
                        k=(event.label, c.name, f.title)
                        fails.setdefault(k,[]).append((f.message[:300], it and (it.request.method, it.request.uri, it.request.body and it.request.body[:300], it.request.headers.get('clerk-contract') or it.request.headers.get('Clerk-Contract')), it and it.response and (it.response.status_code, it.response.content[:300])))
        elif isinstance(event, events.SchemaAnalysisWarnings): w.on_schema_warnings(event)
        elif isinstance(event, events.NonFatalError): print("NONFATAL", event.label, event.info.format() if hasattr(event.info,'format') else event.value)
        elif isinstance(event, events.FatalError): raise event.exception
    print("TIME", role, time.process_time()-t, time.time()-t0, total)
    print(by.most_common(8))
    print("WARN", {k:v for k,v in w.data.as_labels().items() if v})
    print("UNDOC", v.undocumented)
    print("STAT", v.statuses)
    print("NO2XX", [l for l in ops if not any(200<=s<300 for s in v.statuses.get(l,()))])
    for k,v in fails.items():
        print("FAIL",k,len(v))
        for x in v[:2]: print("   ",x)
