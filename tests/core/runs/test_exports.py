"""Runs for TensorBoard and MLflow."""

import re
import sys
import types

import pytest

from workbench import events, spec
from workbench.errors import UserError
from workbench.runs import exports, labels, store


@pytest.fixture
def run(tmp_path):
    made = store.create(
        tmp_path / "runs",
        spec.from_data(
            {
                "data": {"folder": "/data", "target": "label", "task": "category"},
                "model": {"encoders": {"image": {"name": "image_cnn"}}},
                "objective": {"loss": {"name": "cross_entropy"}},
            }
        ),
    )
    said = [
        events.StepsDone(
            time=10.0, epoch=1, step=3, losses=(3.0, 2.0, 1.0), learning_rate=0.1,
            samples_per_second=8.0,
        ),
        events.EpochDone(
            time=11.0, epoch=1, step=3, train={"loss": 2.0}, validation={"loss": 1.5}, seconds=1.0,
            best=True,
        ),
    ]  # fmt: skip
    made.events_file.write_text("".join(events.to_line(event) + "\n" for event in said))
    made.write_status(store.Status(phase="done"))
    return made


POINTS = [
    ("train/step_loss", 3.0, 1, 10.0),
    ("train/step_loss", 2.0, 2, 10.0),
    ("train/step_loss", 1.0, 3, 10.0),
    ("train/learning_rate", 0.1, 3, 10.0),
    ("train/samples_per_second", 8.0, 3, 10.0),
    ("train/loss", 2.0, 3, 11.0),
    ("validation/loss", 1.5, 3, 11.0),
]


def test_a_run_is_a_row_of_named_points_over_steps(run):
    assert list(exports.points(run.history()[0])) == POINTS


@pytest.mark.slow
def test_event_files_hold_every_point(run, tmp_path):
    import tensorflow as tf

    assert exports.to_tensorboard(run, tmp_path / "boards") == len(POINTS)
    (file,) = (tmp_path / "boards" / run.name).iterdir()
    found = [
        (value.tag, value.simple_value, event.step, event.wall_time)
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
        if value.HasField("simple_value")
    ]
    for mine, theirs in zip(sorted(found), sorted(POINTS), strict=True):
        assert mine[0] == theirs[0]
        assert mine[1:] == pytest.approx(theirs[1:])


class _Client:
    """Keeps what it is told, and refuses what a tracking server would."""

    told = None

    def __init__(self, tracking_uri=None):
        _Client.told = {"uri": tracking_uri, "params": {}, "metrics": [], "files": []}

    def get_experiment_by_name(self, name):
        return None

    def create_experiment(self, name):
        self.told["experiment"] = name
        return "7"

    def create_run(self, place, start_time, tags, run_name):
        self.told |= {"place": place, "name": run_name, "tags": tags, "start": start_time}
        return types.SimpleNamespace(info=types.SimpleNamespace(run_id="abc"))

    def log_batch(self, number, metrics=(), params=()):
        assert len(metrics) <= 1000
        assert len(params) <= 100
        for name, *_ in [*metrics, *params]:
            assert re.fullmatch(r"[\w\-. /]{1,250}", name), name
        self.told["metrics"] += [
            (name, value, step, at / 1000) for name, value, at, step in metrics
        ]
        for name, value in params:
            assert self.told["params"].setdefault(name, value) == value

    def log_artifact(self, number, file):
        self.told["files"].append(file.rsplit("/", 1)[-1])

    def set_terminated(self, number, status, end_time):
        self.told |= {"status": status, "end": end_time}

    def delete_run(self, number):
        self.told["deleted"] = number


@pytest.fixture
def mlflow(monkeypatch):
    made = types.ModuleType("mlflow")
    made.MlflowClient = _Client
    made.entities = types.SimpleNamespace(
        Param=lambda key, value: (key, value),
        Metric=lambda key, value, timestamp, step: (key, value, timestamp, step),
    )
    made.exceptions = types.SimpleNamespace(MlflowException=type("E", (Exception,), {}))
    monkeypatch.setitem(sys.modules, "mlflow", made)
    return made


