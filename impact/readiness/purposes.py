"""What each kind of decision needs of the data: the rules, declared once. Nothing else is asked of a record."""

from impact.readiness.needs import (
    STALE_DAYS,
    Dependencies,
    Dependents,
    HasPools,
    IsNamed,
    NotPassed,
    Points,
    Purpose,
    Recorded,
    Rule,
    Scope,
    SoundPools,
    Verified,
)

RESPONSIBLE = ("on_call", "supported_by", "has_expert", "managed_by", "owned_by")
SPEAKERS = ("managed_by", "owned_by", "has_expert", "supported_by")
YEAR = 365

SERVICES = (Scope(roles=("service",)),)
GROUPS = (Scope(roles=("client",)),)
RESOURCES = (Scope(kinds=("resource",)),)
PARTS = (Scope(kinds=("resource",), but=("service",)),)
SYSTEMS = (Scope(kinds=("application", "database")),)
IMPACT = (Scope(kinds=("resource",)), *GROUPS)
WHOLE_HARDWARE = (
    Scope(
        kinds=("server", "storage", "network_device"),
        but=("virtual_machine",),
        unless=Points(("part_of", "hosted_on")),
    ),
)
FOUND = (Scope(kinds=("software", "infrastructure"), but=("facility",)),)
DATA_CARRIERS = (
    Scope(kinds=("storage",), where=IsNamed(("stores_data_on",))),
    Scope(kinds=("database",), unless=Points(("stores_data_on", "runs_on", "hosted_on"))),
)

SERVICE_RTO = Rule(
    "service_rto", SERVICES, Recorded(("rto",)), "no RTO",
    "Without a promise no clock runs: nobody can say by when the service must be back.",
)  # fmt: skip
SOMEBODY_TO_CALL = Rule(
    "somebody_to_call", RESOURCES, Points(RESPONSIBLE), "nobody to call",
    "When it fails, somebody has to be called who repairs it, knows it or answers for it.",
)  # fmt: skip
SERVICE_USERS = Rule(
    "service_users", SERVICES, Dependents(), "no users",
    "With nobody recorded who uses it, a failure seems to hurt nobody.",
)  # fmt: skip
DEPENDENTS = Rule(
    "dependents", PARTS, Dependents(), "nothing depends on it",
    "What nothing depends on seems to be safe to lose, or to switch off.",
)  # fmt: skip
DEPENDENCIES = Rule(
    "dependencies",
    (Scope(kinds=("application", "application_instance", "database", "virtual_machine"), roles=("service",)),),
    Dependencies(), "depends on nothing",
    "What depends on nothing is never reached by a failure or a change: it looks fine whatever breaks.",
)  # fmt: skip
HEAD_COUNT = Rule(
    "head_count", GROUPS, Recorded(("head_count",)), "no head count",
    "Without it the number of people hit is only a lower bound.",
)  # fmt: skip
GROUP_CONTACT = Rule(
    "group_contact", GROUPS, Points(SPEAKERS), "nobody speaks for it",
    "Somebody has to be told that their people cannot work.",
)  # fmt: skip
GROUP_USES = Rule(
    "group_uses", GROUPS, Dependencies(), "uses nothing",
    "A group that uses nothing, and is inside no other group, is never counted as hit.",
)  # fmt: skip
REACHABLE = Rule(
    "reachable", (Scope(roles=("contact",), where=IsNamed(RESPONSIBLE)),), Recorded(("phone", "email")),
    "no phone, no email",
    "Whoever is named as somebody to call must be within reach.",
)  # fmt: skip
VERIFIED = Rule(
    "verified", IMPACT, Verified(), "never verified",
    "What nobody ever confirmed may not be there, or not be so.",
)  # fmt: skip
VERIFIED_LATELY = Rule(
    "verified_lately", tuple(Scope(s.kinds, s.roles, where=Verified()) for s in IMPACT), Verified(STALE_DAYS),
    "not verified lately",
    "What was confirmed long ago may have changed since.",
)  # fmt: skip
POOL_RULES = Rule(
    "pool_rules", (Scope(kinds=("resource",), where=HasPools()), Scope(roles=("client",), where=HasPools())),
    SoundPools(), "a pool rule that cannot be met",
    "A rule that asks for more members than there are hides how much can still be lost.",
)  # fmt: skip

SERVICE_OWNER = Rule(
    "service_owner", SERVICES, Points(("owned_by",)), "no owner",
    "Somebody has to accept the risk of a change to the service.",
)  # fmt: skip
RESPONSIBLE_PARTY = Rule(
    "responsible", PARTS, Points(("owned_by", "managed_by", "supported_by")), "nobody is responsible",
    "Somebody has to agree that it is changed, and when.",
)  # fmt: skip
ENVIRONMENT = Rule(
    "environment",
    (Scope(kinds=("application_instance", "database", "server", "cluster", "cloud_resource")),),
    Recorded(("environment",)), "no environment",
    "A change to production is judged otherwise than one to a test system.",
)  # fmt: skip

