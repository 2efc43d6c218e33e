"""The composition root: makes presenters, screens and engines, and connects them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QThreadPool, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from workbench import places, suggest
from workbench.data.folder import scan
from workbench.data.health import examine
from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui import theme
from workbench.gui.capturing import Capturing
from workbench.gui.compare_tabs import CompareTabs
from workbench.gui.encapsulating import Encapsulating
from workbench.gui.engines import Engines, EngineState
from workbench.gui.launching import Launching
from workbench.gui.opening import Opening
from workbench.gui.presenters.data import DataPresenter, DataState
from workbench.gui.presenters.data_words import name_of
from workbench.gui.presenters.finding import PLACES, FindingPresenter
from workbench.gui.presenters.losses import LossesPresenter, Picked
from workbench.gui.presenters.losses_samples import evaluated
from workbench.gui.presenters.machine import MachinePresenter
from workbench.gui.presenters.own_parts import OwnPartsPresenter
from workbench.gui.presenters.queue import QueuePresenter
from workbench.gui.presenters.recipe import RecipePresenter, RecipeState, why_not
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.presenters.train import TrainPresenter
from workbench.gui.presenters.train_state import TrainState
from workbench.gui.previewing import Preview
from workbench.gui.results_tabs import ResultsTabs
from workbench.gui.run_index import RunIndex
from workbench.gui.saving import Saving
from workbench.gui.screens.compare import CompareView
from workbench.gui.screens.data import DataView
from workbench.gui.screens.losses import LossesView
from workbench.gui.screens.recipe import RecipeView
from workbench.gui.screens.results import ResultsView
from workbench.gui.screens.train import TrainView
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.finding import FindingDialog
from workbench.gui.widgets.machine import MachineDialog
from workbench.gui.widgets.own_parts import OwnPartsView
from workbench.gui.widgets.queue import QueueView
from workbench.gui.widgets.rail import Mark
from workbench.gui.widgets.save_button import SaveButton
from workbench.parts import Part
from workbench.runs import store
from workbench.runs.queue import Queue
from workbench.spec import DataSpec, RunSpec

# Data are read ahead this long after the last change of the recipe.
PREPARE_AFTER_MS = 700


class Workbench(QObject):
    """The whole application but its event loop.

    Args:
        settings: theme, recent folders, window geometry.
        engines: who trains.
        opening: the window that is open already; a new one when left out.
        parent: its parent.
    """

    def __init__(
        self,
        settings: QSettings,
        engines: Engines | None = None,
        opening: Opening | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        self.engines = engines or Engines(parent=self)
        opened = opening or Opening(settings)
        opened.setParent(self)
        self.window, self.start, self.start_view = opened.window, opened.start, opened.view
        self.capturing = Capturing(self.window, self.open_folder)
        self.data = DataPresenter(scan, examine, parent=self)
        self.recipe = RecipePresenter(suggest.suggest, suggest.reasons, parent=self)
        self.train = TrainPresenter(parent=self)
        self.queue = QueuePresenter(Queue(places.runs()), parent=self)
        self.finding = FindingPresenter(self.engines.find, parent=self)
        self.machine = MachinePresenter(parent=self)
        self.launching = Launching(self.engines, self.train, self.queue, parent=self)
        self.results = ResultsPresenter(parent=self)
        self.losses = LossesPresenter(self._why_not, parent=self)
        self.own_parts = OwnPartsPresenter(parent=self)
        self.run_index = RunIndex(self.data, lambda: self.results.state.folder, self)
        self.preview = Preview(self.run_index, self.results, parent=self)
        self._add_screens()
        self._pending: RunSpec | None = None
        self._prepared: RunSpec | None = None
        self._closing = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PREPARE_AFTER_MS)
        self._soon.timeout.connect(self._prepare)
        self._connect()
        self._restore()

    def show(self) -> None:
        """Show the window, unless it is seen already; then warm an engine and take up the queue."""
        self.window.show()
        QTimer.singleShot(0, self.engines.warm)
        QTimer.singleShot(0, self.launching.start)
        QTimer.singleShot(0, self.compare_tabs.start)

    def close(self) -> None:
        """End every thread and process; the window may be closed then."""
        self._soon.stop()
        self.settings.setValue("geometry", self.window.saveGeometry())
        self.start.close()
        self.capturing.close()
        self.data.close()
        self.launching.close()
        self.train.close()
        self.finding.stop()
        self.capsules.presenter.stop()
        self.results_tabs.close()
        self.compare_tabs.close()
        self.engines.close()
        QThreadPool.globalInstance().waitForDone()

    def _add_screens(self) -> None:
        self.data_view = DataView(self.data)
        self.recipe_view = RecipeView(self.recipe)
        self.train_view = TrainView(self.train)
        self.train_view.show_beside(QueueView(self.queue))
        self.results_view = ResultsView(self.results)
        self.results_view.preview_slot.addWidget(self.preview.view)
        self.results_tabs = ResultsTabs(
            self.results_view, self.results, self.run_index, self.engines, parent=self
        )
        self.compare_view = CompareView()
        self.compare_tabs = CompareTabs(
            self.compare_view, self.data, places.runs(), self.settings, parent=self
        )
        self.losses_view = LossesView(self.losses)
        self.own_parts_view = OwnPartsView(self.own_parts)
        self.losses_view.own_slot.addWidget(self.own_parts_view)
        self.capsules = Encapsulating(self.window, self.results, self.open_run, self.begin)
        self.results_tabs.handover_view.capsule_slot.addWidget(self.capsules.card)
        self.finding_view = FindingDialog(self.finding, self.window)
        self.machine_view = MachineDialog(self.machine, self.window)
        self.window.add_screens(
            {
                "data": self.data_view,
                "recipe": self.recipe_view,
                "train": self.train_view,
                "results": self.results_view,
                "compare": self.compare_view,
                "losses": self.losses_view,
            }
        )

    def _connect(self) -> None:
        show = self.window.show_stage
        self.start.folder_wished.connect(self.open_folder)
        self.start.run_wished.connect(self.open_run)
        self.start_view.capture_wished.connect(self.capturing.open)
        self.data.opened.connect(self._use)
        self.data.chosen.connect(self._use_choice)
        self.data.examined.connect(self._use_examined)
        self.window.folder_wished.connect(self.start.open_folder)
        self.data.changed.connect(self._mark_data)
        self.data_view.recipe_wished.connect(lambda: show("recipe"))
        self.data_view.start_wished.connect(lambda: show("start"))
        self.recipe_view.data_wished.connect(lambda: show("data"))
        self.recipe.changed.connect(self._mark_recipe)
        self.recipe.train_wished.connect(self.begin)
        self.recipe.queue_wished.connect(self._add_to_queue)
        self.recipe_view.find_wished.connect(self._find)
        self.finding.chosen.connect(self.recipe.change)
        self.train.changed.connect(self._mark_train)
        self.train.finished.connect(self._finish)
        self.train.resume_wished.connect(self.launching.resume)
        self.train.retrain_wished.connect(self.begin)
        self.start.resume_wished.connect(self.launching.resume)
        self._connect_launching()
        self.train_view.recipe_wished.connect(lambda: show("recipe"))
        self.train_view.results_wished.connect(self._show_results)
        self.results_view.train_wished.connect(lambda: show("train"))
        self.results_view.recipe_wished.connect(lambda: show("recipe"))
        self.results_view.folder_wished.connect(_open_folder)
        self.results_view.sample_chosen.connect(self.preview.show_sample)
        self.engines.changed.connect(self._show_engine)
        self._connect_losses()
        self._connect_compare()
        self.saving = Saving(self._about_run, parent=self)
        self.window.menu_wished.connect(self.saving.offer)
        self.save_button = SaveButton(self.window)
        self.save_button.wished.connect(self.saving.offer)
        self.window.stage_shown.connect(self.save_button.watch)
        self.saving.saved.connect(lambda file: self._tell(f"Saved: {file}"))
        self.saving.failed.connect(self._complain)
        self.window.machine_wished.connect(self.machine_view.open)
        self.machine.chosen.connect(self.engines.renew)
        self.window.theme_wished.connect(self._change_theme)
        self.window.close_wished.connect(self._ask_before_closing)
        self.window.stage_shown.connect(self._refresh)

    def _connect_launching(self) -> None:
        self.launching.shown.connect(lambda: self.window.show_stage("train"))
        self.launching.told.connect(self._tell)
        self.launching.troubled.connect(self._complain)
        self.launching.found.connect(self.start_view.banner.show_info)
        self.launching.busy_changed.connect(self._mark_busy)
        self.queue.changed.connect(self.train_view.show_queue)

    def _connect_compare(self) -> None:
        self.compare_tabs.run_wished.connect(self.open_run)
        self.results_tabs.advice.duel_wished.connect(self.compare_tabs.propose_duel)
        self.results_tabs.what_if.duel_wished.connect(self.compare_tabs.propose_duel)
        self.recipe_view.duel_wished.connect(self.compare_tabs.plan_duel)
        self.recipe.duel_proposed.connect(self.compare_tabs.propose_duel)
        self.compare_tabs.shown_wished.connect(lambda: self.window.show_stage("compare"))
        self.recipe.changed.connect(lambda state: self.compare_tabs.use_recipe(state.spec))
        self.capsules.told.connect(self._tell)

    def _connect_losses(self) -> None:
        self.recipe.asked.connect(self.engines.describe)
        self.engines.answered.connect(self.recipe.answer)
        self.losses.asked.connect(self.engines.ask)
        self.engines.answered.connect(self.losses.answer)
        self.losses.use_wished.connect(self._use_loss)
        self.losses_view.shown.connect(self._look_at_losses)
        self.own_parts.parts_changed.connect(self.losses.refresh)
        self.own_parts.parts_changed.connect(self.recipe.refresh_parts)
        self.own_parts_view.folder_wished.connect(_make_and_open)
        self.recipe_view.loss_wished.connect(self._show_loss)

    def _why_not(self, part: Part) -> str:
        """Why a loss cannot be used in the recipe; "" when it can."""
        spec = self.recipe.state.spec
        return why_not(part, spec) if spec is not None else "Open data first; then it can be used."

    @Slot(object)
    def _use_loss(self, picked: Picked) -> None:
        spec = self.recipe.state.spec
        if spec is None:
            return
        self.recipe.use_part(picked.part, picked.options)
        self.window.show_stage("recipe")

    @Slot()
    def _show_loss(self) -> None:
        """Look at the loss of the recipe."""
        spec = self.recipe.state.spec
        if spec is not None and spec.objective.loss is not None:
            loss = spec.objective.loss
            self.losses.show(loss.name, loss.options, spec.data.task)
        self.window.show_stage("losses")

    @Slot()
    def _look_at_losses(self) -> None:
        self.losses.show_runs(evaluated(places.runs())[:30])
        self.own_parts.look()
        self.losses.refresh()
        self.losses.ask()

    @Slot(object)
    def open_folder(self, folder: Path) -> None:
        """Look at a folder of data, or into a capsule."""
        if self.capsules.takes(folder):
            return
        self._pending = None
        self.window.show_stage("data")
        self.data.open(folder)

    @Slot(object)
    def open_run(self, folder: Path) -> None:
        """Show a run of the past: its curves, its results, its data and its recipe."""
        try:
            run = store.find(folder)
            spec = run.spec()
            self.launching.show(run)
        except UserError as error:
            self.start_view.banner.show_error(error)
            return
        self.results.show_run(folder)
        self.run_index.forget()
        done = self.train.state.has_results
        self.window.show_stage("results" if done else "train")
        self.window.rail.buttons["results"].show_mark("ready" if done else "")
        if Path(spec.data.folder).exists():
            self._pending = spec
            self.data.open(Path(spec.data.folder), spec.data)

    @Slot(object)
    def begin(self, spec: RunSpec) -> None:
        """Train a recipe now, or as soon as another run makes room."""
        self._soon.stop()
        self.launching.begin(spec)

    @Slot(object)
    def _add_to_queue(self, spec: RunSpec) -> None:
        self.launching.add(spec)
        self._tell("Added to the queue; it stands beside the curves on the Train screen.")

    @Slot(str)
    def _find(self, what: str) -> None:
        """Try out what suits the recipe, in a window of its own."""
        spec = self.recipe.state.spec
        for known in PLACES:
            if known == what and spec is not None:
                self.finding.start(known, spec)
                self.finding_view.open()

    @Slot(str)
    def _tell(self, sentence: str) -> None:
        """Say something good to know on the screen that is shown."""
        self._banner.show_info(sentence)

    @Slot(object)
    def _complain(self, error: UserError) -> None:
        self._banner.show_error(error)

    def _about_run(self) -> str:
        """Which run is looked at and how it was made, in a line."""
        results, train = self.results.state, self.train.state
        if self.window.stage == "compare":
            return self.compare_tabs.about
        if self.window.stage == "results":
            return f"{results.name} · {results.summary}"
        return f"{train.title} · {train.recipe}".strip(" ·")

    @property
    def _banner(self) -> Banner:
        screens = {
            "start": self.start_view, "recipe": self.recipe_view, "results": self.results_view,
            "compare": self.compare_view,
        }  # fmt: skip
        return screens.get(self.window.stage, self.train_view).banner

    @Slot(object, object)
    def _use(self, index: Index, data: DataSpec) -> None:
        pending, self._pending = self._pending, None
        self.run_index.forget()
        if pending is not None:
            try:
                self.recipe.use(index, pending, data=data)
            except UserError as error:
                self._begin_recipe(index, data)
                self.recipe_view.banner.show_error(error)
        else:
            self._begin_recipe(index, data)

    def _begin_recipe(self, index: Index, data: DataSpec) -> None:
        try:
            self.recipe.use(index, data=data)
        except UserError as error:
            self.recipe.clear(error)
            self.data.tell(error)

    @Slot(object)
    def _use_choice(self, data: DataSpec) -> None:
        index, before = self.data.state.index, self.recipe.state.spec
        if index is None:
            return
        told = (data.folder, data.reading, data.target, data.task)
        if before is not None and told == (
            before.data.folder, before.data.reading, before.data.target, before.data.task
        ):  # fmt: skip
            self.recipe.divide(data)
        else:
            self._begin_recipe(index, data)

    @Slot(object)
    def _use_examined(self, index: Index) -> None:
        try:
            self.recipe.refresh(index)
        except UserError as error:
            self.data.tell(error)

    @Slot()
    def _prepare(self) -> None:
        spec = self.recipe.state.spec
        if self.data.state.examination is not None:
            # What is found may change the recipe: nothing is read for a recipe of the moment.
            self._soon.start()
        elif spec is not None and self.recipe.state.ready and not self.train.state.under_way:
            self._prepared = spec
            self.engines.prepare(spec)

    @Slot(object, str)
    def _finish(self, folder: Path, outcome: str) -> None:
        self.start.refresh()
        if not self._closing and outcome not in {"failed", "discarded", "paused", "interrupted"}:
            self.results.show_run(folder)
            self.window.rail.buttons["results"].show_mark("ready")
            self.capsules.presenter.compare(folder)

    @Slot(object)
    def _show_results(self, folder: Path) -> None:
        if self.results.state.folder != folder:
            self.results.show_run(folder)
        self.window.show_stage("results")

    @Slot(object)
    def _mark_data(self, state: DataState) -> None:
        marks: dict[str, Mark] = {"scanning": "running", "shown": "done", "failed": "attention"}
        self.window.rail.buttons["data"].show_mark(marks.get(state.phase, ""))
        index = state.index if state.phase == "shown" else None
        count = len(index.modalities) if index is not None else 0
        noun = "modality" if count == 1 else "modalities"
        words = f"{name_of(index)} · {count} {noun}" if index is not None else ""
        self.window.rail.about.setText(words)

    @Slot(object)
    def _mark_recipe(self, state: RecipeState) -> None:
        waits = state.spec is not None or state.trouble is not None
        mark: Mark = "done" if state.ready else "attention" if waits else ""
        self.window.rail.buttons["recipe"].show_mark(mark)
        before = self._prepared
        if state.spec is not None and (before is None or before.data != state.spec.data):
            self._soon.start()
        if state.spec is not None:
            self.data.adopt(state.spec.data, state.spec.modalities)
            self.data_view.sample.show_inputs(state.spec.data, state.spec.training.augmentation)

    @Slot(object)
    def _mark_train(self, state: TrainState) -> None:
        marks: dict[str, Mark] = {"idle": "", "done": "done", "failed": "attention"}
        self.window.rail.buttons["train"].show_mark(marks.get(state.phase, "running"))

    @Slot(bool)
    def _mark_busy(self, busy: bool) -> None:
        self.window.busy = busy
        if self._closing and not busy:
            self.window.close()

    @Slot(object)
    def _show_engine(self, state: EngineState) -> None:
        self.window.show_engine(state)
        if state.phase == "ready" and self.recipe.state.spec is not None:
            self._soon.start()
            self.recipe.ask()

    @Slot(str)
    def _refresh(self, stage: str) -> None:
        if stage == "start":
            self.start.refresh()

    @Slot()
    def _change_theme(self) -> None:
        other: theme.Scheme = "light" if theme.current().scheme == "dark" else "dark"
        self.settings.setValue("theme", other)
        self.wear(other)

    def wear(self, scheme: theme.Scheme) -> None:
        """Dress the window in another theme."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.wear(app, scheme)
        self.window.show_scheme(scheme)

    @Slot()
    def _ask_before_closing(self) -> None:
        self._closing = False
        box = self.window.ask_before_closing(len(self.engines.training), self.queue.state.waiting)
        box.background.clicked.connect(self._let_go_and_close)
        box.stop.clicked.connect(self._stop_and_close)

    @Slot()
    def _stop_and_close(self) -> None:
        self._closing = True
        self.launching.stop_all()
        self._mark_busy(self.launching.busy)

    @Slot()
    def _let_go_and_close(self) -> None:
        self._closing = True
        self.launching.let_go()

    def _restore(self) -> None:
        geometry = self.settings.value("geometry")
        if geometry:
            self.window.restoreGeometry(geometry)
        self.window.show_scheme(theme.current().scheme)
        self.window.show_engine(self.engines.state)


def _make_and_open(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _open_folder(folder)


def _open_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
