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
import urllib.parse

from .._common.errors import Misconfigured
from .._common.http.connections import Endpoint, Hints, Pem, read_address
from .._common.http.proxies import Proxy, is_exempt, proxy_of_environment, read_proxy
from .._common.options import is_content
from .._common.secrets import KNOWN, clean_credential
from .credentials import NOBODY, Credential, FetchedCredential, Proof, fixed, token_file
from .kubeconfig import Kubeconfig, load_kubeconfig
from .options import Options

_IN_CLUSTER = "/var/run/secrets/kubernetes.io/serviceaccount"

# Beside letters and digits.
_IN_HEADER_NAMES = "!#$&'*+-.^_`|~"
_HINTS = Hints(
    address="is the address right?",
    authority="give the CA that signed it with the option ca_cert or in the kubeconfig",
    certificate_name="use the name it was made for, or set tls-server-name in the kubeconfig",
)


class Access(t.NamedTuple):
    """Everything a connection needs. The credential is asked for each request, for tokens get replaced."""

    host: str
    source: str
    """Who names the address."""
    proven_by: str = ""
    """Who has the credentials."""
    credential: Credential = NOBODY
    verify: bool = True
    ca: Pem | None = None
    client_cert: Pem | None = None
    client_key: Pem | None = None
    server_name: str | None = None
    proxy: str | None = None
    proxy_source: str = ""
    no_proxy: str | None = None
    """Exempt from the proxy; None leaves that to the environment."""
    proxy_headers: t.Mapping[str, t.Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def is_nobody(self) -> bool:
        return self.credential is NOBODY and self.client_cert is None

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
        return None if is_exempt(self.host, exempt) else read_proxy(self.proxy, self.proxy_source)


def _headers_of(options: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The headers for a proxy that the option asks for."""
    made = {
        "proxy-authorization": _encoded(options.get("proxy_basic_auth")),
        "authorization": _encoded(options.get("basic_auth")),
        "user-agent": options.get("user_agent"),
    }
    return {name: value for name, value in made.items() if value}


def _refuse_two_clusters(options: Options, environ: t.Mapping[str, str]) -> None:
    """What one source names is not given up for an address of another source, nor is its credential sent there."""
    other = environ.get("K8S_AUTH_HOST")
    if not other:
        return
    if options.is_option("host"):
        if not options.is_variable(options.credential) or other.rstrip("/") == options["host"].rstrip("/"):
            return
        credential = options.origin(options.credential or "")
        given = f"{read_address(options['host'], 'the option host')} by the option host with {credential}"
    else:
        named = next((name for name in ("context", "kubeconfig") if options.is_option(name)), None)
        if named is None:
            return
        said = f" {options[named]!r}" if isinstance(options[named], str) and not is_content(options[named]) else ""
        given = f"another one by the option {named}{said}"
    address = read_address(other, "the variable K8S_AUTH_HOST")
    raise Misconfigured(
        f"two clusters are named: {address} by the variable K8S_AUTH_HOST, and {given}; take one of them away"
    )


def _refuse_foreign_credential(base: Access, options: Options) -> None:
    """What a kubeconfig or a pod proves is for its own server. Whoever wants it elsewhere says so in one place."""
    names = [name for name in ("host", "kubeconfig", "context") if options.get(name)]
    if names[:1] != ["host"] or base.is_nobody or options.credential:
        return
    together = names[1:] and len({options.is_variable(name) for name in names}) == 1
    address = read_address(options["host"], options.origin("host"))
    if not together and address != base.host.rstrip("/"):
        raise Misconfigured(
            f"{address} of {options.origin('host')} would get the credentials of {base.source}, "
            f"which are for {base.host}; give api_key beside the address, or leave the address away"
        )


def _refuse_two_users(config: Kubeconfig, options: Options) -> None:
    """A kubeconfig that the caller named is not used with another user of the environment."""
    named = next((name for name in ("context", "kubeconfig") if options.is_option(name)), None)
    if named and config.user and options.is_variable(options.credential):
        raise Misconfigured(
            f"two users are named: one by {options.origin(options.credential or '')}, and one by {config.source}, "
            f"which the option {named} names; take one of them away"
        )


def resolve(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str] | None = None) -> Access:
    """Work out the access in the order of kubernetes.core: options, named kubeconfig, pod, default kubeconfig."""
    environ = os.environ if environ is None else environ
    options = Options(params, environ)
    _refuse_two_clusters(options, environ)
    if options.get("host") and options.credential:
        base = Access(host="", source="")
    elif options.get("kubeconfig") or options.get("context"):
        base = _from_kubeconfig(options, environ)
    else:
        base = _from_pod(environ) or _from_kubeconfig(options, environ)
    _refuse_foreign_credential(base, options)
    access = _overridden(base, options)
    return access._replace(host=read_address(access.host, f"the address of the Kubernetes API from {access.source}"))


def server_of(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str] | None = None) -> str:
    """The address alone, in the same order: credentials are not looked at."""
    environ = os.environ if environ is None else environ
    options = Options(params, environ)
    named = options.get("kubeconfig") or options.get("context")
    pod = None if options.get("host") or named else _from_pod(environ)
    host = options.get("host") or (pod.host if pod else None)
    if not host:
        host = load_kubeconfig(options, environ).cluster.get("server") or ""
    return str(host).rstrip("/")


def _from_pod(environ: t.Mapping[str, str]) -> Access | None:
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    token, ca = f"{_IN_CLUSTER}/token", f"{_IN_CLUSTER}/ca.crt"
    if not host or not port or not os.path.isfile(token) or not os.path.isfile(ca):
        return None
    return Access(
        host=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        source="the service account of this pod",
        proven_by="the service account of this pod",
        credential=token_file(token),
        ca=Pem(path=ca),
    )


def _from_kubeconfig(options: Options, environ: t.Mapping[str, str]) -> Access:
    config = load_kubeconfig(options, environ)
    _refuse_two_users(config, options)
    return Access(
        host=str(config.cluster.get("server") or ""),
        source=config.source,
        proven_by=config.source,
        # A helper is not run for credentials that an option replaces.
        credential=_own_credential(options) or _credential_of(config, persist=bool(options.get("persist_config"))),
        verify=not config.cluster.get("insecure-skip-tls-verify"),
        ca=config.cluster_pem("certificate-authority"),
        client_cert=config.user_pem("client-certificate"),
        client_key=config.user_pem("client-key"),
        server_name=config.cluster.get("tls-server-name"),
        proxy=config.cluster.get("proxy-url"),
        proxy_source=config.source,
        # To kubectl, the proxy of a kubeconfig counts whatever the environment exempts.
        no_proxy="" if config.cluster.get("proxy-url") else None,
        headers=tuple(_acting_as(config)),
    )


def _acting_as(config: Kubeconfig) -> t.Iterator[tuple[str, str]]:
    """As whom else, in the words of the API. To kubectl, all of it needs a user."""
    user, source = config.user, config.source
    stated = [field for field in ("as-uid", "as-groups", "as-user-extra") if user.get(field)]
    if not user.get("as"):
        if stated:
            raise Misconfigured(f"{source} says {' and '.join(stated)} and not as whom; add as, or leave it out")
        return
    yield "Impersonate-User", _in_header(user["as"], f"as of {source}")
    if user.get("as-uid"):
        yield "Impersonate-Uid", _in_header(user["as-uid"], f"as-uid of {source}")
    for group in _listed(user.get("as-groups"), f"as-groups of {source}"):
        yield "Impersonate-Group", _in_header(group, f"as-groups of {source}")
    extra = user.get("as-user-extra") or {}
    if not isinstance(extra, dict):
        raise Misconfigured(f"as-user-extra of {source}: it has to be keys with a list of values each")
    for key, values in extra.items():
        what = f"as-user-extra {key!r} of {source}"
        # What no header may have in its name is written as in an address.
        name = f"Impersonate-Extra-{urllib.parse.quote(str(key), safe=_IN_HEADER_NAMES)}"
        for value in _listed(values, what):
            yield name, _in_header(value, what)


def _listed(values: t.Any, what: str) -> list[t.Any]:
    if values is None or isinstance(values, list):
        return values or []
    raise Misconfigured(f"{what}: it has to be a list; write [{values}]")


def _in_header(value: t.Any, what: str) -> str:
    """As kubectl sends it: as UTF-8, which the HTTP library takes for Latin-1."""
    text = str(value)
    if not text.isprintable():
        raise Misconfigured(f"{what}: there is a character in it that cannot be sent, such as a line break")
    return text.encode().decode("latin-1")


def _credential_of(config: Kubeconfig, *, persist: bool) -> Credential:
    user = config.user
    if "auth-provider" in user:
        from .provider import Provider

        return FetchedCredential(Provider(config, persist=persist).fetch)
    token = clean_credential(user["token"], f"the token of {config.source}") if user.get("token") else None
    if user.get("tokenFile"):
        # As with kubectl, what was read last from the file counts before the token beside it.
        return token_file(config.user_path(user["tokenFile"]), otherwise=token)
    if token is not None:
        return fixed(f"Bearer {token}")
    if "exec" in user:
        from .helper import Helper

        return FetchedCredential(Helper(config).fetch)
    if "username" in user and "password" in user:
        return fixed(_basic(str(user["username"]), str(user["password"])))
    return NOBODY


def _own_credential(options: Options) -> Credential | None:
    """The one that is given beside the kubeconfig; a helper is not run for what it replaces."""
    if options.get("api_key"):
        return fixed(f"Bearer {clean_credential(options['api_key'], options.origin('api_key'))}")
    if options.get("username") and options.get("password"):
        return fixed(_basic(str(options["username"]), str(options["password"])))
    return None


def _overridden(base: Access, options: Options) -> Access:
    """Options beat what the kubeconfig says, one by one."""
    changes: dict[str, t.Any] = {"credential": _own_credential(options) or base.credential}
    if options.get("host"):
        changes.update(host=str(options["host"]), source=options.origin("host"))
    if options.credential:
        changes["proven_by"] = options.origin(options.credential)
    for option, field in (("ca_cert", "ca"), ("client_cert", "client_cert"), ("client_key", "client_key")):
        if options.get(option):
            changes[field] = Pem(path=os.path.expanduser(str(options[option])))
    if "validate_certs" in options:
        changes["verify"] = bool(options["validate_certs"])
    if options.get("proxy"):
        changes.update(proxy=options["proxy"], proxy_source=options.origin("proxy"), no_proxy=None)
    changes.update({name: options[name] for name in ("no_proxy", "proxy_headers") if options.get(name)})
    headers = list(base.headers)
    if options.get("impersonate_user"):
        headers = [("Impersonate-User", _in_header(options["impersonate_user"], options.origin("impersonate_user")))]
    groups = options.origin("impersonate_groups")
    headers += [("Impersonate-Group", _in_header(group, groups)) for group in options.get("impersonate_groups") or ()]
    return base._replace(**changes, headers=tuple(headers))


def _basic(username: str, password: str) -> str:
    return t.cast(str, _encoded(f"{username}:{password}"))


def _encoded(credentials: str | None) -> str | None:
    if not credentials:
        return None
    encoded = base64.b64encode(credentials.encode()).decode()
    KNOWN.add(encoded)
    return f"Basic {encoded}"
