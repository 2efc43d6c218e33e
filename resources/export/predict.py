"""Ask the model that lies beside this file. Needs no other program of the one that trained it.

    python predict.py --image picture.jpg --audio sound.wav --text "some words"
    python predict.py --image picture.jpg --json

What it needs is listed in README.txt. As a library:

    import predict
    answers = predict.Model().says(image="picture.jpg", text="some words")
"""

import argparse
import importlib
import json
import math
import unicodedata
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
FACTS = json.loads((HERE / "facts.json").read_text("utf-8"))
INPUTS = FACTS["inputs"]

_MARGIN = 0.05  # seconds more than are wanted, as the resampler looks ahead
_LETTERS_A_TOKEN, _LETTERS = 64, 1024


class Model:
    """The model. Opening it takes a moment, asking it does not: open it once."""

    def __init__(self):
        self._says = {
            "keras": _keras, "savedmodel": _savedmodel, "litert": _litert, "onnx": _onnx,
        }[FACTS["format"]](HERE / FACTS["model"])  # fmt: skip

    def says(self, image=None, audio=None, text=None):
        """Answers of one sample, by name of the output, as arrays.

        image: path of a picture. audio: path of a sound. text: the words themselves.
        """
        given = {"image": image, "audio": audio, "text": text}
        readers = {"image": read_picture, "audio": read_sound, "text": read_text}
        inputs = {}
        for name, wanted in INPUTS.items():
            if name.endswith("_present"):
                present = given[name.removesuffix("_present")] is not None
                inputs[name] = np.array([present], np.float32)
            elif given[name] is not None:
                inputs[name] = readers[name](given[name], wanted)[None]
            elif f"{name}_present" in INPUTS:
                shape = [1 if n is None else n for n in wanted["shape"]]
                kind = object if wanted["type"] == "string" else wanted["type"]
                inputs[name] = np.full([1, *shape], "" if kind is object else 0, kind)
            else:
                raise SystemExit(f"The model needs --{name} as well.")
        unknown = [name for name in given if given[name] is not None and name not in INPUTS]
        if unknown:
            raise SystemExit(f"The model was trained without {unknown[0]}.")
        return {name: np.asarray(values)[0] for name, values in self._says(inputs).items()}


def read_picture(path, wanted):
    """A picture as uint8 [height, width, 3], turned as its camera was held."""
    from PIL import Image

    with Image.open(path) as file:
        if file.format == "JPEG":
            file.draft("RGB", (wanted["size"], wanted["size"]))
        file.load()
        return np.asarray(_turned(_to_rgb(file), file))


def _turned(picture, file):
    from PIL import Image

    turns = Image.Transpose
    ways = {
        2: turns.FLIP_LEFT_RIGHT, 3: turns.ROTATE_180, 4: turns.FLIP_TOP_BOTTOM,
        5: turns.TRANSPOSE, 6: turns.ROTATE_270, 7: turns.TRANSVERSE, 8: turns.ROTATE_90,
    }  # fmt: skip
    try:
        way = file.getexif().get(0x0112)
    except Exception:  # Pillow raises of every kind on damaged notes, which say nothing then
        return picture
    return picture.transpose(ways[way]) if way in ways else picture


def _to_rgb(picture):
    """Eight bits of red, green and blue; transparency is laid over white."""
    from PIL import Image

    if picture.mode.startswith("I;16"):
        halved = (np.arange(65536) / 257).round().astype(np.uint8)
        return Image.fromarray(halved[np.asarray(picture)]).convert("RGB")
    if picture.mode in ("I", "F"):
        return Image.fromarray(_to_bytes(np.asarray(picture, np.float32))).convert("RGB")
    alpha = picture.mode in ("RGBA", "LA", "PA", "RGBa", "La")
    if alpha or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(ground, layered).convert("RGB")
    return picture.convert("RGB")


def _to_bytes(values):
    """Numbers of unknown range: 0..1, 0..255 or 0..65535, or else their own lowest to highest."""
    numbers = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(numbers.min(initial=0.0)), float(numbers.max(initial=0.0))
    top = next((top for top in (1.0, 255.0, 65535.0) if high <= top), high)
    low = min(low, 0.0)
    if low < 0.0:
        top = high
    return ((numbers - low) * (255.0 / max(top - low, 1e-30))).round().astype(np.uint8)


