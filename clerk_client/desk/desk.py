"""The desk as one: what a signed-in clerk can do. Lives in the desk worker's thread."""

from collections.abc import Callable

from clerk_client.desk.drafts import Drafts
from clerk_client.desk.forms import BaseQuestion, Form, Found
from clerk_client.desk.paperwork import Paperwork
from clerk_client.desk.reception import Reception
from clerk_client.desk.session import Session
from clerk_client.desk.sign_in import SignIn
from clerk_client.desk.supervision import Supervision
from clerk_client.domain.base_data import BaseDatabase, Comparison
from clerk_client.domain.cases import Acceptance
from clerk_client.domain.matters import Matter
from clerk_client.domain.tallies import Tally
from clerk_client.hall_link.errors import HallSessionEnded
from clerk_client.wire.lines import Signer
from ukey.opened_key import OpenedKey


class Desk:
    """Passes each wish on to the room that grants it; what a clerk does needs a session."""

    def __init__(
        self,
        *,
        sign_in: SignIn,
        reception: Callable[[Session, Signer], Reception],
        paperwork: Paperwork,
        supervision: Supervision,
        drafts: Drafts,
    ) -> None:
        self._sign_in = sign_in
        self._make_reception = reception
        self._paperwork = paperwork
        self._supervision = supervision
        self._drafts = drafts
        self._signed_in: tuple[Session, Reception] | None = None
        self._key: OpenedKey | None = None
        self._accepted: dict[str, Acceptance] = {}

    def prepare(self) -> None:
        """What is due at each start, whoever comes."""
        self._drafts.forget_earlier_days()
        self._sign_in.ask_hall()

    def sign_in(self, key: OpenedKey) -> Session:
        """See SignIn.sign_in."""
        self._drafts.forget_earlier_days()
        session = self._sign_in.sign_in(key)
        self._key = key
        self._signed_in = (session, self._make_reception(session, key))
        return session

    def sign_out(self) -> None:
        """Ends the session; harmless without one."""
        if self._signed_in is not None:
            self._signed_in = None
            self._sign_in.sign_out()

    def suspend(self) -> None:
        """The key is gone. See SignIn.suspend; harmless without a session."""
        if self._signed_in is not None:
            session, _ = self._signed_in
            self._signed_in = None
            self._sign_in.suspend(session)

    def begin(self, text: str) -> Found:
        """See Reception.begin."""
        return self._reception.begin(text)

    def by_appointment(self, number: str) -> Found:
        """See Reception.by_appointment."""
        return self._reception.by_appointment(number)

    def search(self, typed: str, limit: int = 30) -> list[Matter]:
        """See Reception.search."""
        return self._reception.search(typed, limit)

    def choose(self, code: str) -> Found:
        """See Reception.choose."""
        return self._reception.choose(code)

    def bases(self) -> tuple[BaseDatabase, ...]:
        """See Reception.bases."""
        return self._reception.bases()

    def compare(self, question: BaseQuestion) -> Comparison:
        """See Reception.compare."""
        return self._reception.compare(question)

    def accept(self, form: Form) -> Acceptance:
        """See Reception.accept."""
        acceptance = self._reception.accept(form)
        self._accepted[acceptance.number] = acceptance
        return acceptance

    def hand_over(self, number: str) -> None:
        """See Paperwork.hand_over. Nothing more is to be done for a number handed over before."""
        acceptance = self._accepted.get(number)
        if acceptance is not None:
            self._paperwork.hand_over(acceptance)
            del self._accepted[number]

    def tally(self) -> Tally:
        """See Supervision.today."""
        return self._supervision.today()

    def close(self) -> None:
        """Signs out."""
        self.sign_out()

    @property
    def session(self) -> Session:
        """Who is signed in. Raises HallSessionEnded when nobody is."""
        # Read once: another thread than the desk's own may ask while the clerk leaves.
        signed_in = self._signed_in
        if signed_in is None:
            raise HallSessionEnded(401, "HALL_SESSION_ENDED")
        return signed_in[0]

    @property
    def key(self) -> OpenedKey:
        """Of whoever is signed in. Raises HallSessionEnded when nobody is."""
        _ = self.session
        assert self._key is not None
        return self._key

    @property
    def _reception(self) -> Reception:
        _ = self.session
        assert self._signed_in is not None
        return self._signed_in[1]
