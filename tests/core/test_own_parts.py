"""Parts of the user's own: read without being run, run once switched on, never in the way."""

import json
import subprocess
import sys

import pytest

from workbench import own_parts, parts
from workbench.errors import UserError

HEAD = "from workbench.lazy import ops\nfrom workbench.parts import loss\n"
LOSS = (
    HEAD
    + '''

@loss(target="number")
def mine(labels, logits, *, power: float = 2.0):
    """Punishes as I like it."""
    return ops.abs(logits - labels) ** power
'''
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    (tmp_path / "parts").mkdir()
    yield tmp_path
    (tmp_path / "parts" / "switched_on.json").unlink(missing_ok=True)
    for kind in parts.KINDS:
        parts.load(kind)


def write(home, name, text):
    file = home / "parts" / f"{name}.py"
    file.write_text(text, encoding="utf-8")
    return file


def names(kind="loss"):
    return [part.name for part in parts.parts(kind)]


def test_a_file_is_listed_but_not_run_until_it_is_switched_on(home):
    write(home, "mine", LOSS + "\nopen('ran', 'w').close()\n".replace("ran", str(home / "ran")))
    (found,) = own_parts.listed()
    assert (found.kind, found.name, found.caption) == ("loss", "mine", "Punishes as I like it.")
    assert not found.on
    assert "mine" not in names()
    assert not (home / "ran").exists()
    own_parts.switch("mine", True)
    assert "mine" in names()
    assert (home / "ran").exists()
    assert parts.find("loss", "mine").options[0].default == 2.0


def test_what_is_switched_off_is_gone_and_says_how_to_have_it(home):
    write(home, "mine", LOSS)
    own_parts.switch("loss/mine", True)
    assert "mine" in names()
    own_parts.switch("mine", False)
    assert "mine" not in names()
    with pytest.raises(UserError, match="switch it on first"):
        parts.find("loss", "mine")


def test_a_file_that_was_changed_is_run_again(home):
    write(home, "mine", LOSS)
    own_parts.switch("mine", True)
    assert parts.find("loss", "mine").caption == "Punishes as I like it."
    write(home, "mine", LOSS.replace("as I like it", "otherwise now"))
    assert parts.find("loss", "mine").caption == "Punishes otherwise now."


def test_a_file_that_was_deleted_is_forgotten(home):
    file = write(home, "mine", LOSS)
    own_parts.switch("mine", True)
    assert "mine" in names()
    file.unlink()
    assert "mine" not in names()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def mine(:\n", "line 1: SyntaxError"),
        ("x = 1\n", "has no function mine"),
        (LOSS + "\nraise ValueError('no luck')\n", "line 10: ValueError: no luck"),
        (LOSS + "\nimport sys\nsys.exit(3)\n", "line 11: SystemExit: 3"),
        (LOSS.replace("float = 2.0", "list = ()"), "line 5: TypeError: option power"),
        ("import keras\n" + LOSS, "line 1: import keras"),
        (LOSS.replace("mine", "huber"), "has no function mine"),
    ],
    ids=["syntax", "nothing", "raises", "exits", "option", "heavy", "other name"],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line_and_stops_nothing(home, text, words):
    write(home, "mine", text)
    (home / "parts" / "switched_on.json").write_text('{"on": ["loss/mine"]}', encoding="utf-8")
    assert "huber" in names()
    assert "mine" not in names()
    (found,) = own_parts.listed()
    assert words in found.problem


def test_a_part_of_the_program_is_never_replaced(home):
    write(home, "huber", LOSS.replace("mine", "huber"))
    own_parts.switch("huber", True)
    assert parts.find("loss", "huber").file is None
    (found,) = own_parts.listed()
    assert "has a loss huber already" in found.problem


@pytest.mark.parametrize("text", ["{", "[]", '{"on": 3}', '{"on": [1, "mine", "loss/../mine"]}'])
def test_a_damaged_list_switches_nothing_on(home, text):
    write(home, "mine", LOSS)
    (home / "parts" / "switched_on.json").write_text(text, encoding="utf-8")
    assert "mine" not in names()


def test_a_name_outside_of_the_folder_is_never_run(home):
    (home / "evil.py").write_text(f"open({str(home / 'ran')!r}, 'w').close()", encoding="utf-8")
    on = {"on": ["loss/../evil", f"loss/{home}/evil"]}
    (home / "parts" / "switched_on.json").write_text(json.dumps(on), encoding="utf-8")
    names()
    assert not (home / "ran").exists()


def test_an_unknown_name_is_refused_with_the_nearest(home):
    write(home, "mine", LOSS)
    with pytest.raises(UserError, match="Did you mean 'mine'"):
        own_parts.switch("mina", True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["loss", "alignment"])
def test_a_new_file_to_start_from_works_as_it_is(home, kind):
    import numpy as np

    file = own_parts.create(kind, "my_first")
    own_parts.switch("my_first", True)
    part = parts.find(kind, "my_first")
    assert part.file == file
    assert part.references
    assert all(option.help for option in part.options)
    if kind == "loss":
        found = part.function(np.asarray([0.0, 0.0], "f4"), np.asarray([0.0, 4.0], "f4"))
        assert np.asarray(found) == pytest.approx([0, 8], abs=1e-4)
    else:
        same = np.eye(3, dtype="f4")
        assert np.asarray(part.function(same, 2 * same, weights=np.ones(3))) == pytest.approx(0.0)
    with pytest.raises(UserError, match="already"):
        own_parts.create(kind, "my_first")
    with pytest.raises(UserError, match="cannot be the name"):
        own_parts.create(kind, "My First")


def test_the_command_line_lists_and_switches(home):
    write(home, "mine", LOSS)

    def said(*flags):
        done = subprocess.run(
            [sys.executable, "-m", "workbench", "own", *flags, "--json"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)["parts"]

    assert said() == [{"name": "mine", "kind": "loss", "on": False, "problem": ""}]
    assert said("--on", "mine")[0]["on"]
    assert not said("--off", "mine")[0]["on"]
