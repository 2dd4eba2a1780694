"""What the login page offers without a PIN, as conversations without a screen."""

import pytest

from clerk_client.desk.key_papers import ApplicationEntries, RequestEntries
from clerk_client.desk.keys import Plugged
from clerk_client.ui.login.downloads import openable
from clerk_client.ui.login.exchange import Panel, Step
from clerk_client.ui.notices import Level
from clerk_client.ui.wording import wording_for
from clerk_client.workers.unforeseen import Unforeseen
from printing.document import (
    CertificateApplication,
    CertificateKind,
    CertificateLine,
    KeyFamily,
    KeyRequest,
    Wish,
)
from printing.errors import GlyphMissing, PrinterAbsent
from tests.unit.test_login_presenter import FAMILIES, Login, key, plugged
from ukey.errors import (
    DriverCrashed,
    DriverFailed,
    KeyTimeout,
    PinLocked,
    PinMustChange,
    PinRefused,
    TokenRemoved,
)
from ukey.findings import Finding
from ukey.token import Kind, PinStanding


@pytest.fixture
def login() -> Login:
    return Login()


@pytest.fixture
def changing(login: Login) -> Login:
    """The panel for a new PIN is open."""
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.open_panel(Panel.PIN_CHANGE)
    return login


def code_of(login: Login) -> str:
    problem = login.screen.pin_change.problem
    return problem.code if problem is not None else ""


# --- 修改PIN ---


def test_clerk_reads_the_rules_of_the_key_before_a_new_pin(changing: Login) -> None:
    assert changing.screen.panel is Panel.PIN_CHANGE
    assert changing.screen.pin_change.rules == ("张丽　尾号 0001", 6, 16, None)


@pytest.mark.parametrize(
    ("old", "new", "again", "code"),
    [
        ("123", "654321", "654321", "PIN_LENGTH"),
        ("123456", "65432", "65432", "PIN_NEW_LENGTH"),
        ("123456", "1" * 17, "1" * 17, "PIN_NEW_LENGTH"),
        ("123456", "密码密码密码", "密码密码密码", "PIN_NEW_LENGTH"),
        ("123456", "654321", "654322", "PIN_NEW_DIFFERS"),
        ("123456", "123456", "123456", "PIN_NEW_SAME"),
    ],
)
def test_new_pin_that_cannot_be_is_told_before_the_key_is_asked(
    changing: Login, old: str, new: str, again: str, code: str
) -> None:
    changing.presenter.new_pin_given(old, new, again)
    assert code_of(changing) == code
    assert changing.changes == []
    assert changing.screen.busy is None


def test_clerk_signs_in_with_the_new_pin(changing: Login) -> None:
    changing.presenter.new_pin_given("123456", "654321", "654321")
    assert changing.changes == [("a", "123456", "654321")]
    assert (changing.screen.busy, changing.screen.pin_change.is_busy) == (Step.CHANGING_PIN, True)
    changing.presenter.new_pin_given("123456", "654321", "654321")
    assert len(changing.changes) == 1
    changing.presenter.pin_changed("a")
    assert (changing.screen.panel, changing.screen.busy) == (None, None)
    assert changing.screen.done_code == "PIN_CHANGED"
    assert changing.screen.pin_is_asked
    changing.presenter.pin_entered("654321")
    assert changing.pins == [("a", "654321")]
    assert changing.screen.done is None


def test_conversation_keeps_no_new_pin(changing: Login) -> None:
    changing.presenter.new_pin_given("739154", "739155", "739155")
    kept = repr(vars(changing.presenter.panels.pin_change)) + repr(vars(changing.presenter))
    assert "73915" not in kept


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (PinStanding.FULL, "PIN_WRONG"),
        (PinStanding.LOW, "PIN_WRONG_LOW"),
        (PinStanding.LAST, "PIN_WRONG_LAST"),
    ],
)
def test_wrong_old_pin_tells_how_near_the_lock_is(
    changing: Login, standing: PinStanding, code: str
) -> None:
    changing.presenter.new_pin_given("123456", "654321", "654321")
    changing.presenter.pin_change_failed(PinRefused(standing))
    assert (changing.screen.panel, code_of(changing)) == (Panel.PIN_CHANGE, code)
    assert not changing.screen.pin_change.is_busy


