"""业务需求表 and 数字证书申请表, read back by poppler."""

import dataclasses
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from printing.certificate_application import certificate_application_pdf
from printing.certificate_fee import calculation, fee, total
from printing.document import (
    CertificateApplicant,
    CertificateApplication,
    CertificateKind,
    CertificateLine,
    KeyFamily,
    KeyRequest,
    Occasion,
    Wish,
)
from printing.errors import (
    ApplicantsTooMany,
    CertificateCountInvalid,
    CertificateYearsInvalid,
    GlyphMissing,
    TextTooLong,
)
from printing.key_request import key_request_pdf
from tests.unit.test_receipt_layout import assert_in_order, run

BUSINESS, INSTITUTION, PERSONAL = CertificateKind
REQUEST = KeyRequest(
    hall_name="中山市政务服务中心",
    department="人力资源和社会保障局",
    user_name="李敏",
    post="2楼B区12号窗口",
    phone="0760-88888888",
    family=KeyFamily.GDCA,
    holder="李敏（工号0012）",
    serial="3A7F0012C4D5E6F7",
    issuer="GDCA TrustAUTH R4 Generic CA",
    valid_from="2024-03-01",
    valid_to="2026-03-01",
    wishes=frozenset({Wish.RENEWAL}),
    reason="证书已于2026-03-01到期",
    day="2026-03-05",
)
APPLICATION = CertificateApplication(
    lines=(
        CertificateLine(BUSINESS, 1, 3),
        CertificateLine(INSTITUTION, 1, 3),
        CertificateLine(PERSONAL, 1, 3),
    ),
    occasion=Occasion.NEW,
    unit_name="人力资源和社会保障局",
    unit_code="11442000MB2C12345X",
    handler_name="李敏",
    handler_phone="0760-88888888",
    applicants=(CertificateApplicant("陈小明", "", "劳动关系科", "2楼B区12号窗口", "138****5678"),),
)
BLANK_REQUEST_WORDS = (
    *("业务需求表（电子钥匙）", "报送：网建办", "填表日期：年月日"),
    *("部门", "使用人", "窗口/岗位", "电话", "电子钥匙", "□白色GDCA□蓝色吉大正元"),
    *("证书持有人", "序列号", "颁发者", "有效期起止", "年月日至年月日"),
    *("办理业务", "□续期□补办□解锁□换新KEY□注销", "原因", "使用人签名", "部门意见", "（公章）"),
    *("年月日", "以下由网建办填写", "受理人", "日期", "处理结果", "新有效期", "领取人"),
    *("请使用人签名、部门签署意见并加盖公章后，送网建办办理。", "第1页/共1页"),
)


def text_of(pdf: bytes) -> str:
    return run("pdftotext", "-layout", "-", "-", pdf=pdf).decode()


def words_of(pdf: bytes) -> str:
    """The text without any white space, so that a broken line does not matter."""
    return "".join(text_of(pdf).split())


def sheets_of(pdf: bytes) -> list[str]:
    return ["".join(page.split()) for page in text_of(pdf).split("\f")[:-1]]


def request(**changes: object) -> bytes:
    return key_request_pdf(dataclasses.replace(REQUEST, **changes))  # type: ignore[arg-type]


def application(**changes: object) -> bytes:
    changed = dataclasses.replace(APPLICATION, **changes)  # type: ignore[arg-type]
    return certificate_application_pdf(changed)


def assert_inside_its_margins(pdf: bytes) -> None:
    html = run("pdftotext", "-bbox", "-", "-", pdf=pdf).decode()
    edges = re.findall(
        r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)"', html
    )
    assert edges
    for left, top, right, bottom in (tuple(map(float, each)) for each in edges):
        assert left >= 50
        assert top >= 20
        assert right <= 545
        assert bottom <= 835


# --- 业务需求表 ----------------------------------------------------------------------------------


def test_office_reads_the_request_in_the_order_of_the_paper() -> None:
    assert_in_order(
        text_of(request()),
        *("中山市政务服务中心", "业务需求表（电子钥匙）"),
        *("报送：网建办", "填表日期：2026-03-05"),
        *("部门", "人力资源和社会保障局", "使用人", "李敏"),
        *("窗口/岗位", "2楼B区12号窗口", "电话", "0760-88888888"),
        *("☑白色GDCA", "□蓝色吉大正元"),
        *("证书持有人", "李敏（工号0012）", "序列号", "3A7F0012C4D5E6F7"),
        *("颁发者", "GDCA TrustAUTH R4 Generic CA"),
        *("有效期起止", "2024-03-01 至 2026-03-01"),
        *("☑续期", "□补办", "□解锁", "□换新KEY", "□注销"),
        *("原因", "证书已于2026-03-01到期", "使用人签名", "部门意见", "（公章）"),
        *("以下由网建办填写", "受理人", "日期", "处理结果", "新有效期", "领取人"),
        "第1页/共1页",
    )


