# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies by the documented rules of Go's HTTP client (golang.org/x/net/http/httpproxy), which kubectl follows."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._common.http.proxies import (
    Proxy,
    is_exempt,
    proxy_of_environment,
    read_proxy,
)

# NO_PROXY, address, whether it is exempt.
EXEMPTIONS = [
    ("", "https://api.example.org", False),
    (" , ,", "https://api.example.org", False),
    ("*", "https://api.example.org", True),
    ("none.example, *", "https://10.1.2.3", True),
    # A name stands for itself and for everything below it.
    ("example.org", "https://example.org", True),
    ("example.org", "https://api.example.org:6443", True),
    ("example.org", "https://badexample.org", False),
    ("EXAMPLE.org", "https://API.Example.ORG", True),
    (" example.org ", "https://api.example.org", True),
    ("org", "https://api.example.org", True),
    # With a dot before it, for what is below it only.
    (".example.org", "https://example.org", False),
    (".example.org", "https://api.example.org", True),
    ("*.example.org", "https://example.org", False),
    ("*.example.org", "https://api.example.org", True),
    # A port limits it.
    ("example.org:6443", "https://api.example.org:6443", True),
    ("example.org:6443", "https://api.example.org", False),
    ("example.org:443", "https://api.example.org", True),
    ("example.org:80", "http://api.example.org", True),
    ("example.org:80", "https://api.example.org", False),
    (".example.org:6443", "https://api.example.org:6443", True),
    ("*.example.org:6443", "https://api.example.org:443", False),
    (":6443", "https://api.example.org:6443", False),
    # Addresses, with and without a port.
    ("10.1.2.3", "https://10.1.2.3:6443", True),
    ("10.1.2.3", "https://10.1.2.30", False),
    ("10.1.2.3:6443", "https://10.1.2.3:6443", True),
    ("10.1.2.3:6443", "https://10.1.2.3", False),
    ("2.3", "https://10.1.2.3", False),
    ("fd00::1", "https://[fd00::1]:6443", True),
    ("fd00:0:0::1", "https://[fd00::1]:6443", True),
    ("[fd00::1]:6443", "https://[fd00::1]:6443", True),
    ("[fd00::1]:6443", "https://[fd00::1]", False),
    ("::ffff:10.1.2.3", "https://10.1.2.3", True),
    # Networks.
    ("10.0.0.0/8", "https://10.1.2.3:6443", True),
    ("10.9.9.9/8", "https://10.1.2.3", True),
    ("10.0.0.0/16", "https://10.1.2.3", False),
    ("fd00::/8", "https://[fd00::1]", True),
    ("10.0.0.0/8", "https://ten.example.org", False),
    ("10.0.0.0/99", "https://10.1.2.3", False),
    # Names of other scripts, in both ways that they are written.
    ("bücher.example", "https://xn--bcher-kva.example", True),
    ("xn--bcher-kva.example", "https://bücher.example", True),
    # What makes no sense is passed over, and what follows counts.
    ("://, [, ]:, 1.2.3.4/x, example.org", "https://example.org", True),
]


@pytest.mark.parametrize(("rules", "url", "wanted"), EXEMPTIONS)
def test_what_is_exempt_is_so_by_the_rules_of_go(rules, url, wanted):
    assert is_exempt(url, rules) is wanted


@given(rules=st.text(alphabet="ab.:*/[]0123456789, %ü", max_size=40))
def test_no_list_of_exemptions_is_an_error(rules):
    assert is_exempt("https://a.b:6443", rules) in (True, False)


