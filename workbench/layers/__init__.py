"""Keras layers that parts need; the only place that imports Keras at module level."""

from workbench.layers.absent import Absent
from workbench.layers.balancing import (
    Balancer,
    DynamicWeightAverage,
    GradientBlending,
    GradNorm,
    RandomWeights,
    Term,
    Uncertainty,
)
from workbench.layers.balancing_gradients import OnTheFly, TwoGradients
from workbench.layers.convolution import ConvolutionEncoder
from workbench.layers.fusing import Average, Concat, Gated
from workbench.layers.heads import Cosines, Ranks, Spread
from workbench.layers.hiding import ModalityDropout
from workbench.layers.words import AverageOfWords

__all__ = [
    "Absent",
    "Average",
    "AverageOfWords",
    "Balancer",
    "Concat",
    "ConvolutionEncoder",
    "Cosines",
    "DynamicWeightAverage",
    "Gated",
    "GradNorm",
    "GradientBlending",
    "ModalityDropout",
    "OnTheFly",
    "RandomWeights",
    "Ranks",
    "Spread",
    "Term",
    "TwoGradients",
    "Uncertainty",
]
