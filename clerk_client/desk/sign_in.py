"""A key, a challenge, and the hall's word: how a clerk takes their place at the window.

certificate fit -> challenge -> signed by the key -> token -> (station enrolled once) -> numbers
leased -> catalogue renewed. The PIN was given to the key before; it never comes here. Without the
hall, a key that was pulled resumes the session that it had.
"""

import base64
import logging
from collections.abc import Callable
from datetime import timedelta

from pydantic import ValidationError

from clerk_client.desk.session import Session
from clerk_client.desk.stock import Stock
from clerk_client.desk.suspension import Suspended
from clerk_client.domain.clerks import Clerk, Role, Window
from clerk_client.hall_link.client import Credentials, HallClient
from clerk_client.hall_link.errors import (
    HallError,
    HallGarbled,
    HallRefused,
    HallSessionEnded,
    HallUnavailable,
)
from clerk_client.hall_link.station_key import StationKey
from clerk_client.journal.store import Writer
from clerk_client.wire import messages as m
from clerk_client.wire.lines import canonical
from ukey.errors import CertificateRevoked, UKeyError
from ukey.opened_key import OpenedKey
from ukey.token import Certificate
from ukey.trust import Trust

log = logging.getLogger(__name__)

# In place of a token, for a session that goes on without the hall: the hall's first answer to it is
# TOKEN_EXPIRED, and that makes the key sign for a real one.
_TO_BE_RENEWED = "to-be-renewed"


class SignIn:
    """Signs clerks in at one station. `renewal_client` is used by no other part.

    `compare_journal` finds out whether the hall holds lines that this journal lacks; `keep_signer`
    keeps the certificate of whoever is to sign lines here.
    """

    def __init__(
        self,
        *,
        client: HallClient,
        renewal_client: HallClient,
        credentials: Credentials,
        stock: Stock,
        station: str,
        station_key: StationKey,
        enrolment_code: str,
        trust: Callable[[], Trust],
        suspended: Suspended,
        compare_journal: Callable[[HallClient, Writer], None],
        keep_signer: Callable[[Certificate], None],
    ) -> None:
        self._client = client
        self._renewal_client = renewal_client
        self._credentials = credentials
        self._stock = stock
        self._station = station
        self._station_key = station_key
        self._enrolment_code = enrolment_code
        self._trust = trust
        self._suspended = suspended
        self._compare_journal = compare_journal
        self._keep_signer = keep_signer

    def ask_hall(self) -> None:
        """Its clock and its revocation lists, by which certificates are judged before anybody is
        asked for a PIN. Raises JournalError."""
        if not self._client.is_reachable():
            return
        try:
            self._stock.renew_trust(self._client)
        except HallError as error:
            log.info("whom to trust is not asked: %s", error.code)

    def sign_in(self, key: OpenedKey) -> Session:
        """Raises CertificateUnfit, UKeyError, HallError, JournalError; then nobody is signed in.

        A hall that does not answer is no hindrance to whom `suspend` locked out; one that refuses
        ends what was suspended.
        """
        try:
            self._trust().ensure_fit(key.certificate)
        except CertificateRevoked:
            self._suspended.end(key.cert_sha256)
            raise
        try:
            session = self._signed_in(key)
        except HallRefused:
            self._suspended.end(key.cert_sha256)
            raise
        except HallUnavailable as error:
            resumed = self._suspended.resumed(key)
            if resumed is None:
                raise
            log.info("session resumed without the hall: %s", error.code)
            self._credentials.begin(_TO_BE_RENEWED, lambda: self._renewed(key))
            return resumed
        self._suspended.end(key.cert_sha256)
        return session

    def suspend(self, session: Session) -> None:
        """Ends the session as `sign_out` does; the same key may resume it here without the hall."""
        self._suspended.keep(session)
        self.sign_out()

    def sign_out(self) -> None:
        """Ends the session here, and at the hall if it answers."""
        token = self._credentials.end()
        try:
            self._client.sign_out(token)
        except (HallUnavailable, HallRefused) as error:
            log.info("session not ended at the hall: %s", error.code)

    def _signed_in(self, key: OpenedKey) -> Session:
        try:
            answer = token_for(self._client, self._station, key)
        except HallRefused as error:
            if error.code != "STATION_UNKNOWN" or not self._enrolment_code:
                raise
            self._enrol()
            answer = token_for(self._client, self._station, key)
        self._credentials.begin(answer.access_token, lambda: self._renewed(key))
        try:
            session = self._session(answer, key)
            self._keep_signer(session.certificate)
            self._stock_up(session)
        except BaseException:
            self.sign_out()
            raise
        return session

    def _stock_up(self, session: Session) -> None:
        try:
            self._compare_journal(self._client, session.writer)
            self._stock.top_up(self._client, session.writer)
        except HallUnavailable as error:
            # Signed in all the same: what is kept may suffice, and each delivery pass tries again.
            log.warning("hall lost while signing in: %s", error.code)

    def _renewed(self, key: OpenedKey) -> str:
        """A new token, signed for without a PIN while the key is in."""
        try:
            return token_for(self._renewal_client, self._station, key).access_token
        except UKeyError as error:
            log.warning("session not renewed: %s", error.code)
            raise HallSessionEnded(401, "HALL_SESSION_ENDED") from error

    def _enrol(self) -> None:
        public = base64.b64encode(self._station_key.public_bytes).decode("ascii")
        self._client.enrol(
            m.StationRequest(
                station=self._station, public_key=public, enrolment_code=self._enrolment_code
            )
        )
        log.info("station enrolled")

    def _session(self, answer: m.TokenAnswer, key: OpenedKey) -> Session:
        try:
            clerk = Clerk(answer.clerk.code, answer.clerk.name, Role(answer.clerk.role))
        except ValueError as error:
            raise HallGarbled("role") from error
        return Session(
            clerk=clerk,
            window=Window(answer.window.code, answer.window.name, answer.window.phone),
            hall=answer.hall,
            hall_name=answer.hall_name,
            station=answer.station,
            supervision_phone=answer.supervision_phone,
            certificate=key.certificate,
            token_id=key.token.id,
            clock_offset_ms=round(self._credentials.hall_ahead / timedelta(milliseconds=1)),
        )


def token_for(client: HallClient, station: str, key: OpenedKey) -> m.TokenAnswer:
    """A session at the hall for the key's holder: the challenge, signed. Changes no credentials.

    Raises HallError, UKeyError.
    """
    challenge = client.challenge(station, key.cert_sha256)
    client.learn_time(challenge.hall_time)
    try:
        statement = m.LoginStatement(
            hall=challenge.hall,
            nonce=challenge.nonce,
            hall_time=challenge.hall_time,
            cert_sha256=key.cert_sha256,
            station=station,
        )
    except ValidationError as error:
        raise HallGarbled("challenge") from error
    request = m.TokenRequest(
        statement=statement,
        certificate=base64.b64encode(key.certificate.der).decode("ascii"),
        alg=key.alg,
        signature=base64.b64encode(key.sign(canonical(statement.model_dump()))).decode("ascii"),
    )
    return client.token(request)
