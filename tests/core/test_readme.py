"""What the README says is generated once and must not grow stale."""

from pathlib import Path

from workbench import catalogue

README = Path(__file__).parents[2] / "README.md"


def between(start, end):
    return README.read_text(encoding="utf-8").split(start)[1].split(end)[0].strip()


def test_the_table_of_parts_is_fresh():
    assert between("<!-- parts -->", "<!-- /parts -->") == catalogue.as_markdown(), (
        "run: workbench parts --markdown, and put it into README.md"
    )


def test_the_list_of_object_names_is_fresh(qtbot, tmp_path):
    from PySide6.QtCore import QSettings

    from workbench.gui.app import Workbench
    from workbench.gui.names import as_markdown

    bench = Workbench(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(bench.window)
    try:
        fresh = as_markdown(bench.window)
    finally:
        bench.close()
    assert between("<!-- names -->", "<!-- /names -->") == fresh, (
        "run: python -m workbench.gui.names, and put it into README.md"
    )
