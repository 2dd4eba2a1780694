"""Proofs of the station's key: good once, whoever asks and whatever happens to the service."""

import base64
import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from sqlalchemy import Engine, text

from clerk_client.demo.authority import rsa_key
from clerk_client.hall.access.proofs import Proof, SpentProofs, checked_proof, spent_proofs
from clerk_client.hall.errors import DatabaseUnusable, ProofWrong
from clerk_client.hall.store import open_engine, upgrade_schema, writing
from tests.hall.conftest import Town
from tests.hall.desk import Desk, StationKey
from tests.hall.small_service import Service
from tests.helpers.postgres import postgres_database

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    found = open_engine(database)
    upgrade_schema(found)
    yield found
    found.dispose()


@pytest.fixture
def workers(engine: Engine) -> Iterator[list[SpentProofs]]:
    """What two processes of one service have."""
    found = [spent_proofs(engine), spent_proofs(engine)]
    yield found
    for each in found:
        each.close()


def proof(jti: str = "", iat: datetime = NOON) -> Proof:
    return Proof("f" * 64, jti or str(uuid.uuid4()), iat)


def test_a_proof_is_good_once_whichever_worker_sees_it(workers: list[SpentProofs]) -> None:
    first, second = workers
    spent = proof()
    first.spend(spent, NOON)
    for worker in (second, first):
        with pytest.raises(ProofWrong) as refusal:
            worker.spend(spent, NOON)
        assert refusal.value.facts == {"field": "jti"}
    # The same number made by another station's key is another proof.
    second.spend(Proof("e" * 64, spent.jti, NOON), NOON)


def test_of_many_calls_with_one_proof_at_the_same_time_one_wins(
    workers: list[SpentProofs],
) -> None:
    together = threading.Barrier(8)

    def spend(worker: SpentProofs, each: Proof) -> bool:
        together.wait()
        try:
            worker.spend(each, NOON)
        except ProofWrong:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            each = proof()
            assert sum(pool.map(spend, workers * 4, [each] * 8)) == 1


def test_proofs_that_are_too_old_to_be_used_are_forgotten(
    engine: Engine, workers: list[SpentProofs]
) -> None:
    first, second = workers
    old = proof(iat=NOON)
    for spent in (old, *(proof(iat=NOON) for _ in range(501))):
        first.spend(spent, NOON)
    second.forget(NOON + timedelta(seconds=119))
    with pytest.raises(ProofWrong):
        first.spend(old, NOON + timedelta(seconds=119))
    second.forget(NOON + timedelta(seconds=122))
    first.spend(old, NOON + timedelta(seconds=122))


def test_no_other_write_becomes_less_durable() -> None:
    with postgres_database() as address:
        engine = open_engine(address)
        spent_proofs(engine).spend(proof(), NOON)
        # The pool hands out the connection that was given back last.
        with writing(engine) as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        engine.dispose()


def test_a_file_of_proofs_that_is_none_refuses_calls_instead_of_repeating_them(
    tmp_path: Path,
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'hall.sqlite'}")
    (tmp_path / "hall.sqlite.proofs").write_bytes(b"no database at all" * 100)
    spent = spent_proofs(engine)
    for _ in range(2):
        with pytest.raises(DatabaseUnusable):
            spent.spend(proof(), NOON)
    engine.dispose()


