"""Many dimensions made two, to be looked at; and figures of two halves of pairs in one space."""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from workbench.errors import UserError
from workbench.runs.maps import MOST_TSNE, Method

Vectors = NDArray[np.float32]

UMAP_COMMAND = 'pip install "multimodal-workbench[umap]"'
_NEIGHBOURS = 15
_PERPLEXITY = 30.0
_FIRST = 50
# t-SNE and UMAP begin from so many principal components: less noise, and faster.
_MOST_UNIFORM = 4096
_ROWS = 1024


@dataclass(frozen=True)
class Projected:
    """Vectors in two dimensions.

    Args:
        places: float32 [samples, 2].
        explained: share of the variance that each direction holds; of PCA alone.
    """

    places: Vectors
    explained: tuple[float, ...] = ()


def project(vectors: Vectors, method: Method, seed: int = 0) -> Projected:
    """Bring vectors into two dimensions.

    Args:
        vectors: [samples, size], all finite.
        method: ``pca``: the two directions of the largest variance; ``umap`` or ``tsne``: near
            ones stay near, whatever becomes of the rest.
        seed: of what is random.

    Raises:
        UserError: too few or too many samples for the method, or it is not installed.

    References:
        McInnes, Healy and Melville 2018, UMAP, arXiv:1802.03426; van der Maaten and Hinton 2008,
        Visualizing data using t-SNE, JMLR 9.
    """
    count = len(vectors)
    refuse(method, count)
    values = vectors.reshape(count, -1).astype(np.float64)
    if method == "pca":
        return _pca(values, seed)
    if values.shape[1] > _FIRST and count > _FIRST:
        values = PCA(_FIRST, random_state=seed).fit_transform(values)
    found = _umap(values, seed) if method == "umap" else _tsne(values, seed)
    return Projected(np.ascontiguousarray(found, np.float32))


def refuse(method: Method, count: int) -> None:
    """Refuse a method that cannot be used on so many samples.

    Args:
        method: as of ``project``.
        count: samples.

    Raises:
        UserError: why not, and what to do.
    """
    least = 2 if method == "pca" else 4
    if count < least:
        raise UserError(
            f"A map by this method needs {least} samples or more; there are {count}.",
            "Choose a split with more samples." if count < 2 else "Choose PCA.",
        )
    if method == "tsne" and count >= MOST_TSNE:
        raise UserError(
            f"t-SNE of {count:,} samples takes too long; it is offered below {MOST_TSNE:,}.",
            "Choose UMAP or PCA.",
        )
    if method == "umap" and importlib.util.find_spec("umap") is None:
        raise UserError("UMAP is not installed.", f"Install it with: {UMAP_COMMAND}")


def _pca(values: NDArray[np.float64], seed: int) -> Projected:
    many = min(2, *values.shape)
    fitted = PCA(many, random_state=seed)
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        # Where all samples are alike there is no variance to explain.
        warnings.simplefilter("ignore", RuntimeWarning)
        found = fitted.fit_transform(values)
    places = np.zeros((len(values), 2), np.float32)
    places[:, :many] = found
    shares = np.zeros(2)
    shares[:many] = np.nan_to_num(fitted.explained_variance_ratio_)
    return Projected(places, tuple(shares.tolist()))


def _tsne(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    perplexity = min(_PERPLEXITY, (len(values) - 1) / 3)
    fit = TSNE(perplexity=perplexity, init="pca", random_state=seed)
    found: NDArray[np.float64] = fit.fit_transform(values)
    return found


def _umap(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    from umap import UMAP

    near = min(_NEIGHBOURS, len(values) - 1)
    # Of very few points its spectral start has too few eigenvectors.
    start = "spectral" if len(values) > 4 * _NEIGHBOURS else "random"
    with warnings.catch_warnings():
        # With a seed it uses one thread, and says so each time.
        warnings.filterwarnings("ignore", message="n_jobs value", category=UserWarning)
        fit = UMAP(n_neighbors=near, init=start, random_state=seed, n_jobs=1)
        found: NDArray[np.float64] = fit.fit_transform(values.astype(np.float32))
    return found


def figures_of_pairs(first: Vectors, second: Vectors, seed: int = 0) -> dict[str, float]:
    """How the two halves of pairs lie to each other, as unit vectors.

    Args:
        first: [samples, size]; row i belongs to row i of the other.
        second: [samples, size].
        seed: which samples the uniformity is measured on, where there are very many.

    Returns:
        ``alignment``: mean squared distance of partners, 0 where they coincide, 2 where they have
        nothing in common; ``uniformity_first`` and ``uniformity_second``: logarithm of the mean of
        exp(-2 squared distance) over all pairs of one half, the lower the more evenly it fills the
        sphere (left out of a single sample); ``gap``: distance of the means of both halves.

    References:
        Wang and Isola 2020, arXiv:2005.10242; Liang et al. 2022, Mind the gap, arXiv:2203.02053.
    """
    one, two = unit(first), unit(second)
    figures = {
        "alignment": float(np.mean(np.sum((one - two) ** 2, axis=1))),
        "gap": float(np.linalg.norm(one.mean(axis=0) - two.mean(axis=0))),
    }
    if len(one) > 1:
        dice = np.random.default_rng(seed)
        some = np.sort(dice.permutation(len(one))[:_MOST_UNIFORM])
        figures["uniformity_first"] = _uniformity(one[some])
        figures["uniformity_second"] = _uniformity(two[some])
    return figures


def unit(values: Vectors) -> NDArray[np.float64]:
    """Vectors of length 1; one without length stays 0."""
    whole = values.astype(np.float64)
    length = np.linalg.norm(whole, axis=1, keepdims=True)
    found: NDArray[np.float64] = whole / np.maximum(length, 1e-12)
    return found


def _uniformity(values: NDArray[np.float64]) -> float:
    many = len(values)
    squares = np.sum(values**2, axis=1)
    total = 0.0
    for start in range(0, many, _ROWS):
        some = values[start : start + _ROWS]
        far = squares[start : start + _ROWS, None] + squares[None] - 2 * some @ values.T
        total += float(np.exp(-2 * np.maximum(far, 0)).sum())
    # Each with itself counts 1 and is no pair.
    return float(np.log(max(total - many, 1e-300) / (many * (many - 1))))
