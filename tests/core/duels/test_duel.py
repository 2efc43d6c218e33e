"""Duels from the plan to the verdict, with runs that say what the test wants."""

import math

import dueling
import pytest

from workbench import spec
from workbench.duels import ablation, advance, plan, store
from workbench.duels.judging import judge
from workbench.duels.spec import Contestant, DuelSpec, duel_between, duel_of, read
from workbench.duels.store import Outcomes, Place
from workbench.duels.telling import facts, table
from workbench.duels.words import p_words, repeats_words, verdict
from workbench.errors import UserError
from workbench.runs import labels
from workbench.runs.queue import Queue
from workbench.runs.store import Run, Status


@pytest.fixture
def folder(tmp_path):
    return (tmp_path / "runs").resolve()


def by_name(**means):
    """Each contestant has its mean; each seed shifts all alike, and a little apart."""

    def score(place):
        mean = means[place.contestant.replace(" ", "_")]
        return mean + 0.1 * place.seed + 0.01 * (len(place.contestant) * place.seed % 3)

    return score


def test_a_duel_is_the_same_after_it_was_written_and_read(tmp_path):
    made = dueling.losses(rates=(0.1, 1.0))
    (tmp_path / "duel.json").write_text(made.to_json())
    assert read(tmp_path / "duel.json") == made


def test_repeats_follow_the_number_of_comparisons():
    assert dueling.losses().repeats == 6
    assert dueling.losses("squared_error", "huber", "log_cosh").repeats == 7
    assert dueling.losses("squared_error", "huber", "log_cosh", against="first").repeats == 7
    assert dueling.losses("squared_error", "huber", "log_cosh", "absolute_error").repeats == 8


def test_contestants_differ_in_nothing_but_what_they_change():
    made = dueling.losses()
    one, two = (made.spec_of(each, seed=3) for each in made.contestants)
    assert one.training == two.training
    assert one.model == two.model
    assert one.data == two.data
    assert (one.objective.loss.name, two.objective.loss.name) == ("squared_error", "huber")
    assert one.training.seed == 3
    assert one.training.deterministic


def test_a_contestant_that_does_not_fit_is_refused_by_its_name():
    with pytest.raises(UserError, match="Focal"):
        dueling.losses("squared_error", "focal")


def test_two_contestants_of_one_name_are_refused():
    with pytest.raises(UserError, match="same name"):
        dueling.losses("huber", "huber")


@pytest.mark.parametrize(
    "place", ["data.split_seed", "data.target", "training.seed", "training.deterministic"]
)
def test_what_is_the_same_for_all_cannot_be_compared(place):
    sides = [Contestant(name="a"), Contestant(name="b", changes={place: 1})]
    with pytest.raises(UserError, match=f"{place}, which is the same for all"):
        duel_between(dueling.recipe(), sides)


def test_how_pictures_are_read_can_be_compared():
    made = duel_of(dueling.recipe(), "data.image.size", [32, 64])
    assert [made.spec_of(each).data.image.size for each in made.contestants] == [32, 64]


def test_modalities_that_leave_samples_out_are_told_as_a_trap(folder):
    left_out = spec.change(dueling.recipe(), "data.incomplete", "leave_out")
    duel = dueling.create(folder, ablation.ablate(left_out, "modalities", rates=(1.0,)))
    told = verdict(duel.spec(), judge(duel.spec(), Outcomes())).traps
    assert any("judged on other samples" in each for each in told)


def test_one_contestant_is_refused():
    with pytest.raises(UserError):
        duel_between(dueling.recipe(), [Contestant(name="alone")])


def test_a_damaged_duel_says_which_file_and_field(tmp_path):
    text = dueling.losses().to_json().replace('"repeats": 6', '"repeats": 99')
    (tmp_path / "duel.json").write_text(text)
    with pytest.raises(UserError, match=r"duel\.json.*repeats"):
        read(tmp_path / "duel.json")


def test_learning_rates_are_searched_before_any_repeat_is_made():
    made = dueling.losses(rates=(0.5, 1.0))
    first = plan.wanted(made, Outcomes())
    assert len(first) == 4
    assert all(place.searching and place.seed == made.rate_seed for place in first)


