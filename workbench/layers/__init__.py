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
from workbench.layers.fusing_attention import ModalityAttention
from workbench.layers.fusing_late import LateAverage, LateProduct
from workbench.layers.fusing_products import Bilinear, Film, LowRank, TensorProduct
from workbench.layers.fusing_sequences import Bottleneck, CrossModal
from workbench.layers.heads import Cosines, Ranks, Spread
from workbench.layers.hiding import ModalityDropout
from workbench.layers.loss_scale import LossScale
from workbench.layers.patches import ConvolutionsThenMemory, PatchTransformer
from workbench.layers.pretrained import Pretrained
from workbench.layers.residual import ResidualEncoder
from workbench.layers.text_attention import TransformerOfWords
from workbench.layers.text_convolution import ConvolutionOfWords
from workbench.layers.text_recurrent import RecurrentWords
from workbench.layers.text_sentence import ProjectedSentence
from workbench.layers.waves import WaveEncoder
from workbench.layers.words import AverageOfWords

__all__ = [
    "Absent",
    "Average",
    "AverageOfWords",
    "Balancer",
    "Bilinear",
    "Bottleneck",
    "Concat",
    "ConvolutionEncoder",
    "ConvolutionOfWords",
    "ConvolutionsThenMemory",
    "Cosines",
    "CrossModal",
    "DynamicWeightAverage",
    "Film",
    "Gated",
    "GradNorm",
    "GradientBlending",
    "LateAverage",
    "LateProduct",
    "LossScale",
    "LowRank",
    "ModalityAttention",
    "ModalityDropout",
    "OnTheFly",
    "PatchTransformer",
    "Pretrained",
    "ProjectedSentence",
    "RandomWeights",
    "Ranks",
    "RecurrentWords",
    "ResidualEncoder",
    "Spread",
    "TensorProduct",
    "Term",
    "TransformerOfWords",
    "TwoGradients",
    "Uncertainty",
    "WaveEncoder",
]
