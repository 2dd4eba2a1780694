"""Sets the stage, then opens the window on it, or has it worked by keyboard without a display."""

import os
import time
from pathlib import Path

from clerk_client.demo.endings import signals_close_the_window, unwind_on_signals
from clerk_client.demo.errors import DemoError
from clerk_client.demo.folders import claim
from clerk_client.demo.stage import CLERK, SUPERVISOR, set_stage
from clerk_client.domain.clock import SystemClock
from clerk_client.settings import load_settings
from clerk_client.ui.wording import wording_for


def run_demo(folder: Path, output: Path, *, with_display: bool) -> int:
    """The exit code: without a display 0 only if all was accepted and printed.

    For the main thread: signals that end it let the hall and the screen end too.
    """
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[demo {time.monotonic() - started:5.1f} s] {text}", flush=True)

    unwind_on_signals()
    try:
        claim(folder)
        if not with_display:
            # Now already, so that a wrong folder is told at once.
            claim(output)
        with set_stage(folder, SystemClock().now(), say) as stage:
            if not with_display:
                from clerk_client.demo.tour import take_tour

                say("No display: working the window by keyboard on a virtual one")
                return take_tour(stage, output, say)
            from clerk_client.app import run

            os.environ.update(stage.environment)
            pins = ", ".join(f"{holder.name} {holder.pin}" for holder in (CLERK, SUPERVISOR))
            say(f"Opening the window. PINs: {pins}. Receipts: {stage.receipts}")
            with signals_close_the_window():
                return run(load_settings(stage.settings))
    except DemoError as error:
        words = wording_for(error)
        say(str(error))
        say(f"{words.title}。{words.next_step}。（{words.code}）")
        return 1
    except KeyboardInterrupt:
        say("Stopped")
        return 130
