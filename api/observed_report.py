"""What is told of observed dependencies."""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from impact.report import CiRef


class HintState(Enum):
    """What an observed or declared dependency is to the records; one of a CI that is not in service is set aside."""

    proposed = "proposed"
    verified = "verified"
    questioned = "questioned"
    rejected = "rejected"
    set_aside = "set_aside"


@dataclass
class HintCounts:
    """How many dependencies there are in each state."""

    proposed: Annotated[int, "Seen, not recorded."]
    verified: Annotated[int, "Seen and recorded."]
    questioned: Annotated[int, "Recorded, and not seen although both ends are observed."]
    rejected: Annotated[int, "Seen, and said to be none."]
    set_aside: Annotated[int, "Seen, of CIs that are not in service any more."]


@dataclass
class Risk:
    """What a failure of the called CI would hit once the dependency is recorded, and does not hit as recorded now.
    What would be hit harder counts too."""

    services: Annotated[int, "Services that are hit, or hit harder."]
    people: Annotated[int, "People in client groups that are hit, or hit harder."]
    examples: Annotated[list[CiRef], "The first of those services."]
