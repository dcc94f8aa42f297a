"""The analyses: each a pure function of a `Question`, in a file of its own."""

from impact.analyses.affected import affected
from impact.analyses.client_groups import client_groups
from impact.analyses.completeness import completeness
from impact.analyses.contacts import call, notify
from impact.analyses.restore_order import restore_order
from impact.analyses.scenario import scenario
from impact.analyses.services import affected_services, clocks
from impact.analyses.summary import summarize
from impact.analyses.why import why
from impact.analyses.why_not import holding, why_not

ANALYSES = (
    ("scenario", scenario, "what was assumed, and what each pin cut off"),
    ("completeness", completeness, "revision, age, and what the records do not say"),
    ("summary", summarize, "counts of CIs, services and people; the soonest clock"),
    ("affected", affected, "affected CIs, page by page"),
    ("services", affected_services, "affected services with people, clock and reason"),
    ("clocks", clocks, "services that are down, by the slack they have left"),
    ("restore_order", restore_order, "what to restore when, and what is back with it"),
    ("client_groups", client_groups, "affected client groups with the services they lose"),
    ("call", call, "whom to call"),
    ("notify", notify, "whom to notify"),
    ("holding", holding, "what is not down, what holds it, and its margin"),
    ("why", why, "the shortest proof of a CI's state"),
    ("why_not", why_not, "why a CI is not down"),
)
"""Name, function and purpose of every analysis."""

__all__ = [
    "ANALYSES",
    "affected",
    "affected_services",
    "call",
    "client_groups",
    "clocks",
    "completeness",
    "holding",
    "notify",
    "restore_order",
    "scenario",
    "summarize",
    "why",
    "why_not",
]
