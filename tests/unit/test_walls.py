"""The house's walls: who may import whom."""

import sys

import grimp
import pytest
from importlinter.cli import lint_imports


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("clerk_client", include_external_packages=True, cache_dir=None)


def test_every_import_contract_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_imports(config_filename="setup.cfg", no_cache=True) == 0, capsys.readouterr().out


def test_the_domain_stands_on_the_standard_library(graph: grimp.ImportGraph) -> None:
    """import-linter has no list of what is allowed."""
    outside = {
        imported.split(".")[0]
        for module in graph.find_descendants("clerk_client.domain") | {"clerk_client.domain"}
        for imported in graph.find_modules_directly_imported_by(module)
    }
    assert outside - set(sys.stdlib_module_names) <= {"clerk_client", "stdnum"}


def test_no_presenter_knows_qt(graph: grimp.ImportGraph) -> None:
    presenters = [module for module in graph.modules if module.endswith(".presenter")]
    assert presenters
    for presenter in presenters:
        assert not graph.chain_exists(importer=presenter, imported="PyQt5"), presenter
