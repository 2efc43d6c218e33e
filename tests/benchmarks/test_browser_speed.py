"""How quick table and gallery are with a million samples; run by ``pytest -m benchmark -s``."""

import gc
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from PySide6.QtCore import QThreadPool, QTimer

from workbench.data.index import Index, Target, strings
from workbench.gui.opening import make_application
from workbench.gui.widgets.samples_browser import SamplesBrowser

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

COUNT = 1_000_000
LONGEST_GAP_MS = 50
MOST_BYTES = 300 * 2**20
TICK_MS = 2


def index_of_a_million(folder: Path) -> Index:
    """A million rows over a handful of files, with names as long as real ones."""
    dice = np.random.default_rng(0)
    for number in range(8):
        noise = dice.integers(0, 255, (480, 640, 3), np.uint8)
        Image.fromarray(noise).resize((640, 480)).save(folder / f"{number}.jpg", quality=85)
    numbers = dice.permutation(COUNT)
    label = numbers % 10
    stems = strings(np.char.add("class/recording_", numbers.astype("U7")))
    files = strings(np.char.add((numbers % 8).astype("U1"), ".jpg"))
    texts = strings(np.char.add("a sentence about number ", numbers.astype("U7")))
    return Index(
        root=folder,
        layout="manifest",
        stems=stems,
        files={"image": files, "text": strings(np.full(COUNT, "table.csv"))},
        targets={"label": Target("label", "category", label, tuple(f"c{n}" for n in range(10)))},
        texts=texts,
        columns={"speaker": strings(np.char.add("speaker ", (numbers % 997).astype("U3")))},
    )


class Gaps:
    """How long the event loop was away from its other work, in milliseconds."""

    def __init__(self):
        self.found = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self):
        now = time.perf_counter()
        self.found.append((now - self._last) * 1000 - TICK_MS)
        self._last = now

    def end(self, what):
        self._timer.stop()
        middle, high, most = np.percentile(self.found, [50, 99, 100])
        print(
            f"{what}: event loop median {middle:.1f} ms, 99th percentile {high:.1f} ms,"
            f" longest {most:.1f} ms ({len(self.found)} ticks)"
        )
        return high


@pytest.fixture
def browser(qtbot):
    make_application()
    made = SamplesBrowser("data")
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    yield made
    assert QThreadPool.globalInstance().waitForDone(10_000)


def scroll(qtbot, bar, steps=300):
    """Page through, then jump about, as a person who drags the bar does."""
    dice = np.random.default_rng(1)
    far = [*range(0, bar.pageStep() * steps, bar.pageStep())]
    far += dice.integers(0, bar.maximum(), steps).tolist()
    left = iter(far)
    timer = QTimer()
    timer.setInterval(5)
    ended = []

    def step():
        place = next(left, None)
        if place is None:
            timer.stop()
            ended.append(True)
        else:
            bar.setValue(place)

    timer.timeout.connect(step)
    timer.start()
    qtbot.waitUntil(lambda: bool(ended), timeout=120_000)


def test_a_million_samples_scroll_smoothly_and_take_little_memory(qtbot, tmp_path, browser):
    index = index_of_a_million(tmp_path)
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    begun = time.perf_counter()
    browser.show_index(index, "label", (np.arange(COUNT) % 3).astype(np.int8))
    print(f"\nshown after {(time.perf_counter() - begun) * 1000:.0f} ms")

    gaps = Gaps()
    scroll(qtbot, browser.table.verticalScrollBar())
    of_table = gaps.end("table")

    browser.as_gallery.click()
    gaps = Gaps()
    scroll(qtbot, browser.gallery.verticalScrollBar())
    of_gallery = gaps.end("gallery")

    gaps = Gaps()
    for words in ("9", "99", "999"):
        begun = time.perf_counter()
        browser.search.setText(words)
        qtbot.waitUntil(lambda: not browser.presenter.state.busy, timeout=60_000)
        print(f"'{words}' found in {time.perf_counter() - begun:.2f} s: {browser.count.text()}")
    browser.search.clear()
    for place in range(len(browser.table.rows._columns)):
        begun = time.perf_counter()
        browser.table.sortByColumn(place, browser.table.horizontalHeader().sortIndicatorOrder())
        qtbot.waitUntil(lambda: not browser.presenter.state.busy, timeout=60_000)
        print(f"sorted by column {place} in {time.perf_counter() - begun:.2f} s")
    of_search = gaps.end("search and sort")

    grown = process.memory_info().rss - before
    print(f"memory grew by {grown / 2**20:.0f} MB")
    assert of_table < LONGEST_GAP_MS
    assert of_gallery < LONGEST_GAP_MS
    assert of_search < LONGEST_GAP_MS
    assert grown < MOST_BYTES
