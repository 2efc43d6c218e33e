"""Which samples a step gets; and that a checkpoint is whole or refused."""

import errno
from concurrent.futures import ThreadPoolExecutor

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


def test_the_last_batch_is_filled_up_from_the_start_of_its_epoch():
    order = Order(ROWS, 12, seed=4)
    rows, weights = order.gather()(2 * order.steps - 1)  # the last of the second epoch: 1 of 37
    assert weights.tolist() == [1.0] + [0.0] * 11
    assert rows.tolist() == [order.epoch(1)[-1], *order.epoch(1)[:11]]
    assert len(set(rows.tolist())) == 12


def test_the_order_is_a_function_of_seed_and_epoch():
    order = Order(ROWS, 8, seed=4)
    assert np.array_equal(order.epoch(3), Order(ROWS, 5, seed=4).epoch(3))
    assert not np.array_equal(order.epoch(3), order.epoch(4))
    assert not np.array_equal(order.epoch(3), Order(ROWS, 8, seed=5).epoch(3))


class Interrupted(Order):
    """Another batch is asked for in the middle of each, as by another thread of tf.data."""

    @property
    def part(self):
        waiting, self.__dict__["waiting"] = self.__dict__.get("waiting"), None
        if waiting is not None:
            waiting()
        return super().part


@pytest.mark.parametrize(("number", "other"), [(0, 10), (9, 10), (10, 9), (3, 3)])
def test_a_batch_asked_for_amid_another_changes_neither(number, other):
    """tf.data gathers several at once, also over the end of an epoch: it is 10 steps long."""
    in_turn = Order(ROWS, 4, seed=4).gather()
    order = Interrupted(ROWS, 4, seed=4)
    gather = order.gather()
    gather(number)
    between = []
    order.__dict__["waiting"] = lambda: between.append(gather(other)[0].tolist())
    found = gather(number)[0].tolist()
    assert found == in_turn(number)[0].tolist()
    assert between == [in_turn(other)[0].tolist()]


def test_batches_asked_from_many_threads_are_those_asked_in_turn():
    order = Order(ROWS, 4, seed=4)
    numbers = [n for _ in range(300) for n in (0, order.steps, 2 * order.steps, 1)]
    in_turn = {n: order.gather()(n)[0].tolist() for n in set(numbers)}
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(order.gather(), numbers))
    assert [rows.tolist() for rows, _ in found] == [in_turn[n] for n in numbers]


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
@pytest.mark.parametrize("moment", ["while writing", "while renaming"])
def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(
    tmp_path, variables, monkeypatch, moment
):
    from workbench.training import checkpoints

    file = tmp_path / "best.npz"
    checkpoints.save(file, {"model": variables}, {"epoch": 1})
    before = file.read_bytes()

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    if moment == "while writing":
        monkeypatch.setattr(checkpoints.os, "fsync", full)
    else:
        monkeypatch.setattr(checkpoints.Path, "replace", full)
    variables[0].assign(variables[0] + 1)
    with pytest.raises(UserError, match=r"disk is full.*the one before is kept"):
        checkpoints.save(file, {"model": variables}, {"epoch": 2})
    monkeypatch.undo()
    assert file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["best.npz"]


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
    with pytest.raises(UserError, match="also holds model/0001"):
        checkpoints.load(file, {"model": variables[:1]})
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="damaged"):
        checkpoints.load(file, {"model": variables})
    np.savez(file, state=np.asarray([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="damaged"):
        checkpoints.load(file, {"model": variables})
