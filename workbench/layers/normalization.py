"""Batch normalisation by TensorFlow's own kernel."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="workbench")
class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]  # Keras has no types
    """Keras' batch normalisation of maps, computed by one kernel while training.

    Keras puts it together from a dozen passes over the map, which took 40 % of a training step of
    small convolutional networks on a CPU. Same numbers up to rounding, same variables and names;
    over the last axis of [batch, down, across, channels] only. Evaluation is that of Keras.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """From [batch, down, across, channels] to the same shape."""
        if not training or not self.trainable or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        unused = tf.constant([], tf.float32)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(self.gamma, tf.float32),
            offset=tf.cast(self.beta, tf.float32),
            mean=unused,
            variance=unused,
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel divides the squares by n - 1, Keras by n.
        count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], tf.float32)
        variance *= (count - 1) / count
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + new * (1 - self.momentum))
        return outputs