def test_a_duel_without_a_search_begins_with_its_repeats_seed_by_seed():
    made = dueling.losses(rates=(1.0,))
    places = plan.wanted(made, Outcomes())
    assert [place.seed for place in places[:4]] == [1, 1, 2, 2]
    assert len(places) == 12


def test_a_compared_learning_rate_is_not_searched_as_well():
    made = duel_of(dueling.recipe(), "training.learning_rate", [1e-3, 1e-2])
    assert [each.name for each in made.contestants] == ["0.001", "0.01"]
    assert plan.total(made, Outcomes()) == 12


def test_each_contestant_gets_the_learning_rate_that_validates_best(folder):
    duel = dueling.create(folder, dueling.losses(rates=(0.5, 1.0, 2.0)))
    best = {"Squared error": 0.5, "Huber": 2.0}

    def score(place):
        return abs(place.rate - best[place.contestant]) + 0.01 * place.seed

    outcomes = dueling.train(duel, score)
    judgement = judge(duel.spec(), outcomes)
    assert {each.name: each.rate for each in judgement.standings} == best
    assert all(each.at_edge for each in judgement.standings)
    rates = {
        Run(folder / each.run).spec().training.learning_rate
        for each in outcomes.every
        if each.place.contestant == "Huber" and not each.place.searching
    }
    assert rates == {2e-3}


def test_of_equally_good_learning_rates_the_nearest_to_the_recipe_is_taken(folder):
    duel = dueling.create(folder, dueling.losses(rates=(0.5, 1.0, 2.0)))
    outcomes = dueling.train(duel, lambda place: 1.0)
    judgement = judge(duel.spec(), outcomes)
    assert [each.rate for each in judgement.standings] == [1.0, 1.0]
    assert not any(each.at_edge for each in judgement.standings)


def test_runs_of_a_duel_wait_in_the_queue_once(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    advance.advance(duel)
    advance.advance(duel)
    assert len(dueling.waiting(folder)) == 12
    assert len(list(folder.glob("2*"))) == 12


def test_runs_of_a_duel_are_labelled(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    outcomes = advance.advance(duel)
    said = labels.read(Run(folder / outcomes.every[0].run))
    assert said.tags == ("duel",)
    assert said.name == "Squared error · seed 1"


def test_a_clear_difference_is_called_with_its_figures(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    outcomes = dueling.train(duel, by_name(Squared_error=2.0, Huber=1.5))
    made = duel.spec()
    judgement = judge(made, outcomes)
    (pair,) = judgement.pairs
    assert pair.call == "worse"
    assert pair.p == 2 / 64
    assert pair.gain == pytest.approx(-0.5, abs=0.03)
    said = verdict(made, judgement)
    assert said.headline == "Huber is better than Squared error."
    assert said.sentences[0].startswith("Huber beats Squared error on MAE by 0.5")
    assert "6 of 6 seeds, p = .03" in said.sentences[0]


def test_nothing_is_called_before_the_duel_is_over(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,), repeats=7))
    outcomes = dueling.train(duel, by_name(Squared_error=2.0, Huber=1.5))
    before = outcomes.model_copy(update={"every": outcomes.every[:12]})
    judgement = judge(duel.spec(), before)
    assert judgement.pairs[0].p == 2 / 64
    assert judgement.pairs[0].call == "undecided"
    assert verdict(duel.spec(), judgement).sentences == ()
    assert judge(duel.spec(), outcomes).pairs[0].call == "worse"


def test_a_contestant_against_itself_is_never_called(folder):
    twins = (Contestant(name="A"), Contestant(name="B"))
    duel = dueling.create(folder, duel_between(dueling.recipe(), twins, rates=(1.0,)))
    outcomes = dueling.train(duel, lambda place: 1 + place.seed / 7)
    said = verdict(duel.spec(), judge(duel.spec(), outcomes))
    assert said.headline == "No difference can be told from chance."
    assert said.sentences == ("A and B gave identical figures for 6 seeds.",)


def test_a_difference_within_the_noise_is_not_called(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    off = {1: 0.1, 2: -0.1, 3: 0.2, 4: -0.15, 5: 0.05, 6: -0.02}

    def score(place):
        return 2 + (off[place.seed] if place.contestant == "Huber" else 0)

    judgement = judge(duel.spec(), dueling.train(duel, score))
    assert judgement.pairs[0].call == "undecided"
    assert "cannot be told apart" in verdict(duel.spec(), judgement).sentences[0]


def test_five_repeats_can_call_nothing_and_the_verdict_says_so(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,), repeats=5))
    judgement = judge(duel.spec(), dueling.train(duel, by_name(Squared_error=9.0, Huber=1.0)))
    assert judgement.pairs[0].p == 2 / 32
    assert judgement.pairs[0].call == "undecided"
    assert any("It takes 6" in each for each in verdict(duel.spec(), judgement).traps)


