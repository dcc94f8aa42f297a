"""YAML, JSON and XML that mean more, or other things, than they seem to."""

import json
from pathlib import Path

import pytest

from cmdb.model.strict_yaml import MAX_BYTES
from cmdb.store.sqlite.store import SqliteStore
from importers.kit.json_text import MAX_DEPTH
from tests.hostile.inputs import told
from tests.importers.estate import plan_of

HEAD = "apiVersion: backstage.io/v1alpha1\nkind: System\n"


def entity(folder: Path, text: str | bytes) -> Path:
    path = folder / "catalog-info.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return path


def named(text: str) -> str:
    """A document of which the title is written so."""
    return f"{HEAD}metadata: {{name: x, title: {text}}}\n"


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [*{chr(97 + at)}, *{chr(97 + at)}]\n" for at in range(9)
)
YAML: list[tuple[str, str | bytes, str, str]] = [
    ("bomb of aliases", BOMB, "YAML_ALIAS_FORBIDDEN", "line 1, column 4"),
    ("an anchor nobody uses", named("&a x"), "YAML_ALIAS_FORBIDDEN", "line 3"),
    ("an alias of nothing", named("*a"), "YAML_ALIAS_FORBIDDEN", "line 3"),
    ("an anchor on a key", HEAD + "&a metadata: {name: x}\n", "YAML_ALIAS_FORBIDDEN", "line 3"),
    ("an anchor that holds itself", "&a [*a]\n", "YAML_ALIAS_FORBIDDEN", "line 1"),
    ("a merge", HEAD + "metadata:\n  <<: {name: x}\n", "BAD_YAML", "line 4"),
    ("an object of Python", "!!python/object/apply:os.system [id]\n", "YAML_TAG_FORBIDDEN", "line 1"),
    ("a tag of its own", named("!secret x"), "YAML_TAG_FORBIDDEN", "line 3"),
    ("a tag of YAML", named("!!binary aGk="), "YAML_TAG_FORBIDDEN", "line 3"),
    ("a tag without a name", named("! x"), "YAML_TAG_FORBIDDEN", "line 3"),
    ("a tag by its whole name", named("!<tag:yaml.org,2002:int> 1"), "YAML_TAG_FORBIDDEN", "line 3"),
    ("a shorthand for tags", "%TAG ! tag:x,2020:\n---\n!y {}\n", "YAML_TAG_FORBIDDEN", "line 3"),
    ("another version", "%YAML 3.0\n---\n" + HEAD, "BAD_YAML", "line 1"),
    ("one key twice", HEAD + "kind: API\nmetadata: {name: x}\n", "DUPLICATE_KEY", "line 3, column 1"),
    ("one key twice, once quoted", HEAD + "'kind': API\n", "DUPLICATE_KEY", "line 3, column 1"),
    ("one key twice, once escaped", HEAD + '"\\x6bind": API\n', "DUPLICATE_KEY", "line 3, column 1"),
    ("one key in two Unicode forms", "\u00e9: 1\ne\u0301: 2\n", "DUPLICATE_KEY", "line 2, column 1"),
    ("a list as key", "? [a]\n: b\n", "BAD_YAML", "line 1"),
    ("deep nesting", "[" * 5_000, "BAD_YAML", "line 1"),
    ("deep nesting by blanks", "".join(f"{' ' * at}a:\n" for at in range(500)), "BAD_YAML", "line 30"),
    ("too large", "# " + "x" * MAX_BYTES, "FILE_TOO_LARGE", "catalog-info.yaml"),
    ("no UTF-8", b"\xff\xfe\x00", "ENCODING_INVALID", "catalog-info.yaml"),
    ("half a pair", HEAD + "metadata: {name: \ud800}\n", "ENCODING_INVALID", "catalog-info.yaml"),
    ("half a pair, escaped", named('"\\ud800"'), "BAD_CHARACTER", "column name"),
    ("UTF-16", HEAD.encode("utf-16"), "ENCODING_INVALID", "catalog-info.yaml"),
    ("NUL", HEAD + "metadata: {name: a\0b}\n", "BAD_CHARACTER", "line 3"),
    ("escaped NUL", named('"a\\0b"'), "BAD_CHARACTER", "column name"),
    ("escaped direction", named('"a\\u202Eb"'), "BIDI_CONTROL", "column name"),
    ("a mark in the middle", HEAD + "\ufeffmetadata: {name: x}\n", "MISSING_VALUE", "line 1, column metadata.name"),
    ("tabs to indent", HEAD + "metadata:\n\tname: x\n", "BAD_YAML", "line 4"),
    ("a day that is none", HEAD + "metadata: {name: x, title: 2026-02-31}\n", "BAD_YAML", "line 3"),
    ("a hundred thousand documents", "--- x\n" * 100_000, "BAD_YAML", "line 10001"),
    ("a template", named("${{ values.name | dump }}"), "BAD_YAML", "line 3"),
    ("a template as reference", HEAD + "metadata: {name: x}\nspec: {owner: '${{ values.owner }}'}\n", "BAD_REFERENCE",
     "line 4, column spec.owner"),
    ("a name that is a list", HEAD + "metadata: {name: [x]}\n", "MISSING_VALUE", "line 1, column metadata.name"),
    ("no documents", "---\n---\n", "EMPTY_FILE", "catalog-info.yaml"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "place"), [c[1:] for c in YAML], ids=[c[0] for c in YAML])
