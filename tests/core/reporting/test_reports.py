"""A run as a report: everything that it tells, and nothing of what hostile names would do."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from workbench import events, spec
from workbench.errors import UserError
from workbench.reporting import drawing
from workbench.reporting.gathered import gather
from workbench.reporting.html import html
from workbench.reporting.model_card import model_card
from workbench.reporting.pdf import pdf
from workbench.reporting.writing import write_report
from workbench.runs import contribution, results, store
from workbench.runs.contribution import Contribution, OfModality, Rows
from workbench.runs.results import ClassRow, Results, Samples

EVIL = '<script>alert("x")</script>'


def of(name, shapley):
    return OfModality(
        name=name, shapley=shapley, between=(shapley - 0.1, shapley + 0.1), alone=0.4,
        without=0.5, permuted=0.4, permuted_spread=0.02, removal="others",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "data"
    for name in ("cat", "dog"):
        (data / name).mkdir(parents=True)
        for number in range(6):
            Image.new("RGB", (20, 30), (number * 40, 90, 90)).save(data / name / f"{number}.png")
            (data / name / f"{number}.txt").write_text(f"{EVIL} number {number}")
    chosen = spec.from_data(
        {
            "name": f"pets {EVIL}",
            "data": {"folder": str(data), "target": "label", "task": "category"},
            "model": {
                "encoders": {"image": {"name": "image_cnn"}, "text": {"name": "text_average"}}
            },
            "objective": {"loss": {"name": "focal", "options": {"gamma": 2.5}}},
        }
    )
    run = store.create(tmp_path / "runs", chosen)
    said = [
        events.Started(
            run=str(run.folder), epochs=2, steps=3, samples={"train": 8, "test": 4},
            parameters=1234, shapes={"image": (8, 8, 3)}, device="CPU",
        ),
        *(
            events.EpochDone(
                epoch=n, step=3 * n, train={"loss": 1 / n}, validation={"loss": 0.8 / n},
                seconds=1.0, best=n == 2,
            )
            for n in (1, 2)
        ),
        events.Trained(outcome="done", epochs=2, best_epoch=2, seconds=4.0,
                       samples_per_second=20.0),
    ]  # fmt: skip
    run.events_file.write_text("".join(events.to_line(event) + "\n" for event in said))
    names = ("cat", f"dog {EVIL}")
    results.write(
        run.folder,
        Results(
            split="test", task="category", target="label", classes=names,
            metrics={"accuracy": 0.75, "loss": 0.5}, baseline={"accuracy": 0.5},
            confusion=((2, 0), (1, 1)), loss_name="Focal", intervals={"accuracy": (0.3, 1.0)},
            per_class=tuple(
                ClassRow(name=name, precision=0.5, recall=0.4, f1=0.45, support=2) for name in names
            ),
        ),
        Samples(
            stem=np.array(["cat/0", "cat/1", "dog/2", "dog/3"]), target=np.array([0, 0, 1, 1]),
            prediction=np.array([0, 0, 0, 1]), confidence=np.array([0.9, 0.8, 0.7, 0.6]),
            true_probability=np.array([0.9, 0.8, 0.3, 0.6]), loss=np.array([0.1, 0.2, 1.2, 0.5]),
        ),
    )  # fmt: skip
    contribution.write(
        run.folder,
        Contribution(
            split="test", samples=4, score="accuracy", whole=0.75, nothing=0.5,
            coalitions={"": 0.5, "image": 0.7, "text": 0.55, "image+text": 0.75},
            modalities=(of("image", 0.2), of("text", 0.05)), permutations=10, draws=16,
        ),
        Rows(np.array(["cat/0"]), np.zeros((1, 2)), ("image", "text")),
    )  # fmt: skip
    return run.folder


class Page(HTMLParser):
    """Takes note of tags, of what they refer to, and of the words."""

    def __init__(self):
        super().__init__()
        self.tags, self.refers, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.refers += [v for k, v in attrs if k in ("src", "href", "xlink:href")]

    def handle_data(self, data):
        self.words.append(data)


def test_a_page_tells_everything_and_needs_no_network(folder):
    page = Page()
    page.feed(html(gather(folder)))
    told = " ".join(" ".join(page.words).split())
    for words in (
        "75.0%", "guess 50%", "Focal (gamma 2.5", "8 train, 4 test", "1,234", "dog/2",
        "What each modality added", "Loss in training", "number 2",
    ):  # fmt: skip
        assert words in told, words
    assert page.tags.count("svg") == 2
    assert "script" not in page.tags
    assert all(source.startswith("data:image/png;base64,") for source in page.refers)
    assert len(page.refers) >= 1
    assert not re.search(r"(https?:)?//(?!www\.w3\.org/2000/svg)", html(gather(folder)))


def test_names_of_others_are_text_and_nothing_else(folder):
    text = html(gather(folder))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    card = model_card(gather(folder))
    outside, settings = card.split("```json", 1)
    assert "<script" not in outside
    assert "Focal" in outside
    assert settings


def test_a_pdf_tells_the_same_on_paper(folder):
    from pypdf import PdfReader

    pages = PdfReader(io.BytesIO(pdf(gather(folder)))).pages
    told = " ".join(" ".join(page.extract_text() for page in pages).split())
    for words in ("75.0%", "Focal", "dog/2", "What each modality added", "Precision"):
        assert words in told, words
    assert len(pages) >= 2


def test_a_card_asks_what_only_its_maker_can_know(folder):
    card = model_card(gather(folder))
    for title in ("Intended use", "Training data", "Evaluation", "Caveats", "Settings"):
        assert f"## {title}" in card
    assert "What should it not be used for?" in card
    assert "| Right | 75.0% |" in card
    assert "image 80%, text 20%" in card
    assert "Measured on fewer than 20 samples: cat" in card
    assert card.startswith("---\nlibrary_name: keras\n")


def test_a_report_is_made_where_the_data_are_gone_and_nothing_was_evaluated(folder, tmp_path):
    import shutil

    shutil.rmtree(tmp_path / "data")
    shutil.rmtree(folder / "evaluation")
    shutil.rmtree(folder / "insight")
    for form, beginning in (("html", b"<!DOCTYPE"), ("pdf", b"%PDF"), ("card", b"---")):
        file = tmp_path / "out" / form
        write_report(folder, form, file)
        assert file.read_bytes().startswith(beginning)
    assert "Not evaluated" in (tmp_path / "out" / "html").read_text()


def test_a_place_that_cannot_be_written_is_said(folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"):
        write_report(folder, "html", tmp_path / "file" / "report.html")


def test_drawings_are_well_formed_and_hold_their_points():
    svg = drawing.lines({"a & b": ([0, 1, 2], [0.0, np.nan, 4.0])}, "x", "y", mark=1.0)
    tree = ET.fromstring(svg)
    named = {"s": "http://www.w3.org/2000/svg"}
    points = [line.get("points").split() for line in tree.findall("s:polyline", named)]
    assert [len(places) for places in points] == [2, 2]
    assert any(text.text == "a & b" for text in tree.findall("s:text", named))
    assert "nothing to draw" in drawing.lines({"a": ([], [])}, "x", "y")
    bars = ET.fromstring(drawing.bars({"image": (2.0, 1.0, 3.0), "text": (-1.0, -2.0, 0.0)}, " %"))
    wide = [float(bar.get("width")) for bar in bars.findall("s:rect", named)]
    assert wide[0] == pytest.approx(2 * wide[1], rel=0.01)


def test_a_pdf_shows_pictures_and_brings_fonts_of_a_type_that_fits(folder):
    from pypdf import PdfReader

    pages = PdfReader(io.BytesIO(pdf(gather(folder)))).pages
    assert sum(len(page.images) for page in pages) == 1
    for page in pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            assert inner["/Subtype"] == "/CIDFontType2"
            # Quadratic outlines, as that type says; cubic ones would be /FontFile3.
            assert "/FontFile2" in inner["/FontDescriptor"].get_object()
    told = " ".join(page.extract_text() for page in pages)
    assert "dog/2" in told


@pytest.mark.parametrize(
    ("low", "high", "whole", "wanted"),
    [
        (0, 1, False, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (1, 3, True, [1, 2, 3]),
        (1, 60, True, [20, 40, 60]),
        (1.32, 2.08, False, [1.4, 1.6, 1.8, 2.0]),
        (-0.03, 0.02, False, [-0.03, -0.02, -0.01, 0, 0.01, 0.02]),
    ],
)
def test_axes_have_round_numbers(low, high, whole, wanted):
    assert drawing.ticks(low, high, whole=whole) == pytest.approx(wanted)
