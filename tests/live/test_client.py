"""How an API is asked: patience, limits, logins, and that nothing secret is told, on a real service."""

import gzip
import json
import logging
import os
import ssl
import subprocess
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from cmdb.model.errors import InvalidInput
from cmdb.progress import Silent
from importers.live.apis import LIVE, api_for
from importers.live.fetch import fetch
from importers.live.login import Login, login_for
from importers.live.payload import MARK
from importers.live.reach import Reach
from tests.live.service import HOST, INSIDE, SECRET, SMALL, TOKEN, Question, Reply, fetched, here, serving

SITE = {"id": 1, "name": "Halifax", "status": {"value": "active", "label": "Active"}}


def one_site(question: Question) -> Reply:
    rows = [SITE] if question.path == "/api/dcim/sites/" else []
    return Reply({"count": len(rows), "next": None, "previous": None, "results": rows})


def first(reply: Callable[[], Reply], times: int = 1) -> Callable[[Question], Reply]:
    """Answer like this at first, then well."""
    left = [times]

    def answer(question: Question) -> Reply:
        left[0] -= 1
        return reply() if left[0] >= 0 else one_site(question)

    return answer


def code_of(answer: Callable[[Question], Reply], folder: Path, reach: Reach = INSIDE) -> str:
    """What a fetch is refused with; nothing is left behind, and nothing secret is told."""
    with serving(answer) as service, pytest.raises(InvalidInput) as caught:
        fetched(service, "netbox", folder / "payload", reach=reach)
    assert SECRET not in repr(caught.value) + repr(caught.value.problems) + repr(caught.value.__context__)
    assert "LEAK" not in str(caught.value.problems)
    assert list(folder.iterdir()) == []
    return caught.value.problems[0].code


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_asks_again(status: int, tmp_path: Path) -> None:
    waits: list[float] = []
    with serving(first(lambda: Reply({"detail": "LEAK"}, status), 3)) as service:
        path = fetched(service, "netbox", tmp_path / "x", waits=waits)
    assert json.loads(path.read_text())[0]["fields"]["name"] == "Halifax"
    assert len(waits) == 3
    assert 0.7 < waits[0] < waits[1] < waits[2] < 6


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("7", 7, 7), ("0", 0, 0), ("100000", 60, 60), ("-5", 0.7, 1.3), ("soon", 0.7, 1.3), ("9" * 400, 0.7, 1.3),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0), ("Wed, 21 Oct 2099 07:28:00 GMT", 60, 60),
     ("Wed, 99 Xxx 2026 00:00:00 GMT", 0.7, 1.3)],
)  # fmt: skip
def test_waits_as_it_is_asked_within_reason(asked: str, least: float, most: float, tmp_path: Path) -> None:
    waits: list[float] = []
    with serving(first(lambda: Reply({}, 429, {"Retry-After": asked}))) as service:
        fetched(service, "netbox", tmp_path / "x", waits=waits)
    assert least <= waits[0] <= most


def test_waits_until_a_moment(tmp_path: Path) -> None:
    def busy() -> Reply:
        moment = datetime.now(UTC) + timedelta(seconds=30)
        return Reply({}, 503, {"Retry-After": format_datetime(moment, usegmt=True)})

    waits: list[float] = []
    with serving(first(busy)) as service:
        fetched(service, "netbox", tmp_path / "x", waits=waits)
    assert 20 < waits[0] <= 30


def test_gives_up_in_the_end(tmp_path: Path) -> None:
    assert code_of(lambda question: Reply(b"LEAK", 503), tmp_path) == "FETCH_FAILED"


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "FETCH_REFUSED"), (401, "LOGIN_REFUSED"), (403, "LOGIN_REFUSED"), (404, "FETCH_REFUSED"),
     (500, "FETCH_FAILED"), (204, "FETCH_REFUSED")],
)  # fmt: skip
def test_says_what_was_refused(status: int, code: str, tmp_path: Path) -> None:
    assert code_of(lambda question: Reply({"detail": "LEAK"} if status != 204 else b"", status), tmp_path) == code


