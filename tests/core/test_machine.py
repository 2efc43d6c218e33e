"""What training may use of the machine."""

import json
import os
import subprocess
import sys

import pytest

from workbench import machine, places
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.machine import Share


def test_everything_is_used_where_nothing_was_chosen():
    assert machine.read() == Share()
    assert machine.environment(Share(), {}) == {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    assert machine.in_words(Share()) == "all threads of the processor, all GPUs"


def test_a_choice_is_kept_and_reaches_the_engine_by_its_environment():
    share = Share(threads=3, gpus=(0, 2), gpu_memory=4096)
    machine.write(share)
    assert machine.read() == share
    given = protocol.environment()
    assert given["TF_NUM_INTRAOP_THREADS"] == given["TF_NUM_INTEROP_THREADS"] == "3"
    assert given["CUDA_VISIBLE_DEVICES"] == "0,2"
    assert given[machine.LIMIT_VARIABLE] == "4096"
    assert "TF_FORCE_GPU_ALLOW_GROWTH" not in given
    assert "GPU" in machine.in_words(share)


def test_what_a_person_has_set_in_the_environment_holds():
    chosen = machine.environment(Share(gpus=()), {"CUDA_VISIBLE_DEVICES": "1"})
    assert "CUDA_VISIBLE_DEVICES" not in chosen
    assert machine.environment(Share(gpus=()), {})["CUDA_VISIBLE_DEVICES"] == "-1"


@pytest.mark.parametrize("text", ["{", '{"threads": 0}', '{"threads": "many"}', '{"gpus": [-1]}'])
def test_a_damaged_choice_is_said_and_the_engine_starts_all_the_same(text, capfd):
    places.home().mkdir(parents=True, exist_ok=True)
    (places.home() / "machine.json").write_text(text)
    with pytest.raises(UserError, match="cannot be read"):
        machine.read()
    assert "TF_NUM_INTRAOP_THREADS" not in protocol.environment()
    assert "machine.json" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "found"), [("all", None), ("None", ()), ("0", (0,)), (" 2, 0,2", (0, 2))]
)
def test_gpus_are_named_as_people_do(words, found):
    assert machine.parse_gpus(words) == found


@pytest.mark.parametrize("words", ["", "first", "-1", "0;1", "0,"])
def test_what_names_no_gpus_is_refused(words):
    with pytest.raises(UserError, match="names no GPUs"):
        machine.parse_gpus(words)


class _Nvml:
    """A driver with two cards."""

    class NVMLError(Exception):
        pass

    class Memory:
        total = 80 * 2**30

    def __init__(self, broken=False):
        self.open, self.broken = 0, broken

    def nvmlInit(self):
        if self.broken:
            raise self.NVMLError
        self.open += 1

    def nvmlShutdown(self):
        self.open -= 1

    def nvmlDeviceGetCount(self):
        return 2

    def nvmlDeviceGetHandleByIndex(self, number):
        return number

    def nvmlDeviceGetName(self, card):
        return f"Card {card}"

    def nvmlDeviceGetMemoryInfo(self, card):
        return self.Memory


def test_the_gpus_of_the_driver_are_listed(monkeypatch):
    driver = _Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    assert [(g.number, g.name, g.memory) for g in machine.gpus()] == [
        (0, "Card 0", 80 * 2**30), (1, "Card 1", 80 * 2**30),
    ]  # fmt: skip
    assert driver.open == 0
    monkeypatch.setitem(sys.modules, "pynvml", _Nvml(broken=True))
    assert machine.gpus() == ()


@pytest.mark.e2e
def test_an_engine_keeps_to_the_threads_it_was_given():
    machine.write(Share(threads=1))
    code = (
        "import tensorflow as tf; from workbench.training import devices; devices.set_up(); "
        "print(devices.describe())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=protocol.environment(), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    words = done.stdout.splitlines()[-1]
    assert words == "CPU · 1 thread" or words.startswith("GPU")


def test_the_command_line_chooses_and_says_it():
    def workbench(*words, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "workbench", "machine", *words], capture_output=True, text=True,
            env=os.environ.copy(), check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stdout

    facts = json.loads(workbench("--threads", "2", "--gpus", "0", "--json"))
    assert facts["threads"] == 2
    assert facts["gpus"] == [0]
    assert "2 threads of the processor, GPU 0" in workbench()
    workbench("--threads", "0", "--gpus", "all")
    assert machine.read() == Share()
    workbench("--gpu-memory", "5", code=2)
