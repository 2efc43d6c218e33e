"""The parts of a recipe as Python: what is cut out, and the few lines that join it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench import parts
from workbench.data import augment
from workbench.data.prepared import Prepared
from workbench.parts import Kind, Modality
from workbench.reporting.literals import call, literal, namespace
from workbench.reporting.script_objective import Written, written
from workbench.reporting.source import Cuttings
from workbench.spec import PAIRS, PartSpec, RunSpec

_TAKEN = frozenset(
    {
        "NAME", "DATA", "SAMPLES", "SPLITS", "MODALITIES", "IMAGE", "AUDIO", "TEXT", "TARGETS",
        "CLASSES", "LACKING", "EPOCHS", "BATCH_SIZE", "LEARNING_RATE", "SEED", "VARIED_IMAGE",
        "VARIED_AUDIO", "VARIED_TEXT", "Data", "Shuffled", "InOrder", "Recipe", "Course",
        "build_model", "told", "asked_for", "mean_over", "main", "read_picture", "read_sound",
        "argparse", "csv", "inspect", "json", "math", "os", "time", "np", "keras", "ops", "tf",
        "soundfile", "Path", "SimpleNamespace", "ThreadPoolExecutor", "data", "inputs", "said",
    }
)  # fmt: skip
"""Names that the script gives itself."""
_READERS = "workbench.data.readers"
INSTEAD = {
    "workbench.errors.UserError": "ValueError",
    "workbench.parts.MODALITIES": '("image", "audio", "text")',
    "workbench.layers.normalization.FusedBatchNormalization": "keras.layers.BatchNormalization",
    f"{_READERS}.regular.size_of": '''
def size_of(path):
    """Bytes of a file."""
    return path.stat().st_size
''',
    f"{_READERS}.image._decode": '''
def _decode(path, size):
    """A picture in RGB, turned as its camera was held."""
    with Image.open(path) as file:
        if file.format == "JPEG":
            file.draft("RGB", (size, size))
        file.load()
        return _turned(_to_rgb(file), file)
''',
    "workbench.layers.imagenet.weights": '''
def weights(network, told=None):
    """The file of a network's weights, as Keras keeps it."""
    return Path(
        keras.utils.get_file(
            network.file_name, network.address, cache_subdir="models", file_hash=network.digest
        )
    )
''',
}
_PICTURE = '''
def read_picture(path):
    """A picture as uint8 [size, size, 3]."""
    return read_bytes(path, IMAGE.size, IMAGE.fit)
'''
_SOUND = '''
def read_sound(path):
    """A sound as the model hears it, float16: {form}."""
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        frames = min(file.frames, math.ceil(rate * (AUDIO.seconds + 0.05)))
        sound = file.read(frames, dtype="float32", always_2d=True).mean(axis=1)
    if rate != AUDIO.sample_rate:
        import soxr

        sound = soxr.resample(sound, rate, AUDIO.sample_rate, quality="HQ")
    sound = np.ascontiguousarray(sound, np.float32)
    return {made}.astype(np.float16)
