"""Whether a camera that sends pictures is alive."""

import numpy as np

from scanner.liveness import Liveness

WAVES = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
NOTHING = np.zeros((48, 64, 3), np.uint8)


def collapses(times: list[float]) -> bool:
    liveness = Liveness()
    return any(liveness.has_collapsed(number, at) for number, at in enumerate(times, 1))


def test_same_picture_for_too_long_is_frozen() -> None:
    liveness = Liveness()
    told = [liveness.is_frozen(b"same", at / 10, WAVES) for at in range(30)]
    assert told.index(True) == 21


def test_one_bit_of_noise_is_life() -> None:
    liveness = Liveness()
    assert not any(liveness.is_frozen(b"%d" % (at % 2), at / 10, WAVES) for at in range(60))


def test_dark_picture_is_not_frozen() -> None:
    liveness = Liveness()
    assert not any(liveness.is_frozen(b"same", at / 10, NOTHING) for at in range(60))


def test_camera_that_was_quick_and_is_slow_has_collapsed() -> None:
    quick = [at / 30 for at in range(90)]
    slow = [quick[-1] + 1.5 * at for at in range(1, 5)]
    assert collapses(quick + slow)


def test_camera_that_always_was_slow_has_not_collapsed() -> None:
    assert not collapses([1.5 * at for at in range(10)])


def test_camera_that_slows_down_in_the_dark_has_not_collapsed() -> None:
    quick = [at / 30 for at in range(90)]
    assert not collapses(quick + [quick[-1] + at / 4 for at in range(1, 40)])


def test_pictures_that_the_client_did_not_fetch_count() -> None:
    liveness = Liveness()
    assert not any(liveness.has_collapsed(number * 60, number * 2.0) for number in range(1, 10))
