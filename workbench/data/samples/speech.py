"""Spoken words from eSpeak NG, through the library that the package espeakng-loader brings."""

from __future__ import annotations

import ctypes
import importlib
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UserError

# Constants of speak_lib.h, eSpeak NG 1.52.
_SYNCHRONOUS, _DO_NOT_EXIT, _CHARACTERS, _UTF8 = 2, 0x8000, 1, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_HEARD = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def _fresh(library: Path) -> ctypes.CDLL:
    """The library with nothing said yet.

    How a word flutters depends on all that was said before it. A copy of the file has a state of
    its own, so that the same words always sound the same.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return ctypes.CDLL(shutil.copy(library, folder))


class Speaker:
    """Speaks words, one after the other; the same words in the same order always sound the same.

    Raises:
        UserError: the library is not installed, or does not start.
    """

    def __init__(self) -> None:
        try:
            loader = importlib.import_module("espeakng_loader")
        except ImportError:
            raise UserError(
                "The spoken digits need a speech synthesiser that is not installed.",
                "Install it with: pip install 'multimodal-workbench[samples]'",
            ) from None
        self._library = _fresh(Path(loader.get_library_path()))
        self._heard: list[bytes] = []
        # Held by this object: the library calls it long after this line.
        self._callback = _HEARD(self._hear)
        data = loader.get_data_path().encode()
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT))
        if self.rate <= 0:
            raise UserError(
                "The speech synthesiser does not start.", "Install espeakng-loader anew."
            )
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(
        self, word: str, voice: str, *, words_a_minute: int, pitch: int, melody: int
    ) -> NDArray[np.float32]:
        """A word.

        Args:
            word: what is said.
            voice: such as ``en-us+f2``.
            words_a_minute: 80 to 450.
            pitch: 0 to 100.
            melody: how far the pitch moves, 0 to 100.

        Returns:
            [samples] at ``rate``, -1..1.

        Raises:
            UserError: there is no such voice, or nothing was said.
        """
        self._heard.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise UserError(f"The speech synthesiser has no voice '{voice}'.")
        for parameter, value in ((_RATE, words_a_minute), (_PITCH, pitch), (_RANGE, melody)):
            self._library.espeak_SetParameter(parameter, value, 0)
        said = word.encode()
        self._library.espeak_Synth(said, len(said) + 1, 0, _CHARACTERS, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        sound = np.frombuffer(b"".join(self._heard), np.int16)
        if not len(sound):
            raise UserError(f"The speech synthesiser said nothing for '{word}'.")
        return (sound / 32768.0).astype(np.float32)

    def _hear(self, wave: ctypes._Pointer[ctypes.c_short], count: int, events: int) -> int:
        if wave and count:
            self._heard.append(ctypes.string_at(wave, count * 2))
        return 0
