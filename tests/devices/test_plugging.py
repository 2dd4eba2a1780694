"""Keys that come and go: virtual cards over a real smart card service and OpenSC, a legacy key."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from clerk_client.demo.authority import Authority, ec_key
from clerk_client.demo.soft_tokens import PIN, SoftTokens
from tests.devices.conftest import OPENSC, Clerk, Keys
from tests.helpers import crypto_tokens, virtual_card
from tests.helpers.crypto_tokens import CryptoToken
from tests.helpers.namespace import until
from tests.helpers.piv import Place
from tests.helpers.smart_cards import SmartCards
from tests.helpers.virtual_card import VirtualCard
from ukey.algorithms import is_signature_of
from ukey.catalog import driver_at
from ukey.driver import Deadlines
from ukey.errors import (
    KeyTimeout,
    NoToken,
    PinLength,
    PinLocked,
    PinRefused,
    TokenRemoved,
)
from ukey.hub import KeyHub
from ukey.opened_key import OpenedKey
from ukey.token import PinStanding, Token

HubOf = Callable[..., KeyHub]
CARD_PIN = virtual_card.PIN
NEW_PIN = "654321"
MESSAGE = "受理一件".encode()


def made_for(cards: SmartCards, clerk: Clerk) -> VirtualCard:
    return cards.make_card({Place.AUTHENTICATION: (clerk.key, clerk.certificate)})


@pytest.fixture
def card(cards: SmartCards, clerk: Clerk) -> VirtualCard:
    """The clerk's, not plugged."""
    return made_for(cards, clerk)


@pytest.fixture
def other_card(cards: SmartCards, supervisor: Clerk) -> VirtualCard:
    """The supervisor's, not plugged."""
    return made_for(cards, supervisor)


def once_plugged(hub: KeyHub, count: int = 1) -> list[Token]:
    """What the scans show as soon as they show so many."""
    shown: list[Token] = []

    def is_seen() -> bool:
        shown[:] = hub.scan()
        assert hub.problems == ()
        return len(shown) == count

    until(is_seen, f"{count} keys seen")
    return shown


def token_of(tokens: list[Token], card: VirtualCard) -> Token:
    # PKCS#11 has room for the second half of a card's number.
    return next(token for token in tokens if token.serial == card.serial[16:])


def ensure_signs(key: OpenedKey, clerk: Clerk) -> None:
    signature = key.sign(MESSAGE)
    assert is_signature_of(clerk.key.public_key(), "RS256", signature, MESSAGE)
    assert not is_signature_of(clerk.key.public_key(), "RS256", signature, MESSAGE + b"!")


# --- plugged and pulled --------------------------------------------------------------------------


def test_key_is_seen_when_it_is_plugged_and_gone_when_it_is_pulled(
    cards: SmartCards, card: VirtualCard, clerk: Clerk, hub_of: HubOf
) -> None:
    hub = hub_of(OPENSC)
    assert hub.scan() == []
    cards.insert(card)
    (token,) = once_plugged(hub)
    assert token.certificate is not None
    assert token.certificate.holder == "张丽"
    cards.pull(card)
    assert once_plugged(hub, 0) == []
    with pytest.raises(TokenRemoved):
        hub.open(token.id, CARD_PIN)
    cards.insert(card)
    once_plugged(hub)
    ensure_signs(hub.open(token.id, CARD_PIN), clerk)


def test_look_in_the_very_moment_of_plugging_blames_no_driver(
    cards: SmartCards, card: VirtualCard, other_card: VirtualCard, hub_of: HubOf
) -> None:
    hub = hub_of(OPENSC)
    cards.insert(other_card, reader=1)
    once_plugged(hub)
    with ThreadPoolExecutor(1) as threads:
        for _ in range(6):
            plugging = threads.submit(cards.insert, card)
            once_plugged(hub, 2)
            plugging.result()
            cards.pull(card)
            once_plugged(hub)


def test_key_is_the_same_one_in_another_reader(
    cards: SmartCards, card: VirtualCard, clerk: Clerk, hub_of: HubOf
) -> None:
    hub = hub_of(OPENSC)
    cards.insert(card, reader=0)
    before = once_plugged(hub)
    cards.pull(card)
    once_plugged(hub, 0)
    cards.insert(card, reader=1)
    assert once_plugged(hub) == before
    ensure_signs(hub.open(before[0].id, CARD_PIN), clerk)


