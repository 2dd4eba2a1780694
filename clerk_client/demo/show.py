"""Sets the stage, then opens the window on it, or has it worked by keyboard without a display."""

import os
import time
from pathlib import Path

from clerk_client.demo.hall_process import HallNotReady
from clerk_client.demo.screen import ScreenAbsent
from clerk_client.demo.slip import FontAbsent
from clerk_client.demo.stage import CLERK, SUPERVISOR, set_stage
from clerk_client.domain.clock import SystemClock
from clerk_client.settings import load_settings


def run_demo(folder: Path, output: Path, *, with_display: bool) -> int:
    """The exit code: without a display 0 only if all was accepted and printed."""
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[demo {time.monotonic() - started:5.1f} s] {text}", flush=True)

    try:
        with set_stage(folder, SystemClock().now(), say) as stage:
            if not with_display:
                from clerk_client.demo.tour import take_tour

                say("No display: working the window by keyboard on a virtual one")
                return take_tour(stage, output, say)
            from clerk_client.app import run

            os.environ.update(stage.environment)
            pins = ", ".join(f"{holder.name} {holder.pin}" for holder in (CLERK, SUPERVISOR))
            say(f"Opening the window. PINs: {pins}. Receipts: {stage.receipts}")
            return run(load_settings(stage.settings))
    except (HallNotReady, ScreenAbsent, FontAbsent) as error:
        say(f"{error.code}: {error}")
        return 1
