# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the Kubernetes API is and as whom to speak to it, from the options that `kubernetes.core` has.

Kubeconfigs are read here, because importing the Python client costs every task more time than its requests take. Only
users with an auth provider go through it.
"""

from __future__ import annotations

import base64
import os
import typing as t

from .._common.errors import Misconfigured
from .._common.http.connections import Endpoint, Hints, Pem, read_address
from .._common.http.proxies import Proxy, is_exempt, proxy_of_environment, read_proxy
from .._common.options import is_content
from .._common.secrets import KNOWN, clean_credential
from .credentials import Credential, FetchedCredential, Proof, fixed, token_file
from .kubeconfig import Kubeconfig, load_kubeconfig

_IN_CLUSTER = "/var/run/secrets/kubernetes.io/serviceaccount"

# Option -> the other name under which the Python client, and therefore the environment, knows it.
_OTHER_NAMES = {
    "validate_certs": "verify_ssl",
    "ca_cert": "ssl_ca_cert",
    "client_cert": "cert_file",
    "client_key": "key_file",
}
_PLAIN_OPTIONS = ("kubeconfig", "context", "host", "api_key", "username", "password", "proxy", "no_proxy")
_PROXY_HEADERS = ("proxy_basic_auth", "basic_auth", "user_agent")
_HINTS = Hints(
    address="is the address right?",
    authority="give the CA that signed it with the option ca_cert or in the kubeconfig",
    certificate_name="use the name it was made for, or set tls-server-name in the kubeconfig",
)


class Access(t.NamedTuple):
    """Everything a connection needs. The credential is asked for each request, for tokens get replaced."""

    host: str
    source: str
    credential: Credential = fixed(None)
    verify: bool = True
    ca: Pem | None = None
    client_cert: Pem | None = None
    client_key: Pem | None = None
    server_name: str | None = None
    proxy: str | None = None
    no_proxy: str | None = None
    """Exempt from the proxy; None leaves that to the environment."""
    proxy_headers: t.Mapping[str, t.Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def endpoint(self, environ: t.Mapping[str, str], proof: Proof) -> Endpoint:
        return Endpoint(
            url=self.host,
            name=f"the Kubernetes API at {self.host} ({self.source})",
            hints=_HINTS,
            facts={"host": self.host},
            verify=self.verify,
            ca=self.ca,
            client_cert=self.client_cert or proof.client_cert,
            client_key=self.client_key or proof.client_key,
            server_name=self.server_name,
            proxy=self._way_out(environ),
            proxy_headers=_headers_of(self.proxy_headers or {}),
        )

    def _way_out(self, environ: t.Mapping[str, str]) -> Proxy | None:
        if self.no_proxy is not None:
            environ = {**environ, "NO_PROXY": self.no_proxy, "no_proxy": ""}
        if self.proxy is None:
            return proxy_of_environment(self.host, environ)
        exempt = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
        return None if is_exempt(self.host, exempt) else read_proxy(self.proxy, self.source)


def _headers_of(options: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The headers for a proxy that the option asks for."""
    made = {
        "proxy-authorization": _encoded(options.get("proxy_basic_auth")),
        "authorization": _encoded(options.get("basic_auth")),
        "user-agent": options.get("user_agent"),
    }
    return {name: value for name, value in made.items() if value}