def test_clerk_whose_key_is_lost_gets_a_blank_form_with_nothing_invented() -> None:
    text = words_of(key_request_pdf(KeyRequest()))
    assert_in_order(text, *BLANK_REQUEST_WORDS)
    assert sorted(text) == sorted("".join(BLANK_REQUEST_WORDS))


@pytest.mark.parametrize("wish", Wish)
def test_box_of_the_wish_is_ticked_and_no_other(wish: Wish) -> None:
    text = words_of(request(wishes=frozenset({wish}), family=None))
    assert f"☑{wish.value}" in text
    assert text.count("☑") == 1
    assert text.count("□") == len(Wish) + 1


def test_lost_key_is_replaced_and_cancelled_on_one_paper() -> None:
    wishes = frozenset({Wish.CANCELLATION, Wish.REPLACEMENT})
    text = words_of(request(wishes=wishes, family=KeyFamily.LEGACY))
    assert "□白色GDCA☑蓝色吉大正元" in text
    assert "□续期☑补办□解锁□换新KEY☑注销" in text


def test_tick_is_seen_on_the_printed_page(tmp_path: Path) -> None:
    def ink(wishes: frozenset[Wish]) -> int:
        command = ("pdftoppm", "-r", "100", "-gray", "-singlefile", "-", str(tmp_path / "page"))
        run(*command, pdf=request(wishes=wishes))
        with Image.open(tmp_path / "page.pgm") as page:
            return sum(page.histogram()[:128])

    assert ink(frozenset(Wish)) > ink(frozenset()) + len(Wish) * 15


def test_other_offices_name_stands_wherever_the_usual_one_would() -> None:
    text = words_of(request(receiving_office="信息中心"))
    assert text.count("信息中心") == 3
    assert "网建办" not in text
    assert "以下由填写" in words_of(request(receiving_office=""))


def test_end_of_validity_alone_leaves_its_beginning_to_be_written() -> None:
    assert "年月日至2026-03-01" in words_of(request(valid_from=""))


def test_request_of_a_demonstration_is_marked() -> None:
    assert "演示" in text_of(request(demonstration=True))
    assert "演示" not in text_of(request())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"department": "某" * 50, "user_name": "欧阳" * 25, "post": "窗" * 50},
        {"holder": "MARIA ELENA " * 5 + "FERNANDEZ", "serial": "3A7F" * 16},
        {"issuer": "CN=GDCA TrustAUTH,OU=Guangdong Certificate Authority," * 4},
        {"reason": "证书到期，无法登录窗口受理系统。" * 20, "hall_name": "中山市政务服务中心" * 6},
    ],
    ids=["plain", "names", "certificate", "issuer", "reason"],
)
def test_long_fields_wrap_on_one_page(changes: dict[str, str]) -> None:
    pdf = request(**changes)
    text = words_of(pdf)
    assert "第1页/共1页" in text
    assert_inside_its_margins(pdf)
    for value in changes.values():
        # A label beside several lines is read between them: count the characters.
        wanted = "".join(value.split())
        assert all(text.count(character) >= wanted.count(character) for character in set(wanted))


@pytest.mark.parametrize("field", ["department", "holder", "reason", "hall_name"])
def test_field_longer_than_a_page_stops_the_request_instead_of_being_cut(field: str) -> None:
    with pytest.raises(TextTooLong):
        request(**{field: "某某服务中心" * 600})


@pytest.mark.parametrize("name", ["陈𠮷", "㐂一", "䶮", "𡋾𢙺𣲗𤧛", "赵𬱖", "阿依古丽·买买提"])
def test_rare_name_is_printed_and_can_be_copied_out(name: str) -> None:
    assert words_of(request(user_name=name, holder=name)).count(name) == 2
    assert words_of(application(handler_name=name)).count(name) == 2


def test_character_that_no_font_has_stops_the_request() -> None:
    with pytest.raises(GlyphMissing):
        request(user_name="陈\U00030ede")


# --- 数字证书申请表 ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "yuan", "written"),
    [
        (BUSINESS, 1500, "500*3=1500元"),
        (INSTITUTION, 1600, "500*3+100=1600元"),
        (PERSONAL, 700, "200*3+100=700元"),
    ],
)
def test_fee_of_three_years_is_the_one_of_the_documents_example(
    kind: CertificateKind, yuan: int, written: str
) -> None:
    assert fee(kind, 1, 3) == yuan
    assert calculation(CertificateLine(kind, 1, 3)) == written
    assert written in words_of(application())


