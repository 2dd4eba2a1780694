"""The demo without a display: the same window under Xvfb, worked by keyboard through the whole job.

xdotool types what a clerk types; the window's title tells which page and step is shown, as it does
to a screen reader.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageGrab

from clerk_client.demo.errors import ProgramFailed
from clerk_client.demo.folders import Leavings
from clerk_client.demo.programs import run_program, tied
from clerk_client.demo.screen import VirtualScreen
from clerk_client.demo.stage import CLERK, Stage

_PATIENCE = 40.0
_POLL = 0.1
_SETTLED = 0.4

Say = Callable[[str], None]


class TourFailed(Exception):
    """A step did not lead where it should. The text names the step and what was on screen."""

    code = "DEMO_TOUR_FAILED"


@dataclass(frozen=True, slots=True)
class Visit:
    """One client: how their matter is found, what is typed for them, which category is chosen."""

    way: str
    find: Callable[["_Hands"], None]
    name: str
    number: str
    category_key: str


@dataclass
class Outcome:
    """What the tour did, as it stands in the summary."""

    accepted: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def take_tour(stage: Stage, output: Path, say: Say) -> int:
    """0 when three clients were accepted, one by each look-up, and all receipts were printed."""
    leavings = Leavings(output)
    before = set(stage.receipts.glob("*.pdf"))
    outcome = Outcome()
    with VirtualScreen() as screen:
        environment = {**screen.environment, **stage.environment}
        _give_keys("".join(visit.name for visit in _VISITS), environment)
        command = tied([sys.executable, "-m", "clerk_client", "--station", str(stage.settings)])
        with leavings.place("client.txt").open("wb") as log:
            client = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _walk(_Hands(client, environment, leavings), outcome, say)
        except BaseException:
            client.kill()
            raise
        finally:
            _end(client, outcome)
    printed = sorted(set(stage.receipts.glob("*.pdf")) - before)
    for receipt in printed:
        leavings.place(receipt.name).write_bytes(receipt.read_bytes())
    outcome.problems += _wrong_receipts(printed, outcome.accepted)
    _write_summary(leavings, outcome, [receipt.name for receipt in printed])
    for problem in outcome.problems:
        say(f"FAILED: {problem}")
    if not outcome.problems:
        say(f"{len(printed)} clients accepted, their receipts printed: see {output}")
    return 1 if outcome.problems else 0


def _walk(hands: "_Hands", outcome: Outcome, say: Say) -> None:
    try:
        _work(hands, outcome, say)
        hands.press("alt+F4")
    except (TourFailed, ProgramFailed) as failure:
        outcome.problems.append(str(failure))
        # The screen itself may be what failed.
        with suppress(TourFailed):
            hands.picture("99-failed")


def _work(hands: "_Hands", outcome: Outcome, say: Say) -> None:
    say("Signing in")
    hands.wait_for("登录：请输入PIN")
    hands.picture("01-login")
    hands.type(CLERK.pin)
    hands.press("Return")
    for place, visit in enumerate(_VISITS, start=1):
        say(f"Client {place} of {len(_VISITS)}: {visit.way}")
        number = _receive(hands, visit, place)
        outcome.accepted.append({"look_up": visit.way, "number": number, "name": visit.name})
        say(f"Accepted under {number}")
    hands.press("ctrl+3")
    hands.wait_for("统计")
    hands.wait_until_painted()
    hands.picture("50-tallies")
    hands.press("ctrl+4")
    hands.wait_for("诊断")
    hands.wait_until_painted()
    hands.picture("60-diagnostics")


def _receive(hands: "_Hands", visit: Visit, place: int) -> str:
    """One client from the look-up to the receipt in their hand. The acceptance number."""
    visit.find(hands)
    hands.wait_for("核对事项")
    hands.picture(f"{place}1-found")
    hands.press("Return")
    hands.wait_for("录入办事人信息")
    hands.press(visit.category_key)
    hands.type(visit.name)
    hands.press("Tab", "Tab")
    hands.type(visit.number)
    hands.picture(f"{place}2-recorded")
    hands.press("ctrl+Return")
    hands.wait_for("核对后提交")
    hands.picture(f"{place}3-summary")
    hands.press("ctrl+Return")
    title = hands.wait_for("受理成功 ")
    hands.press("Return")
    hands.wait_for("回执已打印")
    hands.picture(f"{place}4-printed")
    hands.press("Return")
    hands.wait_for("已交办事人")
    hands.press("Return")
    return title.split("受理成功 ")[1].split(" ")[0]


def _by_ticket(hands: "_Hands") -> None:
    """Nothing to do: the ticket lies under the camera and the preview runs."""


def _by_appointment(hands: "_Hands") -> None:
    hands.wait_for("等待办事人")
    hands.press("F3")
    hands.type("YY0009")
    hands.press("Return")


def _by_matter(hands: "_Hands") -> None:
    hands.wait_for("等待办事人")
    hands.press("F4")
    hands.type("yidijiuyi")
    hands.wait_until_painted()
    hands.picture("30-search")
    hands.press("Return")


# Resident numbers of sample regions and dates; the credit code is GB 32100's own example.
_VISITS = (
    Visit("二维码扫描", _by_ticket, "欧阳小满", "11010519491231002X", "alt+1"),
    Visit(
        "按预约编号", _by_appointment, "中山市示例人力资源有限公司", "91350100M000100Y43", "alt+1"
    ),
    Visit("按服务事项查询", _by_matter, "𠮷田示例", "440524188001010014", "alt+2"),
)


class _Hands:
    """Types, waits for titles, takes pictures."""

    def __init__(
        self,
        client: "subprocess.Popen[bytes]",
        environment: dict[str, str],
        leavings: Leavings,
    ) -> None:
        self._client = client
        self._environment = environment
        self._leavings = leavings

    def wait_for(self, words: str) -> str:
        """The title, once it holds the words."""
        until = time.monotonic() + _PATIENCE
        title = ""
        while time.monotonic() < until:
            if self._client.poll() is not None:
                raise TourFailed(f"the client ended with {self._client.returncode}")
            title = self._xdotool("getactivewindow", "getwindowname")
            if words in title:
                return title
            time.sleep(_POLL)
        raise TourFailed(f"waited for {words}, the window says {title}")

    def wait_until_painted(self) -> None:
        """Until two looks at the screen, a moment apart, show the same."""
        last = self._seen().tobytes()
        for _ in range(int(_PATIENCE / _SETTLED)):
            time.sleep(_SETTLED)
            now = self._seen().tobytes()
            if now == last:
                return
            last = now

    def type(self, text: str) -> None:
        """As on a keyboard, Chinese included."""
        # A person's pace, of which xdotool waits half between keys: a gun types faster.
        self._xdotool("type", "--delay", "150", text)

    def press(self, *keys: str) -> None:
        """One key or combination after the other."""
        for key in keys:
            self._xdotool("key", "--clearmodifiers", key)

    def picture(self, name: str) -> None:
        """Of the whole screen, into the output folder."""
        self._seen().save(self._leavings.place(f"{name}.png"))

    def _seen(self) -> Image.Image:
        try:
            return ImageGrab.grab(xdisplay=self._environment["DISPLAY"])
        except OSError as error:
            raise TourFailed(f"the screen cannot be seen: {error}") from error

    def _xdotool(self, *arguments: str) -> str:
        # It fails as long as no window is active.
        command = ["xdotool", *arguments]
        return run_program(command, environment=self._environment, may_fail=True).strip()


def _give_keys(text: str, environment: dict[str, str]) -> None:
    """Binds every character that no key has to a key that nobody needs.

    Before the client starts: xdotool would do so while it types, and a client that is slow to hear
    of it loses characters.
    """
    listed = run_program(["xmodmap", "-pke"], environment=environment)
    spare = []
    for row in listed.splitlines():
        key, _, symbols = row.partition("=")
        if not symbols.strip() or symbols.split()[0].startswith("XF86"):
            spare.append(key.split()[1])
    wanted = sorted(character for character in set(text) if not character.isascii())
    bindings = [f"keycode {key} = U{ord(c):04X}" for key, c in zip(spare, wanted, strict=False)]
    run_program(["xmodmap", "-"], given="\n".join(bindings).encode(), environment=environment)


def _end(client: "subprocess.Popen[bytes]", outcome: Outcome) -> None:
    """After Alt+F4 the client ends by itself; after a failure it is ended."""
    if outcome.problems:
        client.terminate()
    try:
        code = client.wait(timeout=15)
    except subprocess.TimeoutExpired:
        client.kill()
        client.wait()
        outcome.problems.append("the client did not end by itself")
        return
    if code != 0 and not outcome.problems:
        outcome.problems.append(f"the client ended with {code}")


def _wrong_receipts(printed: list[Path], accepted: list[dict[str, str]]) -> list[str]:
    """What is missing: a receipt for each acceptance, which says its number and name."""
    if len(printed) != len(accepted):
        return [f"{len(accepted)} accepted, {len(printed)} printed"]
    texts = [_text_of(receipt) for receipt in printed]
    return [
        f"no receipt says {acceptance['number']} and {acceptance['name']}"
        for acceptance in accepted
        if not any(acceptance["number"] in t and acceptance["name"] in t for t in texts)
    ]


def _text_of(pdf: Path) -> str:
    return "".join(run_program(["pdftotext", "-layout", str(pdf), "-"]).split())


def _write_summary(leavings: Leavings, outcome: Outcome, receipts: list[str]) -> None:
    summary = {
        "accepted": outcome.accepted,
        "receipts": receipts,
        "problems": outcome.problems,
    }
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    leavings.place("summary.json").write_text(text + "\n", encoding="utf-8")
