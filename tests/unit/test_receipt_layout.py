"""受理回执 on A4, read back by poppler and by the decoder of the scanner."""

import dataclasses
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from printing.document import MaterialRow, Receipt
from printing.errors import CodeTooLong, FontMissing, GlyphMissing, TextTooLong
from printing.fonts import LINUX, Fonts, FontSource
from printing.layout import receipt_pdf
from printing.page import text_width, wrapped

ARTICLE = "根据《行政许可法》第三十二条第一款第(五)项，现予受理。"
CODE = "R1|442000202610000123X|2026-03-05T01:31:22.123Z|440420101|2F-B12|" + "a1_-" * 32
RECEIPT = Receipt(
    hall_name="中山市政务服务中心",
    department_full_name="中山市人力资源和社会保障局",
    department_name="人社局",
    is_licence=True,
    number="442000202610000123X",
    applicant_name="陈小明",
    document_type_name="居民身份证",
    masked_document="4420**********1234",
    phone="138****5678",
    matter_name="劳务派遣经营许可（新设立）",
    accepted_at="2026-03-05 09:31",
    materials=(
        MaterialRow("劳务派遣经营许可申请书", "1", "原件"),
        MaterialRow("营业执照副本", "2", "复印件"),
    ),
    promised="12个工作日",
    legal_days="20个工作日",
    window="2楼B区12号窗口",
    clerk_name="李敏",
    window_phone="0760-88888888",
    supervision_phone="0760-12345",
    qr=CODE,
    chain_head="9f" * 32,
    category_name="中山分厅待办",
    pickup="窗口领取",
    query_address="https://www.example.gov.cn/case",
)


def with_changes(**changes: object) -> Receipt:
    return dataclasses.replace(RECEIPT, **changes)  # type: ignore[arg-type]


def run(*command: str, pdf: bytes) -> bytes:
    return subprocess.run(command, input=pdf, capture_output=True, check=True, timeout=30).stdout


def text_of(receipt: Receipt) -> str:
    return run("pdftotext", "-layout", "-", "-", pdf=receipt_pdf(receipt)).decode()


def words_of(receipt: Receipt) -> str:
    """The text without any white space, so that a broken line does not matter."""
    return "".join(text_of(receipt).split())


def pages_of(receipt: Receipt) -> int:
    said = run("pdfinfo", "-", pdf=receipt_pdf(receipt)).decode()
    found = re.search(r"Pages:\s+(\d+)", said)
    assert found
    return int(found[1])


def word_boxes(receipt: Receipt) -> list[tuple[float, float, float, float, str]]:
    """Page-wise (left, top, right, bottom, word) in points, pages one under another."""
    html = run("pdftotext", "-bbox", "-", "-", pdf=receipt_pdf(receipt)).decode()
    boxes = []
    for page, part in enumerate(html.split("<page ")[1:]):
        for found in re.finditer(
            r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">([^<]*)<', part
        ):
            left, top, right, bottom = map(float, found.groups()[:4])
            boxes.append((left, top + page * 1000, right, bottom + page * 1000, found[5]))
    return boxes


def assert_tidy(receipt: Receipt) -> None:
    """No word leaves the paper's margins or lies on another."""
    boxes = word_boxes(receipt)
    assert boxes
    for left, top, right, bottom, word in boxes:
        assert left >= 50, word
        assert right <= 545, word
        assert top % 1000 >= 20, word
        assert bottom % 1000 <= 835, word
    for index, (left, top, right, bottom, word) in enumerate(boxes):
        # Poppler's boxes are as high as the font says, ideographs fill less: compare the middles.
        middle = (top + bottom) / 2
        for other in boxes[index + 1 :]:
            apart = abs(middle - (other[1] + other[3]) / 2)
            beside = other[0] >= right - 1 or other[2] <= left + 1
            assert beside or apart >= 6, (word, other[4])


def assert_in_order(text: str, *parts: str) -> None:
    at = 0
    for part in parts:
        found = text.find(part, at)
        assert found >= 0, f"{part} is missing or stands too early"
        at = found + len(part)


