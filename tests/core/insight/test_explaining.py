"""Explanations of a model whose evidence was planted at known places."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import UserError

# The label stands in the upper left corner of the picture, in frames 20 to 28, in the third word.
CORNER = (slice(4, 12), slice(4, 12))
FRAMES = slice(20, 28)
WORD = 2
COUNT = 240


def planted(dice):
    from workbench.data.prepared import Prepared

    labels = dice.integers(0, 2, COUNT)
    image = dice.integers(90, 160, (COUNT, 32, 32, 3)).astype(np.uint8)
    image[:, CORNER[0], CORNER[1]] = np.where(
        labels[:, None, None, None] == 1, [250, 10, 10], [10, 10, 250]
    )
    audio = dice.normal(-0.3, 0.1, (COUNT, 40, 16)).astype(np.float16)
    audio[labels == 1, FRAMES, 2:6] = 0.9
    audio[labels == 0, FRAMES, 10:14] = 0.9
    text = dice.integers(4, 12, (COUNT, 6)).astype(np.int32)
    text[:, WORD] = labels + 2
    text[:, 5] = 0
    return Prepared(
        arrays={"image": image, "audio": audio, "text": text},
        labels=labels,
        split=np.repeat([0, 1, 2], [180, 20, 40]).astype(np.int8),
        stems=np.array([f"s{n}" for n in range(COUNT)], dtype=np.dtypes.StringDType()),
        task="category",
        classes=("no", "yes"),
        vocabulary=12,
        scaling=None,
        left_out={},
        tokenizer=tokenizer(),
        key="k",
    )


def tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["[PAD]", "[UNK]", "blue", "red", *(f"w{n}" for n in range(8))]
    made = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made.to_str()


def learn(folder, prepared, modalities, encoders, hides=0.0):
    from dataclasses import replace

    from workbench import spec
    from workbench.insight import background
    from workbench.insight.trained import Trained
    from workbench.runs import store
    from workbench.training.trainer import Trainer

    mine = replace(prepared, arrays={m: prepared.arrays[m] for m in modalities})
    chosen = spec.from_data(
        {
            "data": {
                "folder": "/data", "target": "label", "task": "category",
                "text": {"words": 6, "vocabulary": 100},
            },
            "model": {
                "encoders": {m: {"name": encoders[m]} for m in modalities},
                "modality_dropout": hides,
            },
            "objective": {"loss": {"name": "cross_entropy"}},
            "training": {"epochs": 6, "batch_size": 20, "learning_rate": 0.003},
        }
    )  # fmt: skip
    run = store.create(folder, chosen)
    Trainer(chosen, mine, run.folder, lambda event: None, lambda: None).train()
    background.keep(run.folder, mine, 0)
    return Trained.open(run.folder), mine


USUAL = {"image": "image_cnn", "audio": "audio_cnn", "text": "text_average"}


@pytest.fixture(scope="module")
def data():
    return planted(np.random.default_rng(0))


@pytest.fixture(scope="module")
def alone(tmp_path_factory, data):
    """One model for each modality, so that it has nothing else to go by."""
    return {m: learn(tmp_path_factory.mktemp(m), data, [m], USUAL) for m in USUAL}


@pytest.fixture(scope="module")
def together(tmp_path_factory, data):
    return learn(tmp_path_factory.mktemp("runs"), data, list(USUAL), USUAL)


def explained(trained, prepared, method, stem="s205", **asked):
    from workbench.insight.microscope import Asked, Microscope

    scope = Microscope(trained, trained.samples(prepared))
    return scope.look(Asked(stem, method, **asked))


def causal(trained, prepared, modality):
    """A sample whose answer hangs on its evidence: taken from it, the answer falls most.

    A model may take one of two classes as what remains where it sees nothing of the other; that
    class has no evidence of its own.
    """
    rows = [np.flatnonzero(prepared.labels[200:] == label)[0] + 200 for label in (0, 1)]
    whole = prepared.arrays[modality][rows]
    less = whole.copy()
    fill = {"image": 125, "audio": -0.3, "text": 1}[modality]
    place = {"image": (slice(None), *CORNER), "audio": (slice(None), FRAMES)}.get(
        modality, (slice(None), WORD)
    )
    less[place] = fill
    fall = [
        trained.says({modality: values})["task"][[0, 1], prepared.labels[rows]]
        for values in (whole, less)
    ]
    return f"s{rows[int((fall[0] - fall[1]).argmax())]}"


def share_inside(found, modality):
    """How much of the evidence for the answer lies where it was planted."""
    values = np.maximum(found.explanation.maps[modality], 0)
    box = {"image": np.s_[2:14, 2:14], "audio": np.s_[17:31], "text": np.s_[WORD]}[modality]
    return values[box].sum() / values.sum()


@pytest.mark.parametrize(
    ("modality", "method", "least"),
    [
        # By chance 14 % of a picture's map would lie inside, 35 % of a sound's, 20 % of a text's.
        # Grad-CAM blurs it over the 4 x 4 places that it knows.
        ("image", "grad_cam", 0.25), ("image", "integrated_gradients", 0.5),
        ("image", "occlusion", 0.5), ("audio", "grad_cam", 0.5),
        ("audio", "integrated_gradients", 0.55), ("audio", "occlusion", 0.7),
        ("text", "integrated_gradients", 0.7), ("text", "occlusion", 0.7),
    ],
)  # fmt: skip
def test_the_evidence_is_found_where_it_was_planted(alone, modality, method, least):
    trained, prepared = alone[modality]
    stem = causal(trained, prepared, modality)
    found = explained(trained, prepared, method, stem)
    assert found.answers[found.output] > 0.9
    assert found.output == prepared.labels[int(stem[1:])]
    assert share_inside(found, modality) > least


@pytest.mark.parametrize("method", ["grad_cam", "integrated_gradients", "occlusion"])
def test_shuffled_weights_give_other_maps_and_the_weights_are_put_back(together, method):
    trained, prepared = together
    before = [variable.numpy().copy() for variable in trained.model.variables]
    found = explained(trained, prepared, method, checked=True)
    assert found.sanity.passed
    assert {"image", "audio"} >= set(found.sanity.likeness) > set()
    assert all(value < 0.7 for value in found.sanity.likeness.values() if value == value)
    for variable, values in zip(trained.model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), values)


def test_integrated_gradients_add_up_over_all_modalities(together):
    trained, prepared = together
    found = explained(trained, prepared, "integrated_gradients").explanation
    total = sum(float(values.sum()) for values in found.maps.values())
    assert set(found.maps) == set(USUAL)
    assert total == pytest.approx(found.score - found.baseline, rel=0.01)
    assert found.gap < 0.01


def test_gradients_of_a_linear_model_are_exact(together):
    """The classifier behind an average of words is linear in them: one step says all."""
    from workbench.insight.explaining.inside import Inside, Question
    from workbench.insight.explaining.integrated_gradients import integrated_gradients

    trained, prepared = together
    inside = Inside(trained)
    sample = {m: prepared.arrays[m][205:206] for m in USUAL}
    one = integrated_gradients(inside, sample, Question(0), steps=1)
    assert one.gap < 1.0
    both = [float(inside.score(inside.floats(sample), Question(n))[0]) for n in (0, 1)]
    against = inside.score(inside.floats(sample), Question(0, against=1))
    assert float(against[0]) == pytest.approx(both[0] - both[1], abs=1e-5)
    np.testing.assert_allclose(both, trained.says(sample)["task"][0], atol=1e-5)


@pytest.mark.parametrize("hides", [0.0, 0.3])
def test_what_is_switched_off_is_neither_known_nor_explained(tmp_path, data, hides, together):
    trained, prepared = together if not hides else learn(tmp_path, data, list(USUAL), USUAL, hides)
    whole = explained(trained, prepared, "occlusion")
    less = explained(trained, prepared, "occlusion", hidden=("image", "audio"))
    assert set(less.explanation.maps) == {"text"}
    np.testing.assert_allclose(less.before, whole.answers, atol=1e-6)
    assert not np.allclose(less.answers, whole.answers, atol=1e-6)
    with pytest.raises(UserError, match="switched off"):
        explained(trained, prepared, "occlusion", hidden=tuple(USUAL))


def test_changes_of_a_sample_move_the_answer(alone):
    from workbench.insight.sample import Edits

    trained, prepared = alone["text"]
    label = prepared.labels[205]
    other = ("blue", "red")[1 - label]
    found = explained(trained, prepared, "occlusion", edits=Edits(text=f"w1 w2 {other} w3"))
    assert found.sample.words == ("w1", "w2", other, "w3")
    assert found.answers[label] < 0.5 < found.before[label]
    for modality, edits in (
        ("image", Edits(covered=(0.1, 0.1, 0.3, 0.3))),
        ("image", Edits(cut=(0.5, 0.5, 0.5, 0.5))),
        ("audio", Edits(muted=(0.45, 0.75))),
    ):
        trained, prepared = alone[modality]
        stem = causal(trained, prepared, modality)
        found = explained(trained, prepared, "occlusion", stem, edits=edits)
        label = prepared.labels[int(stem[1:])]
        assert found.answers[label] < found.before[label] - 0.1, edits


def test_a_method_that_does_not_fit_says_so_in_words(together):
    trained, prepared = together
    found = explained(trained, prepared, "grad_cam").explanation
    assert "text" not in found.maps
    assert "choose another method" in found.problems["text"]
    with pytest.raises(UserError, match="no output 7"):
        explained(trained, prepared, "grad_cam", output=7)


def test_a_sample_that_is_gone_is_named(together):
    from workbench.insight.microscope import Asked, Microscope

    trained, prepared = together
    with pytest.raises(UserError, match="nobody"):
        Microscope(trained, prepared).look(Asked("nobody"))


def test_why_not_another_class_is_compared_with_the_likeliest(together):
    trained, prepared = together
    found = explained(trained, prepared, "occlusion", output=0, against_rival=True)
    assert (found.output, found.rival) == (0, 1)


@pytest.mark.parametrize(
    ("modality", "name"),
    [
        ("image", "image_resnet"), ("image", "image_vit"), ("audio", "audio_crnn"),
        ("audio", "audio_transformer"), ("audio", "audio_resnet"), ("text", "text_cnn"),
        ("text", "text_lstm"), ("text", "text_transformer"),
    ],
)  # fmt: skip
def test_every_encoder_can_be_explained(tmp_path, data, modality, name):
    """No training: whether gradients and covers go through, and add up."""
    from workbench import parts
    from workbench.insight.explaining.inside import Inside, Question
    from workbench.insight.explaining.integrated_gradients import integrated_gradients
    from workbench.insight.explaining.occlusion import occlusion

    assert parts.find("encoder", name)
    trained, prepared = untrained(tmp_path, data, modality, name)
    inside = Inside(trained)
    sample = {modality: prepared.arrays[modality][205:206]}
    for method in (integrated_gradients, occlusion):
        found = method(inside, sample, Question(0))
        assert np.isfinite(found.maps[modality]).all()
        assert np.ptp(found.maps[modality]) > 0


def untrained(folder, prepared, modality, name):
    from dataclasses import replace

    from workbench import spec
    from workbench.insight import background
    from workbench.insight.trained import Trained
    from workbench.runs import store
    from workbench.training import checkpoints
    from workbench.training.inputs import ModelInputs
    from workbench.training.model import build

    mine = replace(prepared, arrays={modality: prepared.arrays[modality]})
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {modality: {"name": name}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )
    run = store.create(folder, chosen)
    inputs = ModelInputs.of(mine, chosen)
    inputs.write(run.folder)
    built = build(chosen, inputs.shapes, inputs.outputs, inputs.vocabulary)
    (run.folder / "checkpoints").mkdir(exist_ok=True)
    checkpoints.save(run.folder / "checkpoints" / "best.npz", {"model": built.model.variables}, {})
    background.keep(run.folder, mine, 0)
    return Trained.open(run.folder), mine
