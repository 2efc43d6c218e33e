"""A run that was ended at any moment goes on as if nothing had happened."""

import json
import math
import shutil

import numpy as np
import pytest

from workbench import events, spec
from workbench.data.index import strings
from workbench.data.prepared import Prepared
from workbench.engine.recorder import Recorder
from workbench.errors import UserError
from workbench.runs import store

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("determinism_ends")]


class Killed(BaseException):
    """Stands for the death of the process: nothing after it is written."""


def prepared(count=80, key="k"):
    """Texts whose first word tells the class, and pictures whose brightness does."""
    dice = np.random.default_rng(0)
    tokens = dice.integers(2, 10, (count, 4)).astype("i4")
    labels = (tokens[:, 0] % 3).astype("i8")
    pictures = dice.integers(0, 80, (count, 8, 8, 3)) + 60 * labels[:, None, None, None]
    split = np.zeros(count, "i1")
    split[count // 2 :] = 1
    split[3 * count // 4 :] = 2
    return Prepared(
        arrays={"image": pictures.astype("u1"), "text": tokens}, labels=labels, split=split,
        stems=strings([f"s{n}" for n in range(count)]), task="category", classes=("a", "b", "c"),
        vocabulary=10, scaling=None, left_out={}, tokenizer="", key=key,
    )  # fmt: skip


def make_spec(changes=()):
    made = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {
                "encoders": {
                    "image": {"name": "image_cnn", "options": {"width": 4, "depth": 1, "size": 8}},
                    "text": {"name": "text_average", "options": {"size": 8}},
                },
                "fusion": {"name": "concat", "options": {"size": 8}},
            },
            "objective": {"loss": {"name": "cross_entropy"}},
            "training": {
                "epochs": 4, "batch_size": 8, "learning_rate": 0.01, "checkpoint_steps": 3,
                "deterministic": True,
                "augmentation": {"image": {"flip": "horizontal", "brightness": 0.2}},
            },
        }
    )  # fmt: skip
    for place, value in changes:
        made = spec.change(made, place, value)
    return made


def go(run, data, *, resume=False, wish=lambda: None, kill_at=None):
    """Train a run; killed after so many events, where that is given."""
    from workbench.training.trainer import Trainer

    told = []

    def hear(event):
        told.append(event)
        if kill_at is not None and len(told) == kill_at:
            raise Killed

    recorder = Recorder(run, hear)
    trainer = Trainer(run.spec(), data, run.folder, recorder.tell, wish, recorder, resume)
    return trainer.train()


def weights(run):
    last = max((run.folder / "checkpoints").glob("step-*.npz"))
    with np.load(last, allow_pickle=False) as arrays:
        return {n: arrays[n] for n in arrays.files if n not in ("state", "sha256")}


def history(run):
    """Losses by step, and what was said of each epoch, without times."""
    losses, epochs = [], []
    for event in run.events():
        if isinstance(event, events.StepsDone):
            assert event.step == len(losses) + len(event.losses), "a gap, or a point twice"
            losses += event.losses
        elif isinstance(event, events.EpochDone):
            epochs.append(event.model_dump(exclude={"time", "seconds"}))
    return losses, epochs


def recorded(run):
    """What each sample did in each epoch, to the bit."""
    found = {}
    for file in sorted((run.folder / "history").glob("epoch-*.npz")):
        with np.load(file, allow_pickle=False) as arrays:
            found[file.name] = {name: arrays[name].tobytes() for name in arrays.files}
    assert found
    return found


def assert_alike(one, other):
    mine, theirs = weights(one), weights(other)
    assert mine.keys() == theirs.keys()
    different = [name for name in mine if not np.array_equal(mine[name], theirs[name])]
    assert different == []
    assert history(one) == history(other)
    assert recorded(one) == recorded(other)


