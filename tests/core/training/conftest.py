"""What TensorFlow is told for good must not reach the next test."""

import pytest


@pytest.fixture
def determinism_ends():
    """A test may ask for the same numbers each time; those after it get what they are used to."""
    from tensorflow.python.framework import config

    from workbench.training import devices

    yield
    # Nothing public takes it back: a program decides it once.
    config.disable_op_determinism()
    devices._SETTLED.clear()
