"""Whether a file ends where its format says: some readers make do with what is there."""

from __future__ import annotations

from pathlib import Path

_TAIL = 66_000
"""Bytes; no page of Ogg is longer (RFC 3533: 65,307)."""
_LAST_PAGE = 4
_GIF_END = b"\x3b"
_XING_HAS_BYTES = 2
_XING_FRAME = 4096
_LOST = 0.02
"""Share of an MP3 that may be missing: tags behind it are counted in by some programs."""


def lacks_end(kind: str, path: Path) -> bool:
    """Whether the end mark of a file is missing, or less is there than its header says.

    Args:
        kind: its format, such as ``OGG``, ``MP3`` or ``GIF``; of others nothing is said.
        path: the file.

    Raises:
        OSError: it cannot be opened.
    """
    match kind:
        case "OGG":
            return not _ends_a_stream(_tail(path))
        case "GIF":
            # Some programs pad the file with zeros.
            return not _tail(path).rstrip(b"\0").endswith(_GIF_END)
        case "MP3":
            return _shorter_than_said(path)
    return False


def _tail(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _TAIL))
        return stream.read()


def _ends_a_stream(tail: bytes) -> bool:
    """Whether the last page of Ogg is marked as the last of its stream (RFC 3533, section 6)."""
    page = tail.rfind(b"OggS\0")
    if page < 0 or len(tail) < page + 27:
        return False
    segments = tail[page + 27 : page + 27 + tail[page + 26]]
    whole = len(segments) == tail[page + 26] and len(tail) >= page + 27 + len(segments) + sum(
        segments
    )
    return whole and bool(tail[page + 5] & _LAST_PAGE)


def _shorter_than_said(path: Path) -> bool:
    """Whether an MP3 has fewer bytes than its Xing header says; without one nothing is known."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(10)
        place = 0
        if start[:3] == b"ID3" and len(start) == 10:
            # Four bytes of seven bits (ID3v2.4, section 3.1).
            place = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(
                start[6:10], (21, 14, 7, 0), strict=True))  # fmt: skip
        stream.seek(place)
        frame = stream.read(_XING_FRAME)
    at = max(frame.find(b"Xing", 0, 64), frame.find(b"Info", 0, 64))
    if at < 0 or len(frame) < at + 16:
        return False
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    if not flags & _XING_HAS_BYTES:
        return False
    bytes_at = at + 8 + 4 * (flags & 1)
    promised = int.from_bytes(frame[bytes_at : bytes_at + 4], "big")
    return size - place < promised * (1 - _LOST)