def test_a_look_up_never_waits_for_whoever_writes(tmp_path: Path) -> None:
    with Service(tmp_path) as service:
        desk = service.desk()
        with closing(sqlite3.connect(service.hall.database_file, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            assert desk.get("auth/session").status_code == 200
            assert desk.get("tickets/A023").status_code == 200
            writer.execute("ROLLBACK")


def test_of_two_calls_with_one_proof_at_the_same_time_one_is_answered(signed_in: Desk) -> None:
    url = signed_in.base + "auth/session"
    for _ in range(5):
        headers = {
            "Authorization": f"DPoP {signed_in.token}",
            "DPoP": signed_in.key.proof("GET", url, signed_in.token),
        }

        def call(_: int, headers: dict[str, str] = headers) -> int:
            return requests.get(url, headers=headers, timeout=20).status_code

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(call, range(4))) == [200, 401, 401, 401]


def test_a_proof_that_is_still_fresh_is_refused_after_the_service_was_killed(town: Town) -> None:
    desk = town.desk()
    desk.sign_in(town.keys["C01"])
    url = desk.base + "auth/session"
    used = {"DPoP": desk.key.proof("GET", url, desk.token)}
    assert desk.get("auth/session", headers=used).status_code == 200
    town.hall.kill()
    town.hall.start()
    again = desk.get("auth/session", headers=used)
    assert (again.status_code, again.json()["facts"]) == (401, {"field": "jti"})
    assert desk.get("auth/session").status_code == 200


@pytest.mark.parametrize(
    ("told", "is_same"),
    [
        ("HTTPS://Hall.Example:443/api/v1/tickets/%41023", True),
        ("https://hall.example/api/v1/tickets/A023?day=2026-11-21#top", True),
        ("https://hall.example/api/v1/tickets/a023", False),
        ("https://hall.example:8443/api/v1/tickets/A023", False),
        ("http://hall.example/api/v1/tickets/A023", False),
        ("https://hall.example/api/v1/tickets%2FA023", False),
        ("https://hall.example.org/api/v1/tickets/A023", False),
        ("https://hall.example:port/api/v1/tickets/A023", False),
        ("/api/v1/tickets/A023", False),
        ("", False),
        (17, False),
        (None, False),
    ],
)
def test_the_address_in_a_proof_is_compared_and_not_its_spelling(
    told: object, is_same: bool
) -> None:
    key, url = StationKey(), "https://hall.example/api/v1/tickets/A023"
    header = key.proof("GET", url, iat=int(NOON.timestamp()), htu=told)
    try:
        checked_proof(header, "GET", url, NOON)
    except ProofWrong:
        assert not is_same
    else:
        assert is_same


def test_a_proof_must_be_signed_by_the_key_that_it_shows(signed_in: Desk) -> None:
    key, url = signed_in.key, signed_in.base + "auth/session"
    good = key.proof("GET", url, signed_in.token)
    claims = jwt.decode(good, options={"verify_signature": False})
    jwk = jwt.get_unverified_header(good)["jwk"]
    head, body, _ = good.split(".")
    raw = key.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    d = base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def made(secret: object, alg: str, **header: object) -> str:
        fields = {"typ": "dpop+jwt", "jwk": jwk, **header}
        told: str = jwt.encode(claims, secret, algorithm=alg, headers=fields)  # type: ignore[arg-type]
        return told

    other = StationKey().proof("GET", url, signed_in.token).split(".")[2]
    wrong = {
        "none": made(None, "none"),
        "HMAC with the public key": made("x" * 32 + jwk["x"], "HS256"),
        "RSA": made(rsa_key(), "RS256"),
        "another key's signature": f"{head}.{body}.{other}",
        "no signature": f"{head}.{body}.",
        "the private key in it": made(key.key, "EdDSA", jwk={**jwk, "d": d}),
        "another type": made(key.key, "EdDSA", typ="JWT"),
        "more than is understood": made(key.key, "EdDSA", crit=["exp"]),
        "no key": made(key.key, "EdDSA", jwk=None),
        "a key that is a text": made(key.key, "EdDSA", jwk=json.dumps(jwk)),
        "a short key": made(key.key, "EdDSA", jwk={**jwk, "x": "AAAA"}),
    }
    for name, header in wrong.items():
        answer = signed_in.get("auth/session", headers={"DPoP": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "PROOF_WRONG"), name
    assert signed_in.get("auth/session", headers={"DPoP": good}).status_code == 200
