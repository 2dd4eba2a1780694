"""Where a PDF is saved: the system's own dialog, beside the page and not in front of the work."""

from collections.abc import Callable

from PyQt5.QtCore import QDir, QLibraryInfo, QStandardPaths, QTranslator
from PyQt5.QtWidgets import QApplication, QFileDialog, QWidget

_ENDING = ".pdf"


def ask_where(parent: QWidget, name: str, chosen: Callable[[str], object]) -> QFileDialog:
    """Opens the dialog and returns at once; `chosen` gets a path that ends in .pdf."""
    _speak_chinese()
    dialog = QFileDialog(parent, "另存为PDF")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter("PDF (*.pdf)")
    dialog.setDefaultSuffix(_ENDING.lstrip("."))
    # A file of that name stays: the new one is called -2.
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog.setDirectory(folder if QDir(folder).exists() else QDir.homePath())
    dialog.selectFile(f"{name}{_ENDING}")
    dialog.fileSelected.connect(chosen)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def _speak_chinese() -> None:
    """Qt's own words, on systems without a file dialog of theirs. Once a program."""
    application = QApplication.instance()
    if application is None or application.findChild(QTranslator, "qtWords") is not None:
        return
    words = QTranslator(application)
    words.setObjectName("qtWords")
    place = QLibraryInfo.location(QLibraryInfo.LibraryLocation.TranslationsPath)
    if words.load("qtbase_zh_CN", place):
        application.installTranslator(words)
