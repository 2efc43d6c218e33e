"""Networks that know ImageNet, for pictures."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="image", order=4)
def image_pretrained(
    *,
    fresh: bool,
    network: Literal[
        "mobilenet_small", "mobilenet_large", "efficientnet", "convnext", "resnet"
    ] = "mobilenet_small",
    weights: Literal["none", "imagenet", "file"] = "none",
    weights_file: Annotated[str, Field(max_length=4096, json_schema_extra={"advanced": True})] = "",
    train_it: Literal["never", "later", "at_once"] = "later",
    thaw_after: Annotated[int, Field(ge=1, le=1000, json_schema_extra={"unit": "epochs"})] = 3,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
) -> Layer:
    """A large network that has seen a million photographs, or starts from nothing.

    Its last map is averaged and projected, ``relu(W mean(map) + b)``. Use it with weights of
    ImageNet for photographs, of which a few hundred are enough then: at first only the projection
    is trained, later the network too; choose a small learning rate, or what it knows is soon
    forgotten. ImageNet needs a download of 4 to 110 MB, once. On drawings or measurements its
    knowledge helps little, and without weights it wants far more samples than a small network.

    Args:
        fresh: whether weights are wanted; not where a checkpoint brings all of them.
        network: mobilenet is the quickest, convnext the largest; resnet is the one that most
            papers compare with.
        weights: where it starts: at chance, from ImageNet, or from a file.
        weights_file: the whole path of a file that ends in .weights.h5, .keras or .h5, with weights
            of this network without head.
        train_it: whether a network that knows something is trained: never, later, or at once; one
            that starts at chance is trained at once.
        thaw_after: epochs after which it is trained, where that is later.
        size: numbers in the embedding.

    Returns:
        A layer from pictures [batch, height, width, 3] in 0..1 to ``vector`` [batch, size] and
        ``sequence`` [batch, places, channels].

    References:
        Howard et al. 2019, arXiv:1905.02244; Tan and Le 2021, arXiv:2104.00298; Liu et al. 2022,
        arXiv:2201.03545; He et al. 2016, arXiv:1512.03385.
    """
    source = weights_file if weights == "file" else weights
    return layers.Pretrained(
        network, size, source, train_it, thaw_after, fresh=fresh, name="image_pretrained"
    )
