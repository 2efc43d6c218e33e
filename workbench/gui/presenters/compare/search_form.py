"""The form of a search: what is tried, within which ranges, how long and how."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.errors import UserError
from workbench.gui.choices import Choice
from workbench.searching.space import offered, parse
from workbench.searching.spec import SearchSpec, search_of
from workbench.spec import RunSpec

SAMPLERS = (
    Choice("tpe", "Learn from trials", "TPE: later trials are drawn where earlier ones did well."),
    Choice("random", "At random", "Every trial is drawn evenly from the ranges."),
)
_FIRST = "training.learning_rate"


@dataclass(frozen=True)
class Offer:
    """A place that can be searched.

    Args:
        place: dotted.
        typed: its range or its choices, as they are written.
        on: it is searched.
        usual: what follows from its limits.
    """

    place: str
    typed: str
    on: bool = False
    usual: str = ""


@dataclass(frozen=True)
class SearchForm:
    """A search that is being planned.

    Args:
        recipe: what all trials have in common.
        offers: what can be searched.
        sampler: how values are drawn.
        trials: how many at most.
        prune: hopeless ones are ended early.
    """

    recipe: RunSpec
    offers: tuple[Offer, ...]
    sampler: str = "tpe"
    trials: int = 20
    prune: bool = True

    @property
    def epochs(self) -> int:
        """Epochs that are trained at most, all trials together."""
        return self.trials * self.recipe.training.epochs


def begin(recipe: RunSpec) -> SearchForm:
    """The form of a new search: the learning rate alone is chosen.

    Args:
        recipe: what all trials have in common.
    """
    offers = tuple(
        Offer(each.place, each.words, each.place == _FIRST, each.words) for each in offered(recipe)
    )
    return SearchForm(recipe, offers)


def changed(form: SearchForm, place: str, **changes: object) -> SearchForm:
    """The form with another offer.

    Args:
        form: it.
        place: whose.
        changes: ``on`` or ``typed``.
    """
    offers = tuple(
        replace(each, **changes) if each.place == place else each  # type: ignore[arg-type]
        for each in form.offers
    )
    return replace(form, offers=offers)


def search_of_form(form: SearchForm) -> SearchSpec:
    """The search that a form describes.

    Args:
        form: it.

    Raises:
        UserError: nothing is searched, or a range does not fit.
    """
    chosen = [each for each in form.offers if each.on]
    if not chosen:
        raise UserError("Nothing is searched.", "Tick what is to be tried.")
    space = [parse(form.recipe, f"{each.place}={each.typed}") for each in chosen]
    return search_of(
        form.recipe, space, sampler=form.sampler, trials=form.trials, prune=form.prune
    )  # fmt: skip