def test_yaml_is_refused(text: str | bytes, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    found = told(entity(tmp_path, text), empty, "backstage")
    assert any((code, True) == (other, place in at) for other, at in found), found
    assert all(at.startswith("catalog-info.yaml") for _, at in found)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("no", "False"), ("on", "True"), ("1:30:00", "5400"), ("0o17", "0o17"), ("017", "15"), ("0x1F", "31"),
        ("1_000", "1000"), (".inf", "inf"), ("2026-11-22", "2026-11-22"), ("2001-12-14t21:59:43.10-05:00",
        "2001-12-14t21:59:43.10-05:00"), ("=", "="), ("'{{7*7}}'", "{{7*7}}"), ("'<%= 7*7 %>'", "<%= 7*7 %>"),
    ],
)  # fmt: skip
def test_plain_words_of_yaml_become_texts(text: str, title: str, tmp_path: Path, empty: SqliteStore) -> None:
    """YAML 1.1 takes some words for numbers and times. Where a name is wanted they are no fault; quotes keep them."""
    assert plan_of(entity(tmp_path, named(text)), empty).changeset.put_cis[0].name == title


def bom(folder: Path, text: str | bytes) -> Path:
    path = folder / "bom.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return path


def component(**fields: object) -> str:
    whole = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", **fields}]}
    return json.dumps(whole, ensure_ascii=False)