def test_key_of_a_colleague_in_the_same_reader_is_another_one(
    cards: SmartCards, card: VirtualCard, other_card: VirtualCard, hub_of: HubOf
) -> None:
    hub = hub_of(OPENSC)
    cards.insert(card)
    (token,) = once_plugged(hub)
    hub.open(token.id, CARD_PIN)
    cards.pull(card)
    until(lambda: hub.loss_of(token.id) is not None, "pull noticed")
    cards.insert(other_card)
    (other,) = once_plugged(hub)
    assert other.id != token.id
    assert isinstance(hub.loss_of(token.id), TokenRemoved)
    # Nor does the colleague's key count a PIN that was meant for the first one.
    with pytest.raises(TokenRemoved):
        hub.open(token.id, "999999")
    assert (card.tries_left, other_card.tries_left) == (3, 3)


def test_pull_in_the_middle_of_a_signature_leaves_nothing_half_done(
    cards: SmartCards, card: VirtualCard, clerk: Clerk, hub_of: HubOf
) -> None:
    cards.insert(card)
    hub = hub_of(OPENSC)
    (token,) = hub.scan()
    key = hub.open(token.id, CARD_PIN)
    card.take_for_signature(60)
    with ThreadPoolExecutor(1) as threads:
        signature = threads.submit(key.sign, MESSAGE)
        card.wait_until_signing()
        cards.pull(card)
        assert isinstance(signature.exception(), TokenRemoved)
    assert isinstance(hub.loss_of(token.id), TokenRemoved)
    card.take_for_signature(0)
    cards.insert(card)
    assert [each.id for each in once_plugged(hub)] == [token.id]
    # Nobody is logged in by the key's coming back.
    with pytest.raises((NoToken, TokenRemoved)):
        key.sign(MESSAGE)
    assert card.signatures == 1
    with pytest.raises(PinRefused):
        hub.open(token.id, "999999")
    ensure_signs(hub.open(token.id, CARD_PIN), clerk)
    assert hub.loss_of(token.id) is None
    assert (card.signatures, card.tries_left) == (2, 3)


def test_key_that_was_away_unnoticed_asks_for_its_pin_again(
    cards: SmartCards, card: VirtualCard, clerk: Clerk, hub_of: HubOf
) -> None:
    cards.insert(card)
    hub, onlooker = hub_of(OPENSC), hub_of(OPENSC)
    (token,) = hub.scan()
    key = hub.open(token.id, CARD_PIN)
    cards.pull(card)
    once_plugged(onlooker, 0)
    cards.insert(card)
    once_plugged(onlooker)
    with pytest.raises(TokenRemoved):
        key.sign(MESSAGE)
    assert card.signatures == 0
    ensure_signs(hub.open(token.id, CARD_PIN), clerk)


def test_key_that_answers_too_late_costs_its_driver_and_no_other_key(
    cards: SmartCards, card: VirtualCard, clerk: Clerk, keys: Keys, make_hub: HubOf, hub_of: HubOf
) -> None:
    make_hub(keys.store)  # for its environment
    cards.insert(card)
    hub = hub_of(OPENSC, keys.store.driver, deadlines=Deadlines.all(1.0))
    tokens = hub.scan()
    white = next(token for token in tokens if token.label == "W02")
    white_key = hub.open(white.id, keys.tokens["W02"].pin)
    token = token_of(tokens, card)
    key = hub.open(token.id, CARD_PIN)
    card.take_for_signature(60)
    with pytest.raises(KeyTimeout):
        key.sign(MESSAGE)
    assert isinstance(hub.loss_of(token.id), KeyTimeout)
    assert hub.loss_of(white.id) is None
    assert white_key.sign(MESSAGE)
    with pytest.raises(KeyTimeout):
        key.sign(MESSAGE)
    card.take_for_signature(0)
    cards.pull(card)
    until(lambda: len(hub.scan()) == 3 and hub.problems == (), "driver replaced")
    cards.insert(card)
    once_plugged(hub, 4)
    ensure_signs(hub.open(token.id, CARD_PIN), clerk)
    assert white_key.sign(MESSAGE)


def test_keys_are_shown_while_one_of_them_signs_slowly(
    cards: SmartCards, card: VirtualCard, keys: Keys, make_hub: HubOf, hub_of: HubOf
) -> None:
    make_hub(keys.store)  # for its environment
    cards.insert(card)
    # Its driver comes first, and so it is asked first.
    hub = hub_of(OPENSC, keys.store.driver, deadlines=Deadlines(look=1.0, sign=60.0))
    tokens = hub.scan()
    white = next(token for token in tokens if token.label == "W02")
    white_key = hub.open(white.id, keys.tokens["W02"].pin)
    key = hub.open(token_of(tokens, card).id, CARD_PIN)
    card.take_for_signature(60)
    with ThreadPoolExecutor(1) as threads:
        signature = threads.submit(key.sign, MESSAGE)
        card.wait_until_signing()
        shown = hub.scan()
        blamed = hub.problems
        losses = [hub.loss_of(each.token.id) for each in (key, white_key)]
        cards.pull(card)
        assert isinstance(signature.exception(), TokenRemoved)
    assert (shown, blamed, losses) == (tokens, (), [None, None])
    assert white_key.sign(MESSAGE)
    assert len(once_plugged(hub, 3)) == 3


