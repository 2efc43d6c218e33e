"""Token numbers of texts, kept on disk: the tokeniser learns from training rows only."""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Index
from workbench.data.readers import tokens
from workbench.errors import UserError
from workbench.spec import TextInput

VERSION = 1
_log = logging.getLogger(__name__)


def tokenized(
    folder: Path,
    index: Index,
    rows: NDArray[np.int64],
    training: NDArray[np.int64],
    options: TextInput,
) -> tuple[NDArray[np.int32], str, int]:
    """Token numbers of the texts of some rows; a second call finds them on disk.

    Args:
        folder: the cache folder.
        index: the data.
        rows: rows in use.
        training: places among them from which the tokeniser learns.
        options: how texts become numbers.

    Returns:
        int32 [rows, words], the tokeniser as JSON text, and how many token numbers it has.
    """
    texts = read(index, rows)
    digest = hashlib.sha256(f"{VERSION}|{options.model_dump_json()}|{len(texts)}|".encode())
    digest.update(training.tobytes())
    for text in texts:
        digest.update(text.encode("utf-8", "replace") + b"\0")
    kept = folder / "tokens" / f"{digest.hexdigest()[:24]}.npz"
    try:
        with np.load(kept, allow_pickle=False) as found:
            numbers, stored = found["numbers"], str(found["tokenizer"])
        return numbers, stored, tokens.from_json(stored).get_vocab_size()
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, UserError):
        _log.warning("the cached tokens %s are damaged and are made again", kept.name)
    tokenizer = tokens.train_tokenizer([texts[row] for row in training], options)
    numbers = tokens.encode(tokenizer, texts, options.words)
    _keep(kept, numbers, tokenizer.to_str())
    return numbers, tokenizer.to_str(), tokenizer.get_vocab_size()


def read(index: Index, rows: NDArray[np.int64]) -> list[str]:
    """Texts of some rows; those that are missing or cannot be read any more are empty.

    Args:
        index: the data.
        rows: which.
    """
    if index.texts is not None:
        return [str(text) for text in index.texts[rows]]

    def one(row: int) -> str:
        try:
            return index.text(row)
        except UserError:
            return ""

    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return list(pool.map(one, rows.tolist()))


def _keep(file: Path, numbers: NDArray[np.int32], tokenizer: str) -> None:
    temporary = file.with_name(f".{os.getpid()}-{file.name}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(temporary, numbers=numbers, tokenizer=np.str_(tokenizer))
        temporary.replace(file)
    except OSError as error:
        # Tokens can be made again at any time; training need not end for them.
        _log.warning("tokens are not kept: %s", error)
        temporary.unlink(missing_ok=True)
