"""What holds for every part of every kind, found over the registry."""

import inspect

import pytest

from workbench import catalogue, parts, spec
from workbench.errors import UserError
from workbench.options import Option

EVERY = list(parts.every_part())


def named(part):
    return f"{part.kind}-{part.name}"


@pytest.fixture
def base():
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )


def test_every_kind_that_a_run_needs_has_parts():
    kinds = {part.kind for part in EVERY}
    assert {"loss", "encoder", "fusion", "optimizer", "schedule"} <= kinds


@pytest.mark.parametrize("part", EVERY, ids=named)
def test_a_part_explains_itself_and_each_option(part):
    assert part.caption.endswith(".")
    assert part.references, "where does it come from?"
    for option in part.options:
        assert option.help.endswith("."), option.name
    names = set(inspect.signature(part.function).parameters)
    documented = inspect.getdoc(part.function)
    for name in names:
        assert f"    {name}: " in documented, f"{name} is not under Args"


@pytest.mark.parametrize("part", EVERY, ids=named)
def test_defaults_and_both_ends_of_every_limit_are_accepted(part):
    for option in part.options:
        for value in option.extremes():
            assert part.check({option.name: value})[option.name] == value


@pytest.mark.parametrize("part", EVERY, ids=named)
def test_values_beyond_a_limit_are_refused_with_the_range(part):
    for option in part.options:
        if option.kind not in {"int", "float"}:
            continue
        for end, sign in ((option.minimum, -1), (option.maximum, 1)):
            if end is not None:
                with pytest.raises(UserError) as refused:
                    part.check({option.name: end + sign * 1})
                assert option.limits in str(refused.value)


@pytest.mark.parametrize("part", EVERY, ids=named)
def test_an_unknown_option_is_refused_with_the_nearest_name(part):
    for option in part.options:
        with pytest.raises(UserError, match=f"Did you mean '{option.name}'"):
            part.check({option.name + "x": option.default})


@pytest.mark.parametrize("kind", ["loss", "encoder", "fusion", "optimizer", "schedule"])
def test_an_unknown_name_is_refused_with_the_nearest(kind):
    known = parts.parts(kind)[0].name
    with pytest.raises(UserError, match=f"Did you mean '{known}'"):
        parts.find(kind, known + "x")


@pytest.mark.parametrize("part", [p for p in EVERY if p.kind == "loss"], ids=named)
def test_options_of_a_loss_survive_a_spec_and_its_json(part, base):
    task = sorted(part.tasks)[0]
    data = base.model_dump(mode="json")
    data["data"]["task"] = task
    data["objective"]["loss"] = {"name": part.name, "options": {}}
    chosen = spec.from_data(data)
    assert set(chosen.objective.loss.options) == {option.name for option in part.options}
    for option in part.options:
        for value in option.extremes():
            changed = spec.change(chosen, f"objective.loss.{option.name}", value)
            again = spec.RunSpec.model_validate_json(changed.to_json())
            assert again == changed
            assert again.objective.loss.options[option.name] == value


def test_a_loss_for_another_task_is_refused_with_the_reason(base):
    with pytest.raises(UserError, match="numbers"):
        spec.change(base, "objective.loss.name", "huber")


def test_the_catalogue_holds_every_part_and_every_option():
    table = catalogue.as_markdown()
    for part in EVERY:
        assert f"`{part.name}`" in table
        for option in part.options:
            assert f"`{option.name}`" in table
    assert len(catalogue.as_data()) == len(EVERY)


def test_a_typed_number_is_read_as_a_person_means_it():
    option = Option("rate", "float", 0.1, minimum=0, maximum=1)
    assert option.parse(" 1e-3 ") == 1e-3
    with pytest.raises(UserError, match="a number"):
        option.parse("fast")
    optional = Option("patience", "int", None, minimum=1, optional=True)
    assert optional.parse("none") is None
    with pytest.raises(UserError, match="whole number"):
        optional.check(2.5)
    assert Option("on", "bool", True).parse("no") is False