def test_client_reads_the_fields_of_a_licence_in_the_order_of_the_paper() -> None:
    assert_in_order(
        text_of(RECEIPT),
        "中山市人力资源和社会保障局",
        "受理通知书",
        "受理编号：442000202610000123X",
        "中(人社局)受〔2026〕第123号",
        "陈小明：",
        "你(单位)于2026年3月5日提出的劳务派遣经营许可（新设立）申请，材料齐全、符合",
        *("申请人", "陈小明"),
        *("事项名称", "劳务派遣经营许可（新设立）"),
        *("证件类型", "居民身份证", "证件号码", "4420**********1234"),
        *("联系电话", "138****5678", "受理时间", "2026-03-05 09:31"),
        *("序号", "收到材料", "份数", "形式"),
        *("1", "劳务派遣经营许可申请书", "1", "原件"),
        *("2", "营业执照副本", "2", "复印件"),
        *("法定时限", "20个工作日", "承诺时限", "12个工作日"),
        *("领取方式", "窗口领取", "查询网址", "https://www.example.gov.cn/case"),
    )


def test_client_finds_window_seal_signature_and_stub_below_the_form() -> None:
    assert_in_order(
        text_of(RECEIPT),
        "https://www.example.gov.cn/case",
        "受理窗口：2楼B区12号窗口",
        "经办人：李敏",
        "联系电话：0760-88888888",
        "监督电话：0760-12345",
        "申请人签收：",
        "一式两份",
        "链头 " + "9f" * 32,
        "沿此线裁开",
        "受理通知书（存根）",
        "442000202610000123X",
        "陈小明",
        *("事项类型", "中山分厅待办"),
        "第1页/共1页",
    )
    assert_in_order(words_of(RECEIPT), "（受理专用印章）", "2026年3月5日", "申请人签收")


def test_licence_cites_article_32_and_other_matters_do_not() -> None:
    assert ARTICLE in words_of(RECEIPT)
    other = words_of(with_changes(is_licence=False))
    assert "办件受理回执" in other
    assert "行政许可法" not in other
    assert "受理通知书" not in other
    assert "现予受理。" in other


def test_category_stands_on_the_stub_and_nowhere_else() -> None:
    text = text_of(RECEIPT)
    assert text.count("中山分厅待办") == 1
    assert text.index("中山分厅待办") > text.index("存根")


def test_document_number_is_printed_as_masked_on_both_parts() -> None:
    text = text_of(RECEIPT)
    assert text.count("4420**********1234") == 2
    assert not re.search(r"\d{17}[\dX]", text.replace(RECEIPT.number, ""))


def test_metadata_names_the_paper_and_no_person() -> None:
    said = run("pdfinfo", "-", pdf=receipt_pdf(RECEIPT)).decode()
    assert re.search(r"Title: +受理通知书 442000202610000123X\n", said)
    assert re.search(r"Producer: +clerk_client", said)
    for private in (RECEIPT.applicant_name, RECEIPT.phone, RECEIPT.masked_document):
        assert private not in said


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("phone", "138****5678"),
        ("query_address", "查询网址"),
        ("pickup", "领取方式"),
        ("legal_days", "法定时限"),
        ("promised", "承诺时限"),
        ("supervision_phone", "监督电话"),
    ],
)
def test_field_that_is_empty_leaves_no_label_behind(field: str, label: str) -> None:
    assert label in text_of(RECEIPT)
    assert label not in text_of(with_changes(**{field: ""}))


def test_receipt_without_materials_has_no_table_of_them() -> None:
    assert "收到材料" not in text_of(with_changes(materials=()))


def test_marks_of_reprint_demonstration_and_offline_stand_only_where_they_hold() -> None:
    plain = text_of(RECEIPT)
    assert not any(mark in plain for mark in ("补打", "演示", "离线受理"))
    marked = text_of(with_changes(reprint=2, demonstration=True, offline=True))
    assert all(mark in marked for mark in ("补打第2次", "演示", "离线受理"))


def test_number_that_is_not_official_gives_no_document_number() -> None:
    text = text_of(with_changes(number="L2F12-260305-A1B0001K"))
    assert "受理编号：L2F12-260305-A1B0001K" in text
    assert "受〔" not in text


def test_every_font_is_embedded() -> None:
    rows = run("pdffonts", "-", pdf=receipt_pdf(with_changes(applicant_name="𠮷"))).decode()
    fonts = rows.splitlines()[2:]
    assert len(fonts) >= 2
    assert all(re.search(r"yes yes yes\s+\d+\s+\d+$", font) for font in fonts)


@pytest.mark.parametrize("name", ["陈𠮷", "㐂一", "䶮", "𡋾𢙺𣲗𤧛", "赵𬱖", "阿依古丽·买买提"])
def test_rare_name_is_printed_and_can_be_copied_out(name: str) -> None:
    assert words_of(with_changes(applicant_name=name)).count(name) == 3


