"""Variants of *shapes* in which one modality alone carries the label: it must get the credit.

Run by ``pytest -m benchmark -s tests/benchmarks/test_one_modality_carries.py``.
"""

import shutil

import numpy as np
import pytest

from workbench.data.samples import SAMPLES

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

SUFFIXES = {"image": ".png", "audio": ".wav", "text": ".txt"}
NUMBER = {"image": 0, "audio": 1}
"""Which word of the class a modality tells: shape or pitch."""


def variant(data, out, carrier):
    """Files of the carrier with its own word as the label; all others come from other samples."""
    stems = sorted(file.with_suffix("") for file in data.glob("*/*.png"))
    dice = np.random.default_rng(7)
    others = {m: dice.permutation(len(stems)) for m in SUFFIXES if m != carrier}
    for number, stem in enumerate(stems):
        label = stem.parent.name.split()[NUMBER[carrier]]
        (out / label).mkdir(parents=True, exist_ok=True)
        for modality, suffix in SUFFIXES.items():
            source = stem if modality == carrier else stems[others[modality][number]]
            shutil.copy(f"{source}{suffix}", out / label / f"{number:05d}{suffix}")
    return out


@pytest.mark.parametrize("carrier", NUMBER)
def test_the_carrier_gets_over_nine_tenths(tmp_path, carrier):
    from workbench.data.cache import prepare
    from workbench.data.folder import scan
    from workbench.insight import background
    from workbench.insight.contribution import contribute
    from workbench.insight.trained import Trained
    from workbench.runs import store
    from workbench.spec import change
    from workbench.suggest import suggest
    from workbench.training.trainer import Trainer

    data = SAMPLES["shapes"].make(tmp_path / "shapes", samples=1200, seed=2)
    index = scan(variant(data, tmp_path / carrier, carrier))
    chosen = change(suggest(index), "training.epochs", 15)
    prepared = prepare(index, chosen.data, chosen.modalities)
    run = store.create(tmp_path / "runs", chosen)
    Trainer(chosen, prepared, run.folder, lambda event: None, lambda: None).train()
    background.keep(run.folder, prepared, 0)
    found, _ = contribute(
        Trained.open(run.folder), prepared, "test", lambda *told: None, lambda: False
    )
    shares = {row.name: row.shapley / found.gain for row in found.modalities}
    words = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    print(f"\n{carrier} carries: right {found.whole:.1%}, by chance {found.nothing:.1%}; {words}")
    assert shares[carrier] > 0.9
