"""Runs the tests with a keyring and a PostgreSQL of their own; conftest.py brings the screens.

python -m tests [pytest options]
"""

import os
import subprocess
import sys

from clerk_client.demo.endings import unwind_on_signals
from clerk_client.demo.programs import tied
from tests.helpers.postgres import postgres_for_tests
from tests.helpers.secret_service import secret_service


def main(options: list[str]) -> int:
    """pytest's exit code."""
    selected = ["-m", "not soak"] if "-m" not in options else []
    spread = [] if any(o.startswith("-n") for o in options) else ["-n", "2"]
    unwind_on_signals()
    print("[test] Starting a keyring and a PostgreSQL for the tests", flush=True)
    with secret_service(os.environ) as environment, postgres_for_tests() as database:
        command = tied([sys.executable, "-m", "pytest", *spread, *selected, *options])
        return subprocess.run(command, env=environment | database, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