def read_sound(path, wanted):
    """A sound as float32 [samples] at the rate of the model, mixed to one channel."""
    import soundfile

    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        frames = min(file.frames, math.ceil(rate * (wanted["seconds"] + _MARGIN)))
        sound = file.read(frames, dtype="float32", always_2d=True).mean(axis=1)
    if rate == wanted["rate"]:
        return np.ascontiguousarray(sound, np.float32)
    soxr = importlib.import_module("soxr")
    resampled = soxr.resample(sound, rate, wanted["rate"], quality="HQ")
    return np.ascontiguousarray(resampled, np.float32)


def read_text(text, wanted):
    """Words as the model wants them: as they are, as numbers, or a vector from a .npy file."""
    if wanted["type"] == "string":
        form = wanted["unicode"]
        return np.asarray(unicodedata.normalize(form, text) if form else text, object)
    if wanted["means"] == "vector":
        if not text.endswith(".npy"):
            raise SystemExit(f"--text must be a .npy file with the vector of {wanted['model']}.")
        return np.load(text, allow_pickle=False).astype(np.float32)
    tokenizer = _tokenizer(str(HERE / "tokenizer.json"))
    words = wanted["words"]
    first = words * _LETTERS_A_TOKEN + _LETTERS
    known = tokenizer.encode(text[:first]).ids
    if len(known) <= words and len(text) > first:
        known = tokenizer.encode(text).ids
    row = np.zeros(words, np.int32)
    row[: len(known)] = known[:words]
    return row


_kept = {}


def _tokenizer(path):
    if path not in _kept:
        _kept[path] = importlib.import_module("tokenizers").Tokenizer.from_file(path)
    return _kept[path]


def _keras(path):
    keras = importlib.import_module("keras")
    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    return lambda given: model(given, training=False)


def _savedmodel(path):
    tf = importlib.import_module("tensorflow")
    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def says(given, kept=loaded):
        return serve(**{name: tf.constant(values) for name, values in given.items()})

    return says


def _litert(path):
    try:
        interpreter = importlib.import_module("ai_edge_litert.interpreter").Interpreter
    except ImportError:
        interpreter = importlib.import_module("tensorflow").lite.Interpreter
    runner = interpreter(str(path)).get_signature_runner()
    return lambda given: runner(**given)


def _onnx(path):
    runtime = importlib.import_module("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    return lambda given: dict(zip(names, session.run(names, given), strict=True))


def decided(probabilities):
    """The class, or the classes, that probabilities say."""
    classes = FACTS["classes"]
    if FACTS["task"] == "labels":
        return [name for name, p in zip(classes, probabilities, strict=True) if p > 0.5]
    if FACTS["median"]:
        return classes[int((np.cumsum(probabilities)[:-1] < 0.5).sum())]
    return classes[int(np.argmax(probabilities))]


def named(answers):
    """Answers as plain numbers by name, ready for JSON."""
    found = {}
    for name, values in answers.items():
        names = FACTS["outputs"].get(name)
        numbers = [float(value) for value in np.ravel(values)]
        found[name] = dict(zip(names, numbers, strict=True)) if names else numbers
    if "probabilities" in answers:
        found["says"] = decided(answers["probabilities"])
    return found


def main():
    """Ask the model once and print what it says."""
    parser = argparse.ArgumentParser(description=f"Ask the model '{FACTS['name']}'.")
    helps = {"image": "path of a picture", "audio": "path of a sound", "text": "the words"}
    for name, text in helps.items():
        if name in INPUTS:
            parser.add_argument(f"--{name}", help=text)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = vars(parser.parse_args())
    as_json = asked.pop("json")
    found = named(Model().says(**asked))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, values in found.items():
        if isinstance(values, dict):
            print(f"{name}:")
            for key, value in sorted(values.items(), key=lambda pair: -pair[1]):
                print(f"  {key}: {value:.6g}")
        else:
            print(f"{name}: {values}")


if __name__ == "__main__":
    main()
