"""Runs for TensorBoard and MLflow."""

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
    """Keeps what it is told, as a tracking server would."""

    told = None

    def __init__(self, tracking_uri=None):
        _Client.told = {"uri": tracking_uri, "params": {}, "metrics": [], "tags": {}, "files": []}

    def get_experiment_by_name(self, name):
        return None

    def create_experiment(self, name):
        self.told["experiment"] = name
        return "7"

    def create_run(self, place, run_name, tags):
        self.told |= {"place": place, "name": run_name, "note": tags["note"]}
        return types.SimpleNamespace(info=types.SimpleNamespace(run_id="abc"))

    def log_param(self, number, name, value):
        self.told["params"][name] = value

    def set_tag(self, number, name, value):
        self.told["tags"][name] = value

    def log_metric(self, number, name, value, timestamp, step):
        self.told["metrics"].append((name, value, step, timestamp / 1000))

    def log_artifact(self, number, file):
        self.told["files"].append(file.rsplit("/", 1)[-1])

    def set_terminated(self, number, status):
        self.told["status"] = status


@pytest.fixture
def mlflow(monkeypatch):
    made = types.ModuleType("mlflow")
    made.MlflowClient = _Client
    made.exceptions = types.SimpleNamespace(MlflowException=type("E", (Exception,), {}))
    monkeypatch.setitem(sys.modules, "mlflow", made)
    return made


def test_mlflow_gets_parameters_points_tags_and_files(run, mlflow):
    labels.change(run, name="Best", note="why", tags=["good"])
    assert exports.to_mlflow(run, "http://there", "birds") == "abc"
    told = _Client.told
    assert told["metrics"] == POINTS
    assert told["params"]["objective.loss.name"] == "cross_entropy"
    assert (told["name"], told["note"], told["tags"]) == ("Best", "why", {"good": "true"})
    assert (told["uri"], told["experiment"], told["status"]) == (
        "http://there", "birds", "FINISHED",
    )  # fmt: skip
    assert told["files"] == ["spec.json"]


def test_a_server_that_refuses_is_said(run, mlflow, monkeypatch):
    def refuse(self, name):
        raise mlflow.exceptions.MlflowException("no route")

    monkeypatch.setattr(_Client, "get_experiment_by_name", refuse)
    with pytest.raises(UserError, match="did not take the run: no route"):
        exports.to_mlflow(run, "", "x")


def test_a_library_that_is_not_there_is_named_with_its_extra(run, tmp_path, monkeypatch):
    for name in ("tensorboardX", "mlflow"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match="not installed") as error:
        exports.to_tensorboard(run, tmp_path)
    assert "[tensorboard]" in error.value.remedy
    with pytest.raises(UserError, match="not installed"):
        exports.to_mlflow(run, "", "x")