def test_key_locked_by_a_wrong_old_pin_offers_no_box_again(changing: Login) -> None:
    changing.presenter.new_pin_given("123456", "654321", "654321")
    changing.presenter.pin_change_failed(PinLocked())
    assert changing.screen.panel is None
    assert (changing.screen.hint_code, changing.screen.wish) == ("PIN_LOCKED", "解锁")
    assert not changing.screen.pin_change_is_offered
    changing.presenter.open_panel(Panel.PIN_CHANGE)
    assert changing.screen.panel is None


def test_driver_that_hangs_over_a_new_pin_is_told_on_the_card(changing: Login) -> None:
    changing.presenter.new_pin_given("123456", "654321", "654321")
    changing.presenter.pin_change_failed(KeyTimeout("/lib/x.so"))
    assert changing.screen.panel is None
    assert changing.screen.problem_code == "DRIVER_HANG"


@pytest.mark.parametrize(
    "error", [TokenRemoved("gone"), KeyTimeout("/x"), DriverCrashed("/x", "SIGSEGV"), Unforeseen()]
)
def test_change_that_was_cut_short_may_have_happened(changing: Login, error: Exception) -> None:
    changing.presenter.new_pin_given("123456", "654321", "654321")
    changing.presenter.pin_change_failed(error)
    for seen in ([], plugged(key())):
        problem = changing.screen.problem
        assert problem is not None
        assert problem.title.endswith("，PIN可能已改")
        assert problem.next_step == "请先用新PIN试一次，不对再用原PIN"
        assert (changing.screen.absence, changing.screen.hint) == (None, None)
        changing.presenter.tokens_seen(seen, [])
    # Still to be read when the key is back, and gone once a PIN is tried.
    assert changing.screen.problem is not None
    changing.presenter.pin_entered("654321")
    assert changing.screen.problem is None
    assert changing.pins == [("a", "654321")]


def test_key_pulled_while_a_new_pin_is_typed_closes_the_panel(changing: Login) -> None:
    dropped = changing.screen.pin_change.drops
    changing.presenter.tokens_seen([], [])
    assert changing.screen.panel is None
    assert changing.screen.pin_change.drops == dropped + 1
    assert changing.screen.problem_code == "TOKEN_REMOVED"
    changing.presenter.new_pin_given("123456", "654321", "654321")
    assert changing.changes == []


@pytest.mark.parametrize("error", [TokenRemoved("gone"), DriverFailed("/lib/x.so", "CKR 0x30")])
def test_key_pulled_while_its_pin_changes_is_told_as_pulled(
    changing: Login, error: Exception
) -> None:
    changing.presenter.new_pin_given("123456", "654321", "654321")
    changing.presenter.tokens_seen([], [])
    assert changing.screen.panel is Panel.PIN_CHANGE
    changing.presenter.pin_change_failed(error)
    assert changing.screen.panel is None
    assert changing.screen.problem_code == "TOKEN_REMOVED"
    assert "PIN可能已改" in changing.screen.problem.title  # type: ignore[union-attr]


def test_esc_empties_the_boxes_and_goes_back(changing: Login) -> None:
    dropped = changing.screen.pin_change.drops
    changing.presenter.close_panel()
    assert changing.screen.panel is None
    assert changing.screen.pin_change.drops == dropped + 1


def test_esc_waits_for_the_key_that_is_asked(changing: Login) -> None:
    changing.presenter.new_pin_given("123456", "654321", "654321")
    changing.presenter.close_panel()
    assert changing.screen.panel is Panel.PIN_CHANGE


