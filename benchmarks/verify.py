"""Lines of an exported journal checked, beside the bare signature checks of the same lines.

All that an audit does: bytes, chain, bodies, numbers, certificates at each line's time. The keys
are an RSA and a P-256 clerk's and the station's, by turns. Of RSA alone there is no goal: its check
takes less time than any reading of a line.
"""

import io
import statistics
from collections.abc import Callable
from contextlib import closing

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from benchmarks.ground import Ground
from benchmarks.table import Figure, Goal, by_turns
from clerk_client.auditing.audit import Audit
from clerk_client.auditing.rows import rows
from clerk_client.auditing.signers import Signers
from clerk_client.wire.export import exported
from clerk_client.wire.lines import Line
from clerk_client.wire.verify import is_signed
from tests.hall.desk import ClerkKey
from tests.helpers.made_journal import MadeJournal, clerks, made_trust, station

_LINES = 300
_TURNS = 15
_APPLICANT = {
    "name": "中山市石岐区好滋味餐饮服务有限公司",
    "document_type": "credit_code",
    "document_number": "91442000MA0000002X",
    "phone": "13800000000",
    "doubts": [],
}
_BODY = {
    "applicant": _APPLICANT,
    "matter_name": "食品经营许可（新办）",
    "department": "SJ",
    "look_up": "ticket",
    "ticket": {"hall": "442000", "day": "2026-03-05", "number": "A023"},
    "appointment": None,
    "category_differs": False,
    "department_serial": "",
}


def measure(ground: Ground) -> list[Figure]:
    """Seconds a line."""
    signers = Signers(made_trust(ground.folder))
    rsa, ec = clerks()
    journal = MadeJournal()
    acts: tuple[Callable[[], Line], ...] = (
        lambda: _act(journal, rsa),
        lambda: _act(journal, ec),
        journal.paper,
    )
    mixed = [acts[at % len(acts)]() for at in range(_LINES)]
    other = MadeJournal()
    by_rsa = [_act(other, rsa) for _ in range(_LINES)]
    return [
        _figure("verify a line", mixed, signers, Goal(times=3)),
        _figure("verify a line, RSA alone", by_rsa, signers, None),
    ]


def _figure(name: str, lines: list[Line], signers: Signers, goal: Goal | None) -> Figure:
    content = b"".join(exported(line) + b"\n" for line in lines)
    keys = {
        **{
            clerk.cert_sha256: x509.load_der_x509_certificate(clerk.der).public_key()
            for clerk in clerks()
        },
        station().cert_sha256: Ed25519PublicKey.from_public_bytes(station().public),
    }
    checks = [
        (line.head.alg, line.signature, line.head.canonical(), keys[line.head.cert_sha256])
        for line in lines
    ]

    def audit() -> None:
        with closing(Audit(signers)) as whole:
            assert list(whole.findings(rows(io.BytesIO(content)))) == []

    def bare() -> None:
        assert all(is_signed(*check) for check in checks)

    ours, peers = by_turns(_TURNS, audit, bare, warm=2)
    a_line = [seconds / len(lines) for seconds in ours]
    a_check = [seconds / len(lines) for seconds in peers]
    line, check = statistics.median(a_line), statistics.median(a_check)
    told = f"{1 / line:,.0f} lines a second, {1 / check:,.0f} bare checks"
    return Figure.of(name, a_line, a_check, "the bare signature check, same keys", goal, [told])


def _act(journal: MadeJournal, clerk: ClerkKey) -> Line:
    return journal.act(clerk, _BODY)
