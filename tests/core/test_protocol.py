"""What may be asked of an engine."""

from typing import get_args

from workbench.engine import protocol


def concrete(base):
    for kind in base.__subclasses__():
        if "ask" in kind.model_fields and not kind.model_fields["ask"].is_required():
            yield kind
        yield from concrete(kind)


def test_every_question_is_understood():
    union = get_args(protocol.Request)[0]
    assert set(concrete(protocol.Asked)) == set(get_args(union))