GOOD = component(name="x")
JSON: list[tuple[str, str | bytes, str, str]] = [
    ("NaN", GOOD.replace('"x"', "NaN"), "BAD_JSON", "bom.json line 1"),
    ("Infinity", GOOD.replace('"x"', "-Infinity"), "BAD_JSON", "bom.json line 1"),
    ("one key twice", GOOD.replace('"name"', '"name": "y", "name"'), "DUPLICATE_KEY", "bom.json line 1"),
    ("one key twice, once escaped", '{"bomFormat": "CycloneDX",\n"specVersion": "1.6",\n"bomForm\\u0061t": "x"}',
     "DUPLICATE_KEY", "bom.json line 3"),
    ("one key twice, deep inside", '{"a": [{"b": {"c": 1, "d": ":", "c": 2}}]}', "DUPLICATE_KEY", "bom.json line 1"),
    ("5,000 digits", GOOD.replace('"x"', "9" * 5_000), "BAD_JSON", "bom.json line 1"),
    ("endless exponent", GOOD.replace('"x"', "1e99999"), "BAD_JSON", "bom.json line 1"),
    ("deep", '{"a":' * 1_000 + "1" + "}" * 1_000, "BAD_JSON", "bom.json"),
    ("bottomless", "[" * 1_000_000, "BAD_JSON", "bom.json line 1"),
    ("half a pair", GOOD.replace("x", "\\ud800"), "BAD_JSON", "bom.json line 1"),
    ("raw half a pair", GOOD.replace("x", "\ud800"), "BAD_JSON", "bom.json line 1"),
    ("no UTF-8", GOOD.encode().replace(b"x", b"\xff"), "BAD_JSON", "bom.json line 1"),
    ("overlong", GOOD.encode().replace(b"x", b"\xc0\xaf"), "BAD_JSON", "bom.json line 1"),
    ("UTF-16", GOOD.encode("utf-16"), "BAD_JSON", "bom.json line 1"),
    ("a mark", b"\xef\xbb\xbf" + GOOD.encode(), "BAD_JSON", "bom.json line 1"),
    ("comments", "// x\n" + GOOD, "BAD_JSON", "bom.json line 1"),
    ("a comma too many", GOOD[:-1] + ",}", "BAD_JSON", "bom.json line 1"),
    ("single quotes", GOOD.replace('"', "'"), "BAD_JSON", "bom.json line 1"),
    ("two documents", GOOD + GOOD, "BAD_JSON", "bom.json line 1"),
    ("nothing", "", "BAD_JSON", "bom.json line 1"),
    ("NUL", component(name="a\\u0000b").replace("\\\\", "\\"), "BAD_CHARACTER", "bom.json components[0], column name"),
    ("direction", component(name="a\u202eb"), "BIDI_CONTROL", "bom.json components[0], column name"),
    ("a long name", component(name="x" * 100_000), "FIELD_TOO_LONG", "bom.json components[0], column name"),
    ("CycloneDX as XML", '<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>', "BAD_JSON",
     "bom.json line 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "place"), [c[1:] for c in JSON], ids=[c[0] for c in JSON])
def test_json_is_refused(text: str | bytes, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    assert (code, place) in told(bom(tmp_path, text), empty, "cyclonedx")


INSIDE = {"cyclonedx": "components", "terraform": "child_modules", "kubernetes": "items"}


@pytest.mark.parametrize(("importer", "name"), INSIDE.items())
def test_what_nests_as_deep_as_may_be_is_read(importer: str, name: str, tmp_path: Path, empty: SqliteStore) -> None:
    """As deep as is read at all, in the place that an importer goes down into."""
    one = {"type": "gadget", "name": "x", "kind": "List", "apiVersion": "v1"}
    inner: object = one
    for _ in range((MAX_DEPTH - 4) // 2):
        inner = {**one, name: [inner]}
    whole = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [inner], "kind": "List", "items": [inner],
             "values": {"root_module": inner}, "terraform_version": "1", "apiVersion": "v1"}  # fmt: skip
    path = tmp_path / "deep.json"
    path.write_text(json.dumps({"values": whole["values"]} if importer == "terraform" else whole))
    assert "BAD_JSON" not in {code for code, _ in told(path, empty, importer)}


SET = "<Set>\n<Server id='1'><name>x</name></Server></Set>"
DTD = '<!DOCTYPE Set [<!ENTITY % p SYSTEM "http://127.0.0.1:1/">%p;]>'
XML: list[tuple[str, str | bytes, str, str]] = [
    ("entities that grow",
     '<!DOCTYPE Set [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + SET, "XML_DTD_FORBIDDEN", "line 1"),
    ("parameter entity", DTD + SET, "XML_DTD_FORBIDDEN", "line 1"),
    ("a document type with nothing in it", "<!DOCTYPE Set>" + SET, "XML_DTD_FORBIDDEN", "line 1"),
    ("a public one", '<!DOCTYPE Set PUBLIC "x" "http://127.0.0.1:1/">' + SET, "XML_DTD_FORBIDDEN", "line 1"),
    ("a document type behind a comment", "<!-- x -->\n<!DOCTYPE Set>" + SET, "XML_DTD_FORBIDDEN", "line 2"),
    ("an entity of nowhere", SET.replace("x", "&x;"), "BAD_XML", "line 2"),
    ("UTF-7", b'<?xml version="1.0" encoding="UTF-7"?>+ADw-Set/+AD4-', "BAD_XML", "line 1"),
    ("overlong", SET.encode().replace(b"x", b"\xc0\xbc"), "BAD_XML", "line 2"),
    ("two roots", SET + SET, "BAD_XML", "line 2"),
    ("deep", "<Set>" * 100_000, "BAD_XML", "line 1"),
    ("one attribute twice", "<Set><Server id='1' id='2'/></Set>", "BAD_XML", "line 1"),
    ("a control character", SET.replace("x", "&#1;"), "BAD_XML", "line 2"),
    ("NUL", SET.replace("x", "&#0;"), "BAD_XML", "line 2"),
    ("a namespace", SET.replace("<Set>", "<Set xmlns='x'>").replace("Set", "a:Set"), "UNKNOWN_FORMAT", "line 1"),
    ("only a comment", "<!-- <Set> -->", "BAD_XML", "line 1"),
    ("an escaped direction", SET.replace("x", "a&#x202e;b"), "BIDI_CONTROL", "line 2, column name"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "place"), [c[1:] for c in XML], ids=[c[0] for c in XML])
def test_xml_is_refused(text: str | bytes, code: str, place: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = tmp_path / "export.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert (code, f"export.xml {place}") in told(path, empty, "itop")


@pytest.mark.parametrize(
    "text",
    [
        SET.replace("<Server", "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd'/><Server"),
        '<?xml-stylesheet href="http://127.0.0.1:1/x.xsl"?>' + SET,
        SET.replace("<Set>", "<Set xsi:schemaLocation='http://127.0.0.1:1/ x.xsd' xmlns:xsi='x'>"),
        SET.replace("x", "<![CDATA[x]]>"),
    ],
    ids=["an inclusion", "a style sheet", "a schema", "character data"],
)
def test_xml_that_points_elsewhere_is_read_without_that(text: str, tmp_path: Path, empty: SqliteStore) -> None:
    path = tmp_path / "export.xml"
    path.write_text(text)
    assert [(ci.id, ci.name) for ci in plan_of(path, empty).changeset.put_cis] == [("itop-server-1", "x")]
