"""Several processes that train one run together: who they are, and how they agree.

Each process is a worker with an address of its own; the first is the chief, which alone writes
and hears wishes. TensorFlow's ``MultiWorkerMirroredStrategy`` connects them and sums gradients. All
that decides how a run goes on must be the same for all at the same step, or they wait for one
another for ever: therefore the chief decides, and the others are told.
"""

from __future__ import annotations

import json
import os
import re
import socket
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UserError
from workbench.lazy import tf

START_SECONDS = 120.0
"""A worker whose peers are not there after this time gives up; TensorFlow itself never does."""

_PIECE = 2**20
"""Numbers of the chief's variables that are sent at once."""

_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d{1,5})")


@dataclass(frozen=True)
class Cluster:
    """The workers of a run, and which of them this process is.

    Args:
        workers: their addresses, ``host:port``; the first is the chief.
        index: place of this process among them.
    """

    workers: tuple[str, ...]
    index: int

    @classmethod
    def parse(cls, workers: str, index: int) -> Cluster:
        """A cluster as a person writes it.

        Args:
            workers: addresses with commas between them.
            index: place of this process among them, from 0.

        Raises:
            UserError: an address is none or is there twice, or the index is out of range.
        """
        found = tuple(word.strip() for word in workers.split(",") if word.strip())
        for address in found:
            match = _ADDRESS.fullmatch(address)
            if match is None or not 0 < int(match["port"]) < 2**16:
                raise UserError(
                    f"'{address}' is no address of a worker.", "Write HOST:PORT, as in gpu1:2222."
                )
        if len(set(found)) < len(found):
            raise UserError("An address is there twice.", "Give each worker an address of its own.")
        if len(found) < 2:
            raise UserError(
                "A cluster takes two workers or more.", "Leave --workers out to train alone."
            )
        if not 0 <= index < len(found):
            raise UserError(
                f"There is no worker {index} among {len(found)}.",
                f"Give --index 0 to {len(found) - 1}, each to one process.",
            )
        return cls(found, index)

    @property
    def chief(self) -> bool:
        """Whether this process decides and writes."""
        return self.index == 0

    def refuse_busy(self) -> None:
        """Refuse an address of this process that another one uses.

        Raises:
            UserError: it is in use.
        """
        match = _ADDRESS.fullmatch(self.workers[self.index])
        assert match is not None
        family = socket.AF_INET6 if match["host"].startswith("[") else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", int(match["port"])))
            except OSError as error:
                raise UserError(
                    f"Port {match['port']} of this machine cannot be used: {error.strerror}.",
                    "Another program uses it, or an earlier worker still runs; choose another.",
                ) from None

    def join(self) -> Any:
        """Connect to the other workers; the first thing that this process does with TensorFlow.

        It waits for them without an end, and meanwhile nothing else of this process runs.

        Returns:
            The strategy.
        """
        os.environ["TF_CONFIG"] = json.dumps(
            {
                "cluster": {"worker": list(self.workers)},
                "task": {"type": "worker", "index": self.index},
            }
        )
        return tf.distribute.MultiWorkerMirroredStrategy()


class Accord:
    """Brings the workers of a run to one mind; of one process alone, it changes nothing.

    Every worker must call the same methods in the same order.

    Args:
        strategy: connects the workers.
        cluster: who they are; None: this process is alone.
    """

    def __init__(self, strategy: Any, cluster: Cluster | None) -> None:
        self._strategy = strategy
        self._cluster = cluster
        local = strategy.num_replicas_in_sync // len(cluster.workers) if cluster else 1
        self._share = 1.0 / max(1, local)
        self._summed = tf.function(self._sum, autograph=False)

    @property
    def chief(self) -> bool:
        """Whether this process decides and writes."""
        return self._cluster is None or self._cluster.chief

    def share_of(self, count: int) -> tuple[int, int]:
        """Which of so many batches are this worker's: from which on, and every so manieth.

        Args:
            count: of batches; where there are fewer than workers, each takes all of them.
        """
        if self._cluster is None or count < len(self._cluster.workers):
            return 0, 1
        return self._cluster.index, len(self._cluster.workers)

    @property
    def alone(self) -> bool:
        """Nobody else trains this run."""
        return self._cluster is None

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum over all workers.

        Args:
            values: of this worker, of one shape everywhere.
        """
        if self._cluster is None:
            return values
        given = tf.constant(np.asarray(values, np.float64) * self._share)
        return np.asarray(self._summed(given), np.float64)

    def follow(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values of the chief.

        Args:
            values: of this worker, of one shape everywhere; only the chief's count.
        """
        return self.total(values if self.chief else np.zeros_like(values))

    def refuse_others(self, identity: str) -> None:
        """Refuse to train together what is not the same.

        Args:
            identity: hashes of spec and data on this worker.

        Raises:
            UserError: on all workers, where one has another spec, or other data.
        """
        if self._cluster is None:
            return
        differs = np.zeros(len(self._cluster.workers))
        differs[self._cluster.index] = float(self.follow_words(identity) != identity)
        wrong = [
            self._cluster.workers[place] for place in np.flatnonzero(self.total(differs)).tolist()
        ]
        if wrong:
            raise UserError(
                f"{', '.join(wrong)} and the chief do not train the same: spec or data differ.",
                "Give all workers the same spec file, and the same files in their data folder.",
            )

    def follow_words(self, words: str) -> str:
        """The words of the chief; those of the others do not count."""
        if self._cluster is None:
            return words
        raw = np.frombuffer(words.encode(), np.uint8).astype(np.float64)
        length = int(self.follow(np.asarray([float(len(raw))]))[0])
        if not length:
            # TensorFlow dies of a collective over nothing.
            return ""
        mine = raw if self.chief else np.zeros(length)
        return self.follow(mine).astype(np.uint8).tobytes().decode()

    def follow_variables(self, variables: list[Any]) -> None:
        """Give all workers what the chief's variables hold."""
        if self._cluster is None:
            return
        held = [np.asarray(variable.numpy()) for variable in variables]
        # Exact: no variable of a run has numbers that a float64 does not hold.
        flat = np.concatenate([value.astype(np.float64).ravel() for value in held])
        # In pieces of one size: each new size would be traced anew.
        padded = np.zeros(-(-len(flat) // _PIECE) * _PIECE)
        padded[: len(flat)] = flat
        told = np.concatenate([self.follow(piece) for piece in padded.reshape(-1, _PIECE)])
        if not self.chief:
            ends = np.cumsum([value.size for value in held])
            for variable, value, end in zip(variables, held, ends.tolist(), strict=True):
                mine = told[end - value.size : end].reshape(value.shape)
                variable.assign(mine.astype(value.dtype))

    def _sum(self, values: Any) -> Any:
        def over(mine: Any) -> Any:
            context = tf.distribute.get_replica_context()
            # A copy lies on the replica's device, by which the strategy finds its peers.
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(mine))

        found = self._strategy.run(over, (values,))
        return self._strategy.experimental_local_results(found)[0]
