"""Advice from runs whose figures the test has made: what is found, and that its duel holds."""

import numpy as np
import pytest
from scipy import stats

from workbench import events, spec
from workbench.errors import UserError
from workbench.runs import contribution, history, results, store
from workbench.runs.advising import advise_run
from workbench.runs.contribution import Contribution, OfModality, Rows
from workbench.runs.results import ClassRow, Results, Samples

DICE = np.random.default_rng(0)
COUNT = 400


def recipe(task, loss, *changes):
    made = spec.from_data(
        {
            "data": {"folder": "/data", "target": "y", "task": task},
            "model": {
                "encoders": {"image": {"name": "image_cnn"}, "text": {"name": "text_average"}}
            },
            "objective": {"loss": {"name": loss}},
            "training": {"epochs": 8},
        }
    )
    return spec.change_all(made, changes)


def tell(run, train, validation, metric="accuracy", of_train=None, of_validation=None):
    """Let a run say its curves."""
    lowest, lines = np.inf, []
    of_train = of_train or [0.5] * len(train)
    of_validation = of_validation or [0.5] * len(validation)
    for place, (mine, loss) in enumerate(zip(train, validation, strict=True)):
        best = loss < lowest
        lowest = min(lowest, loss)
        lines.append(
            events.EpochDone(
                epoch=place + 1, step=place + 1, seconds=1.0, best=best,
                train={"loss": mine, metric: of_train[place]},
                validation={"loss": loss, metric: of_validation[place]},
            )
        )  # fmt: skip
    run.events_file.write_text("".join(events.to_line(each) + "\n" for each in lines))


def settled(run, **more):
    """Curves that say nothing."""
    tell(run, [1, 0.5, 0.4, 0.35, 0.35, 0.35, 0.35, 0.35],
         [1, 0.6, 0.5, 0.45, 0.446, 0.445, 0.4451, 0.4452], **more)  # fmt: skip


def number_run(folder, errors, predicted=None, residuals=None, loss="squared_error"):
    """A run of numbers with these errors of training samples in its last epochs."""
    run = store.create(folder, recipe("number", loss))
    (run.folder / "model").mkdir()
    (run.folder / "model" / "inputs.json").write_text('{"center": 0.0, "spread": 1.0}')
    about = history.About(
        task="number", outputs=1, train=tuple(f"t{n}" for n in range(len(errors))),
        train_target=tuple(0.0 for _ in errors),
    )  # fmt: skip
    history.begin(run.folder, about)
    for epoch in (1, 2, 3):
        history.write_epoch(
            run.folder, epoch,
            {
                "train_loss": np.square(errors).astype(np.float32),
                "train_metric": np.asarray(errors, np.float32),
                "validation_loss": np.zeros(0, np.float32),
                "validation_metric": np.zeros(0, np.float32),
                "validation_outputs": np.zeros((0, 1), np.float32),
            },
        )  # fmt: skip
    predicted = DICE.normal(size=COUNT) if predicted is None else predicted
    residuals = DICE.normal(size=len(predicted)) if residuals is None else residuals
    none = np.empty(0)
    results.write(
        run.folder,
        Results(split="test", task="number", target="y", metrics={"mae": 1.0},
                baseline={"mae": 2.0}, loss_name=loss),
        Samples(np.array([f"s{n}" for n in range(len(predicted))]), predicted - residuals,
                predicted, none, none, np.abs(residuals)),
    )  # fmt: skip
    settled(run, metric="mae")
    return run


