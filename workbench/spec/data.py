"""Which samples a run learns from, and how their files are read."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from workbench import parts
from workbench.spec.base import Names, Spec


class ImageInput(Spec):
    """How pictures become arrays [size, size, 3] of float in 0..1.

    Args:
        size: height and width in pixels that every picture is fitted to; larger shows more
            detail and costs time with its square.
        fit: what happens to pictures that are not square: pad keeps all of the picture and fills
            the rest with its mean colour, crop cuts the longer side, stretch changes the shape.
    """

    size: Annotated[
        int, Field(ge=8, le=512, json_schema_extra={"unit": "px", "label": "picture size"})
    ] = 64
    fit: Annotated[
        Literal["pad", "crop", "stretch"], Field(json_schema_extra={"advanced": True})
    ] = "pad"


class AudioInput(Spec):
    """How sounds become log-mel arrays [frames, mel_bands], or raw waves [samples].

    Args:
        form: spectrograms, or the wave itself for an encoder that listens to it.
        sample_rate: samples per second that every sound is resampled to.
        seconds: length that every sound is cut or padded to.
        mel_bands: bands of the mel scale; more tell tones apart more finely.
    """

    form: Annotated[Literal["log_mel", "wave"], Field(json_schema_extra={"advanced": True})] = (
        "log_mel"
    )
    sample_rate: Annotated[
        int, Field(ge=4000, le=48000, json_schema_extra={"unit": "Hz", "advanced": True})
    ] = 16000
    seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    mel_bands: Annotated[int, Field(ge=8, le=256)] = 64


class TextInput(Spec):
    """How texts become token numbers [words], or one vector each.

    Args:
        words: tokens kept of every text; longer texts are cut, shorter ones padded.
        vocabulary: different tokens known; rarer ones become one "unknown" token.
        tokenizer: what a token is: a word, a piece of a word learned from the training texts (byte
            pair encoding), or a character. Or a sentence model of yours reads each text once, in
            its own way, and gives a vector; the encoder is then text_sentence.
        model: folder or file of the sentence model, its whole path: model.onnx with tokenizer.json,
            or a .keras file; looked at only with the tokenizer sentence_model.
        lowercase: whether capital and small letters are the same.
        normalization: Unicode form that letters are brought to; NFKC makes full-width and
            half-width letters alike.
    """

    words: Annotated[int, Field(ge=1, le=1024, json_schema_extra={"unit": "tokens"})] = 32
    vocabulary: Annotated[
        int, Field(ge=16, le=100_000, json_schema_extra={"unit": "tokens", "advanced": True})
    ] = 5000
    tokenizer: Literal["word", "bpe", "character", "sentence_model"] = "word"
    model: Annotated[
        str, Field(max_length=4096, json_schema_extra={"label": "sentence model", "advanced": True})
    ] = ""
    lowercase: Annotated[bool, Field(json_schema_extra={"advanced": True})] = True
    normalization: Annotated[
        Literal["none", "NFC", "NFKC"], Field(json_schema_extra={"advanced": True})
    ] = "NFKC"

    @property
    def form(self) -> parts.Form:
        """What an encoder is given."""
        return "sentence" if self.tokenizer == "sentence_model" else "tokens"


Layout = Literal[
    "class_folders", "modality_folders", "sample_folders", "manifest", "file_names", "lines"
]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)

ColumnRole = Literal["image", "audio", "text", "target", "split", "group", "id", "ignore"]
COLUMN_ROLES: tuple[ColumnRole, ...] = get_args(ColumnRole)

Division = Literal["auto", "stated", "stratified", "random", "grouped", "stable"]
DIVISIONS: tuple[Division, ...] = get_args(Division)


class Reading(Spec):
    """How a folder is read; what is left at its default is found out from the folder.

    Args:
        layout: which layout it has; none: the one that fits.
        manifest: path of the table that lists the samples, relative to the folder; "": found.
        pattern: what a file's name without suffix says, such as ``{label}_{speaker}_{index}``; a
            field may be any word, ``{_}`` is passed over. "": names say nothing.
        roles: what a column of the table or a field of the pattern is, by its name, where it is not
            what it looks like.
        tasks: what a target is learned as, by its name, where it is not what it looks like.
        separator: between several categories in one cell, such as ``|``; "": found.
        orders: categories of an ordered target, the lowest first, by the target's name.
        together: columns of numbers that are learned at once as one target; empty: every column of
            numbers.
    """

    layout: Layout | None = None
    manifest: str = ""
    pattern: str = ""
    roles: dict[str, ColumnRole] = Field(default_factory=dict)
    tasks: dict[str, parts.Task] = Field(default_factory=dict)
    separator: str = ""
    orders: dict[str, Names] = Field(default_factory=dict)
    together: Names = ()


class DataSpec(Spec):
    """Which samples, which target, and how they are divided.

    Args:
        folder: the folder or zip file that was opened, absolute.
        reading: how it is read.
        target: the column to learn; of class folders it is ``label``; "" with the task ``none``.
        task: what the target is.
        division: how samples are divided into train, validation and test: as the data state it,
            each class in the same shares (stratified), at random, whole groups together (grouped:
            no speaker in two splits), or by a hash of each sample's name (stable: samples added
            later move nobody). Auto: stated where the data state it, else stratified.
        group: the column or pattern field whose values stay together, with the division grouped.
        validation: share of the samples that choose the best epoch.
        test: share of the samples that only the final evaluation sees.
        split_seed: another number, another division.
        incomplete: what happens to samples that lack a modality in use: they are kept, and the
            model is told what is missing, or they are left out.
        leave_out: names of samples that a person has left out.
        image: how pictures are read.
        audio: how sounds are read.
        text: how texts are read.
    """

    folder: str
    reading: Reading = Reading()
    target: str
    task: parts.Task
    division: Division = "auto"
    group: str = ""
    validation: Annotated[float, Field(ge=0.01, le=0.5)] = 0.15
    test: Annotated[float, Field(ge=0.01, le=0.5)] = 0.15
    split_seed: Annotated[int, Field(ge=0, le=2**31 - 1, json_schema_extra={"advanced": True})] = 0
    incomplete: Literal["keep", "leave_out"] = "keep"
    leave_out: Names = ()
    image: ImageInput = ImageInput()
    audio: AudioInput = AudioInput()
    text: TextInput = TextInput()

    def form(self, modality: parts.Modality) -> parts.Form:
        """What a sample of a modality is when it reaches its encoder."""
        match modality:
            case "text":
                return self.text.form
            case "audio":
                return self.audio.form
        return parts.USUAL_FORMS[modality]
