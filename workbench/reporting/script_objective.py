"""The objective of a recipe as Python: its terms, their sum, and the figure beside the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench import parts
from workbench.parts import Kind
from workbench.reporting.literals import call, literal
from workbench.reporting.source import Cuttings
from workbench.spec import PAIRS, PartSpec, RunSpec

_CLASSES = ("category", "ordered", "yes_no")


@dataclass(frozen=True)
class Written:
    """What the template asks for; lines with their indent.

    Args:
        loss_title: the loss in words.
        headline_name: what the figure is called that the best epoch is chosen by.
        headline: that figure.
        terms: lines that compute every term.
        total: their sum.
        learned: names and shapes of the numbers that losses learn.
        learned_list: them, with commas.
        counts: whether a loss asks how many samples each class has.
        numbers: whether numbers are learned.
        score_name: what the figure beside the loss is called.
        score_words: what it is.
        score: lines that compute it.
    """

    loss_title: str
    headline_name: str
    headline: str
    terms: str
    total: str
    learned: tuple[tuple[str, str], ...]
    learned_list: str
    counts: bool
    numbers: bool
    score_name: str
    score_words: str
    score: str


def written(spec: RunSpec, cuttings: Cuttings, lacking: tuple[str, ...]) -> Written:
    """The objective of a run.

    Args:
        spec: of the run.
        cuttings: where losses are cut out.
        lacking: modalities that some samples lack.
    """
    objective = spec.objective
    weighed = objective.weighed(spec.modalities)
    found = [_term(spec, cuttings, lacking, name, chosen) for name, chosen in weighed.items()]
    learned = [each for _, names in found for each in names]
    weights = {name: _weight(spec, name) for name in weighed}
    total = [f'{weight!r} * terms["{name}"]' for name, weight in weights.items()]
    lines = [line for lines, _ in found for line in lines] + _penalties(spec)
    total += [f'{value!r} * terms["{name}"]' for name, value in _fixed(spec).items()]
    alone = objective.loss is None
    pairs = [f'{weights[name]!r} * terms["{name}"]' for name in weighed]
    losses = [parts.find("loss", objective.loss.name)] if objective.loss is not None else []
    titles = [part.title for part in losses]
    titles += [f"{_title('alignment', a.loss)} of {pair}"
               for pair, a in objective.alignments.items()]  # fmt: skip
    score_name, score_words, score = _score(spec, cuttings)
    return Written(
        ", ".join(titles), "alignment_loss" if alone else "task_loss",
        " + ".join(pairs) if alone else 'terms["task"]', _indented(lines), _sum(total),
        tuple(learned), ", ".join(f"recipe.{name}" for name, _ in learned),
        any("counts" in part.facts for part in losses), spec.data.task in ("number", "numbers"),
        score_name, score_words, _indented(score),
    )  # fmt: skip


def _title(kind: Kind, chosen: PartSpec) -> str:
    return parts.find(kind, chosen.name).title


def _indented(lines: list[str]) -> str:
    return "\n".join(f"        {line}" for line in "\n".join(lines).splitlines())


def _sum(values: list[str]) -> str:
    line = " + ".join(values)
    if len(line) <= 80:
        return line
    return "(\n            " + "\n            + ".join(values) + "\n        )"


def _weight(spec: RunSpec, name: str) -> float:
    if name in PAIRS:
        return spec.objective.alignments[name].weight
    return spec.objective.weight if name == "task" else spec.objective.heads_weight


def _term(
    spec: RunSpec, cuttings: Cuttings, lacking: tuple[str, ...], name: str, chosen: PartSpec
) -> tuple[list[str], list[tuple[str, str]]]:
    """Lines of one term, and what it learns."""
    kind: Kind = "alignment" if name in PAIRS else "loss"
    part = parts.find(kind, chosen.name)
    function = cuttings.need(part.function.__module__, part.name)
    options = part.check(chosen.options)
    needed = PAIRS.get(name, () if name == "task" else (name,))
    there = [f'x["{m}_present"]' for m in needed if m in lacking]
    count = " * ".join(["weights", *there])
    facts = {
        "counts": "self.counts", "weights": "count",
        "labels": 'ops.cast(y, "int32")' if spec.data.task in _CLASSES else "None",
    }  # fmt: skip
    given = {n: literal(v) for n, v in options.items()}
    given |= {n: facts[n] for n in sorted(part.facts) if n in facts}
    plain = name.replace("+", "_")
    names = part.learns if options.get("learn", True) else ()
    shape = "(len(TARGETS),)" if spec.data.task == "numbers" and kind == "loss" else "()"
    if names:
        inner = ", ".join(f'"{each}": ops.convert_to_tensor(self.{plain}_{each})' for each in names)
        given["learned"] = f"{{{inner}}}"
    if kind == "alignment":
        first = ", ".join(f'said["{name}_{m}"]' for m in PAIRS[name])
    else:
        column = "[:, 0]" if spec.data.task in ("yes_no", "number") else ""
        first = f'y, said["{"task" if name == "task" else f"head_{name}"}"]{column}'
    lines = [
        f"count = {count}",
        f"losses = {call(function, first, **given)}",
        f'terms["{name}"] = mean_over(losses, count)',
    ]
    return lines, [(f"{plain}_{each}", shape) for each in names]


def _fixed(spec: RunSpec) -> dict[str, float]:
    chosen = spec.objective
    known = {"l2": chosen.l2, "l1": chosen.l1, "embedding_l2": chosen.embedding_l2}
    return {name: weight for name, weight in known.items() if weight > 0}


def _penalties(spec: RunSpec) -> list[str]:
    fixed, lines = _fixed(spec), []
    if "l2" in fixed or "l1" in fixed:
        lines.append("kernels = [v for v in self.network.trainable_variables if len(v.shape) > 1]")
    if "l2" in fixed:
        lines.append('terms["l2"] = sum(ops.sum(ops.square(kernel)) for kernel in kernels)')
    if "l1" in fixed:
        lines.append('terms["l1"] = sum(ops.sum(ops.abs(kernel)) for kernel in kernels)')
    if "embedding_l2" in fixed:
        lines += [
            'vectors = [ops.cast(said[f"embedding_{m}"], "float32") for m in MODALITIES]',
            'terms["embedding_l2"] = sum(ops.mean(ops.square(v)) for v in vectors) / len(vectors)',
        ]
    return lines


def _score(spec: RunSpec, cuttings: Cuttings) -> tuple[str, str, list[str]]:
    """Name, words and lines of the figure beside the loss."""
    task, loss = spec.data.task, spec.objective.loss
    if loss is None:
        return "partner_found", "1 where a sample's partner is the nearest in the batch.", [
            "found = []",
            f"for pair in {literal(list(spec.objective.alignments))}:",
            '    one, other = pair.split("+")',
            '    first = ops.normalize(said[f"{pair}_{one}"], axis=-1)',
            '    second = ops.normalize(said[f"{pair}_{other}"], axis=-1)',
            "    nearest = ops.argmax(ops.matmul(first, ops.transpose(second)), axis=-1)",
            '    found.append(ops.cast(nearest == ops.arange(ops.shape(first)[0]), "float32"))',
            "return sum(found) / len(found)",
        ]  # fmt: skip
    lines = _answers(loss, cuttings)
    right = "1 where a sample is right, else 0."
    match task:
        case "category" | "ordered":
            median = parts.find("loss", loss.name).head in ("ranks", "steps")
            chosen = "ops.argmax(answers, axis=-1)"
            if median:
                name = cuttings.need("workbench.training.objective", "chosen_class")
                chosen = f"{name}(answers, True)"
            lines.append(f'chosen = ops.cast({chosen}, "int32")')
            lines.append('return ops.cast(chosen == ops.cast(labels, "int32"), "float32")')
            return "accuracy", right, lines
        case "yes_no":
            lines.append('return ops.cast((answers[:, 0] > 0) == (labels > 0.5), "float32")')
            return "accuracy", right, lines
        case "labels":
            lines.append(
                'return ops.cast(ops.all((answers > 0) == (labels > 0.5), axis=-1), "float32")'
            )
            return "all_right", right, lines
    inner = "answers[:, 0]" if task == "number" else "answers"
    lines.append(f"errors = ops.abs({inner} - labels) * self.scale")
    lines.append("return errors" if task == "number" else "return ops.mean(errors, axis=-1)")
    return "mean_error", "How far each sample is off, in the target's own unit.", lines


def _answers(loss: PartSpec, cuttings: Cuttings) -> list[str]:
    """What the head says as logits of all classes, or as numbers."""
    head: Any = parts.find("loss", loss.name).head
    if head == "plain":
        return ['answers = said["task"]']
    if head == "spread":
        return ['answers = said["task"][..., 0]']
    if head == "cosine":
        scale = parts.find("loss", loss.name).check(loss.options).get("scale", 1.0)
        return [f'answers = {float(scale)!r} * said["task"]']
    plain = cuttings.need("workbench.training.heads", "plain")
    return [f'answers = {plain}("{head}", said["task"])']
