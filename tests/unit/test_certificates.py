"""Is a certificate fit to sign in with, and whose is it? Signatures of both kinds of key."""

import base64
import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_client.demo.authority import BEGINNING, END, Authority, ec_key, rsa_key
from ukey.algorithms import is_signature_of
from ukey.certificates import (
    best_for_signing,
    days_left,
    ensure_fit,
    expiry_notice,
    load_authorities,
    read_certificate,
)
from ukey.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateUnfit,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateWrongUse,
    ClockWrong,
)
from ukey.revocation import load_revocations
from ukey.token import Certificate, Kind

TODAY = BEGINNING + timedelta(days=100)
AUTHORITY = Authority()
RSA = rsa_key()
EC = ec_key()
MESSAGE = "受理一件".encode()


def read(certificate: x509.Certificate) -> Certificate:
    return read_certificate(certificate.public_bytes(Encoding.DER))


def issued(**fields: object) -> Certificate:
    return read(AUTHORITY.issue("张丽", "W01", EC, **fields))  # type: ignore[arg-type]


DER = issued().der
DAY = timedelta(days=1)
SM2_DER = base64.b64decode(
    "MIIBlDCCATmgAwIBAgIUXY4gUDzQi+3N8LFpSnVMI6pdJqswCgYIKoEcz1UBg3UwHzEPMA0GA1UEAwwG5byg5Li9"
    "MQwwCgYDVQQFEwNXMDEwHhcNMjYxMTIyMDEzOTQ3WhcNMzYxMTE5MDEzOTQ3WjAfMQ8wDQYDVQQDDAblvKDkuL0x"
    "DDAKBgNVBAUTA1cwMTBZMBMGByqGSM49AgEGCCqBHM9VAYItA0IABNGcQlMjXtKMv7+mBg1a25GQbZjMzkgyBSnH"
    "ux8ttMulJmkHHx9bvec4Y/4xdVlBxbYb3+qj1fYAOQ+az66DKsmjUzBRMB0GA1UdDgQWBBSrecwP3VvtgjUlyOa5"
    "kGTlJLIKjDAfBgNVHSMEGDAWgBSrecwP3VvtgjUlyOa5kGTlJLIKjDAPBgNVHRMBAf8EBTADAQH/MAoGCCqBHM9V"
    "AYN1A0kAMEYCIQCpxdIbIgJvJq7hpIfs7i5P61OAQNmStSilM2+uiwcbFwIhAKcpqsstKLP04ZNbIsOPlN6JQHxJ"
    "lXZ1FDpnvsBigEB3"
)
"""Made with OpenSSL 3.0: `openssl req -x509 -sm3` over a key on the curve SM2."""


def named(*attributes: tuple[x509.ObjectIdentifier, str]) -> Certificate:
    """One whose subject is written down as it comes, whatever the standard says of it."""
    subject = [
        x509.NameAttribute(oid, value, _ASN1Type.UTF8String, _validate=False)
        for oid, value in attributes
    ]
    return read(
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(AUTHORITY.certificate.subject)
        .public_key(EC.public_key())
        .serial_number(1)
        .not_valid_before(BEGINNING)
        .not_valid_after(END)
        .sign(AUTHORITY.key, SHA256())
    )


# --- read ----------------------------------------------------------------------------------------


def test_certificate_says_whose_it_is_and_for_how_long() -> None:
    signed = AUTHORITY.issue("张丽", "W01", RSA)
    certificate = read(signed)
    assert certificate.holder == "张丽"
    assert certificate.identity == "W01"
    assert certificate.issuer == AUTHORITY.name
    assert certificate.serial == f"{signed.serial_number:X}"
    assert certificate.sha256 == signed.fingerprint(SHA256()).hex()
    assert (certificate.not_before, certificate.not_after) == (BEGINNING, END)
    assert certificate.not_after.tzinfo is UTC
    assert (certificate.alg, issued().alg) == ("RS256", "ES256")


def test_clerk_without_a_number_is_known_by_the_whole_certificate() -> None:
    for number in (None, " "):
        certificate = read(AUTHORITY.issue("张丽", number, EC))
        assert certificate.identity == certificate.sha256