def test_clerk_reads_how_near_the_key_is_to_its_lock_before_the_old_pin_is_typed(
    login: Login,
) -> None:
    login.presenter.tokens_seen(plugged(key(pin=PinStanding.LAST)), [])
    login.presenter.open_panel(Panel.PIN_CHANGE)
    rules = login.screen.pin_change.rules
    assert rules is not None
    assert rules[3] == wording_for("PIN_STANDING_LAST")
    login.presenter.close_panel()
    # Also where the change is demanded, which is told as well.
    both = key(pin=PinStanding.LAST, must_change_pin=True)
    login.presenter.tokens_seen(plugged(both), [])
    login.presenter.open_panel(Panel.PIN_CHANGE)
    rules = login.screen.pin_change.rules
    assert rules is not None
    assert rules[3] is not None
    assert wording_for("PIN_MUST_CHANGE").title in rules[3].title
    assert wording_for("PIN_STANDING_LAST").title in rules[3].title


def test_key_whose_pin_must_change_opens_the_panel_by_itself_once(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key(must_change_pin=True)), [])
    assert login.screen.panel is Panel.PIN_CHANGE
    rules = login.screen.pin_change.rules
    assert rules is not None
    assert rules[3] is not None
    assert rules[3].code == "PIN_MUST_CHANGE"
    login.presenter.close_panel()
    assert (login.screen.panel, login.screen.hint_code) == (None, "PIN_MUST_CHANGE")
    assert not login.screen.pin_is_asked
    login.presenter.tokens_seen(plugged(key(must_change_pin=True, pin=PinStanding.LOW)), [])
    assert login.screen.panel is None
    # Out and in again.
    login.presenter.tokens_seen([], [])
    login.presenter.tokens_seen(plugged(key(must_change_pin=True)), [])
    assert login.screen.panel is Panel.PIN_CHANGE
    login.presenter.new_pin_given("123456", "654321", "654321")
    login.presenter.pin_changed("a")
    # Also where the driver goes on saying so.
    assert (login.screen.panel, login.screen.pin_is_asked) == (None, True)