SYSTEM_RTO = Rule(
    "system_rto", SYSTEMS, Recorded(("rto",)), "no RTO",
    "A promise of a service is checked against the promises of what it needs.",
)  # fmt: skip
RESTORE = Rule(
    "restore", RESOURCES, Recorded(("restore",)), "no restore time",
    "Without it nobody can say when a service can be back, only at the earliest.",
)  # fmt: skip
DATA_RPO = Rule(
    "data_rpo", (Scope(kinds=("database",)), DATA_CARRIERS[0]), Recorded(("rpo",)), "no RPO",
    "How much data a service may lose follows from what its data is kept on.",
)  # fmt: skip
COPIES = Rule(
    "copies", DATA_CARRIERS, Points(("backed_up_by", "replicates_to")), "no backup, no copy",
    "Data that is kept in one place is lost with it.",
)  # fmt: skip
RUNBOOK = Rule(
    "runbook", (Scope(kinds=("application",), roles=("service",)),), Points(("documented_in",)), "no document",
    "A restore time is believable when the way back is written down.",
)  # fmt: skip

SERIAL = Rule(
    "serial", WHOLE_HARDWARE, Recorded(("serial",)), "no serial number",
    "A supplier asks for it first; stock-taking goes by it.", YEAR,
)  # fmt: skip
MANUFACTURER = Rule(
    "manufacturer", WHOLE_HARDWARE, Recorded(("manufacturer",)), "no manufacturer",
    "Recalls, spare parts and support go by who made it.", YEAR,
)  # fmt: skip
LOCATION = Rule(
    "location", (*WHOLE_HARDWARE, Scope(kinds=("power",))), Points(("located_in",)), "no location",
    "Somebody has to go there.", YEAR,
)  # fmt: skip
EXTERNAL_ID = Rule(
    "external_id", FOUND, Recorded(("external_id",)), "no key in its source",
    "Without it the next discovery may record the same thing a second time.", YEAR,
)  # fmt: skip
AGREEMENT = Rule(
    "agreement",
    (Scope(kinds=("application", "circuit", "cloud_resource")), Scope(("storage",), unless=Points(("part_of",)))),
    Points(("covered_by",)), "no agreement",
    "What is bought or rented has terms: who must come, within how long, until when.", YEAR,
)  # fmt: skip
AGREEMENT_END = Rule(
    "agreement_end", (Scope(kinds=("agreement",)),), Recorded(("valid_until",)), "no end date",
    "An agreement runs out unnoticed when its end is not recorded.", YEAR,
)  # fmt: skip
AGREEMENT_CURRENT = Rule(
    "agreement_current", (Scope(kinds=("agreement",), where=Recorded(("valid_until",))),), NotPassed("valid_until"),
    "has run out",
    "Support that was not paid for does not come.", YEAR,
)  # fmt: skip

PURPOSES: tuple[Purpose, ...] = (
    Purpose(
        "major_incident", "What is hit, who is hit, by when must it be back, and who is to be called?",
        (SERVICE_RTO, SERVICE_USERS, SOMEBODY_TO_CALL, DEPENDENTS, DEPENDENCIES, HEAD_COUNT, GROUP_CONTACT, GROUP_USES,
         REACHABLE, POOL_RULES, VERIFIED, VERIFIED_LATELY),
    ),
    Purpose(
        "change", "What would this change touch, and who has to agree?",
        (SERVICE_OWNER, RESPONSIBLE_PARTY, ENVIRONMENT, DEPENDENTS, DEPENDENCIES, POOL_RULES, VERIFIED,
         VERIFIED_LATELY),
    ),
    Purpose(
        "continuity", "Can what was promised be kept, and how much data would be lost?",
        (SERVICE_RTO, SYSTEM_RTO, RESTORE, DATA_RPO, COPIES, RUNBOOK, DEPENDENCIES),
    ),
    Purpose(
        "assets", "What is there, where does it stand, and under which terms?",
        (SERIAL, MANUFACTURER, LOCATION, EXTERNAL_ID, AGREEMENT, AGREEMENT_END, AGREEMENT_CURRENT),
    ),
)  # fmt: skip
"""Every purpose, in the order in which they are shown."""

RULES: tuple[Rule, ...] = tuple(dict.fromkeys(rule for purpose in PURPOSES for rule in purpose.rules))
"""Every rule once; its place is its number."""
RULE_NUMBER = {rule: number for number, rule in enumerate(RULES)}
