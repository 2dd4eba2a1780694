"""Who may call what: every route of the contract, by method and path. Deny by default.

A route that is not named here cannot be served (`api.build_app` refuses to start), and a right that
is not named is not given.
"""

from clerk_client.domain.clerks import Role

CLERK, SUPERVISOR, IT, AUDITOR = Role.CLERK, Role.SUPERVISOR, Role.IT, Role.AUDITOR

EVERYBODY: frozenset[Role] | None = None
"""Without a session: what signs in, enrols, or is public."""

_SIGNED_IN = frozenset(Role)
_WINDOW = frozenset({CLERK, SUPERVISOR})
_DIRECTORY = frozenset({SUPERVISOR, IT, AUDITOR})
_IT = frozenset({IT})

RIGHTS: dict[tuple[str, str], frozenset[Role] | None] = {
    ("POST", "/auth/challenge"): EVERYBODY,
    ("POST", "/auth/token"): EVERYBODY,
    ("GET", "/auth/session"): _SIGNED_IN,
    ("DELETE", "/auth/session"): _SIGNED_IN,
    # With the one-time code that IT made.
    ("POST", "/stations"): EVERYBODY,
    ("GET", "/matters"): _SIGNED_IN,
    ("GET", "/tickets/{number}"): _WINDOW,
    ("GET", "/appointments/{number}"): _WINDOW,
    ("GET", "/appointments"): _WINDOW,
    ("GET", "/cases/{number}"): _WINDOW,
    ("POST", "/cases/{number}/supplements"): _WINDOW,
    ("POST", "/number-blocks"): _WINDOW,
    ("PUT", "/attachments/{sha256}"): _WINDOW,
    ("GET", "/attachments/{sha256}"): frozenset({CLERK, SUPERVISOR, AUDITOR}),
    # Each line carries its own right: its signature. IT may hand in what a window left behind.
    ("POST", "/records"): _SIGNED_IN,
    ("POST", "/base-lookups"): _WINDOW,
    ("GET", "/approvals"): frozenset({SUPERVISOR}),
    ("POST", "/ratings"): _WINDOW,
    ("GET", "/tallies"): frozenset({CLERK, SUPERVISOR, AUDITOR}),
    ("POST", "/station-reports"): _SIGNED_IN,
    ("GET", "/fleet"): _IT,
    ("POST", "/indicators"): _IT,
    ("GET", "/trust"): EVERYBODY,
    **{("GET", f"/{name}"): _DIRECTORY for name in ("clerks", "departments", "windows", "roles")},
    **{("POST", f"/{name}"): _IT for name in ("clerks", "departments", "windows", "roles")},
    **{
        ("PATCH", f"/{name}/{{code}}"): _IT
        for name in ("clerks", "departments", "windows", "roles")
    },
    ("GET", "/audit"): frozenset({AUDITOR}),
    ("GET", "/health"): EVERYBODY,
    # No session: see routes/watching.py for who may.
    ("GET", "/metrics"): EVERYBODY,
}