def test_key_that_says_only_at_the_pin_that_it_must_change_opens_the_panel(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    login.presenter.key_failed(PinMustChange())
    assert login.screen.panel is Panel.PIN_CHANGE
    assert login.screen.problem is None


def test_forced_change_does_not_take_a_form_from_the_clerk(login: Login) -> None:
    login.presenter.open_panel(Panel.REQUEST)
    login.presenter.tokens_seen(plugged(key(must_change_pin=True)), [])
    assert login.screen.panel is Panel.REQUEST
    login.presenter.close_panel()
    assert login.screen.panel is Panel.PIN_CHANGE


@pytest.mark.parametrize("panel", list(Panel))
def test_no_panel_opens_while_the_key_or_the_hall_is_asked(login: Login, panel: Panel) -> None:
    login.presenter.tokens_seen(plugged(key()), [])
    login.presenter.pin_entered("123456")
    login.presenter.open_panel(panel)
    assert login.screen.panel is None


def test_pin_of_no_key_is_changed(login: Login) -> None:
    login.presenter.tokens_seen([], [])
    assert not login.screen.pin_change_is_offered
    login.presenter.open_panel(Panel.PIN_CHANGE)
    assert login.screen.panel is None


# --- 驱动下载 ---


def test_driver_of_the_clerk_s_own_kind_stands_first(login: Login) -> None:
    login.presenter.families_known(FAMILIES)
    login.presenter.tokens_seen([], [])
    login.presenter.choose_family("legacy")
    login.presenter.open_panel(Panel.DOWNLOADS)
    legacy, gdca = login.screen.downloads.shown.rows
    assert (legacy.title, legacy.is_own, legacy.address) == ("蓝色KEY(吉大正元)", True, "")
    assert (gdca.is_own, gdca.opens) == (False, gdca.address)
    assert login.screen.downloads.shown.whom_to_call == "信息科（0760-88880000）"


def test_kind_seen_on_usb_counts_where_no_driver_shows_the_key(login: Login) -> None:
    login.presenter.families_known(FAMILIES)
    login.presenter.tokens_seen([], [])
    blind = {"device": "096E:0312", "family": "蓝色KEY(吉大正元)"}
    login.presenter.key_absent(Finding("DRIVER_BLIND", "error", blind))
    login.presenter.open_panel(Panel.DOWNLOADS)
    assert login.screen.downloads.shown.rows[0].title == "蓝色KEY(吉大正元)"
    assert login.screen.downloads.shown.rows[0].is_own


def test_address_that_only_the_settings_know_is_still_shown(login: Login) -> None:
    login.presenter.open_panel(Panel.DOWNLOADS)
    (row,) = login.screen.downloads.shown.rows
    assert (row.title, row.address) == ("gdca", "https://drivers.example.gov.cn/gdca")


@pytest.mark.parametrize(
    ("address", "opens"),
    [
        ("https://a.gov.cn/x.exe", "https://a.gov.cn/x.exe"),
        ("HTTP://a.gov.cn/x", "HTTP://a.gov.cn/x"),
        ("file:///srv/drivers", "file:///srv/drivers/"),
        ("file:///srv/drivers/setup.exe", "file:///srv/drivers/"),
        ("FILE:///srv/setup%2Eexe?a#b", "file:///srv/"),
        ("file:/srv/驱动", "file:///srv/%E9%A9%B1%E5%8A%A8/"),
        ("file://server/share/setup.msi", "file://server/share/"),
        (r"\\server\drivers", "file://server/drivers/"),
        (r"\\server\drivers\setup.exe", "file://server/drivers/"),
        # Without its ending Windows would find the program: not as a folder.
        (r"\\server\drivers\setup", "file://server/drivers/setup/"),
        (r"\\server\setup.exe", "file://server/"),
        (r"C:\setup.exe", ""),
        ("javascript:alert(1)", ""),
        ("mailto:a@b.cn", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_and_folders_are_opened(address: str, opens: str) -> None:
    assert openable(address) == opens


# --- 业务需求表 ---


def test_request_begins_with_what_the_key_says_of_itself(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key(until=2025)), [])
    login.presenter.open_panel(Panel.REQUEST)
    prefill = login.screen.request.prefill
    assert prefill is not None
    assert prefill.entries.user_name == "张丽"
    assert prefill.entries.family is KeyFamily.GDCA
    assert prefill.entries.wishes == {Wish.RENEWAL}
    assert "过期" in prefill.entries.reason
    assert dict(prefill.facts)["有效期"] == "2024-01-01 至 2025-03-01"
    assert prefill.office == "网建办"


def test_request_of_an_institution_s_key_does_not_take_it_for_its_user(login: Login) -> None:
    token = key(kind=Kind.INSTITUTION, holder="公安局")
    login.presenter.tokens_seen(plugged(token), [])
    login.presenter.open_panel(Panel.REQUEST)
    assert login.screen.request.prefill is not None
    assert login.screen.request.prefill.entries.user_name == ""


def test_request_is_printed_with_the_key_that_it_was_begun_for(login: Login) -> None:
    login.presenter.tokens_seen(plugged(key(until=2025)), [])
    login.presenter.open_panel(Panel.REQUEST)
    # Pulled while the form is filled in.
    login.presenter.tokens_seen([], [])
    typed = RequestEntries(department=" 公安局 ", wishes=frozenset({Wish.RENEWAL}))
    login.presenter.panels.request_given(typed, "")
    (paper,) = login.printed
    assert isinstance(paper, KeyRequest)
    assert (paper.department, paper.holder, paper.serial) == ("公安局", "张丽", "1000")
    assert (paper.valid_to, paper.day) == ("2025年3月1日", "2026年11月21日")
    assert (paper.hall_name, paper.receiving_office) == ("中山市行政服务中心", "网建办")
    assert login.screen.request.is_busy
    login.presenter.panels.request_given(typed, "")
    assert len(login.printed) == 1
    login.presenter.panels.printed(paper.title, "HP")
    assert login.screen.request.result is not None
    assert "HP" in login.screen.request.result.title
    assert not login.screen.request.is_busy


def test_blank_request_is_printed_without_a_key(login: Login) -> None:
    login.presenter.tokens_seen([], [])
    login.presenter.open_panel(Panel.REQUEST)
    prefill = login.screen.request.prefill
    assert prefill is not None
    assert (prefill.entries, prefill.facts) == (RequestEntries(), ())
    login.presenter.panels.request_given(RequestEntries(), "")
    assert isinstance(login.printed[0], KeyRequest)


def test_request_is_saved_where_the_clerk_says(login: Login) -> None:
    login.presenter.open_panel(Panel.REQUEST)
    login.presenter.panels.request_given(RequestEntries(), "/home/a/b.pdf")
    ((_, file),) = login.saved
    assert file == "/home/a/b.pdf"
    login.presenter.panels.saved("/home/a/b-2.pdf")
    assert login.screen.request.result is not None
    assert "b-2.pdf" in login.screen.request.result.title


def test_phone_that_is_none_is_told_before_anything_is_printed(login: Login) -> None:
    login.presenter.open_panel(Panel.REQUEST)
    login.presenter.panels.request_given(RequestEntries(phone="没有"), "")
    assert login.printed == []
    assert login.screen.request.result is not None
    assert login.screen.request.result.code == "PHONE_INVALID"


@pytest.mark.parametrize("error", [PrinterAbsent("HP"), GlyphMissing("𠮷")])
def test_paper_that_was_not_printed_speaks_of_no_acceptance(login: Login, error: Exception) -> None:
    login.presenter.open_panel(Panel.REQUEST)
    login.presenter.panels.request_given(RequestEntries(), "")
    login.presenter.panels.failed(error)
    result = login.screen.request.result
    assert result is not None
    assert "受理" not in result.title + result.next_step
    assert login.screen.request.level is Level.ERROR
    # And it can be tried again.
    login.presenter.panels.request_given(RequestEntries(), "")
    assert len(login.printed) == 2


def test_answer_that_comes_after_esc_is_told_on_the_card(login: Login) -> None:
    for answer in (PrinterAbsent("HP"), None):
        login.presenter.open_panel(Panel.REQUEST)
        login.presenter.panels.request_given(RequestEntries(), "")
        login.presenter.close_panel()
        if answer is None:
            login.presenter.panels.printed("业务需求表", "HP")
        else:
            login.presenter.panels.failed(answer)
            assert login.screen.problem_code == "PRINTER_ABSENT"
    assert login.screen.done_code == "KEY_PAPER_PRINTED"


def test_reminder_of_the_last_day_makes_the_request_a_renewal(login: Login) -> None:
    ends = ("CERT_EXPIRES_7", {"days": "3", "not_after": "2026-11-24T00:00:00+00:00"})
    login.presenter.tokens_seen([Plugged(key(), None, (ends,))], [])
    login.presenter.open_panel(Panel.REQUEST)
    assert login.screen.request.prefill is not None
    assert login.screen.request.prefill.entries.wishes == {Wish.RENEWAL}


# --- 数字证书申请表 ---


def test_fee_is_shown_as_the_document_works_it_out(login: Login) -> None:
    login.presenter.open_panel(Panel.APPLICATION)
    line = CertificateLine(CertificateKind.INSTITUTION, 1, 3)
    login.presenter.panels.certificates_chosen((line,))
    fees = login.screen.application.fees
    assert fees is not None
    assert fees.lines == {CertificateKind.INSTITUTION: "500*3+100=1600元"}
    assert fees.total == "1600元"
    login.presenter.panels.certificates_chosen((CertificateLine(CertificateKind.PERSONAL, 1, 99),))
    assert login.screen.application.fees is not None
    assert login.screen.application.fees.problem is not None


def test_application_is_printed_with_what_was_typed(login: Login) -> None:
    login.presenter.open_panel(Panel.APPLICATION)
    line = CertificateLine(CertificateKind.PERSONAL, 2, 1)
    typed = ApplicationEntries(lines=(line,), unit_name="公安局", handler_phone="0760-88881234")
    login.presenter.panels.application_given(typed, "")
    (paper,) = login.printed
    assert isinstance(paper, CertificateApplication)
    assert (paper.unit_name, paper.handler_phone, paper.lines) == (
        "公安局",
        "0760-88881234",
        (line,),
    )
    # Nothing here asks for an identity card's number.
    assert paper.handler_document_number == ""