def test_several_comparisons_are_corrected(folder):
    names = ("squared_error", "huber", "log_cosh")
    duel = dueling.create(folder, dueling.losses(*names, rates=(1.0,), repeats=6))
    outcomes = dueling.train(duel, by_name(Squared_error=3.0, Huber=1.0, Log_cosh=2.0))
    judgement = judge(duel.spec(), outcomes)
    assert [pair.p for pair in judgement.pairs] == [2 / 64] * 3
    assert [pair.corrected for pair in judgement.pairs] == [6 / 64] * 3
    assert {pair.call for pair in judgement.pairs} == {"undecided"}


def test_the_winner_of_several_is_named(folder):
    names = ("squared_error", "huber", "log_cosh")
    duel = dueling.create(folder, dueling.losses(*names, rates=(1.0,)))
    outcomes = dueling.train(duel, by_name(Squared_error=3.0, Huber=1.0, Log_cosh=2.0))
    said = verdict(duel.spec(), judge(duel.spec(), outcomes))
    assert said.headline == "Huber is better than every other."


def test_failures_are_counted_and_never_dropped(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    outcomes = dueling.train(
        duel, by_name(Squared_error=2.0, Huber=1.5),
        lambda place: place.contestant == "Huber" and place.seed == 2,
    )  # fmt: skip
    judgement = judge(duel.spec(), outcomes)
    assert judgement.standing("Huber").lost == {2: "Out of memory."}
    assert judgement.pairs[0].seeds == (1, 3, 4, 5, 6)
    assert judgement.pairs[0].call == "undecided"
    told = verdict(duel.spec(), judgement).sentences
    assert any("Huber lost 1 of 6 repeats (seed 2: Out of memory.)" in each for each in told)


def test_a_contestant_that_no_learning_rate_trains_is_told(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0, 3.0)))
    outcomes = dueling.train(
        duel, lambda place: 1.0, lambda place: place.contestant == "Huber"
    )  # fmt: skip
    made = duel.spec()
    judgement = judge(made, outcomes)
    assert judgement.over
    assert judgement.standing("Huber").hopeless
    said = verdict(made, judgement)
    assert any("Huber could not be trained" in each for each in said.sentences)
    assert said.headline.startswith("Nothing can be compared")


