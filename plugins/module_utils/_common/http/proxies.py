# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy a request takes: the rules of Go's HTTP client, and so of kubectl."""

from __future__ import annotations

import base64
import ipaddress
import re
import typing as t
import urllib.parse

from ..errors import Misconfigured
from ..secrets import KNOWN

Address: t.TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http", "https", "socks5", "socks5h")
_HOST_AND_PORT = re.compile(r"(?:\[(?P<six>[^\[\]]*)\]|(?P<name>[^:\[\]]*)):(?P<port>[^:\[\]]*)")


class Proxy(t.NamedTuple):
    """A proxy without the credentials that its address may have held."""

    url: str
    user: str | None = None
    password: str | None = None

    @property
    def basic_auth(self) -> str | None:
        """What proves to the proxy who asks, as its header wants it."""
        if self.user is None:
            return None
        return "Basic " + base64.b64encode(f"{self.user}:{self.password or ''}".encode()).decode()


def read_proxy(address: str, source: str) -> Proxy:
    """Take an address apart. ``host:port`` means http. ``source`` says where it was named, for it is not quoted."""
    full = address.strip() if "://" in address else f"http://{address.strip()}"
    try:
        parts = urllib.parse.urlsplit(full)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in _SCHEMES:
        raise Misconfigured(
            f"the proxy of {source}: that is no address of a proxy; "
            f"write host:port, or an address that begins with one of {', '.join(_SCHEMES)}"
        )
    where = f"[{host}]" if ":" in host else host
    user, password = (None if part is None else urllib.parse.unquote(part) for part in (parts.username, parts.password))
    KNOWN.add(parts.username, parts.password, user, password)
    return Proxy(f"{parts.scheme}://{where}" + (f":{port}" if port else ""), user, password)


def proxy_of_environment(url: str, environ: t.Mapping[str, str]) -> Proxy | None:
    """The proxy that the usual variables name for an address, unless they exempt it. This machine always is."""
    target = urllib.parse.urlsplit(url)
    name = f"{target.scheme}_proxy"
    for variable in (name.upper(), name):
        if address := environ.get(variable):
            exempt = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
            if _is_this_machine(target.hostname or "") or is_exempt(url, exempt):
                return None
            return read_proxy(address, f"the variable {variable}")
    return None


def _is_this_machine(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address else host == "localhost"


def is_exempt(url: str, rules: str) -> bool:
    """Whether the address is to be reached without the proxy, by a list as ``NO_PROXY`` holds it.

    ``*`` exempts everything, ``10.0.0.0/8`` a network, ``10.0.0.1`` an address, ``example.org`` a domain and all below
    it, ``.example.org`` and ``*.example.org`` only what is below it. ``:6443`` behind a name or an address limits it to
    that port. What is none of these is passed over.
    """
    target = urllib.parse.urlsplit(url)
    host = _ascii((target.hostname or "").lower())
    port = str(target.port or _DEFAULT_PORTS.get(target.scheme, 0))
    return any(_matches(rule.strip().lower(), host, _address(host), port) for rule in rules.split(","))


def _matches(rule: str, host: str, address: Address | None, port: str) -> bool:
    if rule in ("", "*"):
        return rule == "*"
    if "/" in rule:
        return address is not None and _is_in(address, rule)
    named = _HOST_AND_PORT.fullmatch(rule)
    name, wanted_port = (named["six"] or named["name"], named["port"]) if named else (rule, "")
    if not name or wanted_port not in ("", port):
        return False
    known = _address(name)
    if known is not None or address is not None:
        return known == address
    below = _ascii(name.removeprefix("*"))
    return host.endswith(below) if below.startswith(".") else host == below or host.endswith(f".{below}")


def _address(text: str) -> Address | None:
    """An address; one of the old kind that is written in the new one is the old one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_in(address: Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _ascii(name: str) -> str:
    """A name as it stands in requests. One that cannot stand there is left as it is, and matches itself only."""
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name