def test_holder_without_a_common_name_is_shown_by_the_whole_name() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "市民服务中心")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(EC.public_key())
        .serial_number(1)
        .not_valid_before(BEGINNING)
        .not_valid_after(END)
        .sign(EC, SHA256())
    )
    assert "市民服务中心" in read(signed).holder
    assert "市民服务中心" in read(signed).issuer


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_certificate_of_a_key_we_cannot_check_is_unreadable(key: object) -> None:
    with pytest.raises(CertificateUnreadable, match="neither RSA nor"):
        read(AUTHORITY.issue("张丽", "W01", key))  # type: ignore[arg-type]


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.binary(max_size=400))
def test_garbage_is_unreadable_and_nothing_worse(der: bytes) -> None:
    with pytest.raises(CertificateUnreadable):
        read_certificate(der)
    with pytest.raises(CertificateUnreadable):
        load_authorities(der)


# cryptography warns of odd serial numbers and of names that are too long, and reads on.
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_certificate_with_a_single_bit_changed_is_unreadable_or_unfit() -> None:
    # How many bits of the signature's last byte are left out is itself not signed.
    left_out = len(DER) - len(x509.load_der_x509_certificate(DER).signature) - 1
    for at in range(len(DER) * 8):
        if at // 8 == left_out:
            continue
        damaged = bytearray(DER)
        damaged[at // 8] ^= 1 << at % 8
        with pytest.raises(CertificateUnfit):
            ensure_fit(read_certificate(bytes(damaged)), [AUTHORITY.certificate], TODAY)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.integers(0, len(DER) - 1), st.binary(max_size=4))
def test_certificate_cut_short_is_unreadable(length: int, rest: bytes) -> None:
    with pytest.raises(CertificateUnreadable):
        read_certificate(DER[:length] + rest[: len(DER) - length - 1])


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    st.sampled_from([DER, read(AUTHORITY.issue("张丽", "W01", RSA)).der, SM2_DER]),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3), st.binary(max_size=4)), max_size=4),
)
def test_damaged_certificate_is_read_or_unreadable_and_nothing_worse(
    der: bytes, cuts: list[tuple[int, int, bytes]]
) -> None:
    for at, gone, put in cuts:
        der = der[: at % len(der)] + put + der[at % len(der) + gone :]
    try:
        certificate = read_certificate(der)
    except CertificateUnreadable:
        return
    assert len(certificate.holder) <= 64
    expiry_notice(certificate, TODAY)


def test_chinese_curve_is_unreadable_and_named() -> None:
    with pytest.raises(CertificateUnreadable) as unreadable:
        read_certificate(SM2_DER)
    assert unreadable.value.reason == "SM2 key"


