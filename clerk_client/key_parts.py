"""What the window's threads share of the keys: hub, drivers, and whom the station trusts."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from clerk_client.domain.clock import Clock
from clerk_client.settings import Settings, SettingsBroken

if TYPE_CHECKING:
    from cryptography import x509

    from clerk_client.hall_link.client import Credentials
    from ukey.catalog import Catalog as DriverCatalog
    from ukey.findings import Finding
    from ukey.hub import KeyHub
    from ukey.kinds import Kinds
    from ukey.look import Look
    from ukey.revocation import Revocations
    from ukey.token import Certificate
    from ukey.trust import Trust


class KeyParts:
    """May be asked from any thread; the part of Parts that the login page needs."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._hub_lock = threading.Lock()
        self._authorities_lock = threading.Lock()
        self._hub: KeyHub | None = None
        self._drivers: DriverCatalog | None = None
        self._kinds: Kinds | None = None
        self._revoked: Revocations | None = None
        self._authorities: tuple[x509.Certificate, ...] | None = None
        # Made with the hall's client; tells how far the hall's clock is ahead.
        self._credentials: Credentials | None = None

    def hub(self) -> "KeyHub":
        """All keys of this station."""
        from ukey.hub import KeyHub

        catalog = self.drivers()
        with self._hub_lock:
            if self._hub is None:
                self._hub = KeyHub(catalog.drivers, families=catalog.families, kinds=self._kinds)
            return self._hub

    def drivers(self) -> "DriverCatalog":
        """The drivers that this station knows; files that could not be used are named in it."""
        from ukey.catalog import load_catalog
        from ukey.kinds import load_kinds

        with self._hub_lock:
            if self._drivers is None:
                found = load_catalog(self.settings.drivers)
                self._kinds = load_kinds(self.settings.drivers)
                problems = (*found.problems, *self._kinds.problems)
                self._drivers = replace(found, problems=problems)
            return self._drivers

    def authorities(self) -> "tuple[x509.Certificate, ...]":
        """Whom this station trusts to vouch for keys. Raises SettingsBroken."""
        from ukey.certificates import load_authorities

        with self._authorities_lock:
            if self._authorities is None:
                place = self.settings.authorities
                try:
                    self._authorities = tuple(load_authorities(place.read_bytes()))
                except (OSError, ValueError) as error:
                    raise SettingsBroken(place, str(error)) from error
            return self._authorities

    def key_families(self) -> "list[tuple[str, str]]":
        """Name and title of each family of keys."""
        return [(family.name, family.title) for family in self.drivers().families]

    def key_absence(self, look: "Look") -> "Finding":
        """Why that look saw no key. Lists USB devices and readers, which takes time."""
        from ukey.evidence import absence, gather

        return absence(gather(self.hub(), self.drivers(), look=look), self.drivers())

    def revocations(self) -> "Revocations":
        """What was taken back, as far as it is known here. Raises SettingsBroken."""
        from ukey.revocation import load_revocations

        authorities = self.authorities()
        with self._authorities_lock:
            if self._revoked is None:
                self._revoked = load_revocations(self.settings.revocation_lists, authorities)
            return self._revoked

    def trust(self) -> "Trust":
        """What certificates are held against, here and now. Raises SettingsBroken."""
        from ukey.trust import Trust

        authorities, revoked = self.authorities(), self.revocations()
        moment, hall = self.clock.now(), self._credentials
        hall_moment = None
        if hall is not None and hall.knows_hall_time:
            hall_moment = moment + hall.hall_ahead
        return Trust(authorities, moment, hall_moment, revoked)

    def unfit(self, certificate: "Certificate") -> Exception | None:
        """Why the certificate cannot sign in here and now, or None."""
        try:
            return self.trust().unfit(certificate)
        except SettingsBroken as error:
            return error

    def notices(self, certificate: "Certificate") -> "list[tuple[str, Mapping[str, str]]]":
        """What the holder of a fit certificate is told before the PIN."""
        try:
            return self.trust().notices(certificate)
        except SettingsBroken:
            # Told as the reason why it is unfit.
            return []
