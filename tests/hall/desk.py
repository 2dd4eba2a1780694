"""A window as the tests play it: clerk's key, station's key, proofs, lines. Software keys only."""

import base64
import hashlib
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clerk_client.demo.authority import Authority, PrivateKey, ec_key, rsa_key
from clerk_client.domain.clock import Clock, SystemClock, rfc3339
from clerk_client.domain.numbers import official_number
from clerk_client.wire.lines import FIRST_PREV, Head, Line, Signer, body_sha256, canonical, salted
from clerk_client.wire.messages import LoginStatement
from tests.helpers.small_hall import HALL, WINDOW

Json = dict[str, Any]


@dataclass(frozen=True)
class ClerkKey:
    """What a USB key does, in software."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def cert_sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    @property
    def alg(self) -> str:
        return "RS256" if isinstance(self.key, RSAPrivateKey) else "ES256"

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.key, EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.key.sign(message, ECDSA(SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.key.sign(message, PKCS1v15(), SHA256())


def clerk_key(authority: Authority, name: str, identity: str, **more: Any) -> ClerkKey:
    """On P-256, because making one takes no time."""
    key = more.pop("key", None) or ec_key()
    return ClerkKey(key, authority.issue(name, identity, key, **more))


def rsa_clerk_key(authority: Authority, name: str, identity: str) -> ClerkKey:
    return clerk_key(authority, name, identity, key=rsa_key())


class StationKey:
    """The station's Ed25519 key and the proofs that it makes."""

    alg = "Ed25519"

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.key = Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def cert_sha256(self) -> str:
        return hashlib.sha256(self.public).hexdigest()

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    def proof(self, method: str, url: str, token: str = "", **claims: Any) -> str:
        fields: Json = {
            "htm": method,
            "htu": url.partition("?")[0],
            "iat": int(self._clock.now().timestamp()),
            "jti": str(uuid.uuid4()),
        }
        if token:
            fields["ath"] = _base64url(hashlib.sha256(token.encode()).digest())
        fields |= claims
        key = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(self.public)}
        headers = {"typ": "dpop+jwt", "jwk": key}
        return jwt.encode(fields, self.key, algorithm="EdDSA", headers=headers)


class Desk:
    """One station and its calls. `token` is the session's, once signed in."""

    def __init__(self, url: str, station: str = "S01", key: StationKey | None = None) -> None:
        self.base = f"{url}/api/v1/"
        self.station = station
        self.key = key or StationKey()
        self.token = ""

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """With the session's token and a fresh proof."""
        url = self.base + path
        headers = {
            "Authorization": f"DPoP {self.token}",
            "DPoP": self.key.proof(method, url, self.token),
            **more.pop("headers", {}),
        }
        return requests.request(method, url, headers=headers, timeout=20, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, fields: Any) -> requests.Response:
        return self.call("POST", path, json=fields)

    def enrol(self, code: str) -> requests.Response:
        fields = {
            "station": self.station,
            "public_key": base64.b64encode(self.key.public).decode(),
            "enrolment_code": code,
        }
        return requests.post(self.base + "stations", json=fields, timeout=20)

    def challenge(self, clerk: ClerkKey) -> Json:
        fields = {"station": self.station, "cert_sha256": clerk.cert_sha256}
        answer = requests.post(self.base + "auth/challenge", json=fields, timeout=20)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def token_request(self, clerk: ClerkKey, challenge: Json, **statement: str) -> Json:
        """What the client would send; `statement` overrides fields before they are signed."""
        fields = {
            **challenge,
            "cert_sha256": clerk.cert_sha256,
            "station": self.station,
            **statement,
        }
        signed = LoginStatement(**fields)
        return {
            "statement": signed.model_dump(),
            "certificate": base64.b64encode(clerk.der).decode(),
            "alg": clerk.alg,
            "signature": base64.b64encode(clerk.sign(canonical(signed.model_dump()))).decode(),
        }

    def ask_token(self, request: Json, proof: str = "") -> requests.Response:
        url = self.base + "auth/token"
        headers = {"DPoP": proof or self.key.proof("POST", url)}
        return requests.post(url, json=request, headers=headers, timeout=20)

    def sign_in(self, clerk: ClerkKey, **statement: str) -> requests.Response:
        answer = self.ask_token(self.token_request(clerk, self.challenge(clerk), **statement))
        if answer.status_code == 200:
            self.token = answer.json()["access_token"]
        return answer

    def sent(self, *lines: Line) -> list[tuple[str, str]]:
        """Outcome and code of each line."""
        answer = self.post("records", {"lines": [line.to_json() for line in lines]})
        assert answer.status_code == 200, answer.text
        return [(each["outcome"], each["code"]) for each in answer.json()["answers"]]


class Journal:
    """The client's chain of lines, with the numbers that it leased."""

    def __init__(self, clerk: ClerkKey, station: StationKey, clerk_code: str = "C01") -> None:
        self.id = str(uuid.uuid4())
        self.clerk = clerk
        self.station = station
        self.clerk_code = clerk_code
        self.seq, self.prev = 0, FIRST_PREV
        self._numbers: Iterator[str] = iter(())

    def lease(self, desk: Desk, count: int = 20) -> Json:
        fields = {"journal": self.id, "key": str(uuid.uuid4()), "count": count}
        answer = desk.post("number-blocks", fields)
        assert answer.status_code == 200, answer.text
        block: Json = answer.json()
        self._numbers = (
            official_number(block["hall"], block["year"], block["epoch"], sequence)
            for sequence in itertools.count(block["first"])
        )
        return block

    def accepted(self, body: Json | None = None, **head: Any) -> Line:
        """An acceptance by the clerk."""
        number = head.pop("number", None) or next(self._numbers)
        defaults = {"kind": "accepted", "number": number, "category": "hall_pending"}
        return self.line(self.clerk, body or {}, **{**defaults, "matter": "GA-LG", **head})

    def printed(self, **head: Any) -> Line:
        """What the station says by itself."""
        return self.line(self.station, {}, **{"kind": "printed", **head})

    def line(self, signer: Signer, body: Json, **head: Any) -> Line:
        """The next line of the chain; `head` overrides any field before it is signed."""
        whole = salted(body)
        fields = {
            "journal": self.id,
            "seq": self.seq + 1,
            "prev": self.prev,
            "key": str(uuid.uuid4()),
            "done_at": rfc3339(datetime.now(UTC)),
            "clock_offset_ms": 0,
            "decided_offline": False,
            "hall": HALL,
            "window": WINDOW,
            "clerk": self.clerk_code,
            "cert_sha256": signer.cert_sha256,
            "alg": signer.alg,
            "number": None,
            "category": None,
            "matter": None,
            "body_sha256": body_sha256(whole),
            **head,
        }
        made = Head(**fields)
        line = Line(made, whole, signer.sign(made.canonical()))
        self.seq, self.prev = made.seq, line.hash
        return line


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
