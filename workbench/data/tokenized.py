"""Texts of an Index as token numbers, or as vectors of a sentence model.

A tokeniser learns from training rows only, and is kept.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from workbench.data.decoded import Wanted
from workbench.data.identities import Identities, identities, of_texts
from workbench.data.index import Index
from workbench.data.readers import tokens
from workbench.data.readers.sentences import SentenceModel
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.spec import TextInput

VERSION = 2
"""Raised whenever texts or tokens come out otherwise than before."""

_REMEMBERED = 256 * 2**20
"""Bytes of texts that are kept in memory between the check, the learning and the numbering."""
_READ_TOGETHER = 1024
_TOKENIZERS_KEPT = 100
_log = logging.getLogger(__name__)


class Texts:
    """The texts of some rows, read when they are wanted; the first ones read are remembered.

    Args:
        index: the data.
        rows: rows in use.
    """

    def __init__(self, index: Index, rows: NDArray[np.int64]) -> None:
        self._index = index
        self._rows = rows
        self._known: dict[int, str] = {}
        self._room = _REMEMBERED
        self.root = index.root
        self._lock = threading.Lock()
        self.identities: Identities
        if index.texts is not None:
            self.identities = of_texts(index.texts[rows].tolist())
        else:
            self.identities = identities(index.root, index.files["text"][rows].tolist())

    @property
    def are_files(self) -> bool:
        """Whether each is a file of its own, which may be broken."""
        return self._index.texts is None

    def read(self, place: int) -> str:
        """The text of one of the rows; "" where it is missing.

        Args:
            place: which of the rows.

        Raises:
            UserError: its file cannot be read.
        """
        if place in self._known:
            return self._known[place]
        text = self._index.text(int(self._rows[place]))
        if self.are_files:
            with self._lock:
                self._room -= sys.getsizeof(text)
                if self._room > 0:
                    self._known[place] = text
        return text

    def several(self, places: NDArray[np.int64], stop: Callable[[], bool]) -> Iterator[str]:
        """The texts of many rows in their order; of a file that cannot be read "".

        Args:
            places: which of the rows.
            stop: asked often; true ends it.

        Raises:
            Stopped: the wish to stop was heard.
        """

        def one(place: int) -> str:
            try:
                return self.read(place)
            except UserError:
                return ""

        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            for start in range(0, len(places), _READ_TOGETHER):
                if stop():
                    raise Stopped
                yield from pool.map(one, places[start : start + _READ_TOGETHER].tolist())


def read(index: Index, rows: NDArray[np.int64]) -> list[str]:
    """Texts of some rows; those that are missing or cannot be read any more are empty.

    Args:
        index: the data.
        rows: which.
    """
    return list(Texts(index, rows).several(np.arange(len(rows)), lambda: False))


def readable(texts: Texts) -> Wanted:
    """The array that notes which text files can be read, uint8 [rows]: 1 can; broken ones cannot.

    Args:
        texts: of the rows in use.
    """

    def decode(place: int) -> NDArray[np.uint8]:
        texts.read(place)
        return np.ones((), np.uint8)

    return Wanted(
        family=f"readable-{_hash(f'{VERSION}|{texts.root}')}",
        key=_hash(texts.identities.tobytes()),
        identities=texts.identities,
        shape=(),
        kind=np.dtype(np.uint8),
        decode=decode,
    )


def numbered(texts: Texts, tokenizer: Tokenizer, words: int) -> Wanted:
    """The array of token numbers, int32 [rows, words].

    Args:
        texts: of the rows in use.
        tokenizer: from ``learned``.
        words: tokens kept of each text.
    """

    def decode(place: int) -> NDArray[np.int32]:
        return tokens.encode(tokenizer, [texts.read(place)], words).reshape(words)

    return Wanted(
        family=f"text-{_hash(f'{VERSION}|{texts.root}|{words}|{tokenizer.to_str()}')}",
        key=_hash(texts.identities.tobytes()),
        identities=texts.identities,
        shape=(words,),
        kind=np.dtype(np.int32),
        decode=decode,
    )


def embedded(texts: Texts, model: SentenceModel) -> Wanted:
    """The array of vectors of a sentence model, float32 [rows, size]; zeros of a missing text.

    Args:
        texts: of the rows in use.
        model: opened.
    """

    def decode(place: int) -> NDArray[np.float32]:
        return model.vector(texts.read(place))

    return Wanted(
        family=f"sentence-{_hash(f'{VERSION}|{texts.root}|{model.facts()}')}",
        key=_hash(texts.identities.tobytes()),
        identities=texts.identities,
        shape=(model.size,),
        kind=np.dtype(np.float32),
        decode=decode,
    )


def learned(
    folder: Path,
    texts: Texts,
    training: NDArray[np.int64],
    options: TextInput,
    stop: Callable[[], bool],
) -> Tokenizer:
    """The tokeniser of some training texts, found on disk or learned now.

    Args:
        folder: where tokenisers are kept.
        texts: of the rows in use.
        training: the places among them from which it learns.
        options: what a token is.
        stop: asked often; true ends it.

    Raises:
        Stopped: the wish to stop was heard.
    """
    source = f"{VERSION}|{texts.root}|{options.model_dump_json(exclude={'words', 'model'})}|"
    name = _hash(source.encode() + texts.identities[training].tobytes())
    file = folder / f"{name}.json"
    try:
        found = tokens.from_json(file.read_text("utf-8"))
        os.utime(file)
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError, UserError):
        _log.warning("the kept tokeniser %s is damaged and is learned again", file.name)
    else:
        return found
    tokenizer = tokens.train_tokenizer(texts.several(training, stop), options)
    _keep(file, tokenizer.to_str())
    return tokenizer


def _hash(what: str | bytes) -> str:
    raw = what.encode() if isinstance(what, str) else what
    return hashlib.sha256(raw).hexdigest()[:16]


def _keep(file: Path, text: str) -> None:
    temporary = file.with_name(f".{os.getpid()}-{file.name}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, "utf-8")
        temporary.replace(file)
        oldest = sorted(file.parent.glob("*.json"), key=lambda kept: kept.stat().st_mtime)
        for kept in oldest[:-_TOKENIZERS_KEPT]:
            kept.unlink(missing_ok=True)
    except OSError as error:
        # It can be learned again at any time; training need not end for it.
        _log.warning("the tokeniser is not kept: %s", error)
        temporary.unlink(missing_ok=True)
