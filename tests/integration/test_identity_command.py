"""Duplicates, decisions and conflicts on the command line, on tables of two sources."""

from pathlib import Path

import pytest

from tests.integration.command import Run, answer, runner, shown

HEADER = "id,kind,name,sector,lifecycle,rto,os,serial,cpus\n"
NETBOX = """web-1,server,web-1,shared,live,1h,linux,ABC123XYZ,4
app,application,Shop,shared,live,4h,,,
pat,person,Pat,shared,live,,,,
"""
ITOP = """Server::3,server,WEB-1,shared,live,4h,bsd,ABC123XYZ,4
srv9,server,web-1,shared,live,8h,,,2
pay,business_service,Payroll,shared,live,8h,,,
"""
PRECEDENCE = """precedence:
  attributes:
    rto: [itop]
"""


@pytest.fixture
def run(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on a store where web-1 is known to both sources, and srv9 of itop may be it as well."""
    monkeypatch.setenv("CMDB_STORE", f"sqlite:{tmp_path / 'store.db'}")
    command = runner(capfdbinary)
    for source, cis, relation in (("netbox", NETBOX, "app,depends_on,web-1"), ("itop", ITOP, "pay,depends_on,srv9")):
        folder = tmp_path / source
        folder.mkdir()
        (folder / "cis.csv").write_text(HEADER + cis, encoding="utf-8")
        (folder / "relations.csv").write_text(f"from,type,to,effect,pool\n{relation},,\n", encoding="utf-8")
        assert command("import", str(folder), "--source", source)[0] == 0
    return command


def words(text: str) -> str:
    return " ".join(text.split())


def test_proposals_say_what_to_type_next(run: Run) -> None:
    out = words(shown(run, "duplicates"))
    for told in ("1 pair of CIs may be one", "same name", "2 sources know it", "cmdb merge web-1 srv9"):
        assert told in out, told
    told = answer(run, "duplicates", "--kind", "server", "--source", "itop")
    (pair,) = told["duplicates"]
    assert (pair["keep"]["id"], pair["other"]["id"], told["totalCount"]) == ("web-1", "srv9", 1)
    assert answer(run, "duplicates", "--kind", "application")["totalCount"] == 0
    shown(run, "distinct", "web-1", "srv9", "--note", "two boxes")
    assert "No two CIs look like one" in shown(run, "duplicates")


def test_a_plan_changes_nothing_and_says_what_a_merge_would(run: Run) -> None:
    out = words(shown(run, "merge", "web-1", "srv9", "--plan"))
    for told in (
        "would become part of", "known to itop as Server::3 and srv9, to netbox as web-1",
        "itop (srv9) says 2 cores – netbox stated it first", "pay depends_on web-1", "nothing was written",
        "Blast radius changes for 1 service", "1 relation now names web-1", "web-1 keeps ", "cpus: itop (srv9) says",
    ):  # fmt: skip
        assert told in out, told
    plan = answer(run, "merge", "web-1", "srv9", "--plan")
    assert (plan["applied"], plan["gone"], plan["effect"]["matters"]) == (False, "srv9", [])
    assert answer(run, "show", "srv9")["id"] == "srv9"
    code, _, err = run("merge", "pat", "srv9", "--plan")
    assert (code, "RELATION_NOT_ALLOWED" in err) == (2, True)


def test_merged_asked_by_the_old_id_parted_and_undone(run: Run) -> None:
    done = answer(run, "merge", "web-1", "srv9", "--note", "same box", "--key", "k")
    assert (done["verdict"], done["note"], done["revision"]) == ("same", "same box", 3)
    out = words(shown(run, "show", "srv9"))
    assert "srv9 is known as web-1 since r3" in out
    assert "known to itop as Server::3 and srv9, to netbox as web-1" in out
    assert answer(run, "show", "srv9")["askedAs"] == {"id": "srv9", "since": 3, "source": None}
    assert words(shown(run, "show", "Server::3")).startswith("Server::3 is known as web-1: itop has it by that key")
    code, _, err = run("merge", "app", "srv9")
    assert (code, "srv9 is known as web-1 since r3" in err) == (2, True)
    for asked, told in (
        (("impact", "srv9"), "no CI 'srv9'. srv9 is known as web-1 since r3."),
        (("impact", "Server::3"), "Server::3 is known as web-1: itop has it by that key."),
        (("incident", "declare", "srv9", "--title", "x"), "a recorded CI; srv9 is known as web-1 since r3"),
        (("impact", "srv9", "--as-of", "r1"), "no CI 'srv9' as of r1."),
    ):
        code, _, err = run(*asked)
        assert (code, told in " ".join(err.split())) == (2, True), err
    out = words(shown(run, "part", "web-1", "--source", "itop", "--key", "srv9", "--plan"))
    assert "would be parted from" in out
    assert "look like recorded ones" not in out
    stay = "itop has another record in web-1: its relations and pools stay there until itop is imported again"
    assert stay in out
    out = words(shown(run, "part", "web-1", "--source", "itop", "--key", "srv9"))
    assert ("cmdb undo r4" in out, stay in out) == (True, True)
    assert answer(run, "show", "srv9")["claims"] == [{"source": "itop", "key": "srv9", "edited": False}]
    assert "undo of r4, MAT-0002: what it did was taken back" in shown(run, "undo", "r4")
    shown(run, "undo", "r3")
    assert answer(run, "duplicates")["totalCount"] == 1
    assert [one["ci"]["id"] for one in answer(run, "show", "srv9")["relations"]] == ["pay"]


def test_a_decision_says_how_to_take_it_back(run: Run) -> None:
    out = words(shown(run, "distinct", "web-1", "srv9"))
    assert "web-1 and srv9 are two" in out
    assert "to take it back: cmdb distinct web-1 srv9 --take-back" in out
    out = words(shown(run, "distinct", "web-1", "srv9", "--take-back"))
    assert "whether web-1 and srv9 are two is open again" in out
    assert "if they are two: cmdb distinct web-1 srv9" in out
    out = words(shown(run, "undo", "r4"))
    stays = "CIs, relations and pools stay as they are"
    assert f"undo of r4, MAT-0002: what it did was taken back {stays} recorded as revision 5" in out
    assert "No two CIs look like one" in shown(run, "duplicates")
    out = words(shown(run, "undo", "r5", "--plan"))
    assert f"undo of r5, the undo of MAT-0002: what it did would be taken back {stays} nothing was written" in out
    code, _, err = run("undo", "r4")
    assert (code, "UNDO_CONFLICT" in err) == (2, True)


def test_conflicts_are_told_with_the_reason(run: Run) -> None:
    out = words(shown(run, "conflicts"))
    for told in (
        "Sources disagree on 2 values of 1 CI: os 1, rto 1", "1h (netbox) · itop says 4h",
        "– netbox stated it first",
    ):  # fmt: skip
        assert told in out, told
    told = answer(run, "conflicts", "web-1", "--attribute", "rto")
    (conflict,) = told["conflicts"]
    assert (conflict["kept"], conflict["unit"], conflict["others"][0]["value"]) == (60, "minutes", 240)
    assert answer(run, "show", "web-1")["conflicts"][1] == {k: v for k, v in conflict.items() if k != "name"}
    assert "No sources disagree" in shown(run, "conflicts", "--source", "none")
    for arguments, told in (
        (("conflicts", "none"), "no CI 'none'"), (("conflicts", "--attribute", "odd"), "no attribute 'odd'"),
        (("duplicates", "--kind", "odd"), "no kind 'odd'"), (("part", "web-1"), "name the source"),
        (("withdraw", "web-1"), "name who set it"), (("withdraw", "web-1", "--source", "cli"), "UNKNOWN_CLAIM"),
    ):  # fmt: skip
        code, _, err = run(*arguments)
        assert (code, told in err) == (2, True), (arguments, err)


def test_the_model_says_who_knows_best(run: Run, tmp_path: Path) -> None:
    model = tmp_path / "ours.yaml"
    model.write_text(PRECEDENCE, encoding="utf-8")
    (conflict,) = answer(run, "conflicts", "--model", str(model), "--attribute", "rto")["conflicts"]
    assert (conflict["kept"], conflict["source"], conflict["grounds"]) == (60, "netbox", "outdated")
    assert conflict["why"] == "kept until the next import, when itop is believed"
    (tmp_path / "netbox" / "cis.csv").write_text(HEADER + NETBOX.replace("linux", "Linux"), encoding="utf-8")
    assert run("import", str(tmp_path / "netbox"), "--source", "netbox", "--model", str(model))[0] == 0
    (conflict,) = answer(run, "conflicts", "--model", str(model), "--attribute", "rto")["conflicts"]
    assert (conflict["kept"], conflict["grounds"], conflict["why"]) == (
        240, "precedence", "the model names itop before netbox",
    )  # fmt: skip


def test_conflicts_about_relations_and_pools_are_told_at_the_ci_that_depends(run: Run, tmp_path: Path) -> None:
    for source, effect, required in (("netbox", "down", "1"), ("itop", "degraded", "2")):
        folder = tmp_path / source
        rows = f"web-1,depends_on,app,{effect},\nweb-1,depends_on,n1,,nodes\nweb-1,depends_on,n2,,nodes\n"
        (folder / "relations.csv").write_text(f"from,type,to,effect,pool\n{rows}", encoding="utf-8")
        (folder / "pools.csv").write_text(f"ci,pool,required\nweb-1,nodes,{required}\n", encoding="utf-8")
        cis = "id,kind,name\nweb-1,server,web-1\napp,application,Shop\nn1,server,n1\nn2,server,n2\n"
        (folder / "cis.csv").write_text(cis, encoding="utf-8")
        imported = run("import", str(folder), "--source", source, "--allow-removals")
        assert imported[0] == 0, imported
    out = words(shown(run, "conflicts"))
    for told in (
        "disagree on 2 values of 1 CI: effect 1, required 1",
        "effect of depends_on app: down (netbox) · itop says degraded – netbox stated it first",
        "required of pool nodes: 1 (netbox) · itop says 2 –",
    ):  # fmt: skip
        assert told in out, out
    (conflict,) = answer(run, "conflicts", "web-1", "--attribute", "effect")["conflicts"]
    assert (conflict["subject"], conflict["kept"], conflict["grounds"]) == ("depends_on app", "down", "first_source")
    told = answer(run, "show", "web-1")["conflicts"]
    assert [one["attribute"] for one in told] == ["effect", "required"]
    assert "depends_on app, effect: itop says degraded" in words(shown(run, "show", "web-1"))
    assert answer(run, "show", "app")["conflicts"] == []
