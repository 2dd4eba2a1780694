"""The least that a window in PyQt5 can be: one sentence in Chinese."""

import json
import sys
import time

from PyQt5.QtWidgets import QApplication, QLabel, QWidget

from benchmarks.painted import Painted

application = QApplication(sys.argv[:1])
window = QWidget()
window.resize(1366, 768)
label = QLabel("电子钥匙登录", window)


def seen() -> None:
    print(json.dumps({"at": time.monotonic()}), flush=True)
    application.quit()


Painted(label, seen)
window.show()
sys.exit(application.exec())