def test_key_that_is_lost_with_anothers_driver_is_not_told_as_pulled(
    cards: SmartCards, card: VirtualCard, other_card: VirtualCard, clerk: Clerk, hub_of: HubOf
) -> None:
    cards.insert(card)
    cards.insert(other_card, reader=1)
    hub = hub_of(OPENSC, deadlines=Deadlines.all(2.0))
    tokens = hub.scan()
    token = token_of(tokens, card)
    key = hub.open(token.id, CARD_PIN)
    other_card.take_for_signature(60)
    with pytest.raises(KeyTimeout):
        hub.open(token_of(tokens, other_card).id, CARD_PIN).sign(MESSAGE)
    assert isinstance(hub.loss_of(token.id), KeyTimeout)
    with pytest.raises(KeyTimeout):
        key.sign(MESSAGE)
    cards.pull(other_card)
    # The driver's next process has not seen it yet, and looks.
    ensure_signs(hub.open(token.id, CARD_PIN), clerk)


def test_service_that_stops_is_no_wrong_pin_and_its_return_brings_the_key_back(
    cards: SmartCards, card: VirtualCard, clerk: Clerk, hub_of: HubOf
) -> None:
    cards.insert(card)
    hub = hub_of(OPENSC)
    (token,) = hub.scan()
    key = hub.open(token.id, CARD_PIN)
    cards.stop_service()
    with pytest.raises(TokenRemoved):
        key.sign(MESSAGE)
    assert isinstance(hub.loss_of(token.id), TokenRemoved)
    assert card.tries_left == 3
    cards.pull(card)
    cards.start_service()
    cards.insert(card)
    once_plugged(hub)
    ensure_signs(hub.open(token.id, CARD_PIN), clerk)


# --- a supervisor's key beside the clerk's -------------------------------------------------------


def test_supervisor_approves_beside_the_clerk_and_takes_nothing_away(
    cards: SmartCards,
    card: VirtualCard,
    other_card: VirtualCard,
    clerk: Clerk,
    supervisor: Clerk,
    hub_of: HubOf,
) -> None:
    cards.insert(card)
    hub = hub_of(OPENSC)
    (token,) = hub.scan()
    key = hub.open(token.id, CARD_PIN)
    # Plugged while the clerk is signed in.
    cards.insert(other_card, reader=1)
    other = token_of(once_plugged(hub, 2), other_card)
    with pytest.raises(PinRefused):
        hub.open(other.id, "999999")
    ensure_signs(key, clerk)
    other_key = hub.open(other.id, CARD_PIN)
    ensure_signs(other_key, supervisor)
    ensure_signs(key, clerk)
    hub.close(other.id)
    with pytest.raises(NoToken):
        other_key.sign(MESSAGE)
    assert hub.loss_of(token.id) is None
    ensure_signs(key, clerk)
    again = hub.open(other.id, CARD_PIN)
    cards.pull(other_card)
    until(lambda: isinstance(hub.loss_of(other.id), TokenRemoved), "pull noticed")
    with pytest.raises(TokenRemoved):
        again.sign(MESSAGE)
    assert [each.id for each in hub.scan()] == [token.id]
    assert hub.loss_of(token.id) is None
    ensure_signs(key, clerk)


def test_pull_while_the_supervisor_signs_leaves_the_clerk_signed_in(
    cards: SmartCards, card: VirtualCard, other_card: VirtualCard, clerk: Clerk, hub_of: HubOf
) -> None:
    cards.insert(card)
    cards.insert(other_card, reader=1)
    hub = hub_of(OPENSC)
    tokens = hub.scan()
    key = hub.open(token_of(tokens, card).id, CARD_PIN)
    other = hub.open(token_of(tokens, other_card).id, CARD_PIN)
    other_card.pull_in_next_signature()
    with pytest.raises(TokenRemoved):
        other.sign(MESSAGE)
    ensure_signs(key, clerk)
    assert hub.loss_of(token_of(tokens, card).id) is None


# --- PIN -----------------------------------------------------------------------------------------


