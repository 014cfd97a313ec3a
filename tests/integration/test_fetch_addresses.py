"""What may be asked, and what an address that cannot be reached is told to be."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from aggregator.errors import AddressRefused, Unreachable
from tests.asking import fetched, get
from tests.site import Answer, Site, free_port


def test_a_refused_connection_is_told() -> None:
    with pytest.raises(Unreachable, match="the connection was refused"):
        get(f"http://127.0.0.1:{free_port()}/feed")


@pytest.mark.parametrize("name", ["nothing.invalid", "9lives.invalid"])
def test_an_unknown_name_is_told(name: str) -> None:
    with pytest.raises(Unreachable, match=f"the name {name} is unknown"):
        get(f"http://{name}/feed")


def test_a_server_that_takes_no_connection_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as others:
        place = full.getsockname()
        for _ in range(3):  # as many as wait to be accepted
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(place)
        with pytest.raises(Unreachable, match=r"did not accept a connection within 0\.2 s"):
            get(f"http://127.0.0.1:{place[1]}/", connect_s=0.2)


def test_a_plain_server_asked_for_tls_is_told() -> None:
    with Site() as site, pytest.raises(Unreachable, match="no secure connection"):
        get(f"https://{site.host}/feed")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://0:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://[::]:{port}/",
        "http://１２７.0.0.1:{port}/",
        "http://１２７．０．０．１:{port}/",
        "http://127。0。0。1:{port}/",
        "http://①②⑦.0.0.1:{port}/",
        "http://0x7f.1:{port}/",
        "http://0X7F.0x0.0x0.0x1:{port}/",
        "http://017700000001:{port}/",
        "http://127.0.1:{port}/",
        "http://127.0.0.1.:{port}/",
        "http://LOCALHOST:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[0:0:0:0:0:0:0:1]:{port}/",
        "http://[::1%25lo]:{port}/",
        "http://[::x]:{port}/",
        "http://[::1%lo]:{port}/",
        "http://[fe80::1%25eth0]/",
        "http://[2606:4700::1111%25lo]/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[2001:0:7f00:1::]/",
        "http://[64:ff9b:1::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://192.168.1.1/",
        "http://172.16.0.1/",
        "http://192.0.0.1/",
        "http://198.18.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://x:y@127.0.0.1:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://224.0.0.1/",
        "http://8.8.8.8:25/",
        "http://8.8.8.8:0/",
        "http://h.example\\@127.0.0.1:{port}/",
        "http:///127.0.0.1/",
        "http:127.0.0.1/",
        "ftp://h.example/",
        "file:///etc/passwd",
        "gopher://h.example/",
        "//h.example/",
        "feed.xml",
        "",
        "http://[broken/",
        "http://h.example:99999/",
    ],
)
def test_private_and_odd_addresses_are_refused(url: str) -> None:
    with Site() as site:
        address = url.replace("{port}", str(site.port))
        with pytest.raises(AddressRefused):
            get(address, allow_private=False)
        assert site.requests == []


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "//127.1:{port}/",
        "http://①②⑦.0.0.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_a_redirect_into_the_private_network_is_refused(target: str) -> None:
    with Site() as public, Site() as private:
        limits = {"allow_private": False, "allow_hosts": (public.host,)}
        location = target.replace("{port}", str(private.port)).encode()
        raw = b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
        with pytest.raises(AddressRefused, match="private address"):
            get(public.set("/feed", Answer(raw=raw)), **limits)
        assert private.requests == []
        assert len(public.requests) == 1


def named(monkeypatch: pytest.MonkeyPatch, *rounds: list[str]) -> list[str]:
    """Let every name lead to the addresses of each round in turn; the names that were looked up.

    The system's resolver is a foreign party here; it says what a hostile name server would.
    """
    looked_up = []
    turns = iter(rounds)

    def hostile(host: str, port: int, *_: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [
            (kinds[":" in address], socket.SOCK_STREAM, 6, "", (address, port))
            for address in next(turns)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", hostile)
    return looked_up


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["2606:4700::1111", "::1"], ["fe80::1%eth0"]],
)
def test_a_name_that_leads_to_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    named(monkeypatch, addresses)
    with Site() as site, pytest.raises(AddressRefused, match="leads to the private address"):
        get(f"http://rebind.example:{site.port}/", allow_private=False)
    assert site.connections == 0


def test_a_name_is_looked_up_once_for_the_check_and_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Site() as site:
        site.set("/feed", Answer(body=b"x"))
        looked_up = named(monkeypatch, ["127.0.0.1"], ["8.8.8.8"])
        host = f"rebind.example:{site.port}"
        limits = {"allow_private": False, "allow_hosts": (host,)}
        assert fetched(f"http://{host}/feed", **limits).body == b"x"
    assert looked_up == ["rebind.example"]


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with Site() as site, Site() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        monkeypatch.delenv("no_proxy", raising=False)
        assert fetched(site.set("/feed", Answer(body=b"x"))).body == b"x"
    assert proxy.connections == 0


def test_a_host_may_be_allowed_by_name_and_port() -> None:
    with Site() as site:
        site.set("/feed", Answer(body=b"x"))
        limits = {"allow_private": False, "allow_hosts": (f"localhost:{site.port}",)}
        assert fetched(f"http://localhost:{site.port}/feed", **limits).body == b"x"
        with pytest.raises(AddressRefused):
            get(site.url("/feed"), **limits)


def test_an_address_is_not_spelt_anew() -> None:
    with Site() as site:
        path = "/f%7Eed/%C3%A4?a=%2F&b=c%20d+e&sig=a/b=="
        site.set(path, Answer(body=b"x"))
        assert fetched(site.url(path)).body == b"x"


def test_an_address_with_spaces_and_letters_beyond_ascii_is_encoded() -> None:
    with Site() as site:
        site.set("/a%20b/%C3%A4", Answer(body=b"x"))
        assert fetched(site.url("/a b/ä#part")).body == b"x"
