"""What fusions, balancers, robust losses and hidden modalities are worth on the samples.

Run with ``pytest -m benchmark -s tests/benchmarks/test_multimodal_yardsticks.py``; prints tables,
each arm with the mean and the spread over its seeds, paired differences and exact sign-flip p.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import spec, suggest
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.samples import SAMPLES, gauges

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]

Settings = Mapping[str, Any]


def sample(name: str, place: Path) -> tuple[spec.RunSpec, Any]:
    """A sample project, its suggested spec and its prepared samples."""
    folder = SAMPLES[name].make(place / name)
    index = scan(folder)
    chosen = suggest.suggest(index)
    return chosen, prepare(index, chosen.data, chosen.modalities, folder=place / "cache")


def of(data: Any, modalities: tuple[str, ...]) -> Any:
    """The same samples with these modalities alone."""
    return replace(
        data,
        arrays={m: array for m, array in data.arrays.items() if m in modalities},
        masks={m: mask for m, mask in data.masks.items() if m in modalities},
    )


def run(base: spec.RunSpec, data: Any, settings: Settings, seed: int, place: Path) -> Any:
    """Train one run; its test figures, and its model."""
    from workbench.insight.evaluate import evaluate, load_model
    from workbench.training.trainer import Trainer

    off = [m for m in base.modalities if m not in data.arrays]
    changes = {f"model.encoders.{m}": None for m in off} | dict(settings)
    chosen = spec.change_all(base, [*changes.items(), ("training.seed", seed)])
    Trainer(chosen, data, place, lambda event: None, lambda: None).train()
    model = load_model(chosen, place)
    return chosen, model, evaluate(chosen, data, model, "test", place).metrics


def table(title: str, found: Mapping[str, list[float]], against: str, digits: int = 1) -> None:
    """Print mean, spread, and the paired difference to one arm with its exact p."""
    print(f"\n{title}")
    for name, values in found.items():
        words = f"{name:34}{np.mean(values):8.{digits}f} ±{np.std(values, ddof=1):.{digits}f}"
        if name != against:
            apart = np.asarray(values) - np.asarray(found[against])
            words += f"   {apart.mean():+8.{digits}f}   p {sign_flip(apart):.3f}"
        print(words)


def sign_flip(differences: np.ndarray) -> float:
    """Exact two-sided p of the mean of paired differences under random signs."""
    observed = abs(differences.mean())
    flips = itertools.product((1, -1), repeat=len(differences))
    means = [abs((differences * np.asarray(signs)).mean()) for signs in flips]
    return float(np.mean(np.asarray(means) >= observed - 1e-12))


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> tuple[spec.RunSpec, Any]:
    return sample("shapes", tmp_path_factory.mktemp("shapes"))


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[spec.RunSpec, Any]:
    base, data = sample("digits", tmp_path_factory.mktemp("digits"))
    return base, of(data, ("image", "audio"))


def test_robust_losses_on_mistyped_gauges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 15 % mistyped, Huber or the adaptive loss is 25 % better than squared error."""
    monkeypatch.setattr(gauges, "MISTYPED", 0.15)
    base, data = sample("gauges", tmp_path)
    arms: dict[str, Settings] = {
        "squared_error": {"objective.loss.name": "squared_error"},
        "absolute_error": {"objective.loss.name": "absolute_error"},
        "huber, delta 1": {"objective.loss.name": "huber"},
        "huber, delta 0.3": {"objective.loss.name": "huber", "objective.loss.delta": 0.3},
        "adaptive_robust, shape 0": {
            "objective.loss.name": "adaptive_robust", "objective.loss.shape": 0.0,
            "objective.loss.scale": 0.3,
        },
        "adaptive_robust, learned": {
            "objective.loss.name": "adaptive_robust", "objective.loss.learn": True,
        },
    }  # fmt: skip
    found: dict[str, list[float]] = {name: [] for name in arms}
    for seed in range(3):
        for number, (name, settings) in enumerate(arms.items()):
            metrics = run(base, data, settings, seed, tmp_path / f"{seed}-{number}")[2]
            found[name].append(metrics["mae"])
    table("gauges, 15 % mistyped: MAE on clean targets, 3 seeds", found, "squared_error", 3)
    plain = np.mean(found["squared_error"])
    best = min(np.mean(found[name]) for name in found if name.startswith(("huber", "adaptive")))
    assert best < 0.75 * plain


def test_fusion_of_shapes_against_its_best_modality(shapes: Any, tmp_path: Path) -> None:
    """All three together are 15 points better than the best one alone."""
    base, data = shapes
    chosen = [("image",), ("audio",), ("text",), ("image", "audio"), ("image", "audio", "text")]
    found: dict[str, list[float]] = {" + ".join(names): [] for names in chosen}
    for seed in range(3):
        for names in chosen:
            place = tmp_path / f"{seed}-{'-'.join(names)}"
            metrics = run(base, of(data, names), {}, seed, place)[2]
            found[" + ".join(names)].append(100 * metrics["accuracy"])
    table("shapes: test accuracy, 3 seeds", found, "image + audio + text")
    best = max(np.mean(found[name]) for name in ("image", "audio", "text"))
    assert np.mean(found["image + audio + text"]) > best + 15


