"""How a model tells each class from the rest at every threshold, and how well it knows itself.

``evaluation/<split>-curves.json`` of a run: thinned for drawing; the rows of the evaluation hold
all that is needed to compute them anew.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from workbench.errors import UserError
from workbench.writing import write_atomic

Numbers = tuple[float, ...]


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants"
    )


class ClassCurve(_Frozen):
    """One class against all others.

    Args:
        name: the class.
        support: samples of it.
        false_positive_rate: of the ROC, ascending, 0..1.
        true_positive_rate: at the same places.
        auc: area under the ROC, 0..1; 0.5 is chance.
        recall: of the precision-recall curve, descending, 0..1.
        precision: at the same places.
        average_precision: the area under that, as steps, 0..1; chance is the share of the class.
    """

    name: str
    support: int
    false_positive_rate: Numbers
    true_positive_rate: Numbers
    auc: float
    recall: Numbers
    precision: Numbers
    average_precision: float


class ThresholdCurve(_Frozen):
    """What a yes means at each threshold of its probability.

    Args:
        name: the class that is said yes to.
        thresholds: probabilities, ascending, 0..1.
        precision: of those that are yes there, how many are right.
        recall: of those that should be yes, how many are.
        f1: harmonic mean of both.
        said: how many are yes.
        best: the threshold of the highest F1 on the validation samples; None where they cannot say.
    """

    name: str
    thresholds: Numbers
    precision: Numbers
    recall: Numbers
    f1: Numbers
    said: tuple[int, ...]
    best: float | None = None


class Bins(_Frozen):
    """Confidence against accuracy in bins.

    Args:
        confidence: mean confidence of each bin that holds samples.
        accuracy: share that is right there.
        count: samples there.
        error: expected calibration error, 0..1.
        log_loss: mean of minus the log-probability of the truth, in nats.
    """

    confidence: Numbers
    accuracy: Numbers
    count: tuple[int, ...]
    error: float
    log_loss: float


class Calibration(_Frozen):
    """Whether the model is as often right as it says.

    Args:
        bins: how many bins of equal width there are.
        plain: as the model says it.
        temperature: fitted on the validation samples; above 1 the model was too sure. None where
            there are too few.
        scaled: with the logits divided by it.
    """

    bins: int
    plain: Bins
    temperature: float | None = None
    scaled: Bins | None = None


class ClassCurves(_Frozen):
    """All curves of a split.

    Args:
        split: which.
        classes: one curve a class, those with the most samples first.
        left_out: how many classes have no curve: too rare, or all samples are of them, or there
            are too many to draw.
        thresholds: of yes or no one, of several categories one each; empty otherwise.
        calibration: None where the loss teaches no probabilities.
        fitted_on: samples for temperature and best thresholds.
    """

    split: str
    classes: tuple[ClassCurve, ...] = ()
    left_out: int = 0
    thresholds: tuple[ThresholdCurve, ...] = ()
    calibration: Calibration | None = None
    fitted_on: int = 0

    @model_validator(mode="after")
    def _lengths_agree(self) -> ClassCurves:
        pairs: list[tuple[object, ...]] = []
        for curve in self.classes:
            pairs += [(curve.false_positive_rate, curve.true_positive_rate)]
            pairs += [(curve.recall, curve.precision)]
        for of in self.thresholds:
            pairs.append((of.thresholds, of.precision, of.recall, of.f1, of.said))
        if self.calibration is not None:
            for bins in (self.calibration.plain, self.calibration.scaled):
                if bins is not None:
                    pairs.append((bins.confidence, bins.accuracy, bins.count))
        if any(len({len(values) for values in pair}) != 1 for pair in pairs):  # type: ignore[arg-type]
            raise ValueError("the two sides of a curve differ in length")
        return self


def write(folder: Path, curves: ClassCurves) -> None:
    """Put the curves of a split into a run's folder.

    Raises:
        OSError: the folder cannot be written.
    """
    write_atomic(_file(folder, curves.split), curves.model_dump_json() + "\n")


def read(folder: Path, split: str) -> ClassCurves | None:
    """The curves of a split; None where it has none.

    Args:
        folder: of the run.
        split: ``train``, ``validation`` or ``test``.

    Raises:
        UserError: the file is damaged.
    """
    file = _file(folder, split)
    try:
        return ClassCurves.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        told = f"{where}: {first['msg']}" if where else first["msg"]
        raise UserError(f"{file} cannot be read: {told}.", "Evaluate the run again.") from None
    except OSError as error:
        raise UserError(
            f"{file} cannot be read: {error.strerror}.", "Evaluate the run again."
        ) from None


def _file(folder: Path, split: str) -> Path:
    return folder / "evaluation" / f"{split}-curves.json"