def test_rare_character_is_drawn_and_not_left_blank(tmp_path: Path) -> None:
    def ink(name: str) -> int:
        pdf = receipt_pdf(with_changes(applicant_name=name))
        command = ("pdftoppm", "-r", "100", "-gray", "-singlefile", "-", str(tmp_path / "page"))
        run(*command, pdf=pdf)
        with Image.open(tmp_path / "page.pgm") as page:
            return sum(page.histogram()[:128])

    # The name stands three times. ZenHei has U+F9EA, but as an empty glyph.
    for character in ("\U00020bb7", "\uf9ea"):
        assert ink(f"陈{character}") > ink("陈") + 60


def test_character_that_no_font_has_stops_the_paper() -> None:
    with pytest.raises(GlyphMissing) as caught:
        receipt_pdf(with_changes(applicant_name="陈\U00030ede"))
    assert (caught.value.code, caught.value.character) == ("GLYPH_MISSING", "\U00030ede")


def test_font_that_is_not_installed_is_named_with_its_package() -> None:
    absent = FontSource("Absent", "fonts-hanazono", ("/nowhere/absent.ttf",))
    fonts = Fonts((LINUX[0], absent))
    assert fonts.runs("受理") == [("ZenHei", "受理")]
    with pytest.raises(FontMissing) as caught:
        fonts.runs("𠮷")
    assert (caught.value.code, caught.value.package) == ("FONT_MISSING", "fonts-hanazono")


def test_broken_font_file_counts_as_not_installed(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    with pytest.raises(FontMissing):
        Fonts((FontSource("Broken", "fonts-wqy-zenhei", (str(broken),)),)).runs("受")


def test_common_text_never_reads_the_fonts_that_stand_in(tmp_path: Path) -> None:
    second = tmp_path / "second.ttf"
    fonts = Fonts((LINUX[0], FontSource("Second", "fonts-second", (str(second),))))
    fonts.runs("申请人：陈小明")
    second.write_bytes(Path(LINUX[1].places[0]).read_bytes())
    assert fonts.runs("陈𠮷") == [("ZenHei", "陈"), ("Second", "𠮷")]


@pytest.mark.parametrize("demonstration", [False, True])
def test_code_is_read_back_from_the_printed_page(tmp_path: Path, demonstration: bool) -> None:
    pdf = receipt_pdf(with_changes(demonstration=demonstration))
    run("pdftoppm", "-r", "150", "-png", "-singlefile", "-", str(tmp_path / "page"), pdf=pdf)
    with Image.open(tmp_path / "page.png") as page:
        (read,) = zxingcpp.read_barcodes(page)
    assert read.text == CODE
    assert read.ec_level == "M"
    corners = read.position
    width = (corners.top_right.x - corners.top_left.x) * 25.4 / 150
    assert width >= 30


def test_code_with_chinese_is_read_back(tmp_path: Path) -> None:
    text = "R1|受理|2楼B区12号窗口"
    pdf = receipt_pdf(with_changes(qr=text))
    run("pdftoppm", "-r", "150", "-png", "-singlefile", "-", str(tmp_path / "page"), pdf=pdf)
    with Image.open(tmp_path / "page.png") as page:
        assert [read.text for read in zxingcpp.read_barcodes(page)] == [text]


def test_code_too_fine_for_a_camera_is_refused() -> None:
    receipt_pdf(with_changes(qr="a" * 412))
    with pytest.raises(CodeTooLong) as caught:
        receipt_pdf(with_changes(qr="a" * 413))
    assert (caught.value.code, caught.value.length) == ("PRINT_CODE_TOO_LONG", 413)


UNIT = "中山市" + "某某商贸发展合作联社" * 11 + "有限责任公司分"
LONG_MATTER = "建设工程消防设计审查及特殊建设工程消防验收与备案抽查事项一体化办理许可（含变更）"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"applicant_name": UNIT},
        {"applicant_name": UNIT, "matter_name": LONG_MATTER, "demonstration": False},
        {"department_full_name": "中山市" + "某某" * 30 + "管理局", "department_name": ""},
        {"applicant_name": "MARIA ELENA " * 5 + "FERNANDEZ-GONZALEZ"},
        {"window": "中山市政务服务中心" * 5, "clerk_name": "欧阳" * 10, "hall_name": "中" * 40},
        {
            "query_address": "https://www.example.gov.cn/" + "case" * 40,
            "promised": "自受理之日" * 9,
        },
        {"materials": tuple(MaterialRow(LONG_MATTER * 3, "10", "原件及复印件") for _ in range(9))},
    ],
    ids=["plain", "unit", "matter", "department", "latin", "window", "address", "materials"],
)
def test_long_names_wrap_inside_their_place(changes: dict[str, object]) -> None:
    receipt = with_changes(**changes)
    assert_tidy(receipt)
    words = words_of(receipt)
    assert "".join(receipt.applicant_name.split()) in words
    # A label beside several lines is read between them.
    assert receipt.query_address in words.replace("查询网址", "")


