"""Longer work on a trained run: window and command line both do this."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from workbench.data.folder import Stopped
from workbench.engine import causes, protocol
from workbench.engine.execution import read_data, read_index_and_data
from workbench.events import Ended, Failed, Said, Studied, Working
from workbench.exporting import bundle, formats
from workbench.insight import landscape, mapping
from workbench.insight.contribution import contribute
from workbench.insight.evaluate import evaluate
from workbench.insight.folder_prediction import predict_folder
from workbench.insight.prediction import Predictor
from workbench.insight.robustness import disturb
from workbench.insight.trained import Trained
from workbench.runs import contribution, landscapes, maps, robustness
from workbench.training import devices

Tell = Callable[[Said], object]


def study(
    request: protocol.Study, tell: Tell, stop: Callable[[], bool]
) -> Studied | Ended | Failed:
    """Do longer work on a trained run.

    Args:
        request: which work, on which run.
        tell: told how far it is.
        stop: asked often; true ends it.

    Returns:
        The last word, which is not told; an exception never leaves this function.
    """
    try:
        devices.set_up()
        return _done(request, tell, stop)
    except Stopped:
        return Ended(outcome="discarded")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said as the last word
        traceback.print_exc(file=sys.stderr)
        return causes.of_exception(error)


def _told(tell: Tell) -> Callable[[str, int, int], object]:
    return lambda words, done, total: tell(Working(words=words, done=done, total=total))


def _written(trained: Trained, file: Path, words: str = "") -> Studied:
    return Studied(file=file.relative_to(trained.folder).as_posix(), words=words)


def _done(request: protocol.Study, tell: Tell, stop: Callable[[], bool]) -> Studied:
    tell(Working(words="Opening the run"))
    trained = Trained.open(Path(request.run))
    match request:
        case protocol.EvaluateSplit(split=split):
            prepared = read_data(trained.spec, tell, stop)
            tell(Working(words=f"Evaluating the {split} samples"))
            tell(evaluate(trained.spec, prepared, trained.model, split, trained.folder))
            return Studied(file=f"evaluation/{split}.json")
        case protocol.Project():
            return _project(trained, request, tell, stop)
        case protocol.Survey():
            return _survey(trained, request, tell, stop)
        case protocol.Contribute(split=split):
            prepared = trained.inputs.masked(read_data(trained.spec, tell, stop))
            found, rows = contribute(trained, prepared, split, _told(tell), stop)
            return _written(trained, contribution.write(trained.folder, found, rows))
        case protocol.PredictFolder(folder=folder, file=file):
            if trained.folder in Path(file).parents:
                Path(file).parent.mkdir(parents=True, exist_ok=True)
            done = predict_folder(Predictor(trained), Path(folder), Path(file), _told(tell), stop)
            return Studied(file=str(done.file), words=done.words)
        case protocol.Export():
            return _export(trained, request, tell, stop)
        case protocol.Disturb(split=split, samples=most):
            prepared = trained.samples(read_data(trained.spec, tell, stop))
            curves = disturb(trained, prepared, split, _told(tell), stop, most)
            return _written(trained, robustness.write(trained.folder, curves))
    raise AssertionError(f"nobody does {type(request).__name__}")


def _project(
    trained: Trained, request: protocol.Project, tell: Tell, stop: Callable[[], bool]
) -> Studied:
    split, space, method = request.split, request.space, request.method
    mapping.refuse_space(trained, space)
    prepared = read_data(trained.spec, tell, stop)
    mapping.draw(trained, prepared, split, space, method, _told(tell), stop)
    return Studied(file=maps.file_of(split, space, method))


def _export(
    trained: Trained, request: protocol.Export, tell: Tell, stop: Callable[[], bool]
) -> Studied:
    form, to = formats.find(request.format), Path(request.to)
    index, prepared = read_index_and_data(trained.spec, tell, stop)
    handed = bundle.export(trained, index, trained.samples(prepared), form, to, _told(tell), stop)
    return Studied(file=str(handed.place), words=handed.words)


def _survey(
    trained: Trained, request: protocol.Survey, tell: Tell, stop: Callable[[], bool]
) -> Studied:
    def told(done: int, total: int) -> None:
        tell(Working(words="Measuring the loss around the weights", done=done, total=total))

    prepared = read_data(trained.spec, tell, stop)
    landscape.survey(
        trained, prepared, points=request.points, reach=request.reach, square=request.square,
        modality=request.modality, seed=request.seed, told=told, stop=stop,
    )  # fmt: skip
    return Studied(file=landscapes.file_of(request.modality or ""))