def test_a_halted_duel_begins_nothing_more_and_goes_on_when_it_is_wished(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    advance.advance(duel)
    advance.halt(duel)
    assert dueling.waiting(folder) == []
    assert not advance.advance(duel).on
    assert dueling.waiting(folder) == []
    advance.go_on(duel)
    assert len(dueling.waiting(folder)) == 12


def test_a_run_that_was_stopped_by_hand_is_lost_until_the_duel_goes_on(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    first = Run(folder / advance.advance(duel).every[0].run)
    Queue(folder).take(first.name)
    first.write_status(Status(phase="stopped"))
    outcomes = advance.advance(duel)
    assert outcomes.every[0].fate == "failed"
    assert "by hand" in outcomes.every[0].message
    outcomes = advance.go_on(duel)
    assert outcomes.every[0].fate == "waiting"
    assert first.name in dueling.waiting(folder)


def test_a_verdict_outlives_the_runs_that_it_was_made_of(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    outcomes = dueling.train(duel, by_name(Squared_error=2.0, Huber=1.5))
    before = judge(duel.spec(), outcomes)
    for each in outcomes.every:
        for file in sorted((folder / each.run).iterdir()):
            file.unlink()
        (folder / each.run).rmdir()
    assert judge(duel.spec(), advance.advance(duel)) == before


def test_a_run_that_vanished_before_its_end_is_lost(folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    gone = folder / advance.advance(duel).every[0].run
    (gone / "spec.json").unlink()
    assert advance.advance(duel).every[0].fate == "failed"


def test_duels_are_found_the_newest_first(folder):
    first = dueling.create(folder, dueling.losses(name="a"))
    second = dueling.create(folder, dueling.losses(name="b"))
    assert {each.folder for each in store.every(folder)} == {first.folder, second.folder}
    assert store.every(folder)[0].name == max(first.name, second.name)


def test_what_is_told_is_plain_json_without_nan(folder):
    import json

    duel = dueling.create(folder, dueling.losses(rates=(1.0, 3.0)))
    made = duel.spec()
    text = json.dumps(facts(made, judge(made, Outcomes())), allow_nan=False)
    assert "Not decided yet: 0 of 16 runs." in text
    assert "its learning rate is looked for" in table(made, judge(made, Outcomes()))


def test_every_modality_is_left_out_and_left_alone():
    made = ablation.ablate(dueling.recipe(), "modalities")
    assert [each.name for each in made.contestants] == ["All", "Image alone", "Text alone"]
    assert made.against == "first"
    assert made.spec_of(made.contestants[1]).modalities == ("image",)


def test_what_needs_two_modalities_is_switched_off_where_one_is_left():
    both = spec.change_all(
        dueling.recipe(),
        [("objective.heads", True), ("objective.alignments.image+text.loss", "infonce"),
         ("objective.balancer.name", "uncertainty")],
    )  # fmt: skip
    made = ablation.ablate(both, "modalities")
    alone = made.spec_of(made.contestants[1])
    assert not alone.objective.heads
    assert not alone.objective.alignments
    assert alone.objective.balancer.name == "fixed"


def test_one_modality_cannot_be_ablated():
    one = spec.change(dueling.recipe(), "model.encoders.text", None)
    with pytest.raises(UserError, match="nothing to leave out"):
        ablation.ablate(one, "modalities")


def test_every_fusion_that_fits_is_compared_with_that_of_the_recipe():
    made = ablation.ablate(dueling.recipe(), "fusions")
    assert made.contestants[0].changes == {}
    names = {made.spec_of(each).model.fusion.name for each in made.contestants}
    assert {"concat", "gated", "low_rank"} <= names


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.03125, "p = .03"),
        (0.046875, "p = .047"),
        (0.004, "p = .004"),
        (0.0001, "p < .001"),
        (1.0, "p = 1"),
    ],
)
def test_p_is_written_as_people_write_it(value, words):
    assert p_words(value) == words


def test_the_form_says_when_repeats_cannot_show_a_difference():
    assert "It takes 7" in repeats_words(3, 6)
    assert "can show a difference" in repeats_words(1, 6)


def test_the_seed_of_the_search_is_none_of_the_repeats():
    with pytest.raises(UserError, match="seed"):
        dueling.losses(rate_seed=3)


def test_a_metric_that_no_run_has_loses_every_repeat(folder):
    duel = dueling.create(
        folder, dueling.losses(rates=(1.0,), metric="accuracy", larger_is_better=True)
    )
    judgement = judge(duel.spec(), dueling.train(duel, lambda place: 1.0))
    assert len(judgement.standings[0].lost) == 6
    assert math.isnan(judgement.standings[0].mean)


def test_places_of_the_plan_are_plain_data():
    place = Place(contestant="Huber", seed=1)
    assert Place.model_validate_json(place.model_dump_json()) == place
    assert isinstance(dueling.losses(), DuelSpec)


def test_a_run_that_was_stopped_together_with_its_duel_goes_on_with_it(tmp_path):
    duel = dueling.create(tmp_path, dueling.losses(rates=(1.0,)))
    first = advance.advance(duel).every[0]
    run = Run(duel.runs / first.run)
    Queue(duel.runs).take(run.name)
    run.write_status(Status(phase="stopped", epoch=1, epochs=5))
    # The process was ended before it looked again.
    advance.halt(duel)
    assert advance.go_on(duel).every[0].fate == "waiting"
    assert run.name in [each.run.name for each in Queue(duel.runs).look().waiting]