@pytest.mark.parametrize("field", ["applicant_name", "matter_name", "window"])
def test_field_longer_than_a_page_stops_the_paper_instead_of_being_cut(field: str) -> None:
    with pytest.raises(TextTooLong) as caught:
        receipt_pdf(with_changes(**{field: "某某商贸发展" * 600}))
    assert caught.value.code == "PRINT_TEXT_TOO_LONG"


def materials(count: int) -> tuple[MaterialRow, ...]:
    return tuple(
        MaterialRow(f"第{n}项：经营场所使用证明", "1", "复印件") for n in range(1, count + 1)
    )


@pytest.mark.parametrize("count", [1, 5, 10, 15, 20])
def test_up_to_twenty_materials_stay_on_one_page(count: int) -> None:
    receipt = with_changes(materials=materials(count))
    assert pages_of(receipt) == 1
    assert_tidy(receipt)
    assert f"第{count}项：" in text_of(receipt)


@pytest.mark.parametrize("count", [30, 45, 120])
def test_more_materials_go_on_over_numbered_pages(count: int) -> None:
    receipt = with_changes(materials=materials(count))
    pages = text_of(receipt).split("\f")[:-1]
    assert len(pages) == pages_of(receipt) > 1
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页/共{len(pages)}页" in page
        assert f"受理编号：{receipt.number}" in page
    assert "受理通知书（续）" in pages[1]
    whole = "".join(pages)
    assert_in_order(whole, *(f"第{n}项：" for n in range(1, count + 1)), "法定时限", "存根")
    assert whole.count("存根") == 1
    assert whole.count("中山分厅待办") == 1
    assert_tidy(receipt)


def test_equal_receipts_give_equal_bytes_in_any_process() -> None:
    here = hashlib.sha256(receipt_pdf(with_changes(applicant_name="陈𠮷㐂"))).hexdigest()
    again = hashlib.sha256(receipt_pdf(with_changes(applicant_name="陈𠮷㐂"))).hexdigest()
    program = (
        "import hashlib, tests.unit.test_receipt_layout as t; "
        "print(hashlib.sha256(t.receipt_pdf(t.with_changes(applicant_name='陈𠮷㐂'))).hexdigest())"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=root, capture_output=True, check=True, timeout=60, env={"PYTHONHASHSEED": "7"}
    )
    assert {here, again} == {done.stdout.decode().strip()}


def test_different_receipts_give_different_bytes() -> None:
    assert receipt_pdf(RECEIPT) != receipt_pdf(with_changes(reprint=1))


def test_lines_never_begin_with_a_stop_or_end_with_an_opening_mark() -> None:
    lines = wrapped("根据《行政许可法》（二〇一九年修正），现予受理。" * 6, 10.5, 41.0)
    assert len(lines) > 6
    assert all(line[0] not in "》）。，" for line in lines)
    assert all(line[-1] not in "《（" for line in lines)
    assert all(text_width(line, 10.5) <= 41.0 for line in lines)


def test_numbers_and_latin_words_are_not_broken() -> None:
    lines = wrapped("统一社会信用代码91440101MA5ABCDE1X的单位JOHN SMITH", 10.5, 45.0)
    assert any("91440101MA5ABCDE1X" in line for line in lines)
    assert "".join(lines).replace(" ", "").endswith("JOHNSMITH")


def test_line_break_typed_into_a_name_is_printed_as_a_blank() -> None:
    assert wrapped("某某\n公司\t一部", 10.5, 100.0) == ["某某 公司 一部"]


def test_papers_and_printers_are_known_without_reading_reportlab() -> None:
    program = (
        "import sys, printing.document, printing.errors, printing.spool; "
        "sys.exit('reportlab' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True, timeout=30)
