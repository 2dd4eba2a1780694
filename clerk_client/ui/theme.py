"""How the window looks: one light theme, the same on every system."""

from PyQt5.QtGui import QColor, QFont, QIcon, QPalette
from PyQt5.QtWidgets import QApplication, QStyleFactory

import resources

_FAMILIES = ["Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "sans-serif"]
_BASE_POINTS = 11
_ICON_SIZES = (16, 24, 32, 48, 64, 128)


def apply_theme(app: QApplication) -> None:
    """Sets style, font, palette and style sheet. Before the first widget is shown."""
    # Fusion is the one style that looks alike on every system and leaves all to the sheet.
    app.setStyle(QStyleFactory.create("Fusion"))
    font = QFont()
    font.setFamilies(_FAMILIES)
    font.setPointSize(_BASE_POINTS)
    app.setFont(font)
    app.setPalette(_palette())
    app.setStyleSheet(resources.text("theme.qss"))


def window_icon() -> QIcon:
    """For the window and the tray. Takes 20 ms to draw: not before the login page is shown."""
    icon = QIcon()
    with resources.path("icons/clerk_client.svg") as file:
        drawing = QIcon(str(file))
        # Drawn here: an SVG icon reads its file late, when it may be gone.
        for size in _ICON_SIZES:
            icon.addPixmap(drawing.pixmap(size, size))
    return icon


def _palette() -> QPalette:
    """Named in full, so that a dark desktop does not leak into a light window."""
    colours = {
        QPalette.ColorRole.Window: "#f2f5f9",
        QPalette.ColorRole.WindowText: "#1b2733",
        QPalette.ColorRole.Base: "#ffffff",
        QPalette.ColorRole.AlternateBase: "#f2f5f9",
        QPalette.ColorRole.Text: "#1b2733",
        QPalette.ColorRole.Button: "#ffffff",
        QPalette.ColorRole.ButtonText: "#1b2733",
        QPalette.ColorRole.Highlight: "#1f4e8c",
        QPalette.ColorRole.HighlightedText: "#ffffff",
        QPalette.ColorRole.ToolTipBase: "#1b2733",
        QPalette.ColorRole.ToolTipText: "#ffffff",
        QPalette.ColorRole.PlaceholderText: "#6b7a8c",
    }
    palette = QPalette()
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#8593a3"))
    # Of a slider that cannot be drawn.
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, QColor("#c3cbd5"))
    return palette
