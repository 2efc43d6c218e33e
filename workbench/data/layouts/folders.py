"""Class folders: ``<label>/<stem>.png|wav|txt``, files of one stem in one folder are one sample.

Sample folders: ``<label>/<sample>/picture.png, sound.wav``, all files of one folder are one sample.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Strings, strings
from workbench.data.layouts.columns import Columns, Places, passed_over, placed
from workbench.parts import MODALITIES
from workbench.spec import Reading


def class_folders(places: Places, reading: Reading) -> Columns:
    """Read one folder a class.

    Args:
        places: the files.
        reading: what the classes are learned as, and their order.
    """
    media = places.media
    labelled = (places.inner != "")[media.folder]
    files = np.flatnonzero(labelled)
    samples, first = runs(media.folder[files], media.stems[files])
    folders = media.folders[media.folder[files[first]]]
    labels = places.inner[media.folder[files[first]]]
    columns, findings = placed(media, files, samples, len(first))
    loose = media.paths(np.flatnonzero(~labelled)).tolist()
    split = places.split_of(files[first])
    read = Columns(
        "class_folders",
        folders + strings("/") + media.stems[files[first]],
        columns,
        split=split,
        findings=[*passed_over(loose, "outside of class folders", "unlabelled"), *findings],
        reading=reading,
    )
    read.learn_folders(labels)
    return read


def sample_folders(places: Places, reading: Reading) -> Columns:
    """Read one folder a sample, below one folder a class or below none.

    Args:
        places: the files.
        reading: what the classes are learned as, and their order.
    """
    media = places.media
    inside = (places.inner != "")[media.folder]
    files = np.flatnonzero(inside)
    samples, first = runs(media.folder[files])
    stems = media.folders[media.folder[files[first]]]
    parents = strings([path.rpartition("/")[0] for path in places.inner.tolist()])
    labels = parents[media.folder[files[first]]]
    columns, findings = placed(media, files, samples, len(first))
    loose = media.paths(np.flatnonzero(~inside)).tolist()
    read = Columns(
        "sample_folders",
        stems,
        columns,
        split=places.split_of(files[first]),
        findings=[*passed_over(loose, "outside of sample folders", "unlabelled"), *findings],
        reading=reading,
    )
    if (labels != "").any():
        read.learn_folders(labels)
    return read


def looks_like_sample_folders(places: Places) -> bool:
    """Whether every folder holds the files of one sample.

    So it is where no folder has two files of one modality, a folder's files do not share a stem (or
    the same few stems come back in every folder), and there are more folders than classes.

    Args:
        places: the files.
    """
    media = places.media
    used = np.unique(media.folder)
    if len(used) < 4 or (places.inner[used] == "").any():
        return False
    pairs = media.folder.astype(np.int64) * len(MODALITIES) + media.kinds
    if len(np.unique(pairs)) < len(pairs):
        return False
    parents = {path.rpartition("/")[0] for path in places.inner[used].tolist()}
    same_names = len(np.unique(media.stems)) <= max(len(MODALITIES), len(media) // 4)
    return len(parents) <= len(used) // 2 and (same_names or len(media) > len(used))


def runs(*keys: NDArray[np.int32] | Strings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the runs of equal neighbours.

    Args:
        keys: columns of one length, sorted so that what belongs together stands together.

    Returns:
        The number of each row's run, int64 [rows], and the place of the first row of each run.
    """
    count = len(keys[0])
    starts = np.zeros(count, bool)
    starts[:1] = True
    for key in keys:
        starts[1:] |= key[1:] != key[:-1]
    return np.cumsum(starts) - 1, np.flatnonzero(starts)
