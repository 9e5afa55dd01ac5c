# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared options: specs and fragments say the same, and secrets in them stay hidden."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import operator_argument_spec
from unit.ansible_core import module_arguments

SPECS = {"_kube": kube_argument_spec, "_service": service_argument_spec, "_operator": operator_argument_spec}
SECRET = "sesame-open-now"
KUBECONFIG = {
    "current-context": "exam",
    "contexts": [{"name": "exam", "context": {"cluster": "default", "user": "admin", "namespace": "theia"}}],
    "users": [{"name": "admin", "user": {"token": SECRET}}],
}


def fragment(name):
    module = importlib.import_module(f"ansible_collections.eduide.theia.plugins.doc_fragments.{name}")
    return yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION)


def comparable(options, inner):
    fields = ("type", "elements", "default", "choices", "aliases", "required")
    return {
        name: {
            **{field: option[field] for field in fields if field in option},
            **({"inner": comparable(option[inner], inner)} if inner in option else {}),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", SPECS)
def test_fragments_describe_what_the_specs_accept(name):
    assert comparable(fragment(name)["options"], "suboptions") == comparable(SPECS[name](), "options")


@pytest.mark.parametrize("name", SPECS)
def test_every_option_is_described(name):
    for option, described in fragment(name)["options"].items():
        assert all(line.endswith((".", ")")) for line in described["description"]), option


def test_fragments_do_not_share_options():
    names = [name for fragment_name in SPECS for name in fragment(fragment_name)["options"]]
    assert len(names) == len(set(names))


def test_the_way_to_the_cluster_has_exactly_the_options_of_kubernetes_core():
    from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC

    ours = {
        name: option for name, option in kube_argument_spec().items() if name not in ("namespace", "timeout_seconds")
    }
    theirs = {name: {"type": "str", **option} for name, option in AUTH_ARG_SPEC.items()}
    assert comparable(ours, "options") == comparable(theirs, "options")
    kept_secret = {name for name, option in theirs.items() if option.get("no_log")} - {"kubeconfig"}
    assert {name for name, option in ours.items() if option.get("no_log")} == kept_secret


def test_specs_are_valid_and_defaults_apply():
    spec = {**kube_argument_spec(), **service_argument_spec(), **operator_argument_spec()}
    result = ArgumentSpecValidator(spec).validate({"verify_ssl": False, "ssl_ca_cert": "/ca"})
    assert not result.error_messages
    checked = result.validated_parameters
    assert (checked["validate_certs"], checked["ca_cert"]) == (False, "/ca")
    assert (checked["api"], checked["timeout_seconds"]) == ("kubernetes", 30)


def finish(**result):
    spec = {**kube_argument_spec(), **service_argument_spec()}
    module = TheiaModule(argument_spec=spec, supports_check_mode=True)
    # What a controller adds at high verbosity; newer versions of Ansible leave it out otherwise.
    module.exit_json(**result, invocation={"module_args": module.params})


def run(capsys, given, **result):
    """Run a module to its end; return what it printed."""
    with module_arguments(given), pytest.raises(SystemExit):
        finish(**result)
    return capsys.readouterr().out


def test_the_secrets_of_a_kubeconfig_given_as_a_dictionary_are_hidden_and_its_words_are_not(capsys):
    out = run(capsys, {"kubeconfig": KUBECONFIG}, names=["default", "admin", "theia"], text=f"a {SECRET} b")
    assert SECRET not in out
    printed = json.loads(out)
    assert printed["names"] == ["default", "admin", "theia"]
    assert printed["text"].startswith("a ")


def test_a_mistyped_option_does_not_show_them_either(capsys):
    for mistake in ({"no_such_option": SECRET}, {"timeout_seconds": f"5 {SECRET}"}):
        out = run(capsys, {"kubeconfig": KUBECONFIG, **mistake})
        assert json.loads(out)["failed"]
        assert SECRET not in out


def test_tokens_are_hidden_and_the_application_id_is_not(capsys):
    tokens = {"admin_token": SECRET + "-1", "user_token": SECRET + "-2", "api_key": SECRET + "-3", "password": SECRET}
    out = run(capsys, {**tokens, "app_id": "java"}, app_definitions=["java"], text=" ".join(tokens.values()))
    assert SECRET not in out
    assert json.loads(out)["app_definitions"] == ["java"]


def test_the_system_log_gets_no_secret_either(monkeypatch, capsys):
    logged = []
    monkeypatch.setattr(
        TheiaModule, "log", lambda _self, message, log_args=None: logged.append(f"{message} {log_args}")
    )
    run(capsys, {"kubeconfig": KUBECONFIG, "admin_token": SECRET})
    assert "current-context" in logged[0]
    assert SECRET not in logged[0]


def test_the_edges_import_without_their_libraries():
    """In a process of its own: other tests hold on to the modules that this one has."""
    names = ("connect", "client", "access", "helper", "provider", "transport")
    edge = "ansible_collections.eduide.theia.plugins.module_utils._kubernetes"
    lines = [
        "import importlib, sys",
        "sys.modules.update(dict.fromkeys(('kubernetes', 'urllib3', 'yaml')))",
        *(f"importlib.import_module('{edge}.{name}')" for name in names),
    ]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)
