"""A CI of a source is taken for a recorded one only where the rules of its kind say so and nothing says otherwise."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.ci import CI, CiId, attributes_json
from cmdb.model.model import Model, standard_model
from cmdb.reconcile import identify as module
from cmdb.reconcile.identify import Doubt, Identified, Join, identify
from cmdb.reconcile.keys import address, email, host, name, numbered_apart, qualified, serial, text
from tests.unit.identify_twin import twin

MODEL = standard_model()
NONE: frozenset[CiId] = frozenset()


def ci(id_: str, name_: str, kind: str = "server", sector: str = "shared", **attributes: object) -> CI:
    return CI(CiId(id_), kind, name_, sector, "live", attributes_json(attributes), "source")


def verdict(new: CI, *known: CI, others: Sequence[CI] = (), model: Model = MODEL) -> str:
    """The id that a CI is joined to, or why it is not."""
    found = identify(model, [new, *others], known, NONE)
    doubts = [doubt.why for doubt in found.doubts if doubt.new == new.id]
    return found.joined[new.id].known if new.id in found.joined else doubts[0] if doubts else ""


X, Y = "web01.x.example", "web01.y.example"


@pytest.mark.parametrize(
    ("new", "known", "expected"),
    [
        (ci("n", "srv7", serial="CZJ-123 4567"), ci("k", "web01", serial="czj1234567"), "k"),
        (ci("n", "A-4711", "virtual_machine", hostname=X), ci("k", "Portal", hostname="WEB01.X.example."), "k"),
        (ci("n", "web01"), ci("k", "WEB01"), "k"),
        (ci("n", "web01"), ci("k", "web01.x.example"), "k"),
        (ci("n", "web01", sector="health"), ci("k", "web01"), ""),
        (ci("n", "web01"), ci("k", "web02"), ""),
        (ci("n", "web01", hostname=X), ci("k", "web01", hostname=Y), ""),
        (ci("n", "web01", serial="CZJ1234567"), ci("k", "web01", serial="HX998122"), "contradicted"),
        (ci("n", "a", hostname=X, serial="CZJ1234567"), ci("k", "a", hostname=X, serial="HX998122"), "contradicted"),
        (ci("n", "web01", environment="test"), ci("k", "web01", environment="production"), "contradicted"),
        (ci("n", "a", sector="health", serial="CZJ1234567"), ci("k", "a", serial="CZJ1234567"), "contradicted"),
        (ci("n", "w", hostname=X, serial="CZJ1234567"), ci("k", "w", hostname=Y, serial="CZJ1234567"), "contradicted"),
        (ci("n", "web01", serial="CZJ1234567"), ci("k", "web02", serial="CZJ1234567"), "contradicted"),
        (ci("n", "web1", serial="VMware-42 1d"), ci("k", "db", "virtual_machine", serial="vmware421d"), "contradicted"),
        (ci("n", "web01", model="VMware7,1"), ci("k", "web01", model="ProLiant DL380"), "contradicted"),
        (ci("n", "x1", serial="To be filled by O.E.M."), ci("k", "y2", serial="To Be Filled By O.E.M."), ""),
        (ci("n", "localhost"), ci("k", "localhost"), ""),
        (ci("n", "10.0.0.1"), ci("k", "10.0.0.1"), ""),
        (ci("n", "Ann", "person", email="Ann@X.example"), ci("k", "A. Smith", "person", email="ann@x.example"), "k"),
        (ci("n", "Ann", "person", email="helpdesk@x.example"), ci("k", "Bo", "person", email="helpdesk@x.example"), ""),
        (ci("n", "Ann Smith", "person"), ci("k", "Ann Smith", "person"), ""),
        (ci("n", "Équipe  réseau", "team"), ci("k", "equipe reseau", "team"), "k"),
        (ci("n", "Payroll", "application"), ci("k", "Payroll", "business_service"), ""),
        (ci("n", "Payroll", "application"), ci("k", "payroll", "application"), "k"),
        (ci("n", "Gold", "service_offering"), ci("k", "Gold", "service_offering"), ""),
        (ci("n", "R101", "facility"), ci("k", "R101", "facility"), ""),
        (ci("n", "R101", "facility", address="1 Main St"), ci("k", "R101", "facility", address="1 main st."), "k"),
        (ci("n", "openssl", "software"), ci("k", "openssl", "software"), ""),
        (ci("n", "hr", "database"), ci("k", "hr", "database"), ""),
        (ci("n", "hr", "database", environment="test"), ci("k", "hr", "database", environment="test"), "k"),
        (ci("n", "x", "storage", serial="SN-471-1"), ci("k", "y", "storage", serial="sn4711"), "k"),
        (ci("n", "x", "storage", serial="SN-471-1"), ci("k", "y", "power", serial="sn4711"), ""),
        (ci("n", "x", "endpoint", address="https://P.example.org/"),
         ci("k", "y", "endpoint", address="https://p.example.org:443"), "k"),
        (ci("n", "x", "endpoint", address="10.0.0.1:80"), ci("k", "y", "endpoint", address="10.0.0.1:80"), ""),
        (ci("n", "x", "cloud_resource", external_id="i-0ab", provider="AWS"),
         ci("k", "y", "cloud_resource", external_id="i-0ab", provider="Amazon Web Services"), "k"),
        (ci("n", "x", "cloud_resource", external_id="i-0ab"), ci("k", "y", "cloud_resource", external_id="i-0ab"), ""),
    ],
)  # fmt: skip
def test_one_of_each(new: CI, known: CI, expected: str) -> None:
    assert verdict(new, known) == expected


def test_what_is_told() -> None:
    new, known = ci("n", "Web01", sector="health"), ci("k", "web01", sector="health")
    found = identify(MODEL, [new], [known], NONE)
    assert found == Identified({CiId("n"): Join(new.id, known.id, ("name", "sector"), "web01, health")}, [])


def test_several_recorded_ones_are_left_to_a_person() -> None:
    one, other = ci("k2", "web01"), ci("k1", "WEB01")
    found = identify(MODEL, [ci("n", "web01")], [one, other], NONE)
    assert found == Identified({}, [Doubt(CiId("n"), (other.id, one.id), ("name", "sector"), "several")])


def test_a_weaker_key_chooses_among_several() -> None:
    clones = [ci(f"k{n}", f"web0{n}", serial="VMware-42 1d", hostname=f"web0{n}.x.example") for n in (1, 2)]
    assert verdict(ci("n", "web02", serial="VMware-42 1d", hostname="web02.x.example"), *clones) == "k2"
    assert verdict(ci("n", "web03", serial="VMware-42 1d", hostname="web03.x.example"), *clones) == "several"


def test_two_of_the_source_for_one() -> None:
    assert verdict(ci("n", "web01"), ci("k", "web01"), others=[ci("m", "web01")]) == "twice"
    recorded, by_serial = ci("k", "web01", serial="CZJ1234567"), ci("n", "A1", serial="CZJ1234567")
    found = identify(MODEL, [by_serial, ci("m", "web01")], [recorded], NONE)
    assert list(found.joined) == ["n"]
    assert [(doubt.new, doubt.why) for doubt in found.doubts] == [("m", "twice")]


def test_a_serial_number_of_two_makes_both_doubtful() -> None:
    twins = [ci("m", "db09", serial="CZJ1234567")]
    assert verdict(ci("n", "web01", serial="CZJ1234567"), ci("k", "web01"), others=twins) == "twice"
    assert verdict(ci("n", "web01"), ci("k", "web01", serial="CZJ1234567"), *twins) == "several"


def test_a_source_that_claims_it_already() -> None:
    found = identify(MODEL, [ci("n", "web01")], [ci("k", "web01")], {CiId("k")})
    assert [doubt.why for doubt in found.doubts] == ["taken"]


def test_what_a_person_parted_stays_apart_and_lets_the_other_through() -> None:
    known = [ci("k1", "web01"), ci("k2", "web01")]
    found = identify(MODEL, [ci("n", "web01")], known, NONE, {frozenset((CiId("n"), CiId("k1")))})
    assert found.joined[CiId("n")].known == "k2"
    assert identify(MODEL, [ci("n", "web01")], known[:1], NONE, {frozenset((CiId("n"), CiId("k1")))}).doubts == []


def test_a_bare_name_in_a_sector_of_several_domains() -> None:
    elsewhere = ci("o", "db01", hostname="db01.y.example")
    assert verdict(ci("n", "web01"), ci("k", "web01", hostname=X), elsewhere) == "unqualified"
    assert verdict(ci("n", "web01"), ci("k", "web01"), elsewhere) == "k"


def test_a_name_that_many_things_have_and_a_number() -> None:
    assert verdict(ci("n", "VM1", "virtual_machine"), ci("k", "vm1", "virtual_machine")) == "usual"
    assert verdict(ci("n", "Team 1", "team"), ci("k", "team 1", "team")) == "k"
    assert verdict(ci("n", "Support 1", "team"), ci("k", "support 1", "team")) == "usual"
    assert verdict(ci("n", "vm1", hostname="vm1.x.example"), ci("k", "VM1", hostname="vm1.x.example")) == "k"


def test_names_of_a_source_that_calls_things_its_own_way() -> None:
    """Asset tags are no reason for doubt; one odd name among many alike is."""
    known = [ci(f"k{n}", f"host{n}a", serial=f"CZJ000{n}77") for n in range(4)]
    tagged = [ci(f"n{n}", f"tag{n}b", serial=f"CZJ000{n}77") for n in range(4)]
    assert len(identify(MODEL, tagged, known, NONE).joined) == 4
    alike = [new._replace(name=old.name) for new, old in zip(tagged, known, strict=True)]
    assert verdict(tagged[0], *known, others=alike[1:]) == "contradicted"


def test_a_value_that_a_crowd_has_is_no_key() -> None:
    crowd = [ci(f"k{n}", f"srv{n}x", serial="BATCH-77") for n in range(module.MANY + 1)]
    assert verdict(ci("n", "web01", serial="BATCH-77"), *crowd) == ""


def test_nothing_new_reads_nothing() -> None:
    def known() -> Iterator[CI]:
        raise AssertionError("read")
        yield

    assert identify(MODEL, [], known(), NONE) == Identified({}, [])


def test_attributes_are_not_read_where_no_rule_needs_them() -> None:
    broken = ci("k", "Payroll", "application")._replace(attributes_json="{")
    assert (
        verdict(ci("n", "Payroll", "application"), broken, ci("s", "s", "software")._replace(attributes_json="{"))
        == "k"
    )


def test_rules_of_ones_own() -> None:
    kinds = {**MODEL.kinds, "team": replace(MODEL.kinds["team"], identified_by=(("phone",),))}
    model = Model(kinds, MODEL.relations, MODEL.sectors)
    assert (
        verdict(ci("n", "Net", "team", phone="555 01"), ci("k", "Network", "team", phone="555 01"), model=model) == "k"
    )
    assert verdict(ci("n", "Net", "team"), ci("k", "Net", "team"), model=model) == ""


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        (serial, " cz-J 123/4567 ", "czj1234567"), (serial, "0", ""), (serial, "N/A", ""), (serial, "None", ""),
        (serial, "To be filled by O.E.M.", ""), (serial, "Default string", ""), (serial, "XXXXXXX", ""),
        (serial, "1234", ""), (serial, "123456789", ""), (serial, "BKQHRBW", "bkqhrbw"), (serial, "CHASSIS", ""),
        (host, "WEB01.", "web01"), (host, "Web01.X.Example", "web01.x.example"), (host, "web01.local", "web01"),
        (host, "10.0.0.1", ""), (host, "Payroll web", ""), (host, "localhost.localdomain", ""), (host, "4711", ""),
        (qualified, "web01", ""), (qualified, "web01.x.example.", "web01.x.example"),
        (email, "mailto:Ann@X.example", "ann@x.example"), (email, "it-support@x.example", ""), (email, "ann", ""),
        (address, "portal.x.example", "//portal.x.example"), (address, "http://x/", ""), (address, "http://[", ""),
        (address, "https://x.example:99999", ""), (address, "https://x.example:8443/a?b", "https//x.example:8443/a?b"),
        (name, "Unknown", ""), (name, "x", ""), (name, "Staff", ""), (name, "  Pay\u00a0roll ", "pay roll"),
        (text, 0, ""), (text, "N/A", ""), (text, 4711, "4711"),
    ],
)  # fmt: skip
def test_forms(form: object, value: object, expected: str) -> None:
    assert callable(form)
    assert form(value) == expected


def test_numbered() -> None:
    assert numbered_apart("web01", "web02")
    assert not numbered_apart("web01", "web1")
    assert not numbered_apart("web01", "db01")
    assert not numbered_apart("web01", "web01")


servers = st.builds(
    lambda kind, called, sector, told: (kind, called, sector, {k: v for k, v in told.items() if v}),
    st.sampled_from(["server", "server", "virtual_machine", "application"]),
    st.sampled_from(["web01", "WEB01", "web02", "db01", X, Y, "Portal", "unknown"]),
    st.sampled_from(["shared", "shared", "shared", "health"]),
    st.fixed_dictionaries(
        {
            "serial": st.sampled_from(["", "", "CZJ1234567", "czj-1234567", "HX998122", "n/a", "VMware-42 1d"]),
            "hostname": st.sampled_from(["", "", X, X, Y, "web01", "web02.x.example"]),
            "environment": st.sampled_from(["", "", "", "production", "test"]),
            "model": st.sampled_from(["", "", "", "VMware7,1", "DL380"]),
        }
    ),
)
Drawn = tuple[str, str, str, dict[str, str]]
sides = st.tuples(st.lists(servers, max_size=6), st.lists(servers, max_size=6))
chosen = st.sets(st.integers(0, 5), max_size=2)
parted = st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=4)


def built(letter: str, drawn: Sequence[Drawn]) -> list[CI]:
    return [ci(f"{letter}{at}", called, kind, sector, **told) for at, (kind, called, sector, told) in enumerate(drawn)]


def pairs(numbers: set[tuple[int, int]]) -> Container[frozenset[CiId]]:
    return {frozenset((CiId(f"n{a}"), CiId(f"k{b}"))) for a, b in numbers} or ()


@settings(max_examples=300, deadline=None)
@given(sides=sides, taken=chosen, apart=parted)
def test_it_does_what_the_naive_twin_does(
    sides: tuple[list[Drawn], list[Drawn]], taken: set[int], apart: set[tuple[int, int]]
) -> None:
    new, known = built("n", sides[0]), built("k", sides[1])
    claimed, distinct = {CiId(f"k{at}") for at in taken}, pairs(apart)
    found = identify(MODEL, new, known, claimed, distinct)
    assert found == twin(MODEL, new, known, claimed, distinct)
    assert found == identify(MODEL, new[::-1], iter(known[::-1]), claimed, distinct)


@settings(max_examples=300, deadline=None)
@given(sides=sides, taken=chosen, apart=parted)
def test_nothing_is_joined_against_what_is_known(
    sides: tuple[list[Drawn], list[Drawn]], taken: set[int], apart: set[tuple[int, int]]
) -> None:
    new, known = {c.id: c for c in built("n", sides[0])}, {c.id: c for c in built("k", sides[1])}
    claimed, distinct = {CiId(f"k{at}") for at in taken}, pairs(apart)
    found = identify(MODEL, list(new.values()), known.values(), claimed, distinct)
    joins = list(found.joined.values())
    assert len({join.known for join in joins}) == len(joins)
    assert not {doubt.new for doubt in found.doubts} & set(found.joined)
    for join in joins:
        one, other = new[join.new], known[join.known]
        assert join.known not in claimed
        assert frozenset((join.new, join.known)) not in distinct
        assert one.sector == other.sector
        for form, column in ((serial, "serial"), (qualified, "hostname"), (text, "environment")):
            values = {form(thing.attributes.get(column, "")) for thing in (one, other)} - {""}
            assert len(values) <= 1 or one.kind == "application"
