"""Signing in: the clerk's key, the challenge, the station's key."""

import base64
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from clerk_client.demo.authority import Authority
from clerk_client.hall.access.stations import new_enrolment_code
from clerk_client.hall.errors import RequestInvalid
from clerk_client.hall.store import open_engine
from tests.hall.conftest import STAFF, Town
from tests.hall.desk import ClerkKey, Desk, StationKey, clerk_key
from tests.hall.thread_hall import StillClock, hall_in_thread, noon
from tests.helpers.small_hall import WINDOW
from ukey.token import Kind


@pytest.fixture(scope="module")
def desk(town: Town) -> Desk:
    return town.desk()


def refused(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def someone(town: Town) -> ClerkKey:
    """C01 with a certificate of its own, so that failures of one test do not count in another."""
    return clerk_key(town.authority, "陈思敏", "ZS-C01")


@pytest.mark.parametrize("code", ["C01", "C02"])
def test_clerk_signs_in_with_either_kind_of_key(town: Town, desk: Desk, code: str) -> None:
    answer = desk.sign_in(town.keys[code])
    assert answer.status_code == 200
    session = answer.json()
    assert session["clerk"]["code"] == code
    assert session["clerk"]["role"] == "clerk"
    assert session["window"] == {"code": WINDOW, "name": "2楼B区12号", "phone": "0760-88880012"}
    assert (session["hall"], session["hall_name"]) == ("442000", "示例市政务服务中心")
    assert session["token_type"] == "DPoP"
    assert desk.get("auth/session").json()["clerk"] == session["clerk"]


def test_a_nonce_is_good_once(town: Town, desk: Desk) -> None:
    clerk = someone(town)
    request = desk.token_request(clerk, desk.challenge(clerk))
    assert desk.ask_token(request).status_code == 200
    assert refused(desk.ask_token(request)) == (401, "NONCE_UNKNOWN")


def test_a_nonce_is_used_up_by_a_failed_sign_in(town: Town, desk: Desk) -> None:
    clerk = someone(town)
    request = desk.token_request(clerk, desk.challenge(clerk))
    wrong = {**request, "signature": base64.b64encode(bytes(64)).decode()}
    assert refused(desk.ask_token(wrong)) == (401, "SIGNATURE_WRONG")
    assert refused(desk.ask_token(request)) == (401, "NONCE_UNKNOWN")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hall", "440300"),
        ("hall_time", "2026-01-01T00:00:00.000Z"),
        ("station", "ST-other"),
        ("cert_sha256", "0" * 64),
    ],
)
def test_the_statement_must_be_the_one_that_was_asked_for(
    town: Town, desk: Desk, field: str, value: str
) -> None:
    answer = desk.sign_in(someone(town), **{field: value})
    assert refused(answer) == (401, "STATEMENT_WRONG")
    assert answer.json()["facts"] == {"field": field}


def test_a_nonce_given_to_another_station_is_refused(town: Town, desk: Desk) -> None:
    clerk, other = someone(town), town.desk()
    request = desk.token_request(clerk, other.challenge(clerk))
    assert refused(desk.ask_token(request)) == (401, "STATEMENT_WRONG")


def test_of_two_sign_ins_with_one_nonce_at_the_same_time_one_wins(town: Town, desk: Desk) -> None:
    clerk = someone(town)
    request = desk.token_request(clerk, desk.challenge(clerk))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: desk.ask_token(request), range(4)))
    told = sorted(each.status_code for each in answers)
    assert told == [200, 401, 401, 401]
    assert {refused(each)[1] for each in answers if each.status_code == 401} == {"NONCE_UNKNOWN"}


def test_a_signature_over_another_statement_is_refused(town: Town, desk: Desk) -> None:
    clerk = someone(town)
    request = desk.token_request(clerk, desk.challenge(clerk))
    earlier = desk.token_request(clerk, desk.challenge(clerk))
    request["signature"] = earlier["signature"]
    assert refused(desk.ask_token(request)) == (401, "SIGNATURE_WRONG")


@pytest.mark.parametrize("code", ["C01", "C02"])
def test_the_algorithm_must_be_the_one_of_the_key(town: Town, desk: Desk, code: str) -> None:
    clerk = town.keys[code]
    request = desk.token_request(clerk, desk.challenge(clerk))
    other = {"RS256": "ES256", "ES256": "RS256"}[clerk.alg]
    assert refused(desk.ask_token({**request, "alg": other})) == (401, "SIGNATURE_WRONG")
    for alg in ("none", "HS256", "PS256", ""):
        again = desk.token_request(clerk, desk.challenge(clerk))
        assert refused(desk.ask_token({**again, "alg": alg})) == (422, "REQUEST_INVALID")


def test_a_certificate_of_another_person_does_not_fit_the_statement(town: Town, desk: Desk) -> None:
    clerk, other = someone(town), someone(town)
    request = desk.token_request(clerk, desk.challenge(clerk))
    request["certificate"] = base64.b64encode(other.der).decode()
    assert refused(desk.ask_token(request)) == (401, "STATEMENT_WRONG")


