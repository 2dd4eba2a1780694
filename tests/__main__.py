"""Runs the tests with what they need around them: a screen with a window manager, a Secret Service.

python -m tests [pytest options]
"""

import subprocess
import sys

from clerk_client.demo.screen import VirtualScreen
from tests.helpers.secret_service import secret_service


def main(options: list[str]) -> int:
    """pytest's exit code."""
    selected = ["-m", "not soak"] if "-m" not in options else []
    spread = [] if any(o.startswith("-n") for o in options) else ["-n", "2", "--dist", "loadgroup"]
    print("[test] Starting a screen and a keyring for the tests", flush=True)
    with VirtualScreen(1920, 1200) as screen, secret_service(screen.environment) as environment:
        command = [sys.executable, "-m", "pytest", *spread, *selected, *options]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
