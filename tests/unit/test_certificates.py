"""Is a certificate fit to sign in with, and whose is it? Signatures of both kinds of key."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_client.demo.authority import BEGINNING, END, Authority, ec_key, rsa_key
from ukey.algorithms import is_signature_of
from ukey.certificates import best_for_signing, ensure_fit, load_authorities, read_certificate
from ukey.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnfit,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateWrongUse,
)
from ukey.token import Certificate

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
        read_certificate(DER[:length] + rest if DER[length:] != rest else DER[:length])


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