def test_mlflow_gets_parameters_points_tags_and_files(run, mlflow):
    labels.change(run, name="Best", note="why", tags=["good", "über [alt]"])
    assert exports.to_mlflow(run, "http://there", "birds") == "abc"
    told = _Client.told
    assert told["metrics"] == POINTS
    assert told["params"]["objective.loss.name"] == "cross_entropy"
    assert (told["name"], told["tags"]) == (
        "Best", {"mlflow.note.content": "why", "tags": "good, über [alt]"},
    )  # fmt: skip
    assert (told["uri"], told["experiment"], told["status"]) == (
        "http://there", "birds", "FINISHED",
    )  # fmt: skip
    assert (told["start"], told["end"]) == (10_000, 11_000)
    assert told["files"] == ["spec.json"]


@pytest.mark.parametrize(
    ("phase", "word"),
    [("failed", "FAILED"), ("discarded", "KILLED"), ("interrupted", "KILLED"), ("paused", None)],
)
def test_mlflow_is_told_how_the_run_ended_and_nothing_of_one_under_way(run, mlflow, phase, word):
    run.write_status(store.Status(phase=phase))
    exports.to_mlflow(run, "", "birds")
    assert _Client.told.get("status") == word


def test_many_points_go_in_batches_and_names_that_become_alike_stay_two_curves(run, mlflow):
    many = [
        events.StepsDone(
            time=10.0, epoch=1, step=step, losses=(float(step),), learning_rate=0.1,
            samples_per_second=8.0,
        )
        for step in range(1, 1001)
    ]  # fmt: skip
    figures = {"recall [a]": 0.5, "recall (a)": 0.25, "../up//x": 1.0}
    last = events.EpochDone(
        time=11.0, epoch=1, step=1000, train={}, validation=figures, seconds=1.0, best=True
    )
    run.events_file.write_text("".join(events.to_line(event) + "\n" for event in [*many, last]))
    exports.to_mlflow(run, "", "birds")
    losses = [row[1] for row in _Client.told["metrics"] if row[0] == "train/step_loss"]
    assert losses == [float(step) for step in range(1, 1001)]
    assert {row[0]: row[1] for row in _Client.told["metrics"] if row[0].startswith("val")} == {
        "validation/recall _a_": 0.5, "validation/recall _a__2": 0.25, "validation/up/x": 1.0,
    }  # fmt: skip


def test_a_server_that_refuses_is_said(run, mlflow, monkeypatch):
    def refuse(self, name):
        raise mlflow.exceptions.MlflowException("no way")

    monkeypatch.setattr(_Client, "get_experiment_by_name", refuse)
    with pytest.raises(UserError, match="no way"):
        exports.to_mlflow(run, "", "birds")
    assert "deleted" not in _Client.told


@pytest.mark.parametrize("also", [False, True], ids=["server there", "server gone"])
def test_half_a_run_does_not_stay_at_mlflow(run, mlflow, monkeypatch, also):
    def refuse(self, *_, **__):
        raise mlflow.exceptions.MlflowException("disk full")

    asked = []
    monkeypatch.setattr(_Client, "log_artifact", refuse)
    monkeypatch.setattr(
        _Client, "delete_run", lambda self, number: (asked.append(number), also and refuse(self))
    )
    with pytest.raises(UserError, match="disk full"):
        exports.to_mlflow(run, "", "birds")
    assert asked == ["abc"]


def test_event_files_are_not_written_beside_earlier_ones_of_the_run(run, tmp_path):
    pytest.importorskip("tensorboardX")
    exports.to_tensorboard(run, tmp_path / "boards")
    (file,) = (tmp_path / "boards" / run.name).iterdir()
    before = file.read_bytes()
    with pytest.raises(UserError, match="event files already"):
        exports.to_tensorboard(run, tmp_path / "boards")
    assert file.read_bytes() == before
    assert list((tmp_path / "boards" / run.name).iterdir()) == [file]


def test_a_library_that_is_not_there_is_named_with_its_extra(run, tmp_path, monkeypatch):
    for name in ("tensorboardX", "mlflow"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match="not installed") as error:
        exports.to_tensorboard(run, tmp_path)
    assert "[tensorboard]" in error.value.remedy
    with pytest.raises(UserError, match="not installed"):
        exports.to_mlflow(run, "", "x")
