# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the API server is and as whom to speak to it: the same answers that kubernetes.core gives."""

from __future__ import annotations

import base64
import itertools
import json
import sys
import traceback

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._common.waiting import Deadline
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import access as _kube_access
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import credentials
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import resolve, server_of
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.credentials import Proof
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kubeconfig import Pem
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.options import Options
from ansible_collections.eduide.theia.plugins.modules import theia_session_info
from unit.ansible_core import module_arguments
from unit.loopback import Loopback, Say

SECRET = "sesame-open-now"
CERTIFICATE, KEY, AUTHORITY = "certificate text", "key text", "authority text"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def kubeconfig(user, *, cluster=None, name="exam", current="exam"):
    cluster = {"server": "https://api.example.org:6443", **(cluster or {})}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": f"{name}-cluster", "cluster": cluster}],
        "users": [{"name": f"{name}-user", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": f"{name}-cluster", "user": f"{name}-user"}}],
        **({"current-context": current} if current else {}),
    }


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with the files that kubeconfigs name, and an environment without other ways in."""
    for name, text in (("token", SECRET), ("client.crt", CERTIFICATE), ("client.key", KEY), ("ca.crt", AUTHORITY)):
        (tmp_path / name).write_text(text)
    for variable in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(home, content, name="config"):
    path = home / name
    content = content if isinstance(content, (str, bytes)) else yaml.safe_dump(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def helper(home, status):
    """A helper program that logs in, as cloud providers have them."""
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    script = home / "helper.py"
    script.write_text(f"print({json.dumps(credential)!r})\n")
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": [str(script)],
            "interactiveMode": "Never",
        }
    }


def header(access):
    return access.credential.proof(Deadline(30)).header


def of_client(params, monkeypatch):
    """What kubernetes.core and the Python client make of the same options."""
    import kubernetes.client
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s import client

    monkeypatch.setattr(kubernetes.client.Configuration, "_default", None)
    settings = client._create_configuration(client._create_auth_spec(**params))
    # The client's hook, meant to renew a token, also puts back what the options have just replaced.
    settings.refresh_api_key_hook = None
    return settings, settings.auth_settings().get("BearerToken", {}).get("value")


def text(pem):
    if pem is None:
        return None
    if isinstance(pem, Pem):
        return pem.data.decode() if pem.data else text(pem.path)
    with open(pem) as file:
        return file.read()


USERS = {
    "token": lambda _home: {"token": SECRET},
    "relative token file": lambda _home: {"tokenFile": "token"},
    "token wins over a helper": lambda home: {"token": SECRET, **helper(home, {"token": "other"})},
    "client certificate": lambda _home: {"client-certificate": "client.crt", "client-key": "client.key"},
    "client certificate as data": lambda _home: {
        "client-certificate-data": encoded(CERTIFICATE),
        "client-key-data": encoded(KEY),
    },
    "password": lambda _home: {"username": "ada", "password": SECRET},
    "nobody": lambda _home: {},
    "helper program": lambda home: helper(home, {"token": SECRET}),
    "helper program with a certificate": lambda home: helper(
        home, {"clientCertificateData": CERTIFICATE, "clientKeyData": KEY}
    ),
}
CLUSTERS = {
    "plain": {},
    "authority": {"certificate-authority": "ca.crt"},
    "authority as data": {"certificate-authority-data": encoded(AUTHORITY)},
    "unchecked": {"insecure-skip-tls-verify": True},
    "other name": {"tls-server-name": "kubernetes.default"},
}
OPTIONS = {
    "kubeconfig alone": {},
    "other address": {"host": "https://other.example.org:6443/"},
    "other token": {"api_key": "another-token"},
    "unchecked": {"validate_certs": False},
    "checked": {"validate_certs": True},
    "own authority": {"ca_cert": "{home}/ca.crt"},
    "own certificate": {"client_cert": "{home}/client.crt", "client_key": "{home}/client.key"},
    "proxy": {"proxy": "http://proxy.example.org:3128", "no_proxy": ".example.net"},
}


def assert_same(params, monkeypatch):
    settings, authorization = of_client(params, monkeypatch)
    access = resolve(params, {})
    assert access.host == server_of(params, {}) == settings.host
    assert (header(access) or "").lower() == (authorization or "").lower()
    assert access.verify == settings.verify_ssl
    assert access.server_name == settings.tls_server_name
    assert access.proxy == settings.proxy
    assert text(access.ca) == text(settings.ssl_ca_cert)
    ways = access.endpoint({}, access.credential.proof(Deadline(30)))
    assert text(ways.client_cert) == text(settings.cert_file)
    assert text(ways.client_key) == text(settings.key_file)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("cluster", CLUSTERS)
def test_kubeconfigs_mean_what_they_mean_to_kubernetes_core(user, cluster, home, monkeypatch):
    path = write(home, kubeconfig(USERS[user](home), cluster=CLUSTERS[cluster]))
    assert_same({"kubeconfig": path}, monkeypatch)


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\r\n"), ("utf-8-sig", "\n"), ("utf-8-sig", "\r\n")])
def test_a_kubeconfig_may_come_from_windows(encoding, end, home):
    """With its line ends, and with the mark that some editors there put in front."""
    path = home / "config"
    path.write_text(yaml.safe_dump(kubeconfig({"token": SECRET})), encoding=encoding, newline=end)
    assert header(resolve({"kubeconfig": str(path)}, {})) == f"Bearer {SECRET}"


def test_a_helper_is_not_run_for_credentials_that_an_option_replaces(home):
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-helper"}}
    given = {"kubeconfig": write(home, kubeconfig(user)), "api_key": SECRET}
    assert header(resolve(given, {})) == f"Bearer {SECRET}"


@pytest.mark.parametrize("options", OPTIONS)
def test_options_beat_the_kubeconfig_as_in_kubernetes_core(options, home, monkeypatch):
    path = write(home, kubeconfig({"token": SECRET}))
    given = {
        name: value.format(home=home) if isinstance(value, str) else value for name, value in OPTIONS[options].items()
    }
    assert_same({"kubeconfig": path, **given}, monkeypatch)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"api_key": SECRET}, id="token"),
        pytest.param({"client_cert": "client.crt", "client_key": "client.key"}, id="certificate"),
    ],
)
def test_an_address_with_credentials_needs_no_kubeconfig(given, home, monkeypatch):
    monkeypatch.chdir(home)
    assert_same({"host": "https://api.example.org:6443", **given}, monkeypatch)


def test_a_dictionary_is_a_kubeconfig(home, monkeypatch):
    assert_same({"kubeconfig": kubeconfig({"token": SECRET})}, monkeypatch)
    assert_same({"kubeconfig": kubeconfig(helper(home, {"token": SECRET}))}, monkeypatch)


def test_of_several_files_the_first_names_the_context_as_for_kubectl(home, monkeypatch):
    (home / "sub").mkdir()
    (home / "sub" / "token").write_text("token-of-the-second-file")
    first = write(home, kubeconfig({"token": SECRET}, name="first", current="first"))
    second = write(home, kubeconfig({"tokenFile": "token"}, name="second", current="second"), "sub/config")
    both = f"{first}:{second}:{home}/missing"
    assert_same({"kubeconfig": both, "context": "first"}, monkeypatch)
    assert_same({"kubeconfig": both, "context": "second"}, monkeypatch)
    assert header(resolve({"kubeconfig": both}, {})) == f"Bearer {SECRET}"
    assert header(resolve({}, {"KUBECONFIG": both})) == f"Bearer {SECRET}"
    silent = write(home, kubeconfig({"token": "other"}, name="third", current=None), "third")
    assert header(resolve({"kubeconfig": f"{silent}:{both}"}, {})) == f"Bearer {SECRET}"


@pytest.mark.parametrize("named", [{"context": "exam"}, {"kubeconfig": "{home}/config"}])
def test_an_address_of_the_environment_does_not_replace_a_named_kubeconfig(home, named):
    write(home, kubeconfig({"token": SECRET}))
    given = {name: value.format(home=home) for name, value in named.items()}
    for more in ({}, {"K8S_AUTH_API_KEY": "another-token"}):
        with pytest.raises(Misconfigured, match=r"https://other by the variable K8S_AUTH_HOST.*the option (con|kube)"):
            resolve(given, {"K8S_AUTH_HOST": "https://other", "KUBECONFIG": f"{home}/config", **more})
    environ = {"K8S_AUTH_HOST": "https://other", "KUBECONFIG": f"{home}/config"}
    assert resolve({**given, "host": "https://api"}, environ).host == "https://api"


@pytest.fixture
def asked(capsys, monkeypatch):
    """Run a module with these options and variables; what it returned."""

    def run(given, environ):
        with monkeypatch.context() as patch, module_arguments({"namespace": "theia", "timeout_seconds": 5, **given}):
            for name, value in environ.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit):
                theia_session_info.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_requests_go_to_the_cluster_that_kubectl_would_ask_and_to_no_other(home, asked):
    with Loopback(lambda _seen: Say(404)) as first, Loopback(lambda _seen: Say(404)) as second:
        files = [
            write(home, kubeconfig({"token": name}, cluster={"server": server.url}, name=name, current=name), name)
            for name, server in (("staging", first), ("production", second))
        ]
        asked({}, {"KUBECONFIG": ":".join(files)})
        assert {seen.header("Authorization") for seen in first.seen} == {"Bearer staging"}
        assert second.seen == []
        told = asked({"kubeconfig": files[0], "context": "staging"}, {"K8S_AUTH_HOST": second.url})["msg"]
        assert second.seen == []
        for words in (second.url, "K8S_AUTH_HOST", "the option context"):
            assert words in told


HERE, THERE = "https://api.example.org:6443", "https://other.example.org"
OPTION_FILE, OPTION_CONTEXT = {"kubeconfig": "{file}"}, {"context": "exam"}
TOKEN_VARIABLE, FILE_VARIABLE = {"K8S_AUTH_API_KEY": "theirs"}, {"K8S_AUTH_KUBECONFIG": "{file}"}
# What the caller names, what the environment names, and either whose token goes where, or what is refused.
SOURCES = {
    "address here, token there": ({"host": HERE}, {"K8S_AUTH_HOST": THERE, **TOKEN_VARIABLE}, "two clusters"),
    "address here, token of the variables": ({"host": HERE}, TOKEN_VARIABLE, ("theirs", HERE)),
    "the same address twice": ({"host": HERE}, {"K8S_AUTH_HOST": f"{HERE}/", **TOKEN_VARIABLE}, ("theirs", HERE)),
    "address there, token here": ({"api_key": "ours"}, {"K8S_AUTH_HOST": THERE}, ("ours", THERE)),
    "all here": ({"host": HERE, "api_key": "ours"}, {"K8S_AUTH_HOST": THERE, **TOKEN_VARIABLE}, ("ours", HERE)),
    "all there": ({}, {"K8S_AUTH_HOST": THERE, **TOKEN_VARIABLE}, ("theirs", THERE)),
    "file and token here": ({**OPTION_FILE, "api_key": "ours"}, {}, ("ours", HERE)),
    "file and address here": ({**OPTION_FILE, "host": THERE}, {}, (SECRET, THERE)),
    "file and address there": ({}, {**FILE_VARIABLE, "K8S_AUTH_HOST": THERE}, (SECRET, THERE)),
    "file here, token there": (
        OPTION_FILE,
        TOKEN_VARIABLE,
        "two users are named: one by the variable K8S_AUTH_API_KEY",
    ),
    "context here, token there": (OPTION_CONTEXT, TOKEN_VARIABLE, "two users .* which the option context names"),
    "file there, token there": ({}, {**FILE_VARIABLE, **TOKEN_VARIABLE}, ("theirs", HERE)),
    "file there, address here": ({"host": THERE}, FILE_VARIABLE, f"{THERE} of the option host would get the cred"),
    "file there, its own address here": ({"host": HERE}, FILE_VARIABLE, (SECRET, HERE)),
    "default file, address there": ({}, {"K8S_AUTH_HOST": THERE}, "of the variable K8S_AUTH_HOST would get the cred"),
    "default file, address here": ({"host": THERE}, {}, f"the credentials of context 'exam' .* are for {HERE}"),
    "default file, token there": ({}, TOKEN_VARIABLE, ("theirs", HERE)),
}


@pytest.mark.parametrize("case", SOURCES)
def test_no_credential_goes_to_an_address_of_another_source(case, home):
    (home / ".kube").mkdir()
    path = write(home, kubeconfig({"token": SECRET}), ".kube/config")
    given, environ, wanted = SOURCES[case]
    given, environ = ({name: v.format(file=path) for name, v in values.items()} for values in (given, environ))
    if isinstance(wanted, str):
        with pytest.raises(Misconfigured, match=wanted):
            resolve(given, environ)
    else:
        access = resolve(given, environ)
        assert (header(access), access.host) == (f"Bearer {wanted[0]}", wanted[1])


def test_a_pod_is_nobody_elsewhere(home, monkeypatch):
    monkeypatch.setattr(_kube_access, "_IN_CLUSTER", str(home))
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    with pytest.raises(Misconfigured, match="would get the credentials of the service account of this pod"):
        resolve({"host": THERE}, environ)
    assert header(resolve({"host": "https://10.0.0.1:443"}, environ)) == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        pytest.param({"K8S_AUTH_HOST": "nonsense", **TOKEN_VARIABLE}, "from the variable K8S_AUTH_HOST", id="host"),
        pytest.param(
            {"K8S_AUTH_HOST": HERE, "K8S_AUTH_API_KEY": "a\nb"}, "the variable K8S_AUTH_API_KEY: there", id="token"
        ),
        pytest.param({"K8S_AUTH_KUBECONFIG": "/no"}, "/no, which the variable K8S_AUTH_KUBECONFIG names,", id="file"),
        pytest.param({"KUBECONFIG": "/no"}, "/no, which the variable KUBECONFIG names, does not exist", id="kubectl"),
        pytest.param({"K8S_AUTH_CONTEXT": "b"}, "'b', which the variable K8S_AUTH_CONTEXT names", id="context"),
        pytest.param({"K8S_AUTH_PROXY": "ftp://x"}, "the proxy of the variable K8S_AUTH_PROXY", id="proxy"),
    ],
)
def test_what_the_environment_names_is_called_so(environ, wanted, home):
    (home / ".kube").mkdir()
    write(home, kubeconfig({"token": SECRET}), ".kube/config")
    with pytest.raises(Misconfigured, match=wanted):
        resolve({}, environ).endpoint(environ, Proof())


@pytest.mark.parametrize("where", ["option", "K8S_AUTH_KUBECONFIG", "KUBECONFIG"])
@pytest.mark.parametrize("shape", ["yaml", "json", "broken", "base64"])
def test_the_content_of_a_kubeconfig_is_no_path_and_is_not_shown(where, shape):
    text = {
        "yaml": yaml.safe_dump(kubeconfig({"token": SECRET})),
        "json": json.dumps(kubeconfig({"token": SECRET})),
        "broken": f"users: token: {SECRET}",
        "base64": encoded(yaml.safe_dump(kubeconfig({"token": SECRET}))).replace("/", "_"),
    }[shape]
    given = {"kubeconfig": text} if where == "option" else {}
    with pytest.raises(Misconfigured, match="that is the content of a kubeconfig, not a path") as caught:
        resolve(given, {} if given else {where: text})
    assert SECRET not in f"{caught.value} {caught.value.details}"
    assert encoded(SECRET)[:10] not in f"{caught.value} {caught.value.details}"


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t"])
def test_blanks_around_a_token_are_taken_off(home, end):
    (home / "token").write_text(end + SECRET + end)
    for given in (
        {"host": "https://api", "api_key": SECRET + end},
        {"kubeconfig": write(home, kubeconfig({"token": SECRET + end}))},
        {"kubeconfig": write(home, kubeconfig({"tokenFile": "token"}), "other")},
    ):
        assert header(resolve(given, {})) == f"Bearer {SECRET}"


@pytest.mark.parametrize("inside", ["\n", "\r", "\0", "ключ", "ü", "\x7f"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(inside):
    token = f"{SECRET}{inside}{SECRET}"
    for given in (
        {"host": "https://api", "api_key": token},
        {"kubeconfig": kubeconfig({"token": token})},
    ):
        with pytest.raises(Misconfigured, match="a character in it that cannot be sent") as caught:
            header(resolve(given, {}))
        assert SECRET not in str(caught.value)


def test_of_two_entries_with_one_name_the_first_counts_as_in_kubernetes_core(home, monkeypatch):
    first = write(home, kubeconfig({"token": SECRET}), "first")
    second = write(home, kubeconfig({"token": "other"}, cluster={"server": "https://other"}), "second")
    assert_same({"kubeconfig": f"{first}:{second}"}, monkeypatch)
    assert header(resolve({"kubeconfig": f"{first}:{second}"}, {})) == f"Bearer {SECRET}"


def test_a_pod_is_preferred_to_the_default_kubeconfig_as_in_kubernetes_core(home, monkeypatch):
    from kubernetes.config import incluster_config

    monkeypatch.setattr(_kube_access, "_IN_CLUSTER", str(home))
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(home / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(home / "ca.crt"))
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings, authorization = of_client({}, monkeypatch)
    access = resolve({}, environment)
    assert access.host == settings.host == "https://[fd00::1]:443"
    assert header(access).lower() == authorization.lower()
    assert text(access.ca) == text(settings.ssl_ca_cert)


VARIABLES = {
    "K8S_AUTH_KUBECONFIG": "/config",
    "K8S_AUTH_CONTEXT": "exam",
    "K8S_AUTH_HOST": "https://api.example.org",
    "K8S_AUTH_API_KEY": SECRET,
    "K8S_AUTH_USERNAME": "ada",
    "K8S_AUTH_PASSWORD": SECRET,
    "K8S_AUTH_VERIFY_SSL": "no",
    "K8S_AUTH_VALIDATE_CERTS": "0",
    "K8S_AUTH_SSL_CA_CERT": "/ca",
    "K8S_AUTH_CA_CERT": "/ca",
    "K8S_AUTH_CERT_FILE": "/cert",
    "K8S_AUTH_CLIENT_CERT": "/cert",
    "K8S_AUTH_KEY_FILE": "/key",
    "K8S_AUTH_CLIENT_KEY": "/key",
    "K8S_AUTH_PROXY": "http://proxy:3128",
    "K8S_AUTH_NO_PROXY": "localhost",
    "K8S_AUTH_PERSIST_CONFIG": "true",
    "K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH": "ada:pass",
    "K8S_AUTH_PROXY_HEADERS_BASIC_AUTH": "ada:pass",
    "K8S_AUTH_PROXY_HEADERS_USER_AGENT": "us/1",
}


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_variable_of_kubernetes_core_counts(variable, monkeypatch):
    from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_MAP
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s import client

    monkeypatch.setenv(variable, VARIABLES[variable])
    theirs = {AUTH_ARG_MAP[name]: value for name, value in client._create_auth_spec().items() if value != {}}
    ours = Options({}, {variable: VARIABLES[variable]})
    assert ours == theirs
    assert ours


def test_an_option_beats_its_variable():
    environment = {"K8S_AUTH_HOST": "https://other", "K8S_AUTH_PROXY_HEADERS_USER_AGENT": "other"}
    given = {"host": "https://api", "proxy_headers": {"user_agent": "us/1", "basic_auth": None}}
    assert Options(given, environment) == {"host": "https://api", "proxy_headers": {"user_agent": "us/1"}}


def test_impersonation_comes_from_options_variables_or_the_kubeconfig(home):
    path = write(home, kubeconfig({"token": SECRET, "as": "ada", "as-groups": ["staff"]}))
    asked = {"impersonate_user": "eve", "impersonate_groups": ["a", "b"]}
    named = {"K8S_AUTH_IMPERSONATE_USER": "eve", "K8S_AUTH_IMPERSONATE_GROUPS": "a,b"}
    wanted = (("Impersonate-User", "eve"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b"))
    plain = {"host": "https://api", "api_key": SECRET}
    assert resolve({**plain, **asked}, {}).headers == resolve(plain, named).headers == wanted
    assert resolve({"kubeconfig": path}, {}).headers == (("Impersonate-User", "ada"), ("Impersonate-Group", "staff"))


def test_all_that_a_kubeconfig_says_of_another_identity_is_said_to_the_server(home):
    """What is left out would be another identity, with other rights."""
    extra = {"example.org/team%": ["exams"], "scopes": ["view", "edit"]}
    user = {"token": SECRET, "as": "ada", "as-uid": "06f6", "as-groups": ["staff"], "as-user-extra": extra}
    path = write(home, kubeconfig(user))
    assert resolve({"kubeconfig": path}, {}).headers == (
        ("Impersonate-User", "ada"),
        ("Impersonate-Uid", "06f6"),
        ("Impersonate-Group", "staff"),
        ("Impersonate-Extra-example.org%2Fteam%25", "exams"),
        ("Impersonate-Extra-scopes", "view"),
        ("Impersonate-Extra-scopes", "edit"),
    )
    # Whoever names somebody else means nobody's group and nobody's uid but theirs.
    assert resolve({"kubeconfig": path, "impersonate_user": "eve"}, {}).headers == (("Impersonate-User", "eve"),)


@pytest.mark.parametrize("field", ["as-uid", "as-groups", "as-user-extra"])
def test_another_identity_needs_a_user_as_for_kubectl(home, field):
    path = write(home, kubeconfig({"token": SECRET, field: {"a": ["b"]} if field == "as-user-extra" else "x"}))
    with pytest.raises(Misconfigured, match=f"says {field} and not as whom"):
        resolve({"kubeconfig": path}, {})


UNSENDABLE = {
    "line break": ({"as": "ada\nImpersonate-Group: system:masters"}, "as of .* cannot be sent, such as a line break"),
    "line break in a group": ({"as": "ada", "as-groups": ["a\r\nb"]}, "as-groups of .* cannot be sent"),
    "group as text": ({"as": "ada", "as-groups": "staff"}, r"as-groups of .*it has to be a list; write \[staff\]"),
    "extra as text": (
        {"as": "ada", "as-user-extra": {"scopes": "view"}},
        r"as-user-extra 'scopes' of .*it has to be a list; write \[view\]",
    ),
    "extra without keys": ({"as": "ada", "as-user-extra": ["view"]}, "as-user-extra of .*keys with a list of values"),
}


@pytest.mark.parametrize(("fields", "refused"), UNSENDABLE.values(), ids=UNSENDABLE)
def test_another_identity_that_cannot_be_said_is_refused(home, fields, refused):
    path = write(home, kubeconfig({"token": SECRET, **fields}))
    with pytest.raises(Misconfigured, match=refused):
        resolve({"kubeconfig": path}, {})


def test_another_identity_is_sent_as_utf_8_as_by_kubectl(home):
    (header,) = resolve({"kubeconfig": write(home, kubeconfig({"token": SECRET, "as": "zoë"}))}, {}).headers
    assert header[1].encode("latin-1") == "zoë".encode()
    with pytest.raises(Misconfigured, match=r"the option impersonate_user: .* cannot be sent"):
        resolve({"host": "https://api", "api_key": SECRET, "impersonate_user": "a\nb"}, {})


def test_a_token_file_counts_before_a_token_beside_it_as_for_kubectl(home, monkeypatch):
    """Tools that renew a token write the file; the token beside it is the one of before."""
    access = resolve({"kubeconfig": write(home, kubeconfig({"token": "of-before", "tokenFile": "token"}))}, {})
    assert header(access) == f"Bearer {SECRET}"
    (home / "token").write_text("renewed")
    moments = itertools.count(1e12, 1e6)
    monkeypatch.setattr(credentials.time, "monotonic", lambda: next(moments))
    assert header(access) == "Bearer renewed"
    (home / "token").unlink()
    assert header(access) == "Bearer renewed", "what was read last"
    other = resolve({"kubeconfig": write(home, kubeconfig({"token": "of-before", "tokenFile": "token"}))}, {})
    assert header(other) == "Bearer of-before"
    (home / "token").write_text("\n")
    with pytest.raises(Misconfigured, match="is empty"):
        header(resolve({"kubeconfig": write(home, kubeconfig({"tokenFile": "token"}))}, {}))


def test_a_token_file_is_read_anew_after_a_while(home, monkeypatch):
    access = resolve({"kubeconfig": write(home, kubeconfig({"tokenFile": "token"}))}, {})
    assert header(access) == f"Bearer {SECRET}"
    (home / "token").write_text("renewed")
    assert header(access) == f"Bearer {SECRET}"
    monkeypatch.setattr(credentials.time, "monotonic", lambda: 1e12)
    assert header(access) == "Bearer renewed"


BROKEN = {
    "UTF-16": (yaml.safe_dump(kubeconfig({"token": SECRET})).encode("utf-16"), {}, "config cannot be read: not text"),
    "no file": (None, {}, r"no kubeconfig found: .*missing does not exist.*K8S_AUTH_KUBECONFIG"),
    "not YAML": (f"users:\n- token: {SECRET}\n  bad: [", {}, r"not valid YAML at line \d"),
    "empty": ("", {}, "empty or not a mapping"),
    "no current context": (kubeconfig({}, current=None), {}, "has no current context.*known: exam"),
    "wrong context": (kubeconfig({}), {"context": "prod"}, "has no context 'prod'; known: exam"),
    "unknown user": (kubeconfig({}) | {"users": []}, {}, "names user 'exam-user', which is not defined"),
    "unknown cluster": (kubeconfig({}) | {"clusters": []}, {}, "names cluster 'exam-cluster', which is not defined"),
    "entry without name": (kubeconfig({}) | {"users": [{"user": {}}]}, {}, "under users .* has no name"),
    "no file of the authority": (
        kubeconfig({}, cluster={"certificate-authority": "none"}),
        {},
        "none.* does not exist",
    ),
    "damaged authority": (kubeconfig({}, cluster={"certificate-authority-data": "a"}), {}, "not valid base64"),
    "no token file": (kubeconfig({"tokenFile": "none"}), {}, "token file .*none cannot be read"),
    "address without scheme": (kubeconfig({}, cluster={"server": "api:6443"}), {}, "begin with https:// or http://"),
    "unknown helper": (
        kubeconfig({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-helper"}}),
        {},
        "helper program 'no-such-helper' of context 'exam' .* cannot be run: No such file.*; install it here",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_work_is_said_before_anything_is_sent(case, home):
    content, options, wanted = BROKEN[case]
    path = str(home / "missing") if content is None else write(home, content)
    with pytest.raises(Misconfigured, match=wanted) as caught:
        header(resolve({"kubeconfig": path, **options}, {}))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_token_that_yaml_takes_for_something_else_is_not_quoted(home, monkeypatch):
    # The loader in Python, which not every system has a faster one beside, names what it stumbled over.
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    path = write(home, f"users:\n- token: *{SECRET}\n")
    with pytest.raises(Misconfigured, match=r"not valid YAML at line 2") as caught:
        resolve({"kubeconfig": path}, {})
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_without_yaml_a_kubeconfig_says_what_to_install(home, monkeypatch):
    path = write(home, kubeconfig({"token": SECRET}))
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(Misconfigured, match="PyYAML"):
        resolve({"kubeconfig": path}, {})
