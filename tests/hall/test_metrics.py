"""Figures for Prometheus: right, of nobody in particular, and not for everybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from clerk_client.hall.process.metrics import may_read
from tests.hall.desk import Journal, clerk_key
from tests.hall.small_service import WITHIN, Service

TOKEN = "a-long-token-that-IT-made"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("metrics")
    file = folder / "token"
    file.write_text(f"{TOKEN}\n", encoding="ascii")
    with Service(folder, "--metrics-token-file", str(file)) as running:
        yield running


def asked(service: Service, **headers: str) -> requests.Response:
    return requests.get(f"{service.hall.url}/api/v1/metrics", headers=headers, timeout=WITHIN)


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Each sample's value by its name and its labels' values, in the labels' order."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_happened_is_counted(service: Service) -> None:
    desk = service.desk()
    journal = Journal(service.clerk, desk.key)
    before = figures(asked(service).text)
    journal.lease(desk, 20)
    line, other = journal.accepted(), journal.accepted(matter="no such matter")
    desk.sent(line, other)
    desk.sent(line)
    stranger = clerk_key(service.authority, "无名氏", "ZS-nobody")
    assert desk.sign_in(stranger).status_code == 403
    text = asked(service).text
    after = figures(text)

    def grown(*sample: str) -> float:
        return after[sample] - before.get(sample, 0)

    assert grown("hall_leased_numbers_total") == 20
    assert grown("hall_lines_total", "", "settled") == 1
    assert grown("hall_lines_total", "", "already_settled") == 1
    refused = [key for key in after if key[0] == "hall_lines_total" and key[2] == "refused"]
    assert sum(after[key] - before.get(key, 0) for key in refused) == 1
    assert grown("hall_sign_ins_total", "CLERK_UNKNOWN") == 1
    assert after["hall_sign_ins_total", "ok"] >= 1
    assert grown("hall_requests_total", "POST", "/api/v1/records", "200") == 2
    assert grown("hall_request_seconds_count", "POST", "/api/v1/records") == 2
    assert after["hall_workers",] == 1
    assert after["hall_database_up",] == 1
    assert ("hall_audit_unsealed",) in after
    for secret in (desk.station, "ZS-", str(line.head.number), journal.id, "C01"):
        assert secret not in text


def test_a_call_of_any_name_makes_no_label(service: Service) -> None:
    url = f"{service.hall.url}/api/v1/4420001990"
    assert requests.request("BREW", url, timeout=WITHIN).status_code == 404
    found = figures(asked(service).text)
    assert found["hall_requests_total", "other", "(no such route)", "404"] >= 1
    assert not any("4420001990" in part or part == "BREW" for key in found for part in key)


def test_this_machine_reads_them_and_whoever_bears_the_token(service: Service) -> None:
    assert asked(service).status_code == 200
    assert asked(service, Authorization=f"Bearer {TOKEN}").status_code == 200
    wrong = asked(service, Authorization="Bearer wrong")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "METRICS_CLOSED")


@pytest.mark.parametrize(
    ("address", "sent", "token", "is_behind_proxy", "expected"),
    [
        ("10.0.0.9", "", b"", False, False),
        ("10.0.0.9", "", b"t", False, False),
        ("10.0.0.9", "Bearer t", b"t", False, True),
        ("10.0.0.9", "Bearer ", b"", False, False),
        ("10.0.0.9", "Basic t", b"t", False, False),
        ("::1", "", b"", False, True),
        ("127.0.0.1", "", b"t", True, False),
        ("127.0.0.1", "Bearer t", b"t", True, True),
        ("", "", b"", False, False),
    ],
)
def test_an_address_opens_them_only_where_it_says_who_comes(
    address: str, sent: str, token: bytes, is_behind_proxy: bool, expected: bool
) -> None:
    assert may_read(address, sent, token, is_behind_proxy=is_behind_proxy) is expected


def test_behind_a_proxy_this_machine_needs_the_token_too(tmp_path: Path) -> None:
    with Service(tmp_path, "--public-url", "https://hall.example") as service:
        assert asked(service).json()["code"] == "METRICS_CLOSED"
