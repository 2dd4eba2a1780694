"""A real identity provider as a process on a loopback port: Django OAuth Toolkit.

Run as `python -m tests.helpers.identity_provider DATABASE` it is that process; it says its port.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import requests

from clerk_client.demo.programs import tied

CLIENT = "clerk-client"
PASSWORD = "a clerk's"


@dataclass(frozen=True)
class IdentityProvider:
    """Where it listens."""

    issuer: str
    process: "subprocess.Popen[str]"

    def browse(self, address: str, user: str, *, as_far_as: str = "") -> str:
        """What a person does at the browser: signs in, and is led on until the client.

        Or until an address that starts with `as_far_as`, which is answered and not asked.
        """
        with requests.Session() as browser:
            browser.trust_env = False
            page = browser.get(address, timeout=10, allow_redirects=True)
            fields = {
                "username": user,
                "password": PASSWORD,
                "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            }
            page = browser.post(page.url, data=fields, timeout=10, allow_redirects=False)
            while page.is_redirect:
                onward = urljoin(page.url, page.headers["Location"])
                if as_far_as and onward.startswith(as_far_as):
                    return onward
                page = browser.get(onward, timeout=10, allow_redirects=False)
        return page.url


@contextmanager
def identity_provider(folder: Path, users: tuple[str, ...]) -> Iterator[IdentityProvider]:
    """One that knows `users`, all with PASSWORD, and the client CLIENT."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.helpers.identity_site",
        "IDENTITY_DATABASE": str(folder / "identity.sqlite"),
        "PYTHONWARNINGS": "ignore",
    }
    command = tied([sys.executable, "-m", "tests.helpers.identity_provider", *users])
    with (folder / "identity.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert re.fullmatch(r"\d+", port), (folder / "identity.log").read_text()
            yield IdentityProvider(urljoin(f"http://127.0.0.1:{port}", "/o"), process)
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _serve(users: list[str]) -> None:
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User
    from oauth2_provider.models import Application

    for user in users:
        User.objects.create_user(user, password=PASSWORD)
    Application.objects.create(
        client_id=CLIENT,
        client_type=Application.CLIENT_PUBLIC,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        # RFC 8252: of a loopback address any port is as good as another.
        redirect_uris="http://127.0.0.1/identity",
        skip_authorization=True,
        algorithm=Application.RS256_ALGORITHM,
    )
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1:])