def test_an_expired_certificate_is_told_from_a_foreign_one(town: Town, desk: Desk) -> None:
    ended = datetime(2026, 1, 1, tzinfo=UTC)
    expired = clerk_key(town.authority, "陈思敏", "ZS-C01", not_after=ended)
    assert refused(desk.sign_in(expired)) == (401, "CERT_EXPIRED")
    foreign = clerk_key(Authority("别处"), "陈思敏", "ZS-C01")
    assert refused(desk.sign_in(foreign)) == (401, "CERT_UNTRUSTED")


def test_a_certificate_whose_first_day_is_to_come_signs_nobody_in(town: Town, desk: Desk) -> None:
    begins = datetime.now(UTC) + timedelta(days=1)
    early = clerk_key(town.authority, "陈思敏", "ZS-C01", not_before=begins)
    assert refused(desk.sign_in(early)) == (401, "CERT_NOT_YET_VALID")


@pytest.mark.parametrize("wrong", [{"uses": ("key_encipherment",)}, {"ca": True}])
def test_a_certificate_for_something_else_signs_nobody_in(
    town: Town, desk: Desk, wrong: dict[str, Any]
) -> None:
    other = clerk_key(town.authority, "陈思敏", "ZS-C01", **wrong)
    answer = desk.sign_in(other)
    assert answer.status_code == 401
    assert refused(answer)[1] in {"CERT_WRONG_USE", "CERT_UNTRUSTED"}


def test_a_certificate_of_nobody_in_the_hall_is_refused(town: Town, desk: Desk) -> None:
    stranger = clerk_key(town.authority, "路人", "ZS-X99")
    assert refused(desk.sign_in(stranger)) == (403, "CLERK_UNKNOWN")


def test_an_institutions_certificate_signs_in_its_named_clerk_only(town: Town, desk: Desk) -> None:
    named = clerk_key(town.authority, "示例市人社局", "ZS-C01", kind=Kind.INSTITUTION)
    assert desk.sign_in(named).json()["clerk"]["name"] == "陈思敏"
    nobodys = clerk_key(town.authority, "示例市人社局", "ZS-RSJ", kind=Kind.INSTITUTION)
    assert refused(desk.sign_in(nobodys))[1] == "CLERK_UNKNOWN"


def test_a_business_certificate_signs_nobody_in(town: Town, desk: Desk) -> None:
    business = clerk_key(town.authority, "示例市人社局", "ZS-C01", kind=Kind.BUSINESS)
    assert refused(desk.sign_in(business)) == (401, "CERT_WRONG_USE")


def test_garbage_as_certificate_is_refused(town: Town, desk: Desk) -> None:
    clerk = someone(town)
    request = desk.token_request(clerk, desk.challenge(clerk))
    request["certificate"] = base64.b64encode(b"no certificate").decode()
    assert refused(desk.ask_token(request)) == (401, "CERT_UNREADABLE")


def test_a_station_that_is_not_enrolled_is_told_so_and_may_enrol_and_ask_again(town: Town) -> None:
    desk, clerk = Desk(town.hall.url, "ST-new"), someone(town)
    assert refused(desk.sign_in(clerk)) == (403, "STATION_UNKNOWN")
    assert desk.enrol(town.code("ST-new")).status_code == 200
    assert desk.sign_in(clerk).status_code == 200


def test_an_unknown_station_counts_as_no_failure_of_the_clerk(town: Town) -> None:
    desk, clerk = Desk(town.hall.url, "ST-nowhere"), someone(town)
    answers = [refused(desk.sign_in(clerk)) for _ in range(7)]
    assert set(answers) == {(403, "STATION_UNKNOWN")}


def test_another_machine_cannot_pose_as_the_station(town: Town, desk: Desk) -> None:
    thief = Desk(town.hall.url, desk.station)
    answer = thief.sign_in(someone(town))
    assert answer.json()["code"] == "STATION_KEY_OTHER"


def test_the_sixth_try_in_a_minute_is_slowed_down_for_that_certificate_only(
    town: Town, desk: Desk
) -> None:
    guessed, other = someone(town), someone(town)
    tries = [desk.sign_in(guessed, hall="440300") for _ in range(5)]
    assert {refused(each)[1] for each in tries} == {"STATEMENT_WRONG"}
    limited = desk.sign_in(guessed)
    assert refused(limited) == (429, "RATE_LIMITED")
    assert limited.headers["retry-after"] == "60"
    assert desk.sign_in(other).status_code == 200


def test_failures_at_one_address_hinder_nobody_at_another(town: Town, desk: Desk) -> None:
    guessed = someone(town)
    for _ in range(6):
        desk.sign_in(guessed, hall="440300")
    assert refused(desk.sign_in(guessed)) == (429, "RATE_LIMITED")
    elsewhere = requests.Session()
    elsewhere.mount("http://", _From("127.0.0.2"))
    request = desk.token_request(guessed, desk.challenge(guessed))
    headers = {"DPoP": desk.key.proof("POST", desk.base + "auth/token")}
    with elsewhere:
        answer = elsewhere.post(desk.base + "auth/token", json=request, headers=headers, timeout=20)
    assert answer.status_code == 200


