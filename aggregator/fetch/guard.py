"""Which addresses may be asked. Checked on every hop, and again when a connection is made."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
# Not marked as special by the oldest Python that we run on.
_SPECIAL = tuple(
    ipaddress.ip_network(net)
    for net in (
        "192.0.0.0/24",  # RFC 6890
        "192.88.99.0/24",  # RFC 7526: the old 6to4 relays
        "64:ff9b:1::/48",  # RFC 8215: NAT64 within a site
        "3fff::/20",  # RFC 9637: for documents
        "fec0::/10",  # RFC 3879: site-local
    )
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """An address that may not be asked; the text says why."""


def is_public(address: str) -> bool:
    """Tell whether an IP address in any spelling belongs to the public internet.

    IPv4 addresses that travel within IPv6 ones (mapped, 6to4, NAT64) are judged themselves.
    """
    try:
        ip: _Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local
    return ip.is_global and not special and not any(ip in net for net in _SPECIAL)


def _literal(host: str) -> str | None:
    """Return the address that `host` spells, decimal, octal, hex and short forms included.

    Raises:
        Refused: it looks like an address and is none.
    """
    if ":" in host:  # goes past every resolver, so nothing may be left open here
        try:
            return str(ipaddress.IPv6Address(host.partition("%")[0]))
        except ValueError as error:
            raise Refused(f"{host} is no address") from error
    if not host[:1].isdigit():
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


class Guard:
    """Says which places may be asked."""

    def __init__(self, *, allow_private: bool, allow_hosts: tuple[str, ...]) -> None:
        self._allow_private = allow_private
        self._allow_hosts = frozenset(name.lower() for name in allow_hosts)

    def opens(self, host: str, port: int) -> bool:
        """Tell whether private places are allowed at this host and port."""
        name = f"[{host}]" if ":" in host else host
        return self._allow_private or f"{name.lower()}:{port}" in self._allow_hosts

    def check(self, url: URL) -> None:
        """Refuse what can be refused before a name is looked up.

        Raises:
            Refused: odd scheme, no host, odd port, or an address that is private.
        """
        if url.scheme not in ("http", "https"):
            raise Refused(f"only http and https are asked, not {url.scheme or 'this'}")
        host, port = url.raw_host or "", url.port or 0
        if not host or not port:
            raise Refused("it names no host")
        if self.opens(host, port):
            return
        if port < 1024 and port not in (80, 443):
            raise Refused(f"port {port} is no web server's")
        address = _literal(host.rstrip("."))
        if address is not None and not is_public(address):
            raise Refused(f"{address} is a private address")
        if "%" in host:
            raise Refused(f"{host} names a network of this machine")


class GuardedResolver(AbstractResolver):
    """Looks names up and gives the connector public addresses only.

    The connector connects to exactly what was checked here, so a name that changes its address
    between a check and the connection gains nothing.
    """

    def __init__(self, guard: Guard, at_once: int) -> None:
        self._guard = guard
        # Lookups of dead names take long: as many threads as can be needed, so that nothing waits.
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the public addresses of `host`.

        Raises:
            OSError: the name is unknown.
            Refused: a private address is among them; whoever mixes them means us no good.
        """
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        addresses = [(str(place[0]), kind) for kind, _, _, _, place in found]
        if not self._guard.opens(host, port):
            for address, _ in addresses:
                if not is_public(address):
                    raise Refused(f"{host} leads to the private address {address}")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address, kind in dict.fromkeys(addresses)
        ]

    async def close(self) -> None:
        """End the threads; lookups under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
