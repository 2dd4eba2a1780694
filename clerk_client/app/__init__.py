"""The composition root: builds the window and its threads, wires them, stops them.

Nothing here knows whether it is a demonstration, and nothing slow is imported before the login
page is shown.
"""

import sys

from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtGui import QGuiApplication
from PyQt5.QtWidgets import QApplication

from clerk_client.app.application import Application
from clerk_client.app.collecting import Collecting
from clerk_client.domain.clock import Clock, SystemClock
from clerk_client.logs import install_crash_hook, start_logging
from clerk_client.settings import Settings
from clerk_client.ui.crash_page import CrashReports
from clerk_client.ui.held_keys import HeldKeys
from clerk_client.ui.theme import apply_theme

__all__ = ["Application", "run"]

# What Qt made stays until the process is gone: its own end asks no order of anybody, while widgets
# that outlive their application, or die in another thread, take the process with them.
_until_the_end: list[object] = []


def run(settings: Settings, clock: Clock | None = None) -> int:
    """Opens the window and returns when it is closed: the process's exit code."""
    start_logging(settings.log_folder)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    qt = QApplication(sys.argv[:1])
    collecting = Collecting()
    crashes = CrashReports()
    _until_the_end.extend((qt, collecting, crashes))
    install_crash_hook(crashes.tell)
    apply_theme(qt)
    held_keys = HeldKeys()
    qt.installEventFilter(held_keys)
    application = Application(settings, clock or SystemClock(), crashes)
    _until_the_end.extend((held_keys, application))
    application.start()
    try:
        return int(qt.exec())
    finally:
        application.stop()
