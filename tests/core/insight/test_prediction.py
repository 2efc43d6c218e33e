"""Files and words are predicted as the same samples were in the evaluation."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import UserError


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small run of *shapes*, trained for a moment and evaluated."""
    from workbench import suggest
    from workbench.data.cache import prepare
    from workbench.data.folder import scan
    from workbench.data.samples import SAMPLES
    from workbench.insight.evaluate import evaluate
    from workbench.insight.trained import Trained
    from workbench.runs import store
    from workbench.spec import change
    from workbench.training.trainer import Trainer

    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(home))
        data = SAMPLES["shapes"].make(home / "shapes", samples=120, seed=5)
        index = scan(data)
        chosen = change(suggest.suggest(index), "training.epochs", 1)
        prepared = prepare(index, chosen.data, chosen.modalities)
        run = store.create(home / "runs", chosen)
        Trainer(chosen, prepared, run.folder, lambda event: None, lambda: None).train()
        opened = Trained.open(run.folder)
        evaluate(chosen, prepared, opened.model, "test", run.folder)
        prepared = opened.samples(prepared)
        # The arrays lie in the cache of this fixture's home.
        arrays = {m: np.array(values) for m, values in prepared.arrays.items()}
    return opened, data, prepared.stems.tolist(), arrays


def given(data: Path, stem: str, *only: str):
    from workbench.insight.reading import Given, words_of

    file = data / stem
    whole = {
        "image": file.with_name(f"{file.name}.png"),
        "audio": file.with_name(f"{file.name}.wav"),
        "text": words_of(file.with_name(f"{file.name}.txt")),
    }
    return Given(**{m: value for m, value in whole.items() if not only or m in only})


def test_files_become_the_very_arrays_of_the_cache_and_the_very_predictions(trained):
    from workbench.insight.prediction import Predictor
    from workbench.insight.reading import read
    from workbench.runs import results

    opened, data, stems, arrays = trained
    found, samples = results.read(opened.folder, "test")
    predictor = Predictor(opened)
    for place, stem in enumerate(samples.stem[:6].tolist()):
        one = read(opened, given(data, stem))
        row = stems.index(stem)
        for modality, values in one.arrays.items():
            np.testing.assert_array_equal(values[0], arrays[modality][row])
        (said,) = predictor.predict([one])
        assert said.said == (found.classes[samples.prediction[place]],)
        assert said.answers.max() == pytest.approx(samples.confidence[place], abs=1e-5)


def test_what_is_not_given_is_averaged_over_other_samples(trained):
    from workbench.insight.prediction import Predictor
    from workbench.insight.reading import read

    opened, data, stems, _ = trained
    predictor = Predictor(opened)
    whole = read(opened, given(data, stems[0]))
    less = read(opened, given(data, stems[0], "text"))
    assert (whole.lacking, less.lacking) == ((), ("image", "audio"))
    both = predictor.predict([whole, less, whole])
    alone = predictor.predict([less])
    np.testing.assert_allclose(both[1].answers, alone[0].answers, atol=1e-6)
    np.testing.assert_allclose(both[0].answers, both[2].answers, atol=1e-6)
    assert not np.allclose(both[0].answers, both[1].answers, atol=1e-4)


def test_nothing_that_the_model_knows_is_refused_in_words(trained):
    from workbench.insight.reading import Given, read

    opened, data, _, _ = trained
    with pytest.raises(UserError, match="Nothing is given"):
        read(opened, Given())
    with pytest.raises(UserError, match=r"nothing\.png"):
        read(opened, Given(image=data / "nothing.png"))


def test_a_folder_is_predicted_and_one_bad_file_does_not_end_it(trained, tmp_path):
    import shutil

    from workbench.insight.prediction import predict_folder

    opened, data, stems, _ = trained
    few = tmp_path / "few"
    for stem in stems[:5]:
        for suffix in (".png", ".wav", ".txt"):
            target = few / f"{stem}{suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(data / f"{stem}{suffix}", target)
    (few / f"{stems[1]}.wav").write_bytes(b"no sound at all")
    told = []
    words = predict_folder(
        opened, few, tmp_path / "out.csv", lambda *state: told.append(state), lambda: False
    )
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        lines = {line["sample"]: line for line in csv.DictReader(stream)}
    assert sorted(lines) == sorted(stems[:5])
    assert f"{stems[1].rsplit('/', 1)[-1]}.wav" in lines[stems[1]]["problem"]
    assert lines[stems[1]]["prediction"] == ""
    good = lines[stems[0]]
    classes = opened.inputs.classes
    assert good["prediction"] == max(classes, key=lambda name: float(good[name]))
    assert float(good["confidence"]) == max(float(good[name]) for name in classes)
    assert words == "5 samples were predicted; 1 of them could not be read."
    assert told[-1] == ("Predicting", 0, 5)


def test_thresholds_and_temperature_that_were_chosen_are_obeyed(trained):
    from workbench.insight.prediction import Predictor
    from workbench.insight.reading import read
    from workbench.runs import decision

    opened, data, stems, _ = trained
    one = read(opened, given(data, stems[0]))
    plain = Predictor(opened).predict([one])[0].answers
    decision.write(opened.folder, decision.Decision(temperature=4.0))
    try:
        softer = Predictor(opened).predict([one])[0].answers
    finally:
        decision.write(opened.folder, decision.Decision())
    expected = np.exp(np.log(plain) / 4.0)
    np.testing.assert_allclose(softer, expected / expected.sum(), rtol=1e-4)
