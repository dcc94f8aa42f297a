"""What was refused, as tests compare it."""

from collections.abc import Callable

import pytest

from cmdb.model.errors import InvalidInput, Problem


def refusals(call: Callable[[], object]) -> list[Problem]:
    """The problems that a call is refused for."""
    with pytest.raises(InvalidInput) as error:
        call()
    return error.value.problems


def codes(call: Callable[[], object]) -> list[tuple[str, str]]:
    """Code and place of each problem that a call is refused for."""
    return [(problem.code, problem.place) for problem in refusals(call)]
