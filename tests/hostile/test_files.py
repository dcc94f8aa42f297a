"""Paths that are not what they look like: links, pipes, devices, folders, endless names. None is waited for or read."""

import os
import socket
from pathlib import Path

import pytest

from cmdb.store.sqlite.store import SqliteStore
from tests.hostile.inputs import told, warned
from tests.importers.estate import CIS, RELATIONS, write
from tests.importers.payloads.itop import ITOP
from tests.importers.payloads.tables import ROWS, mapping, write_mapped

TREES = {
    "backstage": "catalog-info.yaml", "cyclonedx": "bom.json", "terraform": "a.tfstate", "kubernetes": "web.yaml",
    "itop": "export.xml",
}  # fmt: skip
SINGLE = {**TREES, "netbox": "netbox.json", "native": "estate.xlsx", "mapped": "mapping.yaml"}


@pytest.mark.parametrize(("importer", "name"), SINGLE.items())
def test_a_pipe_is_not_waited_for(importer: str, name: str, tmp_path: Path, empty: SqliteStore) -> None:
    os.mkfifo(tmp_path / name)
    assert told(tmp_path / name, empty, importer) == [("UNREADABLE_FILE", name)]
    assert told(tmp_path / name, empty)[0][0] in {"UNKNOWN_FORMAT", "UNREADABLE_FILE"}


@pytest.mark.parametrize(("importer", "name"), SINGLE.items())
def test_a_device_is_not_read_without_end(importer: str, name: str, tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / name).symlink_to("/dev/zero")
    assert told(tmp_path / name, empty, importer) == [("UNREADABLE_FILE", name)]


def test_a_socket_is_no_file(tmp_path: Path, empty: SqliteStore) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        path = Path(os.path.relpath(tmp_path / "bom.json"))
        listening.bind(str(path))
        assert told(path, empty, "cyclonedx") == [("UNREADABLE_FILE", "bom.json")]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_table_that_is_no_file(make: object, tmp_path: Path, empty: SqliteStore) -> None:
    folder = write(tmp_path / "in", relations=RELATIONS)
    (folder / "cis.csv").unlink()
    make(folder / "cis.csv")  # type: ignore[operator]
    assert told(folder, empty, "native") == [("UNREADABLE_FILE", "cis.csv")]


@pytest.mark.parametrize(("importer", "name"), TREES.items())
def test_links_of_a_tree_are_not_followed(importer: str, name: str, tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / name).write_text("outside")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).symlink_to(tmp_path / "outside" / name)
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "outside", target_is_directory=True)
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in", target_is_directory=True)
    assert told(tmp_path / "in", empty, importer) == [("EMPTY_FILE", "in")]


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.csv"])
def test_a_table_that_is_a_link_out_of_its_folder(target: str, tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "outside.csv").write_text(CIS)
    folder = write(tmp_path / "in")
    (folder / "cis.csv").unlink()
    (folder / "cis.csv").symlink_to(target)
    assert told(folder, empty) == [("PATH_OUTSIDE", "cis.csv")]


def test_a_link_that_leads_nowhere_or_to_itself(tmp_path: Path, empty: SqliteStore) -> None:
    folder = write(tmp_path / "in")
    for target in ("nowhere", "cis.csv"):
        (folder / "cis.csv").unlink()
        (folder / "cis.csv").symlink_to(target)
        assert [place for _, place in told(folder, empty, "native")] == ["cis.csv"]


def mapped(folder: Path, file: str) -> Path:
    """A mapping whose first table is called `file`."""
    folder.mkdir()
    document = mapping()
    document["tables"][0]["file"] = file  # type: ignore[index]
    return write_mapped(folder, [*ROWS, ("mapping", document)])


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("../cis.csv", "PATH_OUTSIDE"), ("/etc/passwd", "PATH_OUTSIDE"), ("a/../../cis.csv", "PATH_OUTSIDE"),
        ("..", "PATH_OUTSIDE"), ("~/cis.csv", "MISSING_FILE"), ("$HOME/cis.csv", "MISSING_FILE"),
        ("file:///etc/passwd", "MISSING_FILE"), ("http://127.0.0.1/cis.csv", "MISSING_FILE"),
        ("C:\\Windows\\win.ini", "MISSING_FILE"), ("\\\\host\\share\\cis.csv", "MISSING_FILE"), ("CON", "MISSING_FILE"),
        ("nul.csv", "MISSING_FILE"), ("COM1", "MISSING_FILE"), ("cis.csv ", "MISSING_FILE"), (".", "MISSING_FILE"),
        ("cis.csv\0.txt", "MISSING_FILE"), ("x" * 300, "MISSING_FILE"),
        ("x/" * 3_000, "MISSING_FILE"), ("ci\u200bs.csv", "MISSING_FILE"), ("sub", "MISSING_FILE"),
        ("|id", "MISSING_FILE"), ("$(id)", "MISSING_FILE"), ("mapping.yaml", "MISSING_COLUMN"),
    ],
    ids=lambda value: repr(value)[:24],
)  # fmt: skip
def test_the_file_of_a_mapping(file: str, code: str, tmp_path: Path, empty: SqliteStore) -> None:
    (tmp_path / "cis.csv").write_text(CIS)
    folder = mapped(tmp_path / "in", file)
    (folder / "sub").mkdir()
    assert {found for found, _ in told(folder, empty)} == {code}


def test_names_of_files_are_told_as_they_can_be_read(tmp_path: Path, empty: SqliteStore) -> None:
    folder = tmp_path / "in"
    for name in ("a\u202eb", "\x1b[31mred", "new\nline", "\u200b", "-rf", "$(id)", "a'; DROP TABLE ci; --"):
        (folder / name).mkdir(parents=True)
        (folder / name / "export.xml").write_text("<Set><Team/></Set>")
    found = told(folder, empty, "itop")
    assert {code for code, _ in found} == {"MISSING_VALUE"}
    assert "a\\u202eb/export.xml line 1, column id" in {place for _, place in found}


def test_a_name_that_is_no_text(tmp_path: Path, empty: SqliteStore) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff\xfe.xml")).write_text("<Set><Team/></Set>")
    assert told(folder, empty, "itop") == [("MISSING_VALUE", "\\udcff\\udcfe.xml line 1, column id")]


def test_folders_named_like_files_are_no_files(tmp_path: Path, empty: SqliteStore) -> None:
    path = ITOP.write(tmp_path, ITOP.parts)
    (tmp_path / "more.xml").mkdir()
    (tmp_path / "mapping.yaml").mkdir()
    (tmp_path / "catalog-info.yaml").mkdir()
    assert warned(path, empty) == []


def test_hidden_folders_are_left_out(tmp_path: Path, empty: SqliteStore) -> None:
    path = ITOP.write(tmp_path, ITOP.parts)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "export.xml").write_text("<Set><Team/></Set>")
    assert warned(path, empty) == []


@pytest.mark.parametrize("path", ["", "\0", "x" * 5_000, "nowhere", "/nowhere/at/all"])
def test_paths_that_are_none(path: str, empty: SqliteStore, tmp_path: Path) -> None:
    assert {code for code, _ in told(tmp_path / path, empty)} == {"UNKNOWN_FORMAT"}
