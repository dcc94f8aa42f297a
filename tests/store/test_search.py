"""`Store.search`: found in spite of typing errors and Unicode forms; never misled by what looks like syntax."""

import pytest

from cmdb.model.ci import CiId
from cmdb.store.port import Store
from tests.store.estate import change, ci

ESTATE = [
    ci("svc-payroll", "business_service", "Payroll"),
    ci("app-hr", "application", "Human Resources", aliases=["Employee Central", "Dayforce"]),
    ci("hosp-01", "facility", "St. Mary's Hospital"),
    ci("hosp-02", "facility", "Saint Mary’s Regional Hospital"),
    ci("srv-0042", name="Database host 42", hostname="hfx-db-042.example.org"),
    ci("cafe", "application", "Café Réservé"),
    ci("full", "application", "ＯＲＡＣＬＥ Financials"),
    ci("ext", "application", "Ledger", external_id="SAP/R3-7781"),
    ci("db", "database", "db"),
    ci("数据库", "database", "患者データベース"),
    ci("quote", "application", 'foo" NEAR bar'),
]


@pytest.fixture
def filled(store: Store) -> Store:
    store.apply(change(put_cis=ESTATE))
    store.apply(change(put_cis=[ci(f"host-{n:04}", name=f"Linux host {n}") for n in range(500)]))
    return store


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("svc-payroll", "svc-payroll"), ("SVC_PAYROLL", "svc-payroll"), ("payroll", "svc-payroll"),
        ("payrol", "svc-payroll"), ("pyaroll", "svc-payroll"), ("payrroll", "svc-payroll"),
        ("pauroll", "svc-payroll"), ("Pay", "svc-payroll"), ("roll", "svc-payroll"),
        ("dayforce", "app-hr"), ("dayfroce", "app-hr"), ("employe central", "app-hr"),
        ("resources human", "app-hr"), ("humen resorces", "app-hr"),
        ("Sant-Marys", "hosp-02"), ("st marys hospital", "hosp-01"),
        ("hfx-db-042", "srv-0042"), ("hfx-db-042.example.org", "srv-0042"), ("HFX DB 042", "srv-0042"),
        ("cafe", "cafe"), ("cafe reserve", "cafe"), ("Cafe\u0301 Re\u0301serve\u0301", "cafe"),
        ("oracle", "full"), ("ＦＩＮＡＮＣＩＡＬＳ", "full"), ("orcale financials", "full"),
        ("sap/r3-7781", "ext"), ("db", "db"), ("患者データ", "数据库"), ("患者", "数据库"), ("数", "数据库"),
        ("host 0317", "host-0317"), ('foo" NEAR bar', "quote"),
    ],
)  # fmt: skip
def test_the_best_hit(filled: Store, text: str, best: str) -> None:
    hits = filled.search(text, 5)
    assert hits[0].ci.id == best
    assert all(0 < hit.score <= 100 for hit in hits)
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.ci.id))


def test_equal_beats_beginning_beats_resembling(store: Store) -> None:
    names = ["mail", "mail gateway", "hotmail", "nail", "mial"]
    store.apply(change(put_cis=[ci(f"c{n}", name=name) for n, name in enumerate(names)]))
    hits = store.search("mail", 10)
    assert [hit.ci.name for hit in hits][:3] == ["mail", "mail gateway", "hotmail"]
    assert {hit.ci.name for hit in hits[3:]} == {"nail", "mial"}
    assert hits[0].score == 100


@pytest.mark.parametrize("text", ["", " ", "*", '"', "\x00", "\ud800", "^", "zzzzqqqq", "()", "-", "\n\n\n"])
def test_nothing_resembles_nothing(filled: Store, text: str) -> None:
    assert filled.search(text, 10) == []


@pytest.mark.parametrize(
    "text",
    [
        "x' OR 1=1", 'foo" NEAR bar', '" OR "" OR "', "text:payroll", "NOT payroll", "pay*", "{text}: pay", "+ - ^",
        "a" * 5_000, "NEAR(pay roll, 2)", "AND OR NOT", "%", "\x00payroll", "payroll\ud800",
    ],
)  # fmt: skip
def test_syntax_is_only_text(filled: Store, text: str) -> None:
    hits = filled.search(text, 10)
    assert len(hits) < 10
    assert filled.search("payroll", 1)[0].ci.id == "svc-payroll"


@pytest.mark.parametrize("text", ["pyhton3", "python33", "pytho3", "pythom3"])
def test_a_slip_in_a_name_made_of_common_parts(store: Store, text: str) -> None:
    store.apply(change(put_cis=[ci("python3"), *(ci(f"python3-mod{n}") for n in range(5_200))]))
    assert store.search(text, 1)[0].ci.id == "python3"


def test_at_most_as_many_as_asked(filled: Store) -> None:
    assert len(filled.search("host", 7)) == 7
    assert len(filled.search("host", 300)) == 300
    assert filled.search("host", 0) == []


def test_equal_scores_go_by_id(filled: Store) -> None:
    found = [hit.ci.id for hit in filled.search("linux host", 600) if len(hit.ci.name) == len("Linux host 7")]
    assert found == [f"host-{n:04}" for n in range(10)]


def test_the_index_follows_changes(filled: Store) -> None:
    filled.apply(change(put_cis=[ci("svc-payroll", "business_service", "Salaries")]))
    assert [hit.ci.name for hit in filled.search("salaries", 3)] == ["Salaries"]
    filled.apply(change(put_cis=[ci("app-hr", "application", "Human Resources", aliases=["Workday"])]))
    assert filled.search("dayforce", 3) == []
    assert filled.search("workday", 1)[0].ci.id == "app-hr"
    filled.apply(change(delete=[CiId("app-hr"), CiId("host-0499")], put_cis=[ci("fresh", name="Workbench")]))
    assert [hit.ci.id for hit in filled.search("workbench", 3)] == ["fresh"]
    assert filled.search("human resources", 3) == []
    filled.apply(change(retire=[CiId("svc-payroll")]))
    assert filled.search("salaries", 1)[0].ci.lifecycle == "retired"