@pytest.mark.parametrize(
    ("line", "yuan", "written"),
    [
        (CertificateLine(BUSINESS, 2, 3), 3000, "500*3*2=3000元"),
        (CertificateLine(PERSONAL, 4, 1), 1200, "(200*1+100)*4=1200元"),
        (CertificateLine(PERSONAL, 1, 1, with_medium=False), 200, "200*1=200元"),
        (CertificateLine(PERSONAL, 2, 3, with_medium=False), 1200, "200*3*2=1200元"),
        (CertificateLine(BUSINESS, 1, 3, with_medium=False), 1500, "500*3=1500元"),
        (CertificateLine(PERSONAL, 99, 10), 207900, "(200*10+100)*99=207900元"),
    ],
)
def test_fee_counts_every_certificate_and_the_medium_where_it_is_charged(
    line: CertificateLine, yuan: int, written: str
) -> None:
    assert total([line]) == yuan
    assert calculation(line) == written


def test_fees_of_several_lines_are_added_up() -> None:
    assert total(APPLICATION.lines) == 3800
    assert total([]) == 0
    assert "费用合计3800元" in words_of(application())


@pytest.mark.parametrize("years", [-1, 0, 11])
def test_years_that_nobody_sells_are_refused(years: int) -> None:
    with pytest.raises(CertificateYearsInvalid) as caught:
        application(lines=(CertificateLine(PERSONAL, 1, years),))
    facts = (caught.value.code, caught.value.years, caught.value.most)
    assert facts == ("CERTIFICATE_YEARS_INVALID", years, 10)


@pytest.mark.parametrize("count", [-1, 0, 100])
def test_number_of_certificates_that_is_none_is_refused(count: int) -> None:
    with pytest.raises(CertificateCountInvalid) as caught:
        application(lines=(CertificateLine(PERSONAL, count, 3),))
    facts = (caught.value.code, caught.value.count, caught.value.most)
    assert facts == ("CERTIFICATE_COUNT_INVALID", count, 99)


def test_more_applicants_than_personal_certificates_are_refused() -> None:
    with pytest.raises(ApplicantsTooMany) as caught:
        application(lines=APPLICATION.lines[:2])
    facts = (caught.value.code, caught.value.applicants, caught.value.certificates)
    assert facts == ("CERTIFICATE_APPLICANTS_TOO_MANY", 1, 0)


def test_application_holds_two_copies_that_differ_only_in_their_mark() -> None:
    first, first_people, second, second_people = sheets_of(application())
    for page, mark in ((first, "第一份"), (first_people, "第一份"), (second, "第二份")):
        assert page.count(mark) == 1
    assert first.replace("第一份", "第二份") == second
    assert first_people.replace("第一份", "第二份") == second_people


def test_authority_reads_what_is_applied_for_by_whom_and_with_which_papers() -> None:
    pages = text_of(application()).split("\f")
    assert_in_order(
        pages[0],
        *("广东省网上办事大厅信息(电子证照)系统", "数字证书申请表"),
        *("☑新申请", "□续期", "一式二份"),
        *("☑业务证书（必选）", "500元/年/个", "—", "1", "3", "500*3=1500元"),
        *("☑机构证书（必选）", "500元/年/个", "100元/个", "1", "3", "500*3+100=1600元"),
        *("☑个人证书（可选）", "200元/年/个", "100元/个", "1", "3", "200*3+100=700元"),
        *("费用合计", "3800元"),
        *("申请单位", "人力资源和社会保障局", "统一社会信用代码", "11442000MB2C12345X"),
        *("经办人", "李敏", "经办人身份证号", "经办人联系电话", "0760-88888888"),
        *("证书请求文件", "信息中心提供，不需自行提交"),
        *("《数字证书申请表》（含电子认证服务协议）", "2", "加盖公章"),
        *("《事业单位法人证书》（副本）复印件", "1", "加盖单位公章"),
        *("数字证书经办人身份证复印件", "1", "加盖公章"),
        *("个人证书申请人身份证复印件", "1", "加盖公章"),
        "如需申请个人证书才需要提交表格第二页，否则不需提交。",
        *("经办人签名", "单位公章", "第1页/共2页"),
    )
    assert_in_order(
        pages[1],
        *("第二页：个人证书申请人", "申请人", "陈小明", "申请人身份证号"),
        *("部门", "劳动关系科", "岗位", "2楼B区12号窗口", "联系电话", "138****5678"),
        *("经办人签名", "单位公章", "第2页/共2页"),
    )


