"""What this installation can do: versions, device, libraries that Qt misses, faults, disk."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from workbench import __version__, places
from workbench.engine import protocol

# Debian and Ubuntu package of each library that Qt's platform plugins load.
_DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
_PACKAGES = (
    "tensorflow",
    "keras",
    "numpy",
    "PySide6-Essentials",
    "pyqtgraph",
    "pydantic",
    "pillow",
    "soundfile",
    "soxr",
    "scikit-learn",
    "tokenizers",
)
_LEAST_FREE = 2 * 2**30
"""Bytes: a run of a middling model with its cache fits."""


@dataclass(frozen=True)
class Finding:
    """One thing that was examined.

    Args:
        name: what.
        good: it is as it should be.
        words: what was found.
        remedy: what to do about it; "" when it is good.
    """

    name: str
    good: bool
    words: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Examine this installation; takes a few seconds, as TensorFlow is asked in its own process."""
    return [
        Finding("workbench", True, f"{__version__} on Python {platform.python_version()}"),
        *(_package(name) for name in _PACKAGES),
        _device(),
        _qt_libraries(),
        _qt_references(),
        _disk(),
    ]


def in_words(findings: list[Finding]) -> str:
    """The findings as lines for people."""
    lines = []
    for finding in findings:
        lines.append(f"{'ok ' if finding.good else 'BAD'}  {finding.name}: {finding.words}")
        if finding.remedy:
            lines.append(f"     {finding.remedy}")
    return "\n".join(lines)


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", f"Run: pip install {name}")


def _device() -> Finding:
    # In a process of its own: TensorFlow takes GPU memory and never gives it back.
    code = (
        "from workbench.training import devices\n"
        "print(devices.describe(), devices.why_no_gpu(), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=protocol.environment(),
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Finding(
            "device",
            False,
            f"TensorFlow does not start: {last}",
            "Reinstall: pip install tensorflow",
        )
    device, _, reason = done.stdout.strip().partition("\n")
    return Finding("device", True, f"{device}. {reason}".rstrip(" ."))


def _qt_libraries() -> Finding:
    """Libraries that Qt's plugins for windows and for headless use ask for and do not find."""
    if not sys.platform.startswith("linux"):
        return Finding("Qt libraries", True, "come with Qt on this system")
    try:
        folder = Path(importlib.import_module("PySide6").__file__ or "").parent
    except ImportError as error:
        return Finding("Qt libraries", False, str(error), "Run: pip install PySide6-Essentials")
    platforms = folder / "Qt" / "plugins" / "platforms"
    missing = sorted({library for file in platforms.glob("*.so") for library in _missing(file)})
    if not missing:
        return Finding("Qt libraries", True, "all found")
    packages = sorted({_DEBIAN_PACKAGES[name] for name in missing if name in _DEBIAN_PACKAGES})
    headless = _missing(platforms / "libqoffscreen.so")
    where = "no window opens" if headless else "a window on this machine's display may not open"
    remedy = f"As root: apt-get install -y --no-install-recommends {' '.join(packages)}"
    return Finding(
        "Qt libraries",
        not headless,
        f"missing {', '.join(missing)}: {where}",
        remedy if packages else "Install these libraries with your system's package tool.",
    )


def _missing(file: Path) -> list[str]:
    if shutil.which("ldd") is None or not file.is_file():
        return []
    done = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False)
    return [line.split()[0] for line in done.stdout.splitlines() if "not found" in line]


def _qt_references() -> Finding:
    """PySide6 6.12.0 loses a reference to None in every void call on Python before 3.12."""
    code = (
        "import sys; from PySide6.QtCore import QObject; o = QObject(); b = sys.getrefcount(None)\n"
        "for _ in range(1000): o.setObjectName('x')\n"
        "print(b - sys.getrefcount(None))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    lost = int(done.stdout) if done.returncode == 0 else 0
    if lost > 100 and sys.version_info < (3, 12):
        return Finding(
            "PySide6 references",
            False,
            f"this version loses references to None ({lost} in 1,000 calls) and will abort",
            "Run: pip install 'PySide6-Essentials>=6.10.3,!=6.11.0,!=6.11.1,!=6.12.0'",
        )
    return Finding("PySide6 references", True, "kept")


def _disk() -> Finding:
    place = places.home()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    words = f"{free / 2**30:.1f} GiB free for runs in {places.home()}"
    writable = os.access(place, os.W_OK)
    if not writable:
        return Finding(
            "disk", False, f"{place} cannot be written", "Set WORKBENCH_HOME to a folder."
        )
    if free < _LEAST_FREE:
        return Finding("disk", False, words, "Free some space or set WORKBENCH_HOME elsewhere.")
    return Finding("disk", True, words)
