"""What the rows stand on, made when the first row asks and ended with the run.

Everything lies under `build/`, so on the disk that the project is on.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.table import NotMeasured
from clerk_client.demo.screen import VirtualScreen
from clerk_client.demo.stage import Stage, set_stage
from clerk_client.domain.clock import SystemClock

_ROOT = Path(__file__).parents[1]
_DEADLINE = 90.0


class Ground:
    """A folder, a demonstration's stage, a screen, and processes that are never left behind."""

    def __init__(self, until_the_end: ExitStack) -> None:
        self._until_the_end = until_the_end
        build = _ROOT / "build"
        build.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="bench-", dir=build)
        self.folder = Path(until_the_end.enter_context(folder))

    @cached_property
    def stage(self) -> Stage:
        """Keys, hall and photographed tickets, as the demonstration has them."""

        def say(text: str) -> None:
            print(f"[bench] {text}", file=sys.stderr, flush=True)

        return self._until_the_end.enter_context(
            set_stage(self.folder / "stage", SystemClock().now(), say)
        )

    @cached_property
    def screen(self) -> VirtualScreen:
        """One for all windows of the run."""
        return self._until_the_end.enter_context(VirtualScreen())

    @contextmanager
    def child(self, module: str, *arguments: object, on_screen: bool = False) -> "Iterator[Child]":
        """`python -m benchmarks.MODULE`, killed at the end should it not end by itself."""
        environment = dict(self.screen.environment if on_screen else os.environ)
        environment.update(self.stage.environment)
        # Compiled modules are kept for all children alike, whatever this machine says about it.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = str(self.folder / "compiled")
        command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
        said = self.folder / f"{module}.log"
        with (
            said.open("ab") as log,
            subprocess.Popen(
                command,
                cwd=_ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
            ) as process,
        ):
            # One that hangs ends this way, and whoever waits for its word learns of it.
            watch = threading.Timer(_DEADLINE, process.kill)
            watch.start()
            try:
                yield Child(process, said)
                assert process.stdin is not None
                process.stdin.close()
                process.wait()
            finally:
                watch.cancel()
                process.kill()


class Child:
    """The parent's side: asks by a line, gets a line of JSON."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process = process
        self._log = log

    def ask(self) -> Any:
        """One more turn. Raises NotMeasured."""
        assert self._process.stdin is not None
        try:
            print(file=self._process.stdin, flush=True)
        except BrokenPipeError:
            self._fail()
        return self.answer()

    def answer(self) -> Any:
        """What it says next. Raises NotMeasured with its last words when it says no more."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._fail()
        return json.loads(line)

    def _fail(self) -> None:
        last = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise NotMeasured(f"a child process ended: {' '.join(last) or 'without a word'}")