def test_losses_of_rare_classes(shapes: Any, tmp_path: Path) -> None:
    """Half of the classes keep one training sample in ten; the table says who gains."""
    base, data = shapes
    dice = np.random.default_rng(0)
    split = data.split.copy()
    rare = (split == 0) & (data.labels % 2 == 1) & (dice.random(len(split)) < 0.9)
    split[rare] = -1
    thin = replace(data, split=split)
    arms: dict[str, Settings] = {
        "cross_entropy": {},
        "balanced, effective": {"objective.loss.name": "balanced_cross_entropy"},
        "balanced, inverse": {
            "objective.loss.name": "balanced_cross_entropy",
            "objective.loss.weights_by": "inverse",
        },
        "balanced, beta 0.9": {
            "objective.loss.name": "balanced_cross_entropy", "objective.loss.beta": 0.9,
        },
        "focal": {"objective.loss.name": "focal"},
        "focal, gamma 1": {"objective.loss.name": "focal", "objective.loss.gamma": 1.0},
        "ldam": {"objective.loss.name": "ldam"},
    }  # fmt: skip
    found: dict[str, list[float]] = {name: [] for name in arms}
    for seed in range(3):
        for name, settings in arms.items():
            metrics = run(base, thin, settings, seed, tmp_path / f"{seed}-{name}")[2]
            found[name].append(100 * metrics["macro_f1"])
    table("shapes, 4 of 8 classes with a tenth: macro-F1, 3 seeds", found, "cross_entropy")


def test_balancers_against_equal_weights(digits: Any, tmp_path: Path) -> None:
    """The paired table over six seeds, whichever way it falls."""
    base, data = digits
    heads: Settings = {"objective.heads": True}
    momentum: Settings = {
        **heads, "training.optimizer.name": "sgd", "training.learning_rate": 0.05,
    }  # fmt: skip
    arms: dict[str, Settings] = {
        "one term": {},
        "heads, equal weights": heads,
        **{
            f"heads, {name}": {**heads, "objective.balancer.name": name}
            for name in (
                "uncertainty", "random_weights", "dynamic_weight_average", "gradnorm",
                "gradient_blending", "pcgrad", "mmpareto", "ogm_ge",
            )
        },
        "heads, equal weights, sgd": momentum,
        "heads, ogm_ge, sgd": {**momentum, "objective.balancer.name": "ogm_ge"},
    }  # fmt: skip
    full: dict[str, list[float]] = {name: [] for name in arms}
    for seed in range(6):
        for number, (name, settings) in enumerate(arms.items()):
            metrics = run(base, data, settings, seed, tmp_path / f"{seed}-{number}")[2]
            full[name].append(100 * metrics["accuracy"])
    table("digits, image + audio: test accuracy, 6 seeds", full, "heads, equal weights")
    table("the same against one term", full, "one term")


def test_hidden_modalities_pay_where_one_is_missing(digits: Any, tmp_path: Path) -> None:
    """Ten points more where one is missing, at no loss where none is."""
    base, data = digits
    arms: dict[str, Settings] = {
        "none hidden": {},
        "modality dropout 0.2": {"model.modality_dropout": 0.2},
        "modality dropout 0.4": {"model.modality_dropout": 0.4},
    }
    full: dict[str, list[float]] = {name: [] for name in arms}
    without: dict[str, dict[str, list[float]]] = {
        m: {name: [] for name in arms} for m in ("image", "audio")
    }
    for seed in range(6):
        for number, (name, settings) in enumerate(arms.items()):
            _, model, metrics = run(base, data, settings, seed, tmp_path / f"{seed}-{number}")
            full[name].append(100 * metrics["accuracy"])
            for missing, told in without.items():
                told[name].append(100 * accuracy_without(model, data, missing))
    table("digits, image + audio: test accuracy, 6 seeds", full, "none hidden")
    for missing, told in without.items():
        table(f"the same, {missing} missing", told, "none hidden")
    for told in without.values():
        assert np.mean(told["modality dropout 0.2"]) > np.mean(told["none hidden"]) + 10
    assert np.mean(full["modality dropout 0.2"]) > np.mean(full["none hidden"]) - 1


def accuracy_without(model: Any, data: Any, missing: str) -> float:
    """Test accuracy where one modality is missing.

    A model that has met missing ones is told so; any other sees zeros.
    """
    rows = data.rows("test")
    inputs = {m: np.array(array[rows]) for m, array in data.arrays.items()}
    inputs[missing] = np.zeros_like(inputs[missing])
    asked = {tensor.name for tensor in model.inputs}
    for modality in data.arrays:
        if f"{modality}_present" in asked:
            inputs[f"{modality}_present"] = np.full(len(rows), modality != missing, "f4")
    said = np.asarray(model(inputs, training=False)["task"]).argmax(axis=1)
    return float((said == data.labels[rows]).mean())
