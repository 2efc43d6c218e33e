"""Runs that were never trained: small models of any parts, and samples as they come from files."""

from pathlib import Path

import numpy as np
from PIL import Image

from workbench import spec as specs

WORDS = ("red", "green", "blue", "circle", "square", "a", "the", "star")
SHORT = {"image": "image_cnn", "audio": "audio_cnn", "text": "text_average"}
SMALL = {
    "image_cnn": {"width": 4, "depth": 2, "size": 8},
    "audio_cnn": {"width": 4, "depth": 2, "size": 8},
    "text_average": {"size": 8},
}


def spec_of(
    encoders=None, fusion="concat", loss="cross_entropy", task="category", folder="/none", **more
):
    """A spec with small inputs."""
    named = {m: {"name": n, "options": SMALL.get(n, {})} for m, n in (encoders or SHORT).items()}
    audio, text = named.get("audio", {}).get("name"), named.get("text", {}).get("name")
    data = {
        "folder": folder, "target": "label" if task != "none" else "", "task": task,
        "image": {"size": 16} | more.pop("image", {}),
        "audio": {"sample_rate": 4000, "seconds": 0.2, "mel_bands": 8}
        | ({"form": "wave"} if audio == "audio_wave" else {}),
        "text": {"words": 6}
        | ({"tokenizer": "sentence_model"} if text == "text_sentence" else {}),
    }  # fmt: skip
    fused = {"name": fusion, "options": {} if fusion.startswith("late") else {"size": 8}}
    model = {"encoders": named, "fusion": fused} | more.pop("model", {})
    objective = {"loss": {"name": loss} if loss else None} | more.pop("objective", {})
    training = more.pop("training", {})
    return specs.RunSpec.model_validate(
        {"data": data, "model": model, "objective": objective, "training": training}
    )


def trained_of(spec, folder=Path("/none"), **known):
    """A ``Trained`` whose weights are those that chance gave it."""
    from workbench.data.readers import audio, tokens
    from workbench.insight.trained import Trained
    from workbench.training.inputs import ModelInputs
    from workbench.training.model import build
    from workbench.training.objective import Objective

    tokenizer = ""
    shapes = {}
    if "image" in spec.modalities:
        shapes["image"] = (spec.data.image.size,) * 2 + (3,)
    if "audio" in spec.modalities:
        shapes["audio"] = audio.shape(spec.data.audio)
    if "text" in spec.modalities:
        shapes["text"] = (5,)
        if spec.data.form("text") == "tokens":
            shapes["text"] = (spec.data.text.words,)
            tokenizer = tokens.train_tokenizer(WORDS * 2, spec.data.text).to_str()
    task = spec.data.task
    classes = {"yes_no": ("no", "yes")}.get(task, ("a", "b", "c"))
    numbers = {"number": ("x",), "numbers": ("x", "y")}.get(task, ())
    facts = {"center": 3.0, "spread": 2.0} if numbers else {}
    if task == "numbers":
        facts = {"center": (3.0, -1e4), "spread": (2.0, 0.5)}
    inputs = ModelInputs(
        shapes=shapes, task=task, classes=() if numbers or task == "none" else classes,
        vocabulary=12, tokenizer=tokenizer,
        columns=numbers if task == "numbers" else (), **facts | known,
    )  # fmt: skip
    built = build(spec, shapes, inputs.outputs, 12, inputs.incomplete)
    objective = Objective(
        spec, inputs.scaling, np.ones(len(inputs.classes), np.float32), len(inputs.columns)
    )
    _shake(built.model)
    return Trained(folder, spec, inputs, built, objective, (0, 0))


def _shake(model):
    """No weight is left at 0 or 1, so that none can be forgotten unnoticed."""
    dice = np.random.default_rng(1)
    for variable in model.variables:
        if "float" in str(variable.dtype):
            noise = dice.uniform(0.01, 0.1, variable.shape).astype(np.float32)
            variable.assign(np.asarray(variable) + noise)


def raw_samples(trained, count=2, seed=0):
    """Samples as they come from files: of any size and length."""
    dice = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        one = {}
        for modality in sorted(trained.spec.modalities):
            shape = trained.inputs.shapes[modality]
            match trained.spec.data.form(modality):
                case "pixels":
                    size = dice.integers(5, 60, 2)
                    one[modality] = dice.integers(0, 256, (*size, 3)).astype(np.uint8)
                case "tokens":
                    one[modality] = np.sort(dice.integers(0, 12, shape))[::-1].astype(np.int32)
                case "sentence":
                    one[modality] = dice.normal(size=shape).astype(np.float32)
                case _:
                    length = dice.integers(300, 1500)
                    one[modality] = dice.normal(0, 0.1, length).astype(np.float32)
        found.append(one)
    return found


def prepared_of(trained, samples, folder):
    """The same samples as the readers of the app prepare them, {modality: [samples, ...]}."""
    from workbench.data.readers import audio, image

    data = trained.spec.data
    found = {}
    for modality in sorted(trained.spec.modalities):
        rows = []
        for place, one in enumerate(samples):
            values = one[modality]
            if modality == "image":
                file = Path(folder) / f"{place}.png"
                Image.fromarray(values).save(file, compress_level=0)
                values = image.read_bytes(file, data.image.size, data.image.fit)
            elif modality == "audio" and data.audio.form == "wave":
                values = audio.fit(values, data.audio.sample_rate, data.audio.seconds)
                values = values.astype(np.float16)
            elif modality == "audio":
                rate, seconds = data.audio.sample_rate, data.audio.seconds
                values = audio.log_mel(values, rate, seconds, data.audio.mel_bands)
                values = values.astype(np.float16)
            rows.append(values)
        found[modality] = np.stack(rows)
    return found


def run_of(folder, spec, prepared):
    """A run on the disk whose best weights are those that chance gave it.

    Args:
        folder: of the run, made.
        spec: of the run.
        prepared: its samples.
    """
    from workbench.training import checkpoints
    from workbench.training.inputs import ModelInputs
    from workbench.training.model import build
    from workbench.training.objective import Objective

    inputs = ModelInputs.of(prepared, spec)
    built = build(spec, inputs.shapes, inputs.outputs, inputs.vocabulary, inputs.incomplete)
    _shake(built.model)
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "spec.json").write_text(spec.to_json(), "utf-8")
    inputs.write(folder)
    groups = {"model": built.model.variables}
    learned = Objective.of(spec, prepared).variables
    if learned:
        groups["objective"] = learned
    checkpoints.save(folder / "checkpoints" / "best.npz", groups, {})
    return folder