def test_clerk_gives_the_card_a_new_pin(
    cards: SmartCards, card: VirtualCard, clerk: Clerk, hub_of: HubOf
) -> None:
    cards.insert(card)
    hub = hub_of(OPENSC)
    (token,) = hub.scan()
    key = hub.open(token.id, CARD_PIN)
    hub.change_pin(token.id, CARD_PIN, NEW_PIN)
    # It was closed for that, and stays so.
    with pytest.raises(NoToken):
        key.sign(MESSAGE)
    with pytest.raises(PinRefused):
        hub.open(token.id, CARD_PIN)
    ensure_signs(hub.open(token.id, NEW_PIN), clerk)
    assert card.tries_left == 3


def test_old_pin_that_is_wrong_costs_the_card_a_try_and_changes_nothing(
    cards: SmartCards, card: VirtualCard, clerk: Clerk, hub_of: HubOf
) -> None:
    cards.insert(card)
    hub = hub_of(OPENSC)
    (token,) = hub.scan()
    with pytest.raises(PinRefused):
        hub.change_pin(token.id, "999999", NEW_PIN)
    with pytest.raises(PinRefused) as refused:
        hub.change_pin(token.id, "999999", NEW_PIN)
    assert (refused.value.standing, card.tries_left) == (PinStanding.LAST, 1)
    ensure_signs(hub.open(token.id, CARD_PIN), clerk)
    assert card.tries_left == 3


@pytest.fixture
def legacy_hub(legacy: CryptoToken, clerk: Clerk, hub_of: HubOf) -> KeyHub:
    """Over a legacy key with the clerk's certificate."""
    legacy.make_ready(clerk.key, [clerk.certificate], label="蓝色KEY")
    return hub_of(driver_at(legacy.library), launcher=legacy.launcher)


def test_legacy_key_that_signs_only_what_was_hashed_elsewhere_signs_the_same(
    legacy_hub: KeyHub, clerk: Clerk
) -> None:
    (token,) = legacy_hub.scan()
    assert token.label == "蓝色KEY"
    key = legacy_hub.open(token.id, crypto_tokens.PIN)
    assert key.alg == "RS256"
    ensure_signs(key, clerk)
    ensure_signs(key, clerk)


def test_clerk_gives_the_legacy_key_a_new_pin(legacy_hub: KeyHub, clerk: Clerk) -> None:
    (token,) = legacy_hub.scan()
    legacy_hub.change_pin(token.id, crypto_tokens.PIN, NEW_PIN)
    ensure_signs(legacy_hub.open(token.id, NEW_PIN), clerk)
    with pytest.raises(PinRefused):
        legacy_hub.open(token.id, crypto_tokens.PIN)


@pytest.mark.parametrize("new", ["123", "123456789", "新的密码", ""])
def test_new_pin_that_the_legacy_key_cannot_take_leaves_the_old_one(
    new: str, legacy_hub: KeyHub, clerk: Clerk
) -> None:
    (token,) = legacy_hub.scan()
    with pytest.raises(PinLength) as refused:
        legacy_hub.change_pin(token.id, crypto_tokens.PIN, new)
    assert (refused.value.shortest, refused.value.longest) == (4, 8)
    assert legacy_hub.scan() == [token]
    ensure_signs(legacy_hub.open(token.id, crypto_tokens.PIN), clerk)


def test_old_pin_that_is_wrong_tells_how_the_legacy_key_stands(
    legacy_hub: KeyHub, clerk: Clerk
) -> None:
    (token,) = legacy_hub.scan()
    for standing in (PinStanding.LOW, PinStanding.LAST):
        with pytest.raises(PinRefused) as refused:
            legacy_hub.change_pin(token.id, "000000", NEW_PIN)
        assert refused.value.standing is standing
        assert [each.pin for each in legacy_hub.scan()] == [standing]
    # The right one makes the count whole again.
    legacy_hub.open(token.id, crypto_tokens.PIN).close()
    assert [each.pin for each in legacy_hub.scan()] == [PinStanding.FULL]
    for _ in range(2):
        with pytest.raises(PinRefused):
            legacy_hub.change_pin(token.id, "000000", NEW_PIN)
    for old in ("000000", crypto_tokens.PIN):
        with pytest.raises(PinLocked):
            legacy_hub.change_pin(token.id, old, NEW_PIN)


def test_clerk_gives_the_white_key_a_new_pin(
    own_store: SoftTokens, authority: Authority, make_hub: HubOf
) -> None:
    own_store.add_clerk(authority, "张丽", "W01", ec_key())
    hub = make_hub(own_store)
    (token,) = hub.scan()
    hub.change_pin(token.id, PIN, NEW_PIN)
    with pytest.raises(PinRefused):
        hub.open(token.id, PIN)
    assert hub.open(token.id, NEW_PIN).sign(MESSAGE)