def test_application_without_personal_certificates_has_no_second_page() -> None:
    pages = sheets_of(application(lines=APPLICATION.lines[:2], applicants=()))
    assert len(pages) == 2
    for page in pages:
        assert "□个人证书（可选）" in page
        assert "个人证书申请人身份证复印件" not in page
        assert "第1页/共1页" in page


def test_each_personal_certificate_without_a_name_has_its_place_to_fill_in() -> None:
    pages = sheets_of(application(lines=(CertificateLine(PERSONAL, 3, 1),)))
    assert all(f"申请人{number}" in pages[1] for number in (1, 2, 3))
    assert pages[1].count("申请人身份证号") == 3
    assert pages[1].count("陈小明") == 1
    assert "各1加盖公章" in pages[0]


def test_many_applicants_go_on_over_counted_pages() -> None:
    people = tuple(CertificateApplicant(f"申请甲{n}号") for n in range(1, 21))
    pages = sheets_of(application(lines=(CertificateLine(PERSONAL, 20, 1),), applicants=people))
    half = len(pages) // 2
    assert half > 2
    assert "".join(pages[:half]).count("申请甲") == 20
    assert f"第{half}页/共{half}页" in pages[half - 1]
    assert pages[half].count("第二份") == 1


def test_blank_application_ticks_and_counts_nothing() -> None:
    pages = sheets_of(certificate_application_pdf(CertificateApplication()))
    assert len(pages) == 4
    assert "☑" not in "".join(pages)
    assert pages[0].count("□") == 2 + len(CertificateKind)
    assert "=" not in pages[0]
    assert "申请个人证书才需提交，加盖公章" in pages[0]
    assert pages[1].count("申请人身份证号") == 1


def test_renewal_without_a_new_medium_does_not_charge_one() -> None:
    lines = (CertificateLine(INSTITUTION, 1, 3, with_medium=False),)
    page = sheets_of(application(lines=lines, occasion=Occasion.RENEWAL, applicants=()))[0]
    assert "□新申请☑续期" in page
    assert "☑机构证书（必选）500元/年/个—13500*3=1500元" in page


def test_identity_card_number_is_left_to_the_hand_that_fills_in_the_paper() -> None:
    assert not re.search(r"\d{15}", words_of(application(unit_code="")))
    given = words_of(application(handler_document_number="11010519491231002X"))
    assert given.count("经办人身份证号11010519491231002X") == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"unit_name": "某" * 50, "handler_name": "欧阳" * 25},
        {"unit_name": "中山市" + "某某合作联社" * 30, "demonstration": True},
        {"applicants": (CertificateApplicant("名" * 50, "", "科" * 50, "岗" * 50, "1" * 20),)},
        {"lines": tuple(CertificateLine(PERSONAL, 99, 10) for _ in range(2))},
    ],
    ids=["names", "unit", "applicant", "figures"],
)
def test_long_fields_of_an_application_wrap_inside_their_boxes(changes: dict[str, object]) -> None:
    pdf = application(**changes)
    assert_inside_its_margins(pdf)
    text = words_of(pdf)
    for value in (each for each in changes.values() if isinstance(each, str)):
        assert text.count(value[-1]) >= 2 * value.count(value[-1])
    assert all(f"第{number}页" in sheets_of(pdf)[number - 1] for number in (1, 2))


@pytest.mark.parametrize("field", ["unit_name", "handler_name", "system_name"])
def test_field_longer_than_a_page_stops_the_application(field: str) -> None:
    with pytest.raises(TextTooLong):
        application(**{field: "某某服务中心" * 600})


# --- both ----------------------------------------------------------------------------------------


def test_metadata_names_the_paper_and_no_person() -> None:
    for pdf, title in ((request(), "业务需求表 2026-03-05"), (application(), "数字证书申请表")):
        said = run("pdfinfo", "-", pdf=pdf).decode()
        assert re.search(rf"Title: +{title}\n", said)
        assert not any(private in said for private in ("李敏", "陈小明", "3A7F", "0760"))


def test_equal_papers_give_equal_bytes_also_when_drawn_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        requests = [pool.submit(request) for _ in range(4)]
        applications = [pool.submit(application) for _ in range(4)]
    assert {each.result() for each in requests} == {request()}
    assert {each.result() for each in applications} == {application()}


def test_fee_is_worked_out_without_reading_reportlab() -> None:
    program = "import sys, printing.certificate_fee; sys.exit('reportlab' in sys.modules)"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True, timeout=30)