def test_key_that_does_not_parse_makes_the_certificate_unreadable() -> None:
    point = (
        x509.load_der_x509_certificate(DER)
        .public_key()
        .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    with pytest.raises(CertificateUnreadable):
        read_certificate(DER.replace(point, b"\x04" + b"\x01" * 64))


# --- odd contents --------------------------------------------------------------------------------


def test_name_that_steers_the_screen_is_shown_harmless() -> None:
    assert named((NameOID.COMMON_NAME, "\x00张\u202e丽\r\n\u2066李\x1b[31m\u200b强")).holder == (
        "张丽 李[31m强"
    )
    assert named((NameOID.COMMON_NAME, "\u202e")).holder.startswith("CN=")


@pytest.mark.filterwarnings("ignore:Attribute's length:UserWarning")
def test_name_of_16_kb_is_cut_where_it_is_shown() -> None:
    certificate = named((NameOID.COMMON_NAME, "丽" * 5461), (NameOID.SERIAL_NUMBER, "W" * 16384))
    assert certificate.holder == "丽" * 63 + "…"
    assert certificate.identity == certificate.sha256
    assert named((NameOID.COMMON_NAME, "丽" * 64)).holder == "丽" * 64


def test_rare_characters_of_a_name_stay() -> None:
    assert named((NameOID.COMMON_NAME, "阿依古丽·\U00030edd\ue863")).holder == (
        "阿依古丽·\U00030edd\ue863"
    )


def test_number_with_characters_that_are_not_seen_is_nobodys_number() -> None:
    for number in ("W\x0001", "W\u202e01", "W\u200b01", "W\n01"):
        certificate = named((NameOID.COMMON_NAME, "张丽"), (NameOID.SERIAL_NUMBER, number))
        assert certificate.identity == certificate.sha256


def test_first_of_two_names_counts() -> None:
    certificate = named(
        (NameOID.COMMON_NAME, "张丽"),
        (NameOID.COMMON_NAME, "李强"),
        (NameOID.SERIAL_NUMBER, "W01"),
        (NameOID.SERIAL_NUMBER, "W02"),
    )
    assert (certificate.holder, certificate.identity) == ("张丽", "W01")


def test_certificate_of_nobody_has_an_empty_holder() -> None:
    certificate = named()
    assert certificate.holder == ""
    assert certificate.identity == certificate.sha256


@pytest.mark.filterwarnings("ignore:Parsed a serial number:UserWarning")
def test_negative_number_is_read_as_it_stands() -> None:
    serial = x509.load_der_x509_certificate(DER).serial_number.to_bytes(2, "big")
    der = DER.replace(b"\x02\x02" + serial, b"\x02\x02\xff\x00", 1)
    assert read_certificate(der).serial == "-100"


@pytest.mark.parametrize("year", ["0000", "0001", "1949", "1969", "9999"])
def test_date_of_any_year_is_unreadable_or_can_be_shown_at_the_hall(year: str) -> None:
    """Years before 1950 are written with four digits, as those from 2050 on."""
    der = issued(not_after=datetime(2060, 12, 31, 23, 59, 59, tzinfo=UTC)).der
    try:
        certificate = read_certificate(
            der.replace(b"20601231235959Z", f"{year}1231235959Z".encode())
        )
    except CertificateUnreadable:
        assert year == "0000"
        return
    hall = timezone(timedelta(hours=8))
    assert str(certificate.not_after.astimezone(hall).year) == str(int(year) + (year != "9999"))
    days_left(certificate, TODAY)


def test_certificate_without_an_end_is_fit_and_reminds_nobody() -> None:
    certificate = issued(not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    ensure_fit(certificate, [AUTHORITY.certificate], TODAY)
    assert expiry_notice(certificate, TODAY) == ""


# --- fit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("uses", [("digital_signature",), None])
def test_certificate_for_signing_is_fit_from_its_first_to_its_last_second(
    uses: tuple[str, ...] | None,
) -> None:
    certificate = issued(uses=uses)
    for moment in (BEGINNING, TODAY, END):
        ensure_fit(certificate, [AUTHORITY.certificate], moment)


def test_clerk_is_told_the_day_a_certificate_expired_or_begins() -> None:
    with pytest.raises(CertificateExpired) as expired:
        ensure_fit(issued(), [AUTHORITY.certificate], END + timedelta(seconds=1))
    assert expired.value.not_after == END
    with pytest.raises(CertificateNotYetValid) as early:
        ensure_fit(issued(), [AUTHORITY.certificate], BEGINNING - timedelta(seconds=1))
    assert early.value.not_before == BEGINNING


def test_moment_in_another_time_zone_is_the_same_moment() -> None:
    hall = datetime.fromisoformat("2025-01-01T07:59:59+08:00")
    with pytest.raises(CertificateNotYetValid):
        ensure_fit(issued(), [AUTHORITY.certificate], hall)
    ensure_fit(issued(), [AUTHORITY.certificate], hall + timedelta(seconds=1))


def test_foreign_certificate_is_not_trusted() -> None:
    stranger = Authority("别处")
    namesake = Authority(AUTHORITY.name)
    for authorities in ([], [stranger.certificate], [namesake.certificate]):
        with pytest.raises(CertificateUntrusted):
            ensure_fit(issued(), authorities, TODAY)
    ensure_fit(issued(), [namesake.certificate, AUTHORITY.certificate], TODAY)


def test_clerk_cannot_issue_for_a_clerk() -> None:
    clerk = Authority("张丽")
    own = AUTHORITY.issue("张丽", "W01", clerk.key)
    forged = read(clerk.issue("李强", "W02", EC))
    with pytest.raises(CertificateUntrusted):
        ensure_fit(forged, [AUTHORITY.certificate, own], TODAY)


def test_authority_that_may_not_issue_is_not_trusted() -> None:
    lesser = Authority("下级")
    certificate = AUTHORITY.issue("下级", None, lesser.key, ca=True, uses=("crl_sign",))
    with pytest.raises(CertificateUntrusted):
        ensure_fit(read(lesser.issue("张丽", "W01", EC)), [certificate], TODAY)


def test_chain_over_an_authority_between_is_followed() -> None:
    between = Authority("运营中心", parent=AUTHORITY)
    certificate = read(between.issue("张丽", "W01", EC))
    ensure_fit(certificate, [AUTHORITY.certificate, between.certificate], TODAY)
    ensure_fit(certificate, [between.certificate], TODAY)
    with pytest.raises(CertificateUntrusted):
        ensure_fit(certificate, [AUTHORITY.certificate], TODAY)


def test_certificate_issued_for_something_else_is_refused() -> None:
    for_encryption = issued(uses=("key_encipherment", "data_encipherment"))
    for_issuing = issued(uses=("digital_signature", "key_cert_sign"), ca=True)
    for certificate in (for_encryption, for_issuing):
        with pytest.raises(CertificateWrongUse):
            ensure_fit(certificate, [AUTHORITY.certificate], TODAY)


def test_dates_are_told_before_trust_and_trust_before_use() -> None:
    certificate = issued(uses=("key_encipherment",))
    with pytest.raises(CertificateExpired):
        ensure_fit(certificate, [], END + timedelta(days=1))
    with pytest.raises(CertificateUntrusted):
        ensure_fit(certificate, [], TODAY)


def test_business_certificate_is_told_before_trust_and_the_other_kinds_pass() -> None:
    with pytest.raises(CertificateWrongUse) as refused:
        ensure_fit(issued(kind=Kind.BUSINESS), [], TODAY)
    assert refused.value.use == "business"
    for kind in (Kind.PERSONAL, Kind.INSTITUTION, Kind.UNMARKED):
        certificate = issued(kind=kind)
        assert certificate.kind is kind
        ensure_fit(certificate, [AUTHORITY.certificate], TODAY)


def test_extension_of_a_vendor_passes_unless_it_demands_to_be_understood() -> None:
    number = x509.ObjectIdentifier("1.2.156.112570.11.204")
    vendors = x509.UnrecognizedExtension(number, b"\x05\x00")
    ensure_fit(
        issued(more=[x509.Extension(number, False, vendors)]), [AUTHORITY.certificate], TODAY
    )
    critical = issued(more=[x509.Extension(number, True, vendors)])
    with pytest.raises(CertificateUntrusted, match=number.dotted_string) as untrusted:
        ensure_fit(critical, [AUTHORITY.certificate], TODAY)
    assert "张丽" not in str(untrusted.value)


OLD = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "旧认证中心")])