# Variables, address, proxy.
ENVIRONMENTS = [
    ({}, "https://api.example.org", None),
    ({"HTTPS_PROXY": "http://proxy:3128"}, "https://api.example.org", "http://proxy:3128"),
    ({"https_proxy": "http://proxy:3128"}, "https://api.example.org", "http://proxy:3128"),
    ({"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:1"}, "https://api.example.org", "http://upper:1"),
    ({"HTTPS_PROXY": "", "https_proxy": "http://lower:1"}, "https://api.example.org", "http://lower:1"),
    # Each scheme has its own variable, and there is none for all.
    ({"HTTPS_PROXY": "http://proxy:3128"}, "http://api.example.org", None),
    ({"HTTP_PROXY": "http://proxy:3128"}, "http://api.example.org", "http://proxy:3128"),
    ({"HTTP_PROXY": "http://proxy:3128"}, "https://api.example.org", None),
    ({"ALL_PROXY": "http://proxy:3128"}, "https://api.example.org", None),
    # Forms of the address.
    ({"HTTPS_PROXY": "proxy:3128"}, "https://api.example.org", "http://proxy:3128"),
    ({"HTTPS_PROXY": "proxy"}, "https://api.example.org", "http://proxy"),
    ({"HTTPS_PROXY": "https://proxy:3128"}, "https://api.example.org", "https://proxy:3128"),
    ({"HTTPS_PROXY": "socks5://proxy:1080"}, "https://api.example.org", "socks5://proxy:1080"),
    ({"HTTPS_PROXY": "http://[fd00::2]:3128"}, "https://api.example.org", "http://[fd00::2]:3128"),
    # This machine is never asked for through a proxy.
    ({"HTTP_PROXY": "http://proxy:3128"}, "http://localhost:8001", None),
    ({"HTTP_PROXY": "http://proxy:3128"}, "http://127.0.0.1:8001", None),
    ({"HTTP_PROXY": "http://proxy:3128"}, "http://127.9.9.9:8001", None),
    ({"HTTP_PROXY": "http://proxy:3128"}, "http://[::1]:8001", None),
    ({"HTTP_PROXY": "http://proxy:3128"}, "http://localhost.example.org", "http://proxy:3128"),
    # Exemptions, in both cases of the variable.
    ({"HTTPS_PROXY": "proxy:1", "NO_PROXY": "example.org"}, "https://api.example.org", None),
    ({"HTTPS_PROXY": "proxy:1", "no_proxy": "example.org"}, "https://api.example.org", None),
    (
        {"https_proxy": "proxy:1", "NO_PROXY": "a.org", "no_proxy": "example.org"},
        "https://example.org",
        "http://proxy:1",
    ),
    # An address that is exempt needs no proxy that makes sense.
    ({"HTTPS_PROXY": "ftp://proxy", "NO_PROXY": "*"}, "https://api.example.org", None),
]


@pytest.mark.parametrize(("environ", "url", "wanted"), ENVIRONMENTS)
def test_the_variables_name_the_proxy_by_the_rules_of_go(environ, url, wanted):
    found = proxy_of_environment(url, environ)
    assert (found.url if found else None) == wanted


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("http://ada:s3cret@proxy:3128", Proxy("http://proxy:3128", "ada", "s3cret")),
        ("ada:s3cret@proxy:3128", Proxy("http://proxy:3128", "ada", "s3cret")),
        ("http://ada:p%40ss%2Fw%C3%B6rd@proxy", Proxy("http://proxy", "ada", "p@ss/wörd")),
        ("http://ada@proxy", Proxy("http://proxy", "ada", None)),
        ("http://proxy:3128/ignored", Proxy("http://proxy:3128")),
    ],
)
def test_credentials_are_taken_out_of_the_address(address, wanted):
    assert read_proxy(address, "the option proxy") == wanted


def test_the_header_holds_user_and_password_as_they_are_meant():
    assert read_proxy("http://ada:p%40ss%C3%B6@proxy", "").basic_auth == f"Basic {encoded('ada:p@ssö')}"
    assert read_proxy("http://ada@proxy", "").basic_auth == f"Basic {encoded('ada:')}"
    assert read_proxy("http://proxy", "").basic_auth is None


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("address", ["ftp://ada:s3cret@proxy", "http://", "http://ada:s3cret@", "http://[::1", "a:b:c"])
def test_what_is_no_address_is_refused_without_being_shown(address):
    with pytest.raises(Misconfigured, match=r"the proxy of the variable HTTPS_PROXY: that is no address") as caught:
        read_proxy(address, "the variable HTTPS_PROXY")
    assert "s3cret" not in str(caught.value)
