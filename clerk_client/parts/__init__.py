"""What the window's threads share: each thing built once, when it is first asked for.

No Qt, and nothing slow at import: the login page stands before requests, pydantic, SQLCipher or
reportlab are loaded. A whole reception runs on these parts without a window.
"""

from clerk_client.parts.failures import FAILURES
from clerk_client.parts.window_parts import Parts

__all__ = ["FAILURES", "Parts"]
