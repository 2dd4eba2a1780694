"""Why a demonstration does not begin or go on. The words stand in resources/wording.toml."""

from pathlib import Path


class DemoError(Exception):
    """Root of the demonstration's errors. Its text is for whoever reads the terminal."""

    code: str


class FolderForeign(DemoError):
    """The folder holds something and no demonstration made it: nothing in it is touched."""

    code = "DEMO_FOLDER_FOREIGN"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} holds files that no demonstration put there")
        self.folder = str(folder)


class FolderUnusable(DemoError):
    """The folder cannot be made or written."""

    code = "DEMO_FOLDER_UNUSABLE"

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder}: {reason}")
        self.folder = str(folder)
        self.reason = reason


class DemoRunning(DemoError):
    """Another demonstration uses the folder now."""

    code = "DEMO_RUNNING"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another demonstration runs in {folder}")
        self.folder = str(folder)


class ProgramMissing(DemoError):
    """A program that setup.sh installs is not there."""

    code = "DEMO_PROGRAM_MISSING"

    def __init__(self, program: str) -> None:
        super().__init__(f"{program} is not installed")
        self.program = program


class ProgramFailed(DemoError):
    """A program said no, or did not end in time. `said` is what it wrote, or how long it had."""

    code = "DEMO_PROGRAM_FAILED"

    def __init__(self, program: str, said: str) -> None:
        super().__init__(f"{program}: {said}")
        self.program = program
        self.said = said
