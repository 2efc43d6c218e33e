"""Maps of embeddings and slices through the loss, of an untrained run whose every part is known."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace

import numpy as np
import pytest

from workbench import spec
from workbench.data.folder import Stopped
from workbench.data.index import strings
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.runs import landscapes, maps, store

pytestmark = pytest.mark.slow
COUNT = 60
LACKS = np.arange(COUNT) % 5 == 0


def prepared(masks=True):
    dice = np.random.default_rng(0)
    image = dice.integers(0, 255, (COUNT, 8, 8, 3)).astype("u1")
    text = dice.integers(2, 12, (COUNT, 4)).astype("i4")
    if masks:
        text[LACKS] = 0
    return Prepared(
        arrays={"image": image, "text": text},
        labels=np.arange(COUNT) % 3,
        split=((np.arange(COUNT) // 3) % 3).astype("i1"),
        stems=strings([f"s{n}" for n in range(COUNT)]),
        task="category",
        classes=("a", "b", "c"),
        vocabulary=12,
        scaling=None,
        left_out={},
        tokenizer="",
        key="k",
        masks={"text": ~LACKS} if masks else {},
    )


def make_run(folder, *, align=False, fusion="concat"):
    from workbench.insight.trained import Trained
    from workbench.training import checkpoints
    from workbench.training.inputs import ModelInputs
    from workbench.training.model import build
    from workbench.training.objective import Objective

    facts = {
        "data": {"folder": "/data", "target": "kind", "task": "category"},
        "model": {
            "encoders": {
                "image": {"name": "image_cnn", "options": {"width": 4, "depth": 2, "size": 8}},
                "text": {"name": "text_average", "options": {"size": 8}},
            },
            "fusion": {"name": fusion},
        },
        "objective": {"loss": {"name": "cross_entropy"}},
        "training": {"seed": 3},
    }
    if align:
        joined = {"loss": {"name": "cosine"}, "weight": 0.5, "size": 4}
        facts["objective"]["alignments"] = {"image+text": joined}
    run_spec = spec.from_data(facts)
    data = prepared()
    run = store.create(folder, run_spec)
    inputs = ModelInputs.of(data, run_spec)
    inputs.write(run.folder)
    model = build(run_spec, inputs.shapes, 3, 12, inputs.incomplete).model
    objective = Objective.of(run_spec, data)
    groups = {"model": model.variables}
    if objective.variables:
        groups["objective"] = objective.variables
    (run.folder / "checkpoints").mkdir(exist_ok=True)
    checkpoints.save(run.folder / "checkpoints" / "best.npz", groups, {})
    return Trained.open(run.folder)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def aligned(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("aligned"), align=True)


# Embeddings


def test_the_fused_embedding_is_what_the_head_reads(plain):
    from workbench.insight.embeddings import embeddings

    data = plain.samples(prepared())
    found = embeddings(plain, data, "test")
    (fused,) = found.spaces["fused"]
    rows = data.rows("test")
    kernel, bias = plain.model.get_layer("head").get_weights()
    said = plain.says(
        {m: v[rows] for m, v in data.arrays.items()}, {m: v[rows] for m, v in data.masks.items()}
    )
    np.testing.assert_allclose(fused @ kernel + bias, said["task"], atol=1e-5)
    np.testing.assert_allclose(found.spaces["image"][0], said["embedding_image"], atol=1e-6)
    assert found.stems.tolist() == data.stems[rows].tolist()


def test_of_very_many_samples_an_even_choice_keeps_the_order(plain, monkeypatch):
    from workbench.insight import embeddings

    assert embeddings.chosen_rows(np.arange(100), 5).tolist() == [0, 25, 50, 74, 99]
    monkeypatch.setattr(embeddings, "MOST", 7)
    found = embeddings.embeddings(plain, plain.samples(prepared()), "test")
    assert len(found.stems) == len(found.spaces["fused"][0]) == 7


def test_a_fusion_of_answers_has_no_fused_embedding(tmp_path):
    from workbench.insight.mapping import draw

    trained = make_run(tmp_path, fusion="late_average")
    with pytest.raises(UserError, match=r"joins the answers .*image, text"):
        draw(trained, prepared(), "test", "fused", "pca")


def test_embeddings_that_are_not_finite_are_refused(tmp_path):
    from workbench.insight.embeddings import embeddings

    trained = make_run(tmp_path)
    for variable in trained.built.encoders["text"].trainable_variables:
        variable.assign(np.full(variable.shape, np.nan))
    with pytest.raises(UserError, match="not finite"):
        embeddings(trained, trained.samples(prepared()), "test")


# Maps


def test_a_map_comes_back_as_it_was_drawn_and_the_pca_of_every_space_with_it(aligned):
    from workbench.insight.mapping import draw

    told = []
    drawn = draw(
        aligned, prepared(), "validation", "fused", "pca", lambda *words: told.append(words)
    )
    for space in ("image", "text", "fused", "image+text"):
        assert maps.read(aligned.folder, "validation", space, "pca") is not None
    back = maps.read(aligned.folder, "validation", "fused", "pca")
    np.testing.assert_array_equal(back.places, drawn.places)
    assert back.stems.tolist() == drawn.stems.tolist()
    assert back.explained == pytest.approx(drawn.explained)
    assert told[0] == ("Embedding the validation samples", 21, 21)
    assert maps.read(aligned.folder, "validation", "fused", "umap") is None


def test_a_sample_without_a_modality_has_no_place_in_its_map(aligned):
    from workbench.insight.mapping import draw

    drawn = draw(aligned, prepared(), "test", "text", "pca")
    lacks = LACKS[prepared().rows("test")]
    assert lacks.any()
    assert np.isnan(drawn.places[lacks]).all()
    assert np.isfinite(drawn.places[~lacks]).all()


def test_both_halves_of_pairs_lie_in_one_plane(aligned):
    from sklearn.decomposition import PCA

    from workbench.insight.embeddings import embeddings
    from workbench.insight.mapping import draw

    drawn = draw(aligned, prepared(), "test", "image+text", "pca")
    found = embeddings(aligned, aligned.samples(prepared()), "test")
    has = found.has["image+text"]
    halves = [half[has] for half in found.spaces["image+text"]]
    both = np.concatenate([h / np.linalg.norm(h, axis=1, keepdims=True) for h in halves])
    oracle = PCA(2).fit(both)
    wanted = oracle.transform(both)
    got = np.concatenate([drawn.places[has], drawn.partners[has]])
    np.testing.assert_allclose(np.abs(got), np.abs(wanted), atol=1e-4)
    assert drawn.explained == pytest.approx(oracle.explained_variance_ratio_, rel=1e-4)
    assert set(drawn.figures) == {"alignment", "gap", "uniformity_first", "uniformity_second"}


def test_a_map_that_is_older_than_the_weights_is_none(tmp_path):
    from workbench.insight.mapping import draw

    trained = make_run(tmp_path)
    draw(trained, prepared(), "test", "fused", "pca")
    best = trained.folder / "checkpoints" / "best.npz"
    later = best.stat().st_mtime_ns + 10**12
    os.utime(best, ns=(later, later))
    assert maps.read(trained.folder, "test", "fused", "pca") is None


def test_data_with_other_classes_are_refused(plain):
    from workbench.insight.mapping import draw

    changed = replace(prepared(), classes=("a", "b", "d"))
    with pytest.raises(UserError, match="data have changed"):
        draw(plain, changed, "test", "fused", "pca")


@pytest.mark.parametrize("damage", ["cut", "pickle", "uneven", "names"])
def test_a_damaged_map_is_told_in_words(tmp_path, damage):
    drawn = maps.EmbeddingMap(
        "test", "fused", "pca", strings(["a", "b"]), np.zeros((2, 2), "f4"), explained=(0.5, 0.5)
    )
    file = maps.write(tmp_path, drawn)
    with np.load(file) as kept:
        arrays = dict(kept)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:200])
    elif damage == "pickle":
        np.savez(file, **arrays | {"stems": np.array([{"a": 1}], dtype=object)})
    elif damage == "uneven":
        np.savez(file, **arrays | {"places": np.zeros((3, 2), "f4")})
    else:
        np.savez(file, **arrays | {"stems": np.frombuffer(b"[1, 2]", "u1")})
    with pytest.raises(UserError, match="is damaged"):
        maps.read(tmp_path, "test", "fused", "pca")


# Projections


def test_pca_is_that_of_the_singular_values():
    from workbench.insight.projection import project

    values = np.random.default_rng(1).normal(size=(40, 6)).astype("f4") * [5, 3, 1, 1, 1, 1]
    centred = values - values.mean(axis=0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    found = project(values.astype("f4"), "pca")
    np.testing.assert_allclose(np.abs(found.places), np.abs(left[:, :2] * size[:2]), rtol=1e-3)
    assert found.explained == pytest.approx((size**2 / np.sum(size**2))[:2], rel=1e-4)


@pytest.mark.parametrize("shape", [(2, 1), (5, 1), (3, 4)])
def test_pca_of_few_samples_or_one_number_still_has_two_directions(shape):
    from workbench.insight.projection import project

    found = project(np.random.default_rng(1).normal(size=shape).astype("f4"), "pca")
    assert found.places.shape == (shape[0], 2)
    assert np.isfinite(found.places).all()
    assert sum(found.explained) <= 1 + 1e-6


def test_samples_that_are_all_alike_lie_on_one_spot():
    from workbench.insight.projection import project

    found = project(np.ones((5, 3), "f4"), "pca")
    assert (found.places == 0).all()
    assert found.explained == (0.0, 0.0)


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_groups_that_lie_apart_stay_apart_and_a_seed_gives_the_same_map(method):
    if method == "umap":
        pytest.importorskip("umap")
    from sklearn.neighbors import KNeighborsClassifier

    from workbench.insight.projection import project

    dice = np.random.default_rng(2)
    group = np.repeat([0, 1, 2], 30)
    values = (dice.normal(size=(90, 10)) + 12 * np.eye(10)[group]).astype("f4")
    places = project(values, method, seed=5).places
    near = KNeighborsClassifier(5).fit(places, group)
    assert near.score(places, group) == 1.0
    np.testing.assert_array_equal(project(values, method, seed=5).places, places)


def test_what_a_method_cannot_do_is_refused_before_the_work(monkeypatch):
    from workbench.insight import projection

    with pytest.raises(UserError, match=r"takes too long; it is offered below 5,000"):
        projection.refuse("tsne", 5000)
    with pytest.raises(UserError, match="needs 2 samples or more; there are 1"):
        projection.refuse("pca", 1)
    monkeypatch.setattr(projection.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"not installed.*pip install .*\[umap\]"):
        projection.refuse("umap", 100)


def test_figures_of_pairs_are_those_worked_by_hand():
    from workbench.insight.projection import figures_of_pairs

    # Unit vectors; the means are (8/15, 3/5) and (29/75, 14/25): apart by (11/75, 1/25).
    first = np.array([[1, 0], [0, 1], [0.6, 0.8]], "f4")
    second = np.array([[0.8, 0.6], [-0.6, 0.8], [0.96, 0.28]], "f4")
    found = figures_of_pairs(3 * first, second)
    assert found["gap"] == pytest.approx(math.hypot(11 / 75, 1 / 25), abs=1e-6)
    assert found["gap"] == pytest.approx(0.1520233900, abs=1e-6)
    # Squared distances of partners: 2 - 2 cos with cos 0.8, 0.8 and 0.8.
    assert found["alignment"] == pytest.approx(0.4, abs=1e-6)
    # Within the first half cos is 0, 0.6 and 0.8.
    mean = (math.exp(-4) + math.exp(-1.6) + math.exp(-0.8)) / 3
    assert found["uniformity_first"] == pytest.approx(math.log(mean), abs=1e-5)


# Landscapes


def test_each_filter_of_a_direction_is_as_long_as_that_of_the_weights():
    import keras

    from workbench.insight.landscape import directions

    words = keras.Input((4,), dtype="int32")
    embedded = keras.layers.Embedding(6, 8)(words)
    seen = keras.layers.MultiHeadAttention(2, 3)(embedded, embedded)
    seen = keras.layers.DepthwiseConv1D(2, depth_multiplier=2)(seen)
    seen = keras.layers.Conv1D(5, 2)(seen)
    seen = keras.layers.BatchNormalization()(seen)
    model = keras.Model(words, keras.layers.Dense(1)(keras.layers.Flatten()(seen)))
    moved = model.trainable_variables
    ways = dict(
        zip(
            [v.path.split("/", 1)[-1] + str(tuple(v.shape)) for v in moved],
            zip(moved, directions(moved, model, np.random.default_rng(0)), strict=True),
            strict=True,
        )
    )
    inside = {
        (6, 8): (1,),  # a word
        (8, 2, 3): (0,),  # one number of one head, of query, key or value
        (2, 3, 8): (0, 1),  # one number that leaves the attention
        (2, 8, 2): (0,),  # one channel
        (2, 16, 5): (0, 1),  # one channel
    }
    checked = 0
    for variable, way in ways.values():
        weights, shape = np.asarray(variable), tuple(variable.shape)
        if len(shape) < 2:
            assert (way == 0).all()
            continue
        axes = inside.get(shape, (0,))
        long = [np.sqrt((values**2).sum(axis=axes)) for values in (way, weights)]
        np.testing.assert_allclose(*long, rtol=1e-4)
        checked += shape in inside
    assert checked == 7


def test_the_length_of_a_filter_is_that_worked_by_hand():
    import keras

    from workbench.insight.landscape import directions

    layer = keras.layers.Dense(2)
    model = keras.Sequential([keras.Input((2,)), layer])
    layer.set_weights([np.array([[3.0, 0.0], [4.0, 0.0]]), np.ones(2)])
    kernel, bias = directions(layer.trainable_variables, model, np.random.default_rng(0))
    assert np.hypot(*kernel[:, 0]) == pytest.approx(5)
    assert (kernel[:, 1] == 0).all()
    assert (bias == 0).all()


def test_a_quadratic_loss_gives_a_paraboloid_and_the_weights_are_put_back():
    import keras

    from workbench.insight.landscape import over_grid

    variable = keras.Variable(np.zeros(2), dtype="float32")
    ways = [[np.array([1.0, 0.0])], [np.array([0.0, 1.0])]]
    steps = np.linspace(-1, 1, 5)

    def loss():
        x, y = np.asarray(variable)
        return np.array([x**2 + 3 * y**2])

    found = over_grid([variable], ways, steps, loss)
    x, y = np.meshgrid(steps, steps)
    np.testing.assert_allclose(found[..., 0], x**2 + 3 * y**2, atol=1e-6)
    assert (np.asarray(variable) == 0).all()


@pytest.mark.parametrize("trouble", ["stopped", "failed"])
def test_the_weights_are_put_back_whatever_happens(trouble):
    import keras

    from workbench.insight.landscape import over_grid

    variable = keras.Variable(np.full(2, 0.3), dtype="float32")
    places = []

    def loss():
        places.append(np.asarray(variable).copy())
        if trouble == "failed" and len(places) == 3:
            raise ValueError("no loss here")
        return np.zeros(1)

    with pytest.raises(Stopped if trouble == "stopped" else ValueError):
        over_grid(
            [variable], [[np.ones(2)]], np.linspace(-1, 1, 5), loss,
            stop=lambda: trouble == "stopped" and len(places) == 3,
        )  # fmt: skip
    assert len({place[0] for place in places}) == 3
    np.testing.assert_allclose(np.asarray(variable), 0.3)


def test_the_middle_of_a_landscape_is_the_loss_of_the_evaluation(aligned):
    from workbench.insight.evaluate import evaluate
    from workbench.insight.landscape import survey

    before = [np.asarray(v).copy() for v in aligned.model.variables]
    told = []
    found = survey(
        aligned, prepared(), points=3, reach=0.5, told=lambda *now: told.append(now), seed=4
    )
    data = prepared()
    said = evaluate(aligned.spec, data, aligned.model, "validation", aligned.folder)
    assert found.terms["task"].shape == (3, 3)
    assert found.terms["task"][1, 1] == pytest.approx(said.metrics["loss"], rel=1e-5)
    assert told[-1] == (9, 9)
    for variable, weights in zip(aligned.model.variables, before, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), weights)
    # The term of a pair: mean of 1 - cos over the samples that have both.
    rows = data.rows("validation")
    said = aligned.says(
        {m: v[rows] for m, v in data.arrays.items()}, {m: v[rows] for m, v in data.masks.items()}
    )
    one, two = said["image+text_image"], said["image+text_text"]
    one, two = one[~LACKS[rows]], two[~LACKS[rows]]
    cos = np.sum(one * two, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    assert found.terms["image+text"][1, 1] == pytest.approx(np.mean(1 - cos), rel=1e-4)
    total = found.terms["task"] + 0.5 * found.terms["image+text"]
    np.testing.assert_allclose(found.total, total)
    back = landscapes.read(aligned.folder)
    np.testing.assert_array_equal(back.total, found.total)
    assert back.facts == found.facts
    assert back.centre == 1


def test_a_slice_of_one_modality_moves_its_encoder_alone(plain):
    from workbench.insight import landscape

    moved = []
    original = landscape.over_grid

    def watched(variables, *rest):
        moved.extend(variables)
        return original(variables, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landscape, "over_grid", watched)
        found = landscape.survey(plain, prepared(), points=3, square=False, modality="text")
    wanted = {id(v) for v in plain.built.encoders["text"].trainable_variables}
    assert {id(variable) for variable in moved} == wanted
    assert found.total.shape == (3,)
    assert landscapes.read(plain.folder, "text").facts.modality == "text"


def test_a_landscape_that_cannot_be_measured_is_refused(plain):
    from workbench.insight.landscape import survey

    with pytest.raises(UserError, match="no middle"):
        survey(plain, prepared(), points=4)
    with pytest.raises(UserError, match="no encoder of audio"):
        survey(plain, prepared(), modality="audio")
    lone = replace(prepared(), split=np.zeros(COUNT, "i1"))
    with pytest.raises(UserError, match="no validation samples"):
        survey(plain, lone)


@pytest.mark.parametrize("damage", ["cut", "facts", "shape", "pickle"])
def test_a_damaged_landscape_is_told_in_words(tmp_path, damage):
    facts = landscapes.Facts(modality="", samples=5, seed=0, weights={"task": 1.0})
    drawn = landscapes.Landscape(facts, np.linspace(-1, 1, 3), {"task": np.zeros((3, 3))})
    file = landscapes.write(tmp_path, drawn)
    with np.load(file) as kept:
        arrays = dict(kept)
    words = json.loads(str(arrays["facts"]))
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:150])
    elif damage == "facts":
        np.savez(file, **arrays | {"facts": np.array(json.dumps(words | {"samples": "many"}))})
    elif damage == "shape":
        np.savez(file, **arrays | {"term_0": np.zeros((3, 2))})
    else:
        np.savez(file, **arrays | {"steps": np.array([{}], dtype=object)})
    with pytest.raises(UserError, match="is damaged"):
        landscapes.read(tmp_path)


# In an engine


def test_an_engine_draws_and_measures_and_says_how_far_it_is(tmp_path, monkeypatch):
    from workbench import events
    from workbench.engine import protocol, studies

    trained = make_run(tmp_path)
    monkeypatch.setattr(studies, "read_data", lambda run_spec, tell, stop: prepared())
    told = []
    folder = str(trained.folder)
    project = protocol.from_line(protocol.to_line(protocol.Project(run=folder, space="text")))
    last = studies.study(project, told.append, lambda: False)
    assert last == events.Studied(time=last.time, file="insight/map-test-text-pca.npz")
    survey = protocol.Survey(run=folder, points=3)
    last = studies.study(survey, told.append, lambda: False)
    assert last == events.Studied(time=last.time, file="insight/landscape.npz")
    assert (told[-1].done, told[-1].total) == (9, 9)
    none = protocol.Project(run=folder, space="image+text")
    assert "no embedding called image+text" in studies.study(none, told.append, bool).problem
    gone = protocol.Survey(run=folder, points=3, modality="text")
    stopped = studies.study(gone, told.append, lambda: True)
    assert stopped == events.Ended(time=stopped.time, outcome="discarded")
    assert landscapes.read(trained.folder, "text") is None


def test_the_command_line_refuses_names_that_it_does_not_know(tmp_path):
    from workbench.commands import maps as commands

    with pytest.raises(UserError, match=r"no method 'tsn'.*tsne"):
        commands.draw_map(tmp_path, method="tsn")
    with pytest.raises(UserError, match=r"no space 'fussed'.*fused"):
        commands.draw_map(tmp_path, space="fussed")
    with pytest.raises(UserError, match="odd number of points"):
        commands.survey(tmp_path, points=8)
