"""The fused batch normalisation against that of Keras."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def both(shape):
    import keras

    from workbench.layers.normalization import FusedBatchNormalization

    made = [
        kind(momentum=0.9, name="norm")
        for kind in (keras.layers.BatchNormalization, FusedBatchNormalization)
    ]
    dice = np.random.default_rng(2)
    scale, offset = dice.normal(1, 0.5, shape[-1]), dice.normal(0, 1, shape[-1])
    for layer in made:
        layer.build(shape)
        layer.gamma.assign(scale)
        layer.beta.assign(offset)
    return made


def run(layer, maps, weights, training):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        given = tf.constant(maps)
        tape.watch(given)
        made = layer(given, training=training)
        total = tf.reduce_sum(made * weights)
    wanted = [given, *(variable.value for variable in layer.trainable_variables)]
    return [made, *tape.gradient(total, wanted), layer.moving_mean, layer.moving_variance]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(5, 6, 4, 3), (32, 8, 8, 16), (2, 1, 1, 4)])
def test_values_gradients_and_moving_statistics_are_those_of_keras(shape, training):
    dice = np.random.default_rng(1)
    theirs, ours = both(shape)
    weights = dice.normal(size=shape).astype("f4")
    for _ in range(3):  # the moving statistics of later steps rest on the earlier ones
        maps = dice.normal(3, 2, shape).astype("f4")
        for one, other in zip(
            run(theirs, maps, weights, training), run(ours, maps, weights, training), strict=True
        ):
            assert np.asarray(other) == pytest.approx(np.asarray(one), rel=1e-4, abs=1e-4)


def test_a_single_place_has_no_spread_and_stays_finite():
    _, ours = both((1, 1, 1, 4))
    values = run(ours, np.ones((1, 1, 1, 4), "f4"), np.ones((1, 1, 1, 4), "f4"), True)
    assert all(np.isfinite(np.asarray(value)).all() for value in values)
    assert np.asarray(ours.moving_variance) == pytest.approx(0.9)  # from 1, towards 0


def test_a_frozen_layer_keeps_its_statistics():
    _, ours = both((4, 3, 3, 2))
    ours.trainable = False
    ours(np.random.default_rng(0).normal(5, 1, (4, 3, 3, 2)).astype("f4"), training=True)
    assert np.asarray(ours.moving_mean) == pytest.approx(0)


def test_variables_keep_the_names_of_keras_so_that_checkpoints_fit():
    theirs, ours = both((4, 3, 3, 2))
    assert [v.path for v in ours.variables] == [v.path for v in theirs.variables]