class _From(HTTPAdapter):
    """Calls from another address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, source_address=(self._address, 0))


def test_a_proof_of_another_call_opens_no_session(town: Town, desk: Desk) -> None:
    clerk = someone(town)
    url = desk.base + "auth/token"
    wrong = [
        desk.key.proof("GET", url),
        desk.key.proof("POST", desk.base + "auth/session"),
        desk.key.proof("POST", url, iat=0),
        desk.key.proof("POST", url, iat="yesterday"),
        "no.jwt.atall",
    ]
    for proof in wrong:
        request = desk.token_request(clerk, desk.challenge(clerk))
        assert refused(desk.ask_token(request, proof)) == (401, "PROOF_WRONG")


def test_a_proof_seen_before_opens_no_session(town: Town, desk: Desk) -> None:
    clerk = someone(town)
    proof = desk.key.proof("POST", desk.base + "auth/token")
    first, second = (desk.token_request(clerk, desk.challenge(clerk)) for _ in range(2))
    assert desk.ask_token(first, proof).status_code == 200
    assert refused(desk.ask_token(second, proof)) == (401, "PROOF_WRONG")


def test_enrolment_repeated_with_the_same_key_answers_the_same(town: Town) -> None:
    code = town.hall.enrol("ST-twice", WINDOW)
    desk = Desk(town.hall.url, "ST-twice")
    first, again = desk.enrol(code), desk.enrol(code.lower().replace("-", " "))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["window"] == WINDOW


def test_an_enrolment_code_is_good_for_one_key_and_one_station(town: Town) -> None:
    code = town.code("ST-once", WINDOW)
    wrong_code = Desk(town.hall.url, "ST-once").enrol("AAAA-BBBB-CCCC-DDDD")
    assert refused(wrong_code) == (403, "ENROLMENT_CODE_WRONG")
    elsewhere = Desk(town.hall.url, "ST-elsewhere").enrol(code)
    assert refused(elsewhere) == (403, "ENROLMENT_CODE_WRONG")
    assert Desk(town.hall.url, "ST-once").enrol(code).status_code == 200
    assert refused(Desk(town.hall.url, "ST-once").enrol(code)) == (403, "ENROLMENT_CODE_WRONG")


def test_a_station_keeps_its_key_even_when_it_is_given_a_new_code(town: Town) -> None:
    key = StationKey()
    Desk(town.hall.url, "ST-kept", key).enrol(town.code("ST-kept", WINDOW))
    code = town.code("ST-kept", "2B13")
    assert refused(Desk(town.hall.url, "ST-kept").enrol(code)) == (409, "STATION_KEY_OTHER")
    moved = Desk(town.hall.url, "ST-kept", key).enrol(code)
    assert moved.json()["window"] == "2B13"


def test_a_public_key_of_another_length_is_refused(town: Town) -> None:
    fields = {"station": "ST-short", "public_key": "AAAA", "enrolment_code": "x" * 12}
    answer = requests.post(f"{town.hall.url}/api/v1/stations", json=fields, timeout=20)
    assert refused(answer) == (422, "STATION_KEY_INVALID")


@pytest.mark.parametrize("station", ["", "a|b", "x" * 200, "a\nb"])
def test_no_code_is_made_for_a_name_that_no_station_could_send(town: Town, station: str) -> None:
    with pytest.raises(RequestInvalid) as refusal:
        town.code(station)
    assert refusal.value.facts == {"field": "station"}


def test_an_enrolment_code_is_good_for_a_week(tmp_path: Path, database: str) -> None:
    authority, clock = Authority(), StillClock(noon())
    with hall_in_thread(tmp_path, authority, STAFF, clock, database) as enrolled:
        url = enrolled.base.removesuffix("/api/v1/")
        engine = open_engine(database)
        codes = {
            name: new_enrolment_code(engine, name, WINDOW, clock.now())
            for name in ("ST-in-time", "ST-late")
        }
        engine.dispose()
        in_time, late = Desk(url, "ST-in-time"), Desk(url, "ST-late")
        clock.forward(7 * 24 * 3600)
        assert in_time.enrol(codes["ST-in-time"]).status_code == 200
        clock.forward(1)
        assert refused(late.enrol(codes["ST-late"])) == (403, "ENROLMENT_CODE_WRONG")
        # Asked again after a lost answer: the same key, so the same answer.
        assert in_time.enrol(codes["ST-in-time"]).status_code == 200


def test_guessing_enrolment_codes_is_slowed_down(town: Town) -> None:
    desk = Desk(town.hall.url, "ST-guessed")
    codes = [refused(desk.enrol(str(uuid.uuid4())))[1] for _ in range(6)]
    assert codes == ["ENROLMENT_CODE_WRONG"] * 5 + ["RATE_LIMITED"]


def test_published_stations_have_the_keys_that_were_enrolled(town: Town, desk: Desk) -> None:
    answer = requests.get(f"{town.hall.url}/api/v1/trust", timeout=20).json()
    keys = {each["station"]: each["public_key"] for each in answer["stations"]}
    assert keys[desk.station] == base64.b64encode(desk.key.public).decode()
    assert answer["authorities"] == [town.authority.pem.decode()]