def issued_by_rsa(holder: x509.Name, *, ca: bool = False) -> x509.Certificate:
    builder = x509.CertificateBuilder().issuer_name(OLD).subject_name(holder).serial_number(7)
    builder = builder.not_valid_before(BEGINNING).not_valid_after(END)
    if ca:
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = builder.add_extension(constraints, critical=True)
    return builder.public_key((RSA if ca else EC).public_key()).sign(RSA, SHA256())


def with_sha1(certificate: x509.Certificate) -> Certificate:
    """Signed anew by the RSA authority, in a way that cryptography's builder no longer offers."""
    sha256, sha1 = (bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05"))
    signed = certificate.tbs_certificate_bytes.replace(sha256, sha1)
    signature = RSA.sign(signed, padding.PKCS1v15(), SHA1())
    der = certificate.public_bytes(Encoding.DER).replace(sha256, sha1)
    return read_certificate(der.replace(certificate.signature, signature))


def test_authority_with_an_rsa_key_is_trusted_as_well() -> None:
    root = issued_by_rsa(OLD, ca=True)
    ensure_fit(read(issued_by_rsa(OLD)), [AUTHORITY.certificate, root], TODAY)


def untrusted(certificate: Certificate, *authorities: x509.Certificate) -> CertificateUntrusted:
    with pytest.raises(CertificateUntrusted) as refused:
        ensure_fit(certificate, authorities, TODAY)
    assert certificate.holder not in refused.value.reason
    assert refused.value.reason
    return refused.value


def test_certificate_of_a_known_authority_in_an_old_form_is_told_from_a_foreign_one() -> None:
    holder = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "张丽")])
    root, old = issued_by_rsa(OLD, ca=True), with_sha1(issued_by_rsa(holder))
    refused = untrusted(old, AUTHORITY.certificate, root)
    assert refused.issued
    assert refused.reason == "Forbidden signature algorithm: RsaWithSha1"
    damaged = dataclasses.replace(old, der=old.der[:-1] + bytes([old.der[-1] ^ 1]))
    for certificate, authorities in (
        (old, [AUTHORITY.certificate]),
        (old, [issued_by_rsa(holder, ca=True)]),
        (damaged, [root]),
    ):
        assert not untrusted(certificate, *authorities).issued