KINDS = {
    "plain": [],
    "schedule and plateau": [
        ("training.schedule.name", "cosine"), ("training.plateau", 1),
        ("training.optimizer.name", "sgd"),
    ],
    "heads, learned weights": [
        ("objective.heads", True), ("objective.balancer.name", "uncertainty"),
    ],
    "heads, averaged weights": [
        ("objective.heads", True), ("objective.balancer.name", "dynamic_weight_average"),
    ],
    "heads, gradnorm": [("objective.heads", True), ("objective.balancer.name", "gradnorm")],
    "alignment, hidden modalities": [
        ("objective.alignments.image+text.loss", "infonce"), ("model.modality_dropout", 0.3),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_resumes_to_the_same_bits_and_the_same_curve(tmp_path, kind):
    made = make_spec(KINDS[kind])
    whole = store.create(tmp_path / "whole", made)
    go(whole, prepared())
    count = len(list(whole.events()))
    for kill_at in (3, count // 3, 2 * count // 3, count - 1):
        run = store.create(tmp_path / f"{kill_at}", made)
        with pytest.raises(Killed):
            go(run, prepared(), kill_at=max(kill_at, 1))
        go(run, prepared(), resume=True)
        assert_alike(run, whole)


def test_a_run_that_is_killed_again_and_again_resumes_to_the_same_bits(tmp_path):
    whole, run = (store.create(tmp_path / name, make_spec()) for name in ("whole", "run"))
    go(whole, prepared())
    for kill_at in (9, 8, 7, 6):
        with pytest.raises(Killed):
            go(run, prepared(), resume=kill_at != 9, kill_at=kill_at)
    go(run, prepared(), resume=True)
    assert_alike(run, whole)


def test_a_run_resumes_after_its_last_epoch_and_says_the_same_end(tmp_path):
    run = store.create(tmp_path, make_spec())
    first = go(run, prepared())
    again = go(run, prepared(), resume=True)
    assert again.outcome == first.outcome == "done"
    assert again.best_epoch == first.best_epoch


def test_nothing_saved_yet_means_from_the_beginning(tmp_path):
    whole, run = (store.create(tmp_path / name, make_spec()) for name in ("whole", "run"))
    go(whole, prepared())
    with pytest.raises(Killed):
        go(run, prepared(), kill_at=2)
    go(run, prepared(), resume=True)
    assert_alike(run, whole)
    assert [e.event for e in run.events()].count("started") == 1


def test_a_pause_changes_nothing_and_says_both_ends(tmp_path):
    whole, run = (store.create(tmp_path / name, make_spec()) for name in ("whole", "run"))
    go(whole, prepared())
    asked = []

    def wish():
        asked.append(1)
        return "pause" if 6 < len(asked) < 12 else None

    go(run, prepared(), wish=wish)
    said = [e.event for e in run.events() if e.event in ("paused", "resumed")]
    assert said == ["paused", "resumed"]
    assert_alike(run, whole)


def test_a_released_run_goes_on_from_disk_to_the_same_bits(tmp_path):
    from workbench.training.trainer import Released

    whole, run = (store.create(tmp_path / name, make_spec()) for name in ("whole", "run"))
    go(whole, prepared())
    asked = []

    def wish():
        asked.append(1)
        return "release" if len(asked) > 7 else None

    with pytest.raises(Released) as released:
        go(run, prepared(), wish=wish)
    assert 0 < released.value.step < 20
    go(run, prepared(), resume=True)
    assert_alike(run, whole)


def test_a_stopped_run_can_go_on_to_where_it_would_have_come(tmp_path):
    whole, run = (store.create(tmp_path / name, make_spec()) for name in ("whole", "run"))
    go(whole, prepared())
    asked = []

    def wish():
        asked.append(1)
        return "stop" if len(asked) > 9 else None

    assert go(run, prepared(), wish=wish).outcome == "stopped"
    assert go(run, prepared(), resume=True).outcome == "done"
    assert_alike(run, whole)


def test_the_epoch_in_hand_is_finished_when_that_is_wished(tmp_path):
    run = store.create(tmp_path, make_spec())
    trained = go(run, prepared(), wish=lambda: "after_epoch")
    assert (trained.outcome, trained.epochs) == ("stopped", 1)
    assert [e.epoch for e in run.events() if isinstance(e, events.EpochDone)] == [1]


def test_a_damaged_place_is_passed_over_for_the_one_before_and_that_is_said(tmp_path):
    whole, run = (store.create(tmp_path / name, make_spec()) for name in ("whole", "run"))
    go(whole, prepared())
    with pytest.raises(Killed):
        go(run, prepared(), kill_at=len(list(whole.events())) - 2)
    last = max((run.folder / "checkpoints").glob("step-*.npz"))
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 0xFF
    last.write_bytes(content)
    go(run, prepared(), resume=True)
    resumed = next(e for e in run.events() if isinstance(e, events.Resumed))
    assert last.name in resumed.skipped
    assert_alike(run, whole)


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_no_changed_byte_of_a_checkpoint_goes_unseen(tmp_path, place):
    from workbench.training import checkpoints

    run = store.create(tmp_path, make_spec([("training.epochs", 1)]))
    go(run, prepared())
    file = max((run.folder / "checkpoints").glob("step-*.npz"))
    before = checkpoints.state_of(file)
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= 0x10
    file.write_bytes(content)
    try:
        after = checkpoints.state_of(file)
    except checkpoints.Damaged:
        return
    # Bytes that mean nothing, such as a time in the zip's directory, may change.
    assert after == before


def test_a_checkpoint_of_another_spec_is_refused(tmp_path):
    run = store.create(tmp_path, make_spec())
    go(run, prepared())
    other = make_spec([("training.batch_size", 4)])
    (run.folder / "spec.json").write_text(other.to_json())
    with pytest.raises(UserError, match="belong to another spec"):
        go(run, prepared(), resume=True)


def test_a_run_whose_data_have_changed_is_refused(tmp_path):
    run = store.create(tmp_path, make_spec())
    go(run, prepared())
    with pytest.raises(UserError, match="not the same any more"):
        go(run, prepared(key="other"), resume=True)


def test_a_run_that_was_moved_and_renamed_resumes(tmp_path):
    whole, run = (store.create(tmp_path / name, make_spec()) for name in ("whole", "run"))
    go(whole, prepared())
    with pytest.raises(Killed):
        go(run, prepared(), kill_at=10)
    moved = tmp_path / "elsewhere" / "under another name"
    moved.parent.mkdir()
    shutil.move(run.folder, moved)
    found = store.find(moved)
    go(found, prepared(), resume=True)
    assert_alike(found, whole)


def test_only_the_last_places_are_kept(tmp_path):
    run = store.create(tmp_path, make_spec([("training.checkpoints_kept", 3)]))
    go(run, prepared())
    steps = sorted(int(f.stem[5:]) for f in (run.folder / "checkpoints").glob("step-*.npz"))
    assert len(steps) == 3
    assert steps[-1] == 20


def test_a_full_disk_pauses_the_run_until_there_is_space(tmp_path, monkeypatch):
    from workbench.training import checkpoints, trainer

    whole, run = (store.create(tmp_path / name, make_spec()) for name in ("whole", "run"))
    go(whole, prepared())
    monkeypatch.setattr(trainer, "RETRY_SECONDS", 0.0)
    real, refused = checkpoints.save, []

    def save(file, groups, state):
        if len(refused) + state["step"] > 3 and len(refused) < 3:
            refused.append(file)
            raise checkpoints.DiskFull("The disk is full: ...", "Free some space.")
        real(file, groups, state)

    monkeypatch.setattr(checkpoints, "save", save)
    go(run, prepared())
    assert len(refused) == 3
    paused = [e for e in run.events() if isinstance(e, events.Paused)]
    assert len(paused) == 1
    assert "disk is full" in paused[0].problem
    assert_alike(run, whole)


def test_training_ends_when_its_longest_time_is_over_and_keeps_the_best(tmp_path):
    changes = [("training.longest_minutes", 1e-3), ("training.epochs", 5000)]
    run = store.create(tmp_path, make_spec(changes))
    trained = go(run, prepared())
    assert trained.outcome == "time"
    assert (run.folder / "checkpoints" / "best.npz").is_file()


def test_a_flat_validation_loss_reduces_the_learning_rate(tmp_path):
    changes = [("training.plateau", 1), ("training.learning_rate", 1e-12), ("training.epochs", 6)]
    changes += [("training.optimizer.name", "sgd"), ("training.plateau_factor", 0.1)]
    # The averages of batch normalisation would move the loss all the same.
    changes.append(("model.encoders.image.norm", "group"))
    run = store.create(tmp_path, make_spec(changes))
    go(run, prepared())
    rates = {}
    for event in run.events():
        if isinstance(event, events.StepsDone):
            rates[event.epoch] = event.learning_rate
    assert rates[1] == pytest.approx(1e-12)
    assert min(rates.values()) < 0.11e-12


def test_a_gradient_that_is_no_number_changes_no_weight_and_names_its_term_and_samples(tmp_path):
    data = prepared()
    made = make_spec([("training.checkpoint_steps", 1)])
    run = store.create(tmp_path / "good", make_spec([("training.epochs", 1)]))
    go(run, data)
    good = weights(run)
    assert all(np.isfinite(value).all() for value in good.values())

    from workbench.training import steps as traced

    run = store.create(tmp_path / "bad", made)
    real = traced.Steps.train

    def train(self, iterator, rates, first):
        if first >= 4:
            kernel = next(v for v in self._model.trainable_variables if "text_average" in v.path)
            kernel.assign(np.full(kernel.shape, np.nan, "f4"))
        return real(self, iterator, rates, first)

    traced.Steps.train = train
    try:
        with pytest.raises(UserError) as refused:
            go(run, data)
    finally:
        traced.Steps.train = real
    assert " became " in refused.value.problem
    assert "term task" in refused.value.problem
    assert "encoder of text" in refused.value.problem
    assert "samples s" in refused.value.problem
    for file in (run.folder / "checkpoints").glob("step-*.npz"):
        with np.load(file) as arrays:
            assert all(np.isfinite(arrays[n]).all() for n in arrays.files if n[:5] == "model")


def test_a_torn_last_line_is_cut_off_before_anything_is_added(tmp_path):
    run = store.create(tmp_path, make_spec())
    with pytest.raises(Killed):
        go(run, prepared(), kill_at=8)
    with run.events_file.open("ab") as stream:
        stream.write(b'{"event": "steps_do')
    go(run, prepared(), resume=True)
    assert len(history(run)[0]) == 20


def test_what_is_told_while_the_disk_is_full_is_written_when_there_is_space(tmp_path):
    run = store.create(tmp_path, make_spec())
    recorder = Recorder(run, lambda event: None)
    recorder.tell(events.Preparing(stage="scan"))
    real = recorder._stream

    class Full:
        fileno, truncate = real.fileno, real.truncate

        def write(self, line):
            real.write(line[:7])
            raise OSError(28, "No space left on device")

    recorder._stream = Full()
    recorder.tell(events.Preparing(stage="build"))
    recorder.tell(events.Preparing(stage="trace"))
    recorder._stream = real
    recorder.tell(events.Stopping())
    assert [json.loads(line)["event"] for line in run.events_file.read_text().splitlines()] == [
        "preparing", "preparing", "preparing", "stopping",
    ]  # fmt: skip


def test_the_share_by_which_steps_move_the_model_is_told(tmp_path, monkeypatch):
    from workbench.training import trainer

    monkeypatch.setattr(trainer, "MEASURE_SECONDS", 0.0)
    run = store.create(tmp_path, make_spec([("training.epochs", 8)]))
    go(run, prepared())
    told = [e for e in run.events() if isinstance(e, events.StepsDone)]
    shares = [e.update for e in told if e.update is not None]
    assert shares
    assert all(0 < share < 1 for share in shares)
    assert all(e.gradient > 0 and math.isfinite(e.gradient) for e in told)
    assert all({"data", "compute"} <= e.seconds.keys() for e in told)
