"""Where a file is saved: the system's own dialog, beside the page and not in front of the work."""

from pathlib import PurePath

from PyQt5.QtCore import QCoreApplication, QDir, QLibraryInfo, QStandardPaths, QTranslator
from PyQt5.QtWidgets import QFileDialog, QWidget


def ask_where(parent: QWidget, title: str, name: str, kind: str) -> QFileDialog:
    """Opens the dialog and returns at once; its `fileSelected` tells the path.

    `name` is what it begins with, and its ending that of every path; `kind` as `PDF (*.pdf)`.
    """
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(kind)
    dialog.setDefaultSuffix(PurePath(name).suffix.lstrip("."))
    # Nothing is ever written over: whoever saves finds another name, or says that it is taken.
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog.setDirectory(folder if QDir(folder).exists() else QDir.homePath())
    dialog.selectFile(name)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def speak_chinese() -> QTranslator | None:
    """Qt's own words: menus of its fields, dialogs where the system has none of its own.

    None where this Qt came without its translations.
    """
    application = QCoreApplication.instance()
    assert application is not None
    words = QTranslator(application)
    place = QLibraryInfo.location(QLibraryInfo.LibraryLocation.TranslationsPath)
    if not words.load("qtbase_zh_CN", place):
        return None
    application.installTranslator(words)
    return words
