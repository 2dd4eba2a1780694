"""Every state of an acceptance and every kind of line has its word."""

import itertools
import subprocess
import sys
from dataclasses import replace

from clerk_client.journal.day_sheet import Delivered, Paper, VoidState
from clerk_client.ui.records.words import KINDS, paper_of, state_of
from clerk_client.wire.lines import Kind
from tests.unit.test_records_presenter import RECORD


def test_every_state_and_every_paper_has_a_sign_and_a_word() -> None:
    for delivered, void in itertools.product(Delivered, VoidState):
        sign, word = state_of(replace(RECORD, delivered=delivered, void=void))[0].split(" ")
        assert sign != word
    assert len({paper_of(replace(RECORD, paper=paper))[0] for paper in Paper}) == len(Paper)


def test_every_kind_of_line_has_its_word() -> None:
    assert set(KINDS) == {kind.value for kind in Kind}


def test_login_page_stands_without_the_journals_libraries() -> None:
    """The page is made with the window, long before anybody signs in."""
    code = (
        "import sys, clerk_client.app;"
        "print([m for m in ('sqlcipher3', 'rfc8785', 'requests', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