def class_run(
    folder, *, right=0.9, confidence=0.9, support=None, recalls=None, suspicious=0.0,
    task="category", loss="cross_entropy", of_train=None, of_validation=None, far=0.0,
):  # fmt: skip
    """A run of three classes with these figures."""
    run = store.create(folder, recipe(task, loss))
    classes = ("a", "b", "c")
    labels = np.tile([0, 1, 2], COUNT // 3 + 1)[:COUNT]
    wrong = np.arange(COUNT) < suspicious * COUNT
    about = history.About(
        task=task, classes=classes, outputs=3, train=tuple(f"t{n}" for n in range(COUNT)),
        train_target=tuple(float(v) for v in labels),
    )  # fmt: skip
    history.begin(run.folder, about)
    for epoch in (1, 2, 3):
        history.write_epoch(
            run.folder, epoch,
            {
                "train_loss": np.ones(COUNT, np.float32),
                "train_metric": (~wrong).astype(np.float32),
                "train_margin": np.where(wrong, -2, 2).astype(np.float16),
                "train_said": np.where(wrong, (labels + 1) % 3, labels).astype(np.int16),
                "validation_loss": np.zeros(0, np.float32),
                "validation_metric": np.zeros(0, np.float32),
                "validation_outputs": np.zeros((0, 3), np.float32),
            },
        )  # fmt: skip
    hit = DICE.permutation(COUNT) < right * COUNT
    said = np.where(hit, labels, np.where(DICE.random(COUNT) < far, 2 - labels, (labels + 1) % 3))
    support = support or (100, 100, 100)
    recalls = recalls or (right, right, right)
    rows = tuple(
        ClassRow(name=name, precision=0.5, recall=recall, f1=0.5, support=many)
        for name, recall, many in zip(classes, recalls, support, strict=True)
    )
    sure = np.full(COUNT, confidence)
    results.write(
        run.folder,
        Results(split="test", task=task, target="y", classes=classes,
                metrics={"accuracy": float(hit.mean())}, baseline={}, per_class=rows,
                confusion=((0, 0, 0),) * 3, loss_name=loss),
        Samples(np.array([f"s{n}" for n in range(COUNT)]), labels, said, sure, sure, sure,
                outputs=np.zeros((COUNT, 3), np.float32)),
    )  # fmt: skip
    settled(run, of_train=of_train, of_validation=of_validation)
    return run


def carried(run, image, text, alone, without):
    """Let the contributions of two modalities be measured."""
    rows = tuple(
        OfModality(name=name, shapley=value, between=(value, value), alone=alone[name],
                   without=without[name], permuted=0.5, permuted_spread=0.1, removal="others")
        for name, value in (("image", image), ("text", text))
    )  # fmt: skip
    found = Contribution(
        split="test", samples=COUNT, score="accuracy", whole=0.9, nothing=0.9 - image - text,
        coalitions={}, modalities=rows, permutations=1, draws=1,
    )  # fmt: skip
    stems = np.array([f"s{n}" for n in range(COUNT)])
    contribution.write(run.folder, found, Rows(stems, np.zeros((COUNT, 2)), ("image", "text")))


def names(run):
    return [each.name for each in advise_run(run)]


def only(run, name):
    return next(each for each in advise_run(run) if each.name == name)


def test_a_sound_run_of_numbers_gets_no_advice(tmp_path):
    assert names(number_run(tmp_path, np.abs(DICE.normal(size=COUNT)))) == []


def test_a_sound_run_of_classes_gets_no_advice(tmp_path):
    assert names(class_run(tmp_path)) == []


def test_targets_far_out_speak_for_a_robust_loss(tmp_path):
    errors = np.abs(stats.norm.ppf((np.arange(COUNT) + 0.5) / COUNT))
    errors[10::20] = 30.0
    finding = only(number_run(tmp_path, errors), "tails")
    assert "5.0% of the training samples" in finding.sentence
    losses = [finding.duel.spec_of(each).objective.loss for each in finding.duel.contestants]
    assert [loss.name for loss in losses] == ["squared_error", "huber", "adaptive_robust"]
    # 1.345 standard deviations: 95 % efficient for normal errors.
    assert losses[1].options["delta"] == pytest.approx(1.345, rel=0.15)
    assert any(finding.evidence.marked)
    assert sum(finding.evidence.values) == COUNT


def test_a_robust_loss_needs_no_other(tmp_path):
    errors = np.abs(DICE.normal(size=COUNT))
    errors[:20] = 30.0
    assert "tails" not in names(number_run(tmp_path, errors, loss="absolute_error"))


def test_errors_that_grow_speak_for_a_learned_spread(tmp_path):
    predicted = np.linspace(1, 10, COUNT)
    residuals = predicted * DICE.normal(size=COUNT)
    run = number_run(tmp_path, np.abs(DICE.normal(size=COUNT)), predicted, residuals)
    assert "Gaussian NLL" in [c.name for c in only(run, "growing").duel.contestants]


def test_training_labels_that_are_contradicted_speak_for_a_forgiving_loss(tmp_path):
    finding = only(class_run(tmp_path, suspicious=0.25), "labels")
    assert "25% of the training labels" in finding.sentence
    assert {c.name for c in finding.duel.contestants} == {
        "As it is", "Generalised CE", "Symmetric CE",
    }  # fmt: skip


def test_hard_samples_are_not_taken_for_wrong_labels(tmp_path):
    run = class_run(tmp_path, suspicious=0.3, right=0.7, confidence=0.7)
    assert "labels" not in names(run)


def test_a_model_that_is_better_on_validation_than_in_training_doubts_its_labels(tmp_path):
    run = class_run(
        tmp_path, suspicious=0.3, right=0.6, confidence=0.6, of_train=[0.4] * 8,
        of_validation=[0.6] * 8,
    )  # fmt: skip
    assert "20 points more often" in only(run, "labels").sentence


def test_rare_classes_that_are_missed_speak_for_weights(tmp_path):
    run = class_run(tmp_path, support=(200, 180, 20), recalls=(0.95, 0.95, 0.3))
    finding = only(run, "rare")
    assert "(c) 30% are found, of the others 95%" in finding.sentence
    assert finding.duel.metric == "macro_f1"


def test_a_gap_that_chance_explains_is_not_spoken_of(tmp_path):
    assert "rare" not in names(class_run(tmp_path, support=(20, 20, 6), recalls=(0.9, 0.9, 0.67)))


def test_far_misses_of_ordered_classes_speak_for_a_loss_that_knows_the_order(tmp_path):
    run = class_run(tmp_path, task="ordered", right=0.6, confidence=0.6, far=1.0)
    assert [c.name for c in only(run, "order").duel.contestants] == ["As it is", "CORAL", "CORN"]


def test_a_model_that_is_too_sure_is_told_of_both_remedies(tmp_path):
    finding = only(class_run(tmp_path, right=0.7, confidence=0.95), "sureness")
    assert "25% surer than it is right" in finding.sentence
    assert "temperature" in finding.proposal


def test_a_modest_model_is_left_alone(tmp_path):
    assert "sureness" not in names(class_run(tmp_path, right=0.9, confidence=0.7))


def test_overfitting_speaks_for_dropout_and_decay(tmp_path):
    run = class_run(tmp_path)
    tell(run, [1, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05],
         [1, 0.8, 0.7, 0.75, 0.8, 0.9, 1.0, 1.1])  # fmt: skip
    made = only(run, "overfitting").duel
    assert [c.name for c in made.contestants] == ["As it is", "More dropout", "Weight decay"]


def test_a_loss_that_still_falls_speaks_for_more_epochs(tmp_path):
    run = class_run(tmp_path)
    tell(run, [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3], [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
    assert [c.name for c in only(run, "unfinished").duel.contestants] == ["8 epochs", "16 epochs"]


def test_a_restless_loss_speaks_for_smaller_steps(tmp_path):
    run = class_run(tmp_path)
    tell(run, [1] * 8, [1, 3, 0.5, 4, 0.7, 3, 0.6, 4])
    made = only(run, "unrest").duel
    assert made.spec_of(made.contestants[1]).training.learning_rate == pytest.approx(1e-3 / 3)


def test_a_modality_that_carries_all_speaks_for_heads_with_an_honest_warning(tmp_path):
    run = class_run(tmp_path)
    carried(run, 0.6, 0.05, {"image": 0.85, "text": 0.5}, {"image": 0.5, "text": 0.85})
    finding = only(run, "leading")
    assert "Image carries 92%" in finding.sentence
    assert "Kaffeza" in finding.proposal
    assert any(c.changes.get("objective.heads") for c in finding.duel.contestants)


def test_a_model_that_is_helpless_without_a_modality_is_told_of_dropout(tmp_path):
    run = class_run(tmp_path)
    carried(run, 0.4, 0.2, {"image": 0.8, "text": 0.6}, {"image": 0.4, "text": 0.8})
    assert only(run, "fragile").duel.contestants[1].changes == {"model.modality_dropout": 0.2}


def test_the_best_supported_finding_comes_first(tmp_path):
    run = class_run(tmp_path, suspicious=0.4, right=0.75, confidence=0.99)
    found = advise_run(run)
    assert len(found) > 1
    assert [each.weight for each in found] == sorted((e.weight for e in found), reverse=True)


def test_every_proposal_is_a_duel_that_holds(tmp_path):
    errors = np.abs(DICE.normal(size=COUNT))
    errors[:20] = 30.0
    runs = [number_run(tmp_path, errors), class_run(tmp_path, suspicious=0.3)]
    for finding in (each for run in runs for each in advise_run(run)):
        made = finding.duel
        assert made.contestants[0].changes == {}
        assert len({made.spec_of(each).fingerprint() for each in made.contestants}) > 1


def test_what_does_not_fit_the_recipe_is_not_proposed(tmp_path):
    # The head of LDAM speaks in cosines, which a late fusion cannot average.
    run = class_run(tmp_path, support=(200, 180, 20), recalls=(0.95, 0.95, 0.3))
    late = spec.change(run.spec(), "model.fusion.name", "late_average")
    (run.folder / "spec.json").write_text(late.to_json())
    assert [c.name for c in only(run, "rare").duel.contestants] == ["As it is", "Balanced CE"]


def test_a_run_that_was_not_evaluated_says_so(tmp_path):
    run = store.create(tmp_path, recipe("category", "cross_entropy"))
    with pytest.raises(UserError, match="was not evaluated"):
        advise_run(run)