def test_certificate_that_demands_what_nobody_knows_is_still_that_of_its_authority() -> None:
    number = x509.ObjectIdentifier("1.2.156.112570.11.204")
    unknown = x509.Extension(number, True, x509.UnrecognizedExtension(number, b"\x05\x00"))
    refused = untrusted(issued(more=[unknown]), AUTHORITY.certificate)
    assert refused.issued
    assert number.dotted_string in refused.reason
    namesake = Authority(AUTHORITY.name)
    assert not untrusted(issued(more=[unknown]), namesake.certificate).issued


def test_only_who_may_issue_has_issued() -> None:
    for uses, ca, is_issued in (
        (("key_cert_sign",), True, True),
        (None, True, True),
        (("crl_sign",), True, False),
        (("digital_signature",), False, False),
    ):
        lesser = Authority("下级")
        ended = AUTHORITY.issue(
            "下级", None, lesser.key, ca=ca, uses=uses, not_after=BEGINNING + DAY
        )
        assert untrusted(read(lesser.issue("张丽", "W01", EC)), ended).issued is is_issued


def test_certificate_that_nobody_was_asked_about_is_untrusted_with_that_reason() -> None:
    refused = untrusted(issued())
    assert (refused.reason, refused.issued) == ("no authority is known", False)


def test_revoked_certificate_is_refused_after_everything_else(tmp_path: Path) -> None:
    signed = AUTHORITY.issue("张丽", "W01", EC)
    for_encryption = AUTHORITY.issue("张丽", "W01", EC, uses=("key_encipherment",))
    file = tmp_path / "list.crl"
    taken_back = AUTHORITY.revocation_list([signed, for_encryption], revoked_at=BEGINNING + DAY)
    file.write_bytes(taken_back.public_bytes(Encoding.DER))
    authorities = [AUTHORITY.certificate]
    revoked = load_revocations([file], authorities)
    with pytest.raises(CertificateRevoked) as refused:
        ensure_fit(read(signed), authorities, TODAY, revoked=revoked)
    assert refused.value.revoked_at == BEGINNING + DAY
    with pytest.raises(CertificateWrongUse):
        ensure_fit(read(for_encryption), authorities, TODAY, revoked=revoked)
    with pytest.raises(CertificateExpired):
        ensure_fit(read(signed), authorities, END + DAY, revoked=revoked)
    ensure_fit(issued(), authorities, TODAY, revoked=revoked)


# --- clocks --------------------------------------------------------------------------------------


def test_clock_is_blamed_when_only_the_stations_is_outside_the_dates() -> None:
    for station in (END + DAY, BEGINNING - DAY):
        with pytest.raises(ClockWrong) as wrong:
            ensure_fit(issued(), [AUTHORITY.certificate], station, hall_moment=TODAY)
        assert (wrong.value.station, wrong.value.hall) == (station, TODAY)


def test_slow_clock_lets_no_expired_certificate_in() -> None:
    late, early = END + timedelta(seconds=1), BEGINNING - timedelta(seconds=1)
    with pytest.raises(CertificateExpired):
        ensure_fit(issued(), [AUTHORITY.certificate], TODAY, hall_moment=late)
    with pytest.raises(CertificateNotYetValid):
        ensure_fit(issued(), [AUTHORITY.certificate], TODAY, hall_moment=early)
    with pytest.raises(CertificateExpired):
        ensure_fit(issued(), [AUTHORITY.certificate], BEGINNING - DAY, hall_moment=late)


def test_clocks_a_minute_apart_keep_nobody_out() -> None:
    half = timedelta(seconds=30)
    ensure_fit(issued(), [AUTHORITY.certificate], END + half, hall_moment=END - half)
    with pytest.raises(ClockWrong):
        ensure_fit(issued(), [AUTHORITY.certificate], END + half, hall_moment=END - half - half)
    for station in (TODAY - DAY, TODAY + DAY):
        ensure_fit(issued(), [AUTHORITY.certificate], station, hall_moment=TODAY)


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (91, ""),
        (90, "CERT_EXPIRES_90"),
        (31, "CERT_EXPIRES_90"),
        (30, "CERT_EXPIRES_30"),
        (8, "CERT_EXPIRES_30"),
        (7, "CERT_EXPIRES_7"),
        (0, "CERT_EXPIRES_7"),
        (-1, ""),
    ],
)
def test_clerk_is_reminded_90_30_and_7_days_before_the_end(days: int, code: str) -> None:
    assert days_left(issued(), END - days * DAY) == days
    assert expiry_notice(issued(), END - days * DAY) == code


