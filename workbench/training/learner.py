"""All that learns in a run: model, objective, balancer and optimiser, and the steps over them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench import parts
from workbench.data import batches
from workbench.data.prepared import Prepared
from workbench.lazy import keras, layers
from workbench.spec import RunSpec
from workbench.training import devices
from workbench.training.inputs import ModelInputs
from workbench.training.model import Multimodal, build
from workbench.training.objective import Objective
from workbench.training.steps import Steps, trainable


@dataclass
class Learner:
    """What is trained, ready for its first step.

    Args:
        spec: what the run is.
        prepared: its samples, with what some lack taken from the mask.
        built: the model.
        objective: what is to become small.
        balancer: weighs its terms.
        optimizer: moves the weights.
        scale: of losses in float16; None in other precisions.
        order: which samples each step gets.
        steps: trains them.
    """

    spec: RunSpec
    prepared: Prepared
    built: Multimodal
    objective: Objective
    balancer: Any
    optimizer: Any
    scale: Any
    order: batches.Order
    steps: Steps

    @classmethod
    def make(
        cls, spec: RunSpec, prepared: Prepared, inputs: ModelInputs,
        downloaded: Callable[[int, int], None] | None = None,
    ) -> Learner:  # fmt: skip
        """Make everything new, from the seed of the spec.

        Args:
            spec: what the run is.
            prepared: its samples.
            inputs: what its model takes.
            downloaded: hears how far an encoder is that fetches what it knows.
        """
        training = spec.training
        keras.utils.set_random_seed(training.seed)
        if training.deterministic:
            devices.determine()
        strategy = devices.strategy()
        prepared = inputs.masked(prepared)
        with strategy.scope():
            # The model first: what losses and balancers learn must not move its weights' start.
            built = build(
                spec, inputs.shapes, inputs.outputs, inputs.vocabulary, inputs.incomplete,
                told=downloaded,
            )  # fmt: skip
            objective = Objective.of(spec, prepared)
            scale = layers.LossScale() if training.precision == "float16" else None
            balancer = _balancer(spec, objective)
            optimizer = _optimizer(spec, built, objective, balancer)
        order = batches.Order(
            prepared.rows("train"), training.batch_size, training.seed,
            strategy.num_replicas_in_sync, training.accumulated,
        )  # fmt: skip
        steps = Steps(
            built, optimizer, objective, balancer, strategy, training.clip_norm, scale,
            timed=not devices.determined(), parts=training.accumulated,
        )  # fmt: skip
        return cls(spec, prepared, built, objective, balancer, optimizer, scale, order, steps)

    @property
    def parameters(self) -> int:
        """Numbers that the model learns."""
        return sum(math.prod(v.shape) for v in self.built.model.trainable_variables)

    @property
    def best(self) -> dict[str, list[Any]]:
        """The variables that an evaluation needs, by what they belong to."""
        return {
            "model": self.built.model.variables,
            "objective": self.objective.variables,
            "balancer": self.balancer.variables,
        }

    @property
    def every(self) -> dict[str, list[Any]]:
        """All variables from which a run goes on."""
        more = {"loss_scale": self.scale.variables} if self.scale is not None else {}
        return self.best | {"optimizer": self.optimizer.variables} | more

    def iterate(self, first: int, last: int) -> Any:
        """An iterator over the batches of these steps.

        Args:
            first: counted from 0 over the whole run.
            last: the first step that is not given any more.
        """
        augmentation = self.spec.training.augmentation
        return self.steps.iterate(
            lambda worker, workers: batches.training(
                self.prepared, self.order, first, last, augmentation, worker, workers
            )
        )


def _balancer(spec: RunSpec, objective: Objective) -> Any:
    chosen = spec.objective.balancer
    part = parts.find("balancer", chosen.name)
    balancer = part.function(**part.check(chosen.options))
    balancer.begin(objective.balanced, sorted(spec.modalities))
    return balancer


def _optimizer(spec: RunSpec, built: Multimodal, objective: Objective, balancer: Any) -> Any:
    chosen = spec.training.optimizer
    part = parts.find("optimizer", chosen.name)
    optimizer = part.function(spec.training.learning_rate, **part.check(chosen.options))
    learned = [*objective.variables, *balancer.trainable_variables]
    if learned:
        # Decay would draw a learned temperature or variance towards its start.
        optimizer.exclude_from_weight_decay(var_list=learned)
    optimizer.build(trainable(built, objective, balancer))
    return optimizer
