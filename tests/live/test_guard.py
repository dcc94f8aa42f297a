"""Which addresses are asked: nothing inside unless it is named, whatever way it is written, looked up or led to."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.errors import InvalidInput
from cmdb.progress import Silent
from importers.live.apis import is_address
from importers.live.fetch import fetch
from importers.live.guard import METADATA, Resolve, target_of
from importers.live.login import Login
from importers.live.reach import Reach
from tests.live.service import HOST, INSIDE, TOKEN, Question, Reply, fetched, here, serving

PUBLIC = Reach()


def refused(address: str, reach: Reach = PUBLIC, resolve: Resolve | None = None) -> str:
    with pytest.raises(InvalidInput) as caught:
        target_of(address, reach, resolve)
    return caught.value.problems[0].code


def leading_to(*addresses: str) -> Resolve:
    return lambda host, port: addresses


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org", "ftp://example.org", "file:///etc/passwd", "gopher://example.org", "data:text/plain,x",
        "https:example.org", "https:///api", "https://", "example.org", "//example.org", "https://user@example.org",
        "https://user:pass@example.org", "https://example.org@127.0.0.1", "https://127.0.0.1#@example.org",
        "https://example.org\\@127.0.0.1", "https://example.org?x=1", "https://example.org/#x", "https://exa mple.org",
        "https://example.org\r\nHost: x", "https://example.org/%2e%2e/", "https://example.org/../x",
        "https://example.org/a//b", "https://example.org:0", "https://example.org:65536", "https://example.org:x",
        "https://example.org.", "https://-x.org", "https://ex..org", "https://*.org", "https://[::1", "https://::1/",
        "https://[fe80::1%25eth0]", "https://[v1.x]", "https://１２７.0.0.1", "https://ⓔxample.org",
        "https://2130706433", "https://0x7f000001", "https://0177.0.0.1", "https://0x7f.0.0.1", "https://127.1",
        "https://127.0.0.1.", "https://1.2.3.4.5", "https://256.1.1.1", "https://example.0x7f", "https://08.8.8.8",
        "https://127.0.0.1", "https://10.0.0.1", "https://172.16.0.1", "https://192.168.1.1", "https://0.0.0.0",
        "https://169.254.169.254", "https://100.64.0.1", "https://198.18.0.1", "https://224.0.0.1", "https://240.0.0.1",
        "https://255.255.255.255", "https://192.0.2.1", "https://168.63.129.16", "https://[::]", "https://[::1]",
        "https://[fe80::1]", "https://[fec0::1]", "https://[fd00:ec2::254]", "https://[fc00::1]", "https://[ff02::1]",
        "https://[::ffff:127.0.0.1]", "https://[::ffff:10.0.0.1]", "https://[::127.0.0.1]", "https://[64:ff9b::7f00:1]",
        "https://[64:ff9b:1::7f00:1]", "https://[2002:7f00:1::]", "https://[2001::1]", "https://[2001:db8::1]",
    ],
)  # fmt: skip
def test_never_asked(address: str) -> None:
    assert refused(address, resolve=leading_to("93.184.215.14")) == "URL_FORBIDDEN"


@pytest.mark.parametrize(
    "inside",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd12::1", "fe80::1", "::ffff:192.168.0.1", "0.0.0.0",
     "nonsense", "fe80::1%eth0", "64:ff9b::a00:1", "100.100.100.200"],
)  # fmt: skip
def test_a_name_that_leads_inside(inside: str) -> None:
    assert refused("https://example.org", resolve=leading_to(inside)) == "URL_FORBIDDEN"
    assert refused("https://example.org", resolve=leading_to("93.184.215.14", inside)) == "URL_FORBIDDEN"


def test_public_ones_are_asked() -> None:
    target = target_of("https://CMDB.Example.org:8443/netbox/", PUBLIC, leading_to("93.184.215.14", "2606:2800:220::1"))
    assert (target.scheme, target.host, target.port, target.path) == ("https", "cmdb.example.org", 8443, "/netbox")
    assert target.addresses == ("93.184.215.14", "2606:2800:220::1")
    assert target_of("https://8.8.8.8", PUBLIC).addresses == ("8.8.8.8",)
    assert target_of("https://[2606:2800:220::1]/x", PUBLIC).host == "2606:2800:220::1"


def test_inside_by_name_or_network() -> None:
    named = Reach.from_environment({"BLUENOSE_INSIDE_HOSTS": "netbox.corp.example, 10.1.0.0/16,fd12::/32"})
    assert target_of("https://netbox.corp.example", named, leading_to("192.168.7.1")).addresses == ("192.168.7.1",)
    assert target_of("https://other.example", named, leading_to("10.1.2.3")).addresses == ("10.1.2.3",)
    assert target_of("https://[fd12::7]", named).addresses == ("fd12::7",)
    assert refused("https://other.example", named, leading_to("10.2.0.1")) == "URL_FORBIDDEN"
    assert refused("https://x.netbox.corp.example", named, leading_to("192.168.7.1")) == "URL_FORBIDDEN"
    assert refused("http://netbox.corp.example", named, leading_to("192.168.7.1")) == "URL_FORBIDDEN"


@pytest.mark.parametrize("secrets", sorted(map(str, METADATA)))
def test_where_clouds_keep_secrets_is_never_asked(secrets: str) -> None:
    every = Reach.from_environment({"BLUENOSE_INSIDE_HOSTS": "meta.example,0.0.0.0/0,::/0"})
    assert refused("https://meta.example", every, leading_to(secrets)) == "URL_FORBIDDEN"
    literal = f"[{secrets}]" if ":" in secrets else secrets
    assert refused(f"https://{literal}", every) == "URL_FORBIDDEN"


def test_a_named_host_may_not_lead_to_a_link_or_to_nowhere() -> None:
    named = Reach(inside_names=frozenset({"netbox.example"}))
    for nowhere in ("169.254.1.1", "fe80::1", "0.0.0.0", "224.0.0.1", "255.255.255.255"):
        assert refused("https://netbox.example", named, leading_to(nowhere)) == "URL_FORBIDDEN"


def test_plain_http_only_where_it_is_named() -> None:
    plain = Reach.from_environment({"BLUENOSE_PLAIN_HOSTS": "lab.example", "BLUENOSE_INSIDE_HOSTS": "lab.example"})
    assert target_of("http://lab.example", plain, leading_to("10.0.0.1")).port == 80
    assert refused("http://other.example", plain, leading_to("93.184.215.14")) == "URL_FORBIDDEN"


@pytest.mark.parametrize(
    "word", ["*.example.org", "https://x", "x:80", "10.0.0.0/33", "1.2.3", "a b", "-x", "10.1.2.3/16"]
)
def test_lists_of_hosts_are_exact(word: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Reach.from_environment({"BLUENOSE_INSIDE_HOSTS": word})
    assert caught.value.problems[0].code == "BAD_HOST"


def test_a_host_that_nobody_knows() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such host")

    assert refused("https://example.org", resolve=unknown) == "FETCH_FAILED"


def test_the_name_is_looked_up_once(tmp_path: Path) -> None:
    """A name that leads elsewhere by the second look is not looked up twice; the canary hears nothing."""
    looks = []

    def turning(host: str, port: int) -> Sequence[str]:
        looks.append(host)
        return ["127.0.0.1"] if len(looks) == 1 else ["127.0.0.2"]

    def empty(question: Question) -> Reply:
        return Reply({"count": 0, "results": []}, headers={"Connection": "close"})

    with (
        serving(empty) as service,
        serving(empty, host="127.0.0.2", port=service.port) as canary,
        pytest.raises(InvalidInput) as caught,
    ):
        fetch(service.address, "netbox", tmp_path / "x", TOKEN, Silent(), INSIDE, turning, lambda _: None)
    assert caught.value.problems[0].code == "INCOMPLETE_PAGES"
    assert len(looks) == 1
    assert len(service.asked) > 10
    assert canary.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", ["servicenow", "netbox", "itop", "kubernetes"])
def test_redirects_lead_nowhere(status: int, name: str, tmp_path: Path) -> None:
    with serving(lambda question: Reply({})) as canary:
        led = {"Location": f"http://127.0.0.1:{canary.port}/latest/meta-data"}
        with serving(lambda question: Reply(b"", status, led)) as service, pytest.raises(InvalidInput) as caught:
            fetched(service, name, tmp_path / "x", Login("u", "p", "" if name == "servicenow" else "t"))
    assert caught.value.problems[0].code == "FETCH_REFUSED"
    assert len(service.asked) == 1
    assert canary.asked == []


def test_forbidden_addresses_get_no_hit(tmp_path: Path) -> None:
    with serving(lambda question: Reply({})) as canary:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "x@127.0.0.1", HOST):
            for scheme in ("http", "https"):
                with pytest.raises(InvalidInput) as caught:
                    fetch(
                        f"{scheme}://{host}:{canary.port}", "netbox", tmp_path / "x", TOKEN, Silent(), PUBLIC, here
                    )  # fmt: skip
                assert caught.value.problems[0].code == "URL_FORBIDDEN"
    assert canary.asked == []
    assert list(tmp_path.iterdir()) == []


def test_no_proxy_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda question: Reply({})) as canary:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
        with serving(lambda question: Reply({"count": 0, "results": []})) as service, pytest.raises(InvalidInput):
            fetched(service, "netbox", tmp_path / "x")
    assert canary.asked == []
    assert service.asked


def test_what_is_an_address() -> None:
    for text in ("https://x", "HTTP://x", "file:///etc", "data:text,x", "gopher://x", " https://x"):
        assert is_address(text)
    for text in ("export", "./a.csv", "/srv/cmdb", "C:\\cmdb", "http", "a:b.csv", "https-export/x.csv"):
        assert not is_address(text)


_addresses = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["https://", "http://", "HTTPS://", "https:\\\\", "https:/", "//"]),
        st.one_of(
            st.ip_addresses().map(lambda ip: f"[{ip}]" if ip.version == 6 else str(ip)),
            st.integers(0, 2**32).map(str), st.integers(0, 2**32).map(hex),
            st.text(alphabet="a.0x@[]:%-_7f１", max_size=20),
        ),
        st.sampled_from(["", ":443", ":0", ":99999", "@x", "%00"]),
        st.sampled_from(["", "/", "/api", "/../", "?q", "#f", "\\x"]),
    ),
)  # fmt: skip


def _never_inside(address: str, looked_up: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    try:
        target = target_of(address, PUBLIC, leading_to(str(looked_up)))
    except InvalidInput:
        return
    for text in target.addresses:
        ip = ipaddress.ip_address(text)
        inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
        assert inner.is_global
        assert not inner.is_multicast
    assert target.scheme == "https"


@settings(max_examples=400, deadline=None, database=None)
@given(_addresses, st.ip_addresses())
def test_any_text(address: str, looked_up: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    _never_inside(address, looked_up)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, database=None)
@given(_addresses, st.ip_addresses())
def test_any_text_at_length(address: str, looked_up: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    _never_inside(address, looked_up)
