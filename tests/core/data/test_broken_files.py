"""Files that are broken on purpose: each becomes a finding, and none ends, hangs or eats a scan."""

import os
import signal
import struct
import zlib
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile
from PIL import Image

from workbench.data.folder import scan
from workbench.data.health.looking import look
from workbench.errors import UserError

PICTURES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".tif": "TIFF",
}
SOUNDS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3", ".aiff": "AIFF"}


@contextmanager
def within(seconds):
    """Ends what hangs; says nothing of how fast anything is."""

    def hung(number, frame):
        raise TimeoutError("hangs")

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def picture(path, kind=None):
    noise = np.random.default_rng(1).integers(0, 255, (40, 50, 3), np.uint8)
    Image.fromarray(noise).save(path, format=kind)


def sound(path):
    wave = 0.3 * np.sin(np.arange(8000) / 7) + 0.05 * np.random.default_rng(2).normal(size=8000)
    soundfile.write(path, wave, 16000)


def outcome(modality, path):
    """``read``, or why not."""
    said = "read"
    with within(20):
        try:
            look(modality, path)
        except UserError as error:
            said = error.problem
    assert said == "read" or path.name in said
    return said


@pytest.mark.parametrize("suffix", [*PICTURES, *SOUNDS])
def test_a_file_cut_at_every_tenth_byte_is_read_or_refused_in_words(tmp_path, suffix):
    modality = "image" if suffix in PICTURES else "audio"
    file = tmp_path / f"whole{suffix}"
    (picture if modality == "image" else sound)(file)
    whole = file.read_bytes()
    assert outcome(modality, file) == "read"
    step = max(len(whole) // 150, 1) if len(whole) > 1500 else 10
    refused = 0
    for end in range(0, len(whole) - 1, step):
        file.write_bytes(whole[:end])
        refused += outcome(modality, file) != "read"
    # Streams such as OGG and MP3 have no length that could tell that the end is missing.
    assert refused >= 1 if suffix in {".ogg", ".mp3", ".gif"} else refused >= 100 or step > 1


@pytest.mark.parametrize(
    "suffix", [".png", ".jpg", ".webp", ".bmp", ".tif", ".flac", ".wav", ".aiff"]
)
def test_half_of_a_file_is_never_taken_for_the_whole(tmp_path, suffix):
    modality = "image" if suffix in PICTURES else "audio"
    file = tmp_path / f"half{suffix}"
    (picture if modality == "image" else sound)(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert outcome(modality, file) != "read"


@pytest.mark.parametrize("seed", range(40))
def test_bytes_changed_at_random_are_read_or_refused(tmp_path, seed):
    dice = np.random.default_rng(seed)
    for suffix in (*PICTURES, *SOUNDS):
        modality = "image" if suffix in PICTURES else "audio"
        file = tmp_path / f"changed{suffix}"
        (picture if modality == "image" else sound)(file)
        raw = bytearray(file.read_bytes())
        for place in dice.integers(0, min(len(raw), 400), 6):
            raw[place] = dice.integers(256)
        file.write_bytes(raw)
        outcome(modality, file)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def huge_png(path, side=30_000):
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(99)))
        + chunk(b"IEND", b"")
    )


def test_a_header_of_thirty_thousand_squared_is_refused_by_its_claim(tmp_path):
    huge_png(tmp_path / "huge.png")
    assert "claims" in outcome("image", tmp_path / "huge.png")


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path):
    side = 20_000
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(side + 1) * 2000, 9)
    (tmp_path / "bomb.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )
    assert "claims" in outcome("image", tmp_path / "bomb.png")


def wav(path, rate=16000, data_size=None, form_size=None, bits=16, samples=800):
    body = (np.sin(np.arange(samples) / 5) * 9000).astype("<i2").tobytes()
    head = struct.pack("<HHIIHH", 1, 1, rate, rate * 2 & 0xFFFFFFFF, 2, bits)
    path.write_bytes(
        b"RIFF" + struct.pack("<I", form_size if form_size is not None else 36 + len(body))
        + b"WAVEfmt " + struct.pack("<I", 16) + head
        + b"data" + struct.pack("<I", data_size if data_size is not None else len(body)) + body
    )  # fmt: skip


@pytest.mark.parametrize(
    "absurd",
    [{"data_size": 2**31}, {"rate": 0}, {"rate": 2_000_000_000}, {"samples": 0}],
)
def test_a_wav_with_absurd_figures_is_refused(tmp_path, absurd):
    wav(tmp_path / "absurd.wav", **absurd)
    assert outcome("audio", tmp_path / "absurd.wav") != "read"


def test_a_wav_that_was_streamed_without_its_length_is_read(tmp_path):
    wav(tmp_path / "streamed.wav", data_size=0xFFFFFFFF, form_size=0xFFFFFFFF)
    assert outcome("audio", tmp_path / "streamed.wav") == "read"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    assert "no ordinary file" in outcome("audio", tmp_path / "pipe.wav")


@pytest.mark.parametrize("name", ["a.png", "a.wav", "a.txt"])
def test_an_empty_file_is_said_to_be_empty(tmp_path, name):
    (tmp_path / name).touch()
    modality = {"a.png": "image", "a.wav": "audio", "a.txt": "text"}[name]
    assert outcome(modality, tmp_path / name) == f"{name} is empty."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path):
    picture(tmp_path / "closed.png")
    (tmp_path / "closed.png").chmod(0)
    assert "Permission denied" in outcome("image", tmp_path / "closed.png")


