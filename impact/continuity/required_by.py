"""Required-by and slack: when each CI must be back so that every promise that rests on it can still be kept."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from impact.continuity.recovery import Recovery
from impact.estate import UNKNOWN
from impact.kernels.types import B1, I32, I64
from impact.kernels.work import NEVER, require


@dataclass(frozen=True, eq=False)
class Deadlines:
    """By CI of a recovery, in minutes after the disruption began.

    `moments` is L, `NEVER` where no promise rests on a CI; where not `sure`, an unknown restore time may make it less.
    `tail` is the longest work, in minutes, that cannot begin before a CI is back.
    """

    recovery: Recovery
    moments: I64
    sure: B1
    tail: I64

    @cached_property
    def slack(self) -> I64:
        """L - E: how much later work could begin; negative where a promise is lost already. `NEVER` without one."""
        return np.where(self.moments == NEVER, NEVER, self.moments - self.recovery.minutes)

    @cached_property
    def slack_exact(self) -> B1:
        """Where the slack is not only "at most"."""
        return self.sure & self.recovery.exact


def required_by(recovery: Recovery, promise: I32) -> Deadlines:
    """L(d) = the least of its own promise and, over the CIs that require it, L - restore.

    `promise` is the RTO by position, in minutes, -1 where there is none. Of a pool only the quickest members,
    as many as are needed (and those as quick as the last of them), are required.
    """
    needs, size = recovery.needs, len(recovery.needs)
    own = promise.astype(np.int64)
    moments = np.where(own == UNKNOWN, NEVER, own)
    found = Deadlines(recovery, moments, np.ones(size, np.bool_), np.zeros(size, np.int64))
    require.run(
        needs.first, needs.start, needs.count, needs.member, recovery.restore, recovery.longest,
        recovery.minutes, recovery.together, recovery.order, recovery.reached, found.moments, found.sure, found.tail,
    )  # fmt: skip
    return found