def read_options(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Options that are set, filled up from ``K8S_AUTH_*`` the way kubernetes.core does it."""
    options: dict[str, t.Any] = {}
    for name in (*_PLAIN_OPTIONS, *_OTHER_NAMES, "persist_config", "impersonate_user", "impersonate_groups"):
        value = params.get(name)
        if value is None:
            value = _from_environment(name, environ)
        if value is not None:
            options[name] = value
    headers = params.get("proxy_headers") or _proxy_headers_from(environ)
    headers = {name: value for name, value in headers.items() if value is not None}
    return {**options, "proxy_headers": headers} if headers else options


def _refuse_two_sources(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> None:
    """A kubeconfig that somebody named is not given up for an address of the environment, nor its token sent there."""
    named = next((name for name in ("context", "kubeconfig") if params.get(name)), None)
    if named is None or params.get("host") or not environ.get("K8S_AUTH_HOST"):
        return
    said = f" {params[named]!r}" if isinstance(params[named], str) and not is_content(params[named]) else ""
    address = read_address(environ["K8S_AUTH_HOST"], "the variable K8S_AUTH_HOST")
    raise Misconfigured(
        f"two clusters are named: {address} by the variable K8S_AUTH_HOST, and another one by the option "
        f"{named}{said}; take one of them away"
    )


def _from_environment(name: str, environ: t.Mapping[str, str]) -> t.Any:
    other_name = _OTHER_NAMES.get(name, name)
    value = environ.get(f"K8S_AUTH_{name.upper()}") or environ.get(f"K8S_AUTH_{other_name.upper()}")
    if value and name in ("validate_certs", "persist_config"):
        return value.lower() not in ("0", "false", "no")
    if value and name == "impersonate_groups":
        return [group for group in value.split(",") if group]
    return value or None


def _proxy_headers_from(environ: t.Mapping[str, str]) -> dict[str, str | None]:
    return {name: environ.get(f"K8S_AUTH_PROXY_HEADERS_{name.upper()}") for name in _PROXY_HEADERS}


def resolve(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str] | None = None) -> Access:
    """Work out the access in the order of kubernetes.core: options, named kubeconfig, pod, default kubeconfig."""
    environ = os.environ if environ is None else environ
    options = read_options(params, environ)
    _refuse_two_sources(params, environ)
    own = _own_credential(options)
    if _enough_without_kubeconfig(options):
        base = Access(host="", source="the options")
    elif options.get("kubeconfig") or options.get("context"):
        base = _from_kubeconfig(options, environ, own)
    else:
        base = _from_pod(environ) or _from_kubeconfig(options, environ, own)
    access = _overridden(base, options)._replace(credential=own or base.credential)
    return access._replace(host=read_address(access.host, f"the address of the Kubernetes API from {access.source}"))


def server_of(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str] | None = None) -> str:
    """The address alone, in the same order: credentials are not looked at, so no helper program is asked for them."""
    environ = os.environ if environ is None else environ
    options = read_options(params, environ)
    named = options.get("kubeconfig") or options.get("context")
    pod = None if options.get("host") or named else _from_pod(environ)
    host = options.get("host") or (pod.host if pod else None)
    if not host:
        config = load_kubeconfig(options.get("kubeconfig"), options.get("context"), environ)
        host = config.cluster.get("server") or ""
    return str(host).rstrip("/")


def _enough_without_kubeconfig(options: t.Mapping[str, t.Any]) -> bool:
    ways = (("username", "password"), ("api_key",), ("client_cert", "client_key"))
    return bool(options.get("host")) and any(all(options.get(name) for name in way) for way in ways)


def _from_pod(environ: t.Mapping[str, str]) -> Access | None:
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    token, ca = f"{_IN_CLUSTER}/token", f"{_IN_CLUSTER}/ca.crt"
    if not host or not port or not os.path.isfile(token) or not os.path.isfile(ca):
        return None
    return Access(
        host=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        source="the service account of this pod",
        credential=token_file(token),
        ca=Pem(path=ca),
    )


def _from_kubeconfig(options: t.Mapping[str, t.Any], environ: t.Mapping[str, str], own: Credential | None) -> Access:
    config = load_kubeconfig(options.get("kubeconfig"), options.get("context"), environ)
    headers = []
    if config.user.get("as"):
        headers = [("Impersonate-User", str(config.user["as"]))]
        headers += [("Impersonate-Group", str(group)) for group in config.user.get("as-groups") or ()]
    return Access(
        host=str(config.cluster.get("server") or ""),
        source=config.source,
        # A helper is not run for credentials that an option replaces.
        credential=own or _credential_of(config, persist=bool(options.get("persist_config"))),
        verify=not config.cluster.get("insecure-skip-tls-verify"),
        ca=config.cluster_pem("certificate-authority"),
        client_cert=config.user_pem("client-certificate"),
        client_key=config.user_pem("client-key"),
        server_name=config.cluster.get("tls-server-name"),
        proxy=config.cluster.get("proxy-url"),
        # To kubectl, the proxy of a kubeconfig counts whatever the environment exempts.
        no_proxy="" if config.cluster.get("proxy-url") else None,
        headers=tuple(headers),
    )


def _credential_of(config: Kubeconfig, *, persist: bool) -> Credential:
    user = config.user
    if "auth-provider" in user:
        from .provider import Provider

        return FetchedCredential(Provider(config, persist=persist).fetch)
    if user.get("token"):
        return fixed(f"Bearer {clean_credential(user['token'], f'the token of {config.source}')}")
    if user.get("tokenFile"):
        return token_file(config.user_path(user["tokenFile"]))
    if "exec" in user:
        from .helper import Helper

        return FetchedCredential(Helper(config).fetch)
    if "username" in user and "password" in user:
        return fixed(_basic(str(user["username"]), str(user["password"])))
    return fixed(None)


def _own_credential(options: t.Mapping[str, t.Any]) -> Credential | None:
    if options.get("api_key"):
        return fixed(f"Bearer {clean_credential(options['api_key'], 'api_key')}")
    if options.get("username") and options.get("password"):
        return fixed(_basic(str(options["username"]), str(options["password"])))
    return None


def _overridden(base: Access, options: t.Mapping[str, t.Any]) -> Access:
    """Options beat what the kubeconfig says, one by one."""
    changes: dict[str, t.Any] = {}
    if options.get("host"):
        changes["host"] = str(options["host"])
    for option, field in (("ca_cert", "ca"), ("client_cert", "client_cert"), ("client_key", "client_key")):
        if options.get(option):
            changes[field] = Pem(path=os.path.expanduser(str(options[option])))
    if "validate_certs" in options:
        changes["verify"] = bool(options["validate_certs"])
    if options.get("proxy"):
        changes.update(proxy=options["proxy"], no_proxy=None)
    changes.update({name: options[name] for name in ("no_proxy", "proxy_headers") if options.get(name)})
    headers = list(base.headers)
    if options.get("impersonate_user"):
        headers = [("Impersonate-User", str(options["impersonate_user"]))]
    headers += [("Impersonate-Group", str(group)) for group in options.get("impersonate_groups") or ()]
    return base._replace(**changes, headers=tuple(headers))


def _basic(username: str, password: str) -> str:
    return t.cast(str, _encoded(f"{username}:{password}"))


def _encoded(credentials: str | None) -> str | None:
    if not credentials:
        return None
    encoded = base64.b64encode(credentials.encode()).decode()
    KNOWN.add(encoded)
    return f"Basic {encoded}"