'''
_MADE = {
    "log_mel": "log_mel(sound, AUDIO.sample_rate, AUDIO.seconds, AUDIO.mel_bands)",
    "wave": "fit(sound, AUDIO.sample_rate, AUDIO.seconds)",
}
_TYPES = {"pixels": "uint8", "log_mel": "float16", "wave": "float16", "tokens": "int32"}


class Chosen:
    """What a recipe has chosen, written out.

    Args:
        spec: of the run.
        prepared: its samples.
        are_files: whether each text is a file of its own.
    """

    def __init__(self, spec: RunSpec, prepared: Prepared, *, are_files: bool) -> None:
        self._spec, self._prepared, self._are_files = spec, prepared, are_files
        self._cuttings = Cuttings(INSTEAD, _own_files(), _TAKEN)
        hidden = spec.model.modality_dropout > 0 and len(spec.modalities) > 1
        lacking = spec.modalities if hidden else tuple(prepared.masks)
        self._lacking = tuple(sorted(lacking))
        self.differs = tuple(_differs(spec))

    def imports(self) -> set[str]:
        """Statements that what was written needs at the head of the script."""
        more = {"import soundfile"} if "audio" in self._spec.modalities else set()
        if self._spec.training.deterministic:
            more |= {"import tensorflow as tf"}
        return self._cuttings.imports | more | {"import inspect"}

    def facts(self) -> dict[str, Any]:
        """All that the template asks for; in the order in which it stands in the script."""
        data = self._data()
        model = self._model()
        layers = self._cuttings.take()
        objective: Written = written(self._spec, self._cuttings, self._lacking)
        losses = self._cuttings.take()
        training = self._training()
        return {
            **data, "model": model, "layers": layers, "losses": losses,
            **vars(objective), **training,
            "lacking": literal(self._lacking), "differs": self.differs,
            "steps": self._cuttings.take(),
        }  # fmt: skip

    def _part(self, kind: Kind, chosen: PartSpec, *first: str, **facts: str) -> str:
        """A call of a part with all of its options."""
        part = parts.find(kind, chosen.name)
        name = self._cuttings.need(part.function.__module__, part.name)
        return call(name, *first, **{n: literal(v) for n, v in part.check(chosen.options).items()},
                    **{n: v for n, v in facts.items() if n in part.facts})  # fmt: skip

    def _data(self) -> dict[str, Any]:
        data, modalities = self._spec.data, self._spec.modalities
        need = self._cuttings.need
        blocks, read_text = [], ""
        if "image" in modalities:
            need(f"{_READERS}.image", "read_bytes")
            blocks += [self._cuttings.take(), _PICTURE.strip()]
        if "audio" in modalities:
            need(f"{_READERS}.audio", "log_mel" if data.audio.form == "log_mel" else "fit")
            sound = _SOUND.format(form=parts.FORM_WORDS[data.audio.form],
                                  made=_MADE[data.audio.form])  # fmt: skip
            blocks += [self._cuttings.take(), sound.strip()]
        if "text" in modalities:
            need(f"{_READERS}.tokens", "train_tokenizer")
            need(f"{_READERS}.tokens", "encode")
            read_text = need(f"{_READERS}.text", "read") if self._are_files else ""
        if data.task in ("number", "numbers"):
            need("workbench.data.prepared", "_middle_and_spread")
        blocks.append(self._cuttings.take())
        options: dict[str, str] = {
            m: namespace(dict(getattr(data, m))) if m in modalities else ""
            for m in parts.MODALITIES
        }
        return {
            "readers": "\n\n\n".join(block for block in blocks if block), "read_text": read_text,
            "text_files": self._are_files, **options, **self._variation(),
        }  # fmt: skip

    def _variation(self) -> dict[str, Any]:
        """How training samples are varied."""
        chosen = self._spec.training.augmentation
        on = [m for m in self._spec.modalities if augment.any_on(getattr(chosen, m))]
        names = {m: self._cuttings.need("workbench.data.augment", m) for m in on}
        dice = self._cuttings.need("workbench.data.augment", "dice") if on else ""
        told = [(m, namespace(dict(getattr(chosen, m)))) for m in on]
        return {"augmentation": told, "vary": names, "dice": dice, "varying": self._cuttings.take()}

    def _model(self) -> str:
        """The lines that join encoders, fusion and heads, in the order in which they were made."""
        spec = self._spec
        lines = []
        for modality in sorted(spec.modalities):
            lines += self._encoder(modality)
        lines += self._presence()
        decides = parts.find("fusion", spec.model.fusion.name).decides
        if spec.objective.loss is not None:
            lines += [] if decides else self._fused(spec.objective.loss)
            if decides or spec.objective.heads:
                lines += self._heads(spec.objective.loss)
            lines += self._decided() if decides else []
        for pair, chosen in spec.objective.alignments.items():
            for modality in PAIRS[pair]:
                layer = f"{pair.replace('+', '_with_')}_{modality}"
                dense = call("keras.layers.Dense", str(chosen.size), dtype='"float32"',
                             name=literal(layer))  # fmt: skip
                lines += [
                    self._chance(f"{pair}_{modality}"),
                    f'said["{pair}_{modality}"] = {dense}(encoded["{modality}"]["vector"])',
                ]
        whole = "\n".join(lines).splitlines()
        return "\n".join(f"    {line}" if line else "" for line in whole)

    def _chance(self, name: str) -> str:
        """The line after which the weights of something start as in the run."""
        return f"{self._cuttings.need('workbench.training.model', 'begin_chance')}(SEED, {name!r})"

    def _encoder(self, modality: Modality) -> list[str]:
        kind = _TYPES[self._spec.data.form(modality)]
        made = self._part(
            "encoder", self._spec.model.encoders[modality], fresh="True",
            vocabulary="data.tokenizer.get_vocab_size()",
        )  # fmt: skip
        given = f'inputs["{modality}"]'
        lines = [
            "",
            f'{given} = keras.Input(shapes["{modality}"], dtype="{kind}", name="{modality}")',
            self._chance(modality),
            f"{modality}_encoder = {made}",
        ]
        if modality == "image":
            lines.append(f"pixels = keras.layers.Rescaling(1 / 255)({given})")
            given = "pixels"
        return [
            *lines,
            f'encoded["{modality}"] = told({modality}_encoder({given}))',
            f'said["embedding_{modality}"] = encoded["{modality}"]["vector"]',
        ]

    def _presence(self) -> list[str]:
        lines = ["", "present = {}"] if self._lacking else []
        for modality in self._lacking:
            lines += [
                f'inputs["{modality}_present"] = keras.Input((), name="{modality}_present")',
                f'present["{modality}"] = inputs["{modality}_present"]',
            ]
        rate = self._spec.model.modality_dropout
        if rate and len(self._lacking) > 1:
            hide = self._cuttings.need("workbench.layers.hiding", "ModalityDropout")
            lines.append(f"present = {hide}({rate!r}, SEED)(present)")
        return lines

    def _fused(self, loss: PartSpec) -> list[str]:
        there = "present=present, " if self._lacking else ""
        lines = [
            "", self._chance("task"),
            'vectors = {m: found["vector"] for m, found in encoded.items()}',
        ]  # fmt: skip
        if self._lacking:
            absent = self._cuttings.need("workbench.layers.absent", "Absent")
            lines += [
                "for modality, has in present.items():",
                f'    stand_in = {absent}(name=f"absent_{{modality}}")',
                "    vectors[modality] = stand_in(vectors[modality], has)",
            ]
        lines += [
            "sequences = {",
            '    m: (found["sequence"], found.get("mask"))',
            "    for m, found in encoded.items()",
            '    if "sequence" in found',
            "}",
            f"fusion = {self._part('fusion', self._spec.model.fusion)}",
            f"fused = fusion(vectors, **asked_for(fusion, {there}sequences=sequences))",
            f"fused = keras.layers.Dropout({self._spec.model.head_dropout!r})(fused)",
            self._chance("head"),
            f'said["task"] = {self._head(loss, "head")}(fused)',
        ]
        return lines

    def _heads(self, loss: PartSpec) -> list[str]:
        lines = []
        for m in sorted(self._spec.modalities):
            made = self._head(loss, f"head_{m}")
            lines += [
                self._chance(f"head_{m}"), f'said["head_{m}"] = {made}(encoded["{m}"]["vector"])',
            ]  # fmt: skip
        return lines

    def _decided(self) -> list[str]:
        fusion = self._part("fusion", self._spec.model.fusion, task=literal(self._spec.data.task))
        there = ", present=present" if self._lacking else ""
        return [
            self._chance("task"),
            f"fusion = {fusion}",
            'heads = {m: said[f"head_{m}"] for m in MODALITIES}',
            f'said["task"] = fusion(heads, **asked_for(fusion{there}))',
        ]

    def _head(self, loss: PartSpec, name: str) -> str:
        """A layer from an embedding to what the loss reads."""
        outputs, kind = self._prepared.outputs, parts.find("loss", loss.name).head
        own = {"spread": "Spread", "ranks": "Ranks", "cosine": "Cosines"}
        if kind in own:
            layer = self._cuttings.need("workbench.layers.heads", own[kind])
            return call(layer, str(outputs), name=literal(name))
        outputs -= kind == "steps"
        return call("keras.layers.Dense", str(outputs), dtype='"float32"', name=literal(name))

    def _training(self) -> dict[str, Any]:
        training = self._spec.training
        frozen = any(c.name == "image_pretrained" or self._own(c)
                     for c in self._spec.model.encoders.values())  # fmt: skip
        return {
            "schedule": self._part("schedule", training.schedule, "self.step",
                                   base="LEARNING_RATE", total="self.total"),
            "optimizer": self._part("optimizer", training.optimizer, "LEARNING_RATE"),
            "frozen": frozen,
        }  # fmt: skip

    @staticmethod
    def _own(chosen: PartSpec) -> bool:
        return parts.find("encoder", chosen.name).file is not None


def _own_files() -> dict[str, Path]:
    """Files of people's own parts by the name of their module."""
    own = [part for kind in parts.KINDS for part in parts.own(kind)]
    return {part.function.__module__: part.file for part in own if part.file is not None}


def _differs(spec: RunSpec) -> Iterator[str]:
    """Sentences about what the script does otherwise."""
    balancer = parts.find("balancer", spec.objective.balancer.name)
    if balancer.name != "fixed":
        yield (
            f"The balancer {balancer.title} is not written out: each term keeps the weight that "
            "the recipe gives it."
        )
    if spec.training.accumulated > 1:
        yield "A batch is taken whole, not in parts: the same gradients, with more memory."
    if spec.training.clip_norm is not None and _learns(spec):
        yield "The limit of the gradient counts what the losses learn, too."
    yield "Batch normalisation is computed by Keras: the same numbers up to rounding."


def _learns(spec: RunSpec) -> bool:
    """Whether a loss of the recipe learns numbers of its own."""
    for name, chosen in spec.objective.weighed(spec.modalities).items():
        part = parts.find("alignment" if name in PAIRS else "loss", chosen.name)
        if part.learns and part.check(chosen.options).get("learn", True):
            return True
    return False
