"""Keras layers that parts need; the only place that imports Keras at module level."""

from workbench.layers.absent import Absent
from workbench.layers.convolution import ConvolutionEncoder
from workbench.layers.fusing import Average, Concat, Gated
from workbench.layers.words import AverageOfWords

__all__ = ["Absent", "Average", "AverageOfWords", "Concat", "ConvolutionEncoder", "Gated"]
