"""Sounds are played where there is something to play them, and else it is said why not."""

import importlib

import numpy as np
import pytest

from workbench.gui import multimedia, sound
from workbench.gui.sound import Player


class Speaker:
    """Plays nothing; says what it is told."""

    def __init__(self):
        self.heard = b""
        self.microseconds = 0
        self.running = False
        self.over = False

    def start(self, source):
        self.heard = bytes(source.readAll())
        self.running = True

    def stop(self):
        self.running = False

    def processedUSecs(self):
        return self.microseconds

    def ended(self):
        return self.over


@pytest.fixture
def speaker():
    return Speaker()


@pytest.fixture
def player(qtbot, speaker):
    made = Player(opened=lambda: (speaker, 16000, ""))
    yield made
    made.stop()


TONE = np.sin(np.arange(16000) / 9).astype(np.float32)


def test_a_sound_is_played_from_where_one_says(player, speaker):
    assert player.play(TONE, 16000, start=0.25) == ""
    heard = np.frombuffer(speaker.heard, "<i2")
    assert heard == pytest.approx(TONE[4000:] * 32767, abs=1)


def test_a_sound_of_another_rate_keeps_its_length(player, speaker):
    player.play(TONE, 8000)
    assert len(speaker.heard) // 2 == pytest.approx(32000, abs=4)


def test_the_place_that_is_heard_is_told_until_the_end(qtbot, player, speaker):
    player.play(TONE, 16000, start=0.5)
    speaker.microseconds = 100_000
    with qtbot.waitSignal(player.position_changed, check_params_cb=lambda s: abs(s - 0.6) < 1e-6):
        pass
    speaker.microseconds = 500_000
    speaker.over = True
    with qtbot.waitSignal(player.playing_changed, check_params_cb=lambda on: not on):
        pass
    assert not speaker.running
    assert not player.playing


def test_what_is_on_its_way_to_the_ear_is_not_cut_off(qtbot, player, speaker):
    player.play(TONE, 16000)
    speaker.microseconds = 1_000_000
    with qtbot.waitSignal(player.position_changed, check_params_cb=lambda s: s == 1.0):
        pass
    assert speaker.running
    with qtbot.waitSignal(player.playing_changed, check_params_cb=lambda on: not on):
        pass
    assert not speaker.running


def test_a_sound_ends_though_its_microseconds_never_add_up(qtbot, player, speaker):
    sound = np.zeros(8819, np.float32)
    player.play(sound, 11025)
    speaker.microseconds = int(8819 / 11025 * 1e6) - 60
    speaker.over = True
    with qtbot.waitSignal(player.playing_changed, check_params_cb=lambda on: not on):
        pass


def test_a_loudspeaker_that_was_pulled_out_does_not_play_for_ever(qtbot, speaker, monkeypatch):
    monkeypatch.setattr(sound, "POLL_MS", 1)
    quick = Player(opened=lambda: (speaker, 16000, ""))
    speaker.microseconds = 200_000
    with qtbot.waitSignal(quick.playing_changed, check_params_cb=lambda on: not on):
        quick.play(TONE, 16000)
    assert not speaker.running


def test_a_second_sound_stops_the_first(qtbot, player, speaker):
    player.play(TONE, 16000)
    told = []
    player.playing_changed.connect(told.append)
    player.play(TONE[:100], 16000)
    assert told == [False, True]


def test_samples_beyond_full_scale_are_cut_and_do_not_wrap(player, speaker):
    player.play(np.array([2.0, -2.0], np.float32), 16000)
    assert np.frombuffer(speaker.heard, "<i2").tolist() == [32767, -32767]


def test_without_a_device_it_says_so_and_stays_silent(qtbot):
    silent = Player(opened=lambda: (None, 0, sound.NO_DEVICE))
    with qtbot.assertNotEmitted(silent.playing_changed):
        assert silent.play(TONE, 16000) == sound.NO_DEVICE
    assert silent.problem == sound.NO_DEVICE


def test_without_the_systems_library_it_says_what_to_install(qtbot, monkeypatch):
    def missing(name):
        raise ImportError("libpulse.so.0: cannot open shared object file")

    multimedia.load.cache_clear()
    monkeypatch.setattr(importlib, "import_module", missing)
    try:
        problem = Player().play(TONE, 16000)
    finally:
        multimedia.load.cache_clear()
    assert "libpulse.so.0" in problem
    assert "apt install libpulse0" in problem


def test_a_machine_without_loudspeakers_is_no_error(qtbot):
    assert isinstance(Player().problem, str)