def test_day_begins_at_midnight_of_the_hall() -> None:
    """The last day is 2035-01-01: the certificate ends at 08:00 there."""
    midnight = datetime.fromisoformat("2035-01-01T00:00:00+08:00")
    assert days_left(issued(), midnight) == 0
    assert days_left(issued(), midnight - timedelta(seconds=1)) == 1
    assert expiry_notice(issued(), END + timedelta(hours=1)) == ""


# --- which one -----------------------------------------------------------------------------------


def test_certificate_whose_key_is_on_the_token_is_taken_first() -> None:
    old, new = issued(not_after=TODAY), issued()
    for_encryption = issued(uses=("key_encipherment",))
    assert best_for_signing([old, new], with_key={old.sha256}) == old
    assert best_for_signing([old, for_encryption], with_key={for_encryption.sha256}) == old
    assert best_for_signing([old, new], with_key={old.sha256, new.sha256}) == new
    business = issued(kind=Kind.BUSINESS)
    assert best_for_signing([business, old], with_key={business.sha256}) == old


def test_renewed_certificate_is_taken_before_the_old_one() -> None:
    old = issued(not_after=TODAY)
    new = issued(not_before=TODAY)
    for_encryption = issued(uses=("key_encipherment",), not_after=END + timedelta(hours=1))
    assert best_for_signing([old, for_encryption, new]) == new
    assert best_for_signing([for_encryption]) == for_encryption
    assert best_for_signing([]) is None


def test_authorities_come_from_one_file() -> None:
    between = Authority("运营中心", parent=AUTHORITY)
    assert load_authorities(AUTHORITY.pem + between.pem) == (
        AUTHORITY.certificate,
        between.certificate,
    )
    for pem in (b"", b"no certificate", AUTHORITY.pem[:-40]):
        with pytest.raises(CertificateUnreadable):
            load_authorities(pem)


def test_certificates_with_the_same_bytes_are_the_same() -> None:
    assert read_certificate(DER) == read_certificate(DER)
    assert dataclasses.replace(read_certificate(DER), holder="李强") != read_certificate(DER)


# --- signatures ----------------------------------------------------------------------------------


def rs256(key: rsa.RSAPrivateKey) -> bytes:
    return key.sign(MESSAGE, padding.PKCS1v15(), SHA256())


def es256(key: ec.EllipticCurvePrivateKey) -> bytes:
    r, s = decode_dss_signature(key.sign(MESSAGE, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_right_signature_is_right_only_for_its_key_kind_and_message() -> None:
    for key, alg, signature in ((RSA, "RS256", rs256(RSA)), (EC, "ES256", es256(EC))):
        public = key.public_key()
        assert is_signature_of(public, alg, signature, MESSAGE)
        assert not is_signature_of(public, alg, signature, MESSAGE + b"!")
        assert not is_signature_of(public, "SM2", signature, MESSAGE)
        assert not is_signature_of(public, "Ed25519", signature, MESSAGE)
    assert not is_signature_of(RSA.public_key(), "ES256", es256(EC), MESSAGE)
    assert not is_signature_of(EC.public_key(), "RS256", rs256(RSA), MESSAGE)
    assert not is_signature_of(rsa_key().public_key(), "RS256", rs256(RSA), MESSAGE)
    other = ed25519.Ed25519PrivateKey.generate()
    assert not is_signature_of(other.public_key(), "ES256", other.sign(MESSAGE), MESSAGE)


def test_der_form_of_an_ec_signature_is_refused() -> None:
    signature = EC.sign(MESSAGE, ec.ECDSA(SHA256()))
    assert not is_signature_of(EC.public_key(), "ES256", signature, MESSAGE)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.sampled_from([RSA.public_key(), EC.public_key()]),
    st.one_of(st.binary(max_size=80), st.binary(min_size=64, max_size=64), st.just(bytes(64))),
)
def test_any_bytes_are_refused_as_a_signature(key: PublicKeyTypes, signature: bytes) -> None:
    for alg in ("RS256", "ES256"):
        assert not is_signature_of(key, alg, signature, MESSAGE)
