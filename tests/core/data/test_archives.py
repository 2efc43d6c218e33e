"""Zip files are unpacked into a folder of their own and nowhere else."""

import stat
import zipfile

import pytest

from workbench.data import archives
from workbench.data.walk import Stopped
from workbench.errors import UserError


@pytest.fixture
def packed(tmp_path):
    """A zip of two files."""
    file = tmp_path / "data.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("cat/0.txt", "a")
        archive.writestr("Größe 猫/1.txt", "b")
    return file


def unpack(file, **options):
    return archives.unpacked(file, folder=file.parent / "cache", **options)


def test_files_come_out_with_names_in_any_script(packed):
    folder = unpack(packed)
    assert (folder / "Größe 猫" / "1.txt").read_text() == "b"


def test_a_second_call_finds_what_the_first_unpacked(packed):
    folder = unpack(packed)
    (folder / "cat" / "0.txt").write_text("changed")
    assert (unpack(packed) / "cat" / "0.txt").read_text() == "changed"


def test_an_archive_that_changed_is_unpacked_anew(packed):
    folder = unpack(packed)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("dog/0.txt", "c")
    assert unpack(packed) != folder


@pytest.mark.parametrize(
    "name",
    [
        "../out.txt",
        "/etc/out.txt",
        "a/../../out.txt",
        "C:/out.txt",
        "a\\..\\..\\out.txt",
        "nul.txt",
    ],
)
def test_an_entry_that_leads_out_refuses_the_whole_archive(tmp_path, name):
    file = tmp_path / "bad.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("good.txt", "a")
        archive.writestr(name, "b")
    with pytest.raises(UserError, match="is refused: its entry"):
        unpack(file)
    assert not list(tmp_path.rglob("*.txt"))


def test_a_link_in_an_archive_is_refused(tmp_path):
    file = tmp_path / "link.zip"
    entry = zipfile.ZipInfo("link.txt")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(UserError, match="link or a device"):
        unpack(file)


def test_a_bomb_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_RATIO_FROM", 2**20)
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", bytes(8 * 2**20))
    with pytest.raises(UserError, match="times its size"):
        unpack(file)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("end", [0, 10, 60, -30])
def test_a_damaged_archive_is_said_and_leaves_nothing(packed, end):
    packed.write_bytes(packed.read_bytes()[:end])
    with pytest.raises(UserError, match="damaged"):
        unpack(packed)


def test_a_stopped_unpacking_leaves_nothing(packed):
    with pytest.raises(Stopped):
        unpack(packed, stop=lambda: True)
    assert list((packed.parent / "cache" / "archives").iterdir()) == []


def test_an_encrypted_entry_is_refused(packed):
    raw = bytearray(packed.read_bytes())
    place = raw.index(b"PK\x01\x02")
    raw[place + 8] |= 1
    packed.write_bytes(raw)
    with pytest.raises(UserError, match="encrypted"):
        unpack(packed)
