"""The client, started as its command starts it; ends itself once the login page was painted."""

import json
import sys
import time

from PyQt5.QtWidgets import QApplication, QWidget

from benchmarks.painted import Painted
from clerk_client.__main__ import main

_LATE = ("cv2", "keyring", "pkcs11", "pydantic", "pypinyin", "reportlab", "requests", "sqlcipher3")


def watch_first_paint() -> None:
    """Hangs itself onto the window that `main` is about to show."""
    from clerk_client.app import Application

    start = Application.start
    told = []

    def seen() -> None:
        at = time.monotonic()
        if not told:
            told.append(at)
            loaded = [name for name in _LATE if name in sys.modules]
            print(json.dumps({"at": at, "loaded": loaded}), flush=True)
            QApplication.quit()

    def watched(application: Application) -> None:
        # The card and not the page: what covers a page entirely saves it its paint.
        card = application.window.findChild(QWidget, "loginCard")
        Painted(card, seen)
        start(application)

    Application.start = watched  # type: ignore[method-assign]


watch_first_paint()
sys.exit(main(["--station", sys.argv[1]]))