def test_breaks_off_and_comes_back(tmp_path: Path) -> None:
    def broken(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

    assert code_of(lambda question: Reply(raw=broken), tmp_path) == "FETCH_FAILED"
    with serving(first(lambda: Reply(raw=broken), 2)) as service:
        fetched(service, "netbox", tmp_path / "x")
    assert "Halifax" in (tmp_path / "x" / "netbox.json").read_text()


@pytest.mark.parametrize(
    "body",
    [b"", b"LEAK", b"<html>", b"[", b"null", b"[]", b"{}", b'{"count": 1}', b'{"count": "1", "results": []}',
     b'{"count": true, "results": []}', b'{"count": 1, "results": [1]}', b'{"count": 1, "results": [{"id": "1"}]}',
     b'{"count": 1, "results": [{"id": NaN}]}', b"[" * 100_000, b'{"count": 1, "results": ["\\ud800"]}', b"\xff\xfe"],
)  # fmt: skip
def test_answers_of_another_form(body: bytes, tmp_path: Path) -> None:
    assert code_of(lambda question: Reply(body), tmp_path) == "BAD_ANSWER"


def _gzipped(data: bytes) -> Reply:
    return Reply(gzip.compress(data), headers={"Content-Encoding": "gzip"})


def test_packed_answers(tmp_path: Path) -> None:
    with serving(lambda question: _gzipped(one_site(question).content())) as service:
        path = fetched(service, "netbox", tmp_path / "x")
        assert service.asked[0].headers["accept-encoding"] == "gzip"
    assert "Halifax" in path.read_text()


def _endless(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(10_000):
        handler.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def test_too_much(tmp_path: Path) -> None:
    assert code_of(lambda question: Reply(b" " * (SMALL.answer_bytes + 1)), tmp_path) == "FETCH_TOO_LARGE"
    assert code_of(lambda question: Reply(raw=_endless), tmp_path) == "FETCH_TOO_LARGE"
    packed = _gzipped(os.urandom(SMALL.answer_bytes + 1))
    assert code_of(lambda question: packed, tmp_path) == "FETCH_TOO_LARGE"


def test_bombs(tmp_path: Path) -> None:
    """Within the limit of bytes, yet packed as nobody packs an answer."""
    wide = replace(INSIDE, limits=replace(SMALL, answer_bytes=2**30))
    packed = _gzipped(b" " * 30_000_000)
    assert code_of(lambda question: packed, tmp_path, wide) == "FETCH_TOO_LARGE"


def test_badly_packed(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"count": 0, "results": []}')
    told = {"Content-Encoding": "gzip"}
    assert code_of(lambda question: Reply(packed[:-9], headers=told), tmp_path) == "FETCH_FAILED"
    assert code_of(lambda question: Reply(b"no gzip at all", headers=told), tmp_path) == "BAD_ANSWER"
    assert code_of(lambda question: Reply(packed + b"more", headers=told), tmp_path) == "BAD_ANSWER"
    other = Reply(zlib.compress(b"{}"), headers={"Content-Encoding": "deflate"})
    assert code_of(lambda question: other, tmp_path) == "BAD_ANSWER"


def test_all_together_too_much(tmp_path: Path) -> None:
    def many(question: Question) -> Reply:
        begin = int(question.query["offset"])
        rows = [{"id": begin + n, "name": "x" * 1000} for n in range(500)]
        return Reply({"count": 10**9, "results": rows})

    small = replace(INSIDE, limits=replace(SMALL, total_bytes=2 * 2**20))
    assert code_of(many, tmp_path, small) == "FETCH_TOO_LARGE"
    assert code_of(many, tmp_path, replace(INSIDE, limits=replace(SMALL, file_bytes=2**20))) == "FETCH_TOO_LARGE"
    assert code_of(many, tmp_path, replace(INSIDE, limits=replace(SMALL, requests=3))) == "FETCH_TOO_LARGE"


def _dripping(begin: bytes) -> Callable[[Any], None]:
    def drip(handler: Any) -> None:
        handler.wfile.write(begin)
        for _ in range(100):
            time.sleep(0.05)
            handler.wfile.write(b"x")

    return drip


@pytest.mark.parametrize(
    "begin",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Long: "],
    ids=["body", "head"],
)
def test_drop_by_drop(begin: bytes, tmp_path: Path) -> None:
    """A service that never falls silent, and never ends."""
    limits = replace(SMALL, answer_seconds=0.5, tries=1)
    begun = time.monotonic()
    assert (
        code_of(lambda question: Reply(raw=_dripping(begin)), tmp_path, replace(INSIDE, limits=limits))
        == "FETCH_FAILED"
    )
    assert time.monotonic() - begun < 3


def test_silence(tmp_path: Path) -> None:
    limits = replace(SMALL, silence_seconds=0.2, tries=2)
    silent = Reply(raw=lambda handler: time.sleep(1))
    assert code_of(lambda question: silent, tmp_path, replace(INSIDE, limits=limits)) == "FETCH_FAILED"


def test_nobody_there(tmp_path: Path) -> None:
    with serving(one_site) as service:
        pass
    with pytest.raises(InvalidInput) as caught:
        fetched(service, "netbox", tmp_path / "x")
    assert caught.value.problems[0].code == "FETCH_FAILED"


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key),
         "-out", str(certificate)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return key, certificate


def test_certificates_are_checked(tmp_path: Path) -> None:
    """Only one that is trusted, and of that host; the login is not shown to any other."""
    for name, trusted in ((HOST, True), (HOST, False), ("other.test", True)):
        key, certificate = _certificate(tmp_path, name)
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(certificate, key)
        login = replace(TOKEN, ca_file=str(certificate) if trusted else "")
        with serving(one_site, trust) as service:
            address, folder = f"https://{HOST}:{service.port}", tmp_path / "payload"
            if name == HOST and trusted:
                fetch(address, "netbox", folder, login, Silent(), INSIDE, here)
                assert service.asked
                continue
            with pytest.raises(InvalidInput) as caught:
                fetch(address, "netbox", folder, login, Silent(), INSIDE, here)
            assert caught.value.problems[0].found == "a certificate that is not trusted"
            assert service.asked == []


def test_no_certificates_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for file in ("ca.pem", "missing.pem"):
        login = replace(TOKEN, ca_file=str(tmp_path / file))
        with pytest.raises(InvalidInput) as caught:
            fetch(f"https://{HOST}", "netbox", tmp_path / "x", login, Silent(), INSIDE, here)
        assert caught.value.problems[0].code == "UNREADABLE_FILE"


def test_folders(tmp_path: Path) -> None:
    """Files that are not of a fetch are left alone; an earlier fetch is replaced when the new one is whole."""
    folder = tmp_path / "payload"
    folder.mkdir()
    with serving(one_site) as service:
        fetched(service, "netbox", folder)
        (folder / "netbox.json").write_text("old")
        (folder / "kept.txt").write_text("of the old one")
        fetched(service, "netbox", folder)
    assert sorted(path.name for path in folder.iterdir()) == [MARK, "netbox.json"]
    before = (folder / "netbox.json").read_bytes()
    assert b"Halifax" in before
    with serving(first(lambda: Reply({}, 500))) as service, pytest.raises(InvalidInput):
        fetched(service, "netbox", folder)
    assert (folder / "netbox.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["payload"]
    (folder / MARK).unlink()
    with serving(one_site) as service, pytest.raises(InvalidInput) as caught:
        fetched(service, "netbox", folder)
    assert caught.value.problems[0].code == "FOLDER_IN_USE"
    assert service.asked == []
    (tmp_path / "link").symlink_to(folder)
    with serving(one_site) as service, pytest.raises(InvalidInput) as caught:
        fetched(service, "netbox", tmp_path / "link")
    assert caught.value.problems[0].code == "FOLDER_IN_USE"
    with serving(one_site) as service, pytest.raises(InvalidInput) as caught:
        fetched(service, "netbox", folder / "netbox.json" / "x")
    assert caught.value.problems[0].code == "UNWRITABLE_FOLDER"


def test_nothing_secret_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(one_site) as service:
        fetched(service, "netbox", tmp_path / "x")
    assert service.asked[0].headers["authorization"] == f"Token {SECRET}"
    assert all(SECRET not in question.path + str(question.query) for question in service.asked)
    assert all(SECRET not in path.read_text() for path in (tmp_path / "x").iterdir())
    assert SECRET not in caplog.text + repr(TOKEN)
    assert oct((tmp_path / "x").stat().st_mode)[-3:] == "700"


@pytest.mark.parametrize("name", [api.name for api in LIVE])
def test_no_login_no_question(name: str, tmp_path: Path) -> None:
    with serving(one_site) as service, pytest.raises(InvalidInput) as caught:
        fetched(service, name, tmp_path / "x", Login(user="half"))
    assert caught.value.problems[0].code == "MISSING_LOGIN"
    assert service.asked == []


def test_unknown_api(tmp_path: Path) -> None:
    for name in ("", "native", "nothing"):
        with pytest.raises(InvalidInput) as caught:
            api_for(name)
        assert caught.value.problems[0].code == "UNKNOWN_API"


def test_logins_of_the_environment(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    given = {
        "BLUENOSE_KUBERNETES_TOKEN": "general", "BLUENOSE_GITLAB_PROD_TOKEN_FILE": str(secret),
        "BLUENOSE_CA_FILE": "/ca.pem", "BLUENOSE_ITOP_USER": "reader", "BLUENOSE_ITOP_PASSWORD": "p ä ss",
    }  # fmt: skip
    assert login_for("kubernetes", "gitlab-prod", given) == Login(token=SECRET, ca_file="/ca.pem")
    assert login_for("kubernetes", "other", given) == Login(token="general", ca_file="/ca.pem")
    assert login_for("itop", "", given) == Login("reader", "p ä ss", "", "/ca.pem")
    assert login_for("netbox", "", given) == Login(ca_file="/ca.pem")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_files_that_others_may_read(mode: int, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(SECRET)
    secret.chmod(mode)
    _refused_file(secret, "UNSAFE_LOGIN_FILE")


def test_files_that_hold_no_secret(tmp_path: Path) -> None:
    _refused_file(tmp_path, "UNSAFE_LOGIN_FILE")
    _refused_file(tmp_path / "missing", "UNREADABLE_FILE")
    os.mkfifo(tmp_path / "pipe", 0o600)
    _refused_file(tmp_path / "pipe", "UNSAFE_LOGIN_FILE")
    for content in (b"two\nlines", b"\xff", b"x" * 20_000, b"a\x00b", b"a\rb"):
        secret = tmp_path / "token"
        secret.write_bytes(content)
        secret.chmod(0o600)
        _refused_file(secret, "BAD_LOGIN")


def _refused_file(file: Path, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        login_for("netbox", "", {"BLUENOSE_NETBOX_TOKEN_FILE": str(file)})
    assert caught.value.problems[0].code == code
    assert SECRET not in str(caught.value)
