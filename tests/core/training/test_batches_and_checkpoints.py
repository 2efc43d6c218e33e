"""Which samples a step gets; and that a checkpoint is whole or refused."""

import numpy as np
import pytest

from workbench.data.batches import Order
from workbench.errors import UserError

ROWS = np.arange(100, 137)


@pytest.mark.parametrize("replicas", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 8, 10, 37, 64])
def test_every_training_sample_comes_once_an_epoch(size, replicas):
    order = Order(ROWS, size, seed=4, replicas=replicas)
    gather = order.gather()
    for epoch in range(2):
        seen = []
        for step in range(epoch * order.steps, (epoch + 1) * order.steps):
            weight = 0
            for replica in range(replicas):
                rows, weights = gather(step * replicas + replica)
                assert rows.shape == weights.shape == (order.part,)
                seen += rows[weights == 1].tolist()
                weight += weights.sum()
            assert weight == order.weight(step)
        assert sorted(seen) == ROWS.tolist()


def test_the_order_is_a_function_of_seed_and_epoch():
    order = Order(ROWS, 8, seed=4)
    assert np.array_equal(order.epoch(3), Order(ROWS, 5, seed=4).epoch(3))
    assert not np.array_equal(order.epoch(3), order.epoch(4))
    assert not np.array_equal(order.epoch(3), Order(ROWS, 8, seed=5).epoch(3))


@pytest.fixture
def variables():
    import keras

    return [keras.Variable(np.arange(6.0).reshape(2, 3), name="kernel"), keras.Variable(np.ones(3))]


@pytest.mark.slow
def test_a_checkpoint_brings_back_every_number_and_its_state(tmp_path, variables):
    from workbench.training import checkpoints

    file = tmp_path / "deep" / "best.npz"
    checkpoints.save(file, {"model": variables}, {"epoch": 3})
    kept = [np.asarray(v).copy() for v in variables]
    for variable in variables:
        variable.assign(variable * 0)
    assert checkpoints.load(file, {"model": variables}) == {"epoch": 3}
    assert all(np.array_equal(np.asarray(v), k) for v, k in zip(variables, kept, strict=True))
    assert [entry.name for entry in file.parent.iterdir()] == ["best.npz"]


@pytest.mark.slow
def test_a_damaged_or_foreign_checkpoint_is_refused_with_a_sentence(tmp_path, variables):
    import keras

    from workbench.training import checkpoints

    file = tmp_path / "best.npz"
    with pytest.raises(UserError, match="no checkpoint"):
        checkpoints.load(file, {"model": variables})
    checkpoints.save(file, {"model": variables}, {})
    with pytest.raises(UserError, match="does not fit the model"):
        checkpoints.load(file, {"model": [keras.Variable(np.ones(4))]})
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="damaged"):
        checkpoints.load(file, {"model": variables})
    np.savez(file, state=np.asarray([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="damaged"):
        checkpoints.load(file, {"model": variables})