def corpus(folder):
    """A folder of class folders with every kind of broken file among good ones."""
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True)
        for number in range(6):
            picture(folder / label / f"{number}.png")
    huge_png(folder / "cat" / "huge.png")
    (folder / "cat" / "empty.png").touch()
    (folder / "cat" / "text.png").write_text("I am no picture")
    (folder / "dog" / "sound.jpg").write_bytes(b"RIFF\0\0\0\0WAVE")
    (folder / "dog" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "dog" / "self.png").symlink_to(folder / "dog" / "self.png")
    (folder / "dog" / "gone.png").symlink_to(folder / "dog" / "nowhere.png")
    os.mkfifo(folder / "dog" / "pipe.png")
    return folder


def test_a_folder_of_broken_files_gives_findings_and_its_good_samples(tmp_path):
    with within(60):
        index = scan(corpus(tmp_path / "data"))
    broken = next(finding for finding in index.findings if finding.kind == "unreadable")
    assert set(broken.files) == {"cat/huge.png", "cat/empty.png", "cat/text.png", "dog/sound.jpg"}
    assert int(index.has("image").sum()) == 12
    assert {"unreadable", "missing_modality", "other_kinds"} <= {f.kind for f in index.findings}


TABLES = {
    "nul": b"file_name,label\0\na.png,x\0\nb.png,y\nc.png,x\nd.png,y\n",
    "bom": b"\xef\xbb\xbffile_name,label\na.png,x\nb.png,y\nc.png,x\nd.png,y\n",
    "utf16": "file_name,label\na.png,x\nb.png,y\nc.png,x\nd.png,y\n".encode("utf-16"),
    "mixed line ends": b"file_name,label\r\na.png,x\nb.png,y\rc.png,x\r\nd.png,y\n",
    "duplicate header": b"file_name,label,label\na.png,x,1\nb.png,y,2\nc.png,x,1\nd.png,y,2\n",
    "formula": b"file_name,label,note\na.png,x,=1+1\nb.png,y,@SUM(A1)\nc.png,x,\nd.png,y,\n",
    "quoted newline": b'file_name,label,n\na.png,x,"two\nlines"\nb.png,y,\nc.png,x,\nd.png,y,\n',
    "torn": b"file_name,label\na.png,x\nb.png,y\nc.png,x\nd.png,y\ne.png\n,,,,\n",
    "semicolons": b"file_name;label\na.png;x\nb.png;y\nc.png;x\nd.png;y\n",
    "outside": b"file_name,label\na.png,x\nb.png,y\nc.png,x\nd.png,y\n../e.png,x\n/etc/passwd,y\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_strange_table_still_gives_its_good_rows(tmp_path, name):
    for stem in "abcd":
        picture(tmp_path / f"{stem}.png")
    (tmp_path / "metadata.csv").write_bytes(TABLES[name])
    with within(20):
        index = scan(tmp_path, check=False)
    assert len(index) == 4
    assert index.target("label").classes == ("x", "y")


def test_a_line_of_ten_megabytes_is_read_or_said(tmp_path):
    for stem in "abcd":
        picture(tmp_path / f"{stem}.png")
    long = "w " * 5_000_000
    rows = [f'a.png,x,"{long}"', "b.png,y,", "c.png,x,", "d.png,y,"]
    (tmp_path / "metadata.csv").write_text("\n".join(["file_name,label,note", *rows]))
    with within(60):
        index = scan(tmp_path, check=False)
    assert len(index) == 4
