# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is documented is what is there: modules, roles, playbooks, action group, README."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from unittest import mock

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    kube_argument_spec,
    service_argument_spec,
)
from tools import variables
from tools.checkout import BUILD, ROOT

COLLECTION = "eduide.theia"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml"))


def read_yaml(*parts):
    path = ROOT.joinpath(*parts)
    return (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None) or {}


@cache
def documentation():
    """Return what ansible-doc says of every module, fragments included."""
    command = [Path(sys.executable).with_name("ansible-doc"), "--json", *(f"{COLLECTION}.{name}" for name in MODULES)]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "tree")}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return {name.removeprefix(f"{COLLECTION}."): found for name, found in json.loads(done.stdout).items()}


class Captured(Exception):
    """Ends a module as soon as it has stated its options."""


def argument_spec(name):
    """Return the options that a module parses; None for one whose work is done by an action plugin."""
    module = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")
    if not hasattr(module, "main"):
        return None

    def capture(_self, argument_spec, **_others):
        raise Captured(argument_spec)

    with mock.patch.object(AnsibleModule, "__init__", capture), pytest.raises(Captured) as stated:
        module.main()
    return stated.value.args[0]


def comparable(options, nested):
    """Reduce options to what documentation and parser must agree on."""
    return {
        name: {
            "type": option.get("type", "str"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": list(option.get("choices") or []),
            "elements": option.get("elements"),
            "aliases": sorted(option.get("aliases") or []),
            "options": comparable(option.get(nested) or {}, nested),
        }
        for name, option in options.items()
    }


def returned_fields(fields, parent=""):
    """Yield every field of a RETURN block, however deep."""
    for name, field in fields.items():
        yield f"{parent}{name}", field
        yield from returned_fields(field.get("contains") or {}, f"{parent}{name}.")


def named_in(document, name):
    return re.search(rf"`{re.escape(name)}`", (ROOT / document).read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize("name", MODULES)
def test_a_module_documents_the_options_it_parses(name):
    spec = argument_spec(name)
    documented = documentation()[name]["doc"]["options"]
    if spec is None:
        assert (ROOT / "plugins" / "action" / f"{name}.py").exists()
    else:
        assert comparable(documented, "suboptions") == comparable(spec, "options")


@pytest.mark.parametrize("name", MODULES)
def test_a_module_describes_every_field_it_returns(name):
    lacking = {
        path: missing
        for path, field in returned_fields(documentation()[name]["return"] or {})
        if (
            missing := {"description", "type", "returned", *(() if field.get("contains") else ("sample",))}
            - {key for key, value in field.items() if value is not None}
        )
    }
    assert not lacking


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_two_examples_that_parse(name):
    tasks = yaml.safe_load(documentation()[name]["examples"])
    assert sum(f"{COLLECTION}.{name}" in task for task in tasks) >= 2


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_tests(name):
    folders = ("unit/plugins/modules", "unit/plugins/action", "integration")
    paths = [path for folder in folders for path in (ROOT / "tests" / folder).rglob("test_*.py")]
    words = set(name.removeprefix("theia_").split("_"))
    assert [path for path in paths if words <= set(re.split(r"\W|_", str(path.relative_to(ROOT))))]


def test_the_action_group_has_the_modules_that_say_they_are_in_it():
    saying = [name for name in MODULES if "action_group" in documentation()[name]["doc"].get("attributes", {})]
    assert sorted(read_yaml("meta", "runtime.yml")["action_groups"]["theia"]) == saying


def test_modules_of_the_action_group_take_each_option_of_a_connection():
    """A host's connection is given to all of them, and a module refuses an option that it does not know."""
    wanted = {*kube_argument_spec(), *service_argument_spec()}
    for name in read_yaml("meta", "runtime.yml")["action_groups"]["theia"]:
        assert wanted <= documentation()[name]["doc"]["options"].keys(), name


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_the_defaults_it_documents(role):
    entry_points = read_yaml("roles", role, "meta", "argument_specs.yml")["argument_specs"]
    options = {name: option for entry in entry_points.values() for name, option in entry.get("options", {}).items()}
    documented = {name: option["default"] for name, option in options.items() if "default" in option}
    assert read_yaml("roles", role, "defaults", "main.yml") == documented
    assert not [name for name in options if not name.startswith(f"{role}_")]
    assert not [name for name, option in options.items() if option.get("required") and "default" in option]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_explains_every_default(role):
    path = ROOT / "roles" / role / "defaults" / "main.yml"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    bare = [
        line
        for number, line in enumerate(lines)
        if re.match(r"\w+:", line) and not lines[max(number - 1, 0)].startswith("# ")
    ]
    assert not bare


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_a_readme_that_shows_its_use(role):
    readme = ROOT / "roles" / role / "README.md"
    assert readme.exists()
    assert f"{COLLECTION}.{role}" in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*MODULES, *ROLES, *PLAYBOOKS])
def test_the_readme_lists_what_the_collection_offers(name):
    assert named_in("README.md", name)


def test_every_direct_pin_has_a_reason():
    requirements = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "requirements").glob("*.in"))
    direct = set(re.findall(r"^([\w.-]+)==", requirements, flags=re.MULTILINE)) | {"ansible"}
    assert not [name for name in sorted(direct) if not named_in("CONTRIBUTING.md", name)]


def test_an_execution_environment_brings_what_plugins_import():
    text = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8")
    brought = {name.lower() for name in re.findall(r"^([\w-]+)>=", text, flags=re.MULTILINE)}
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins").rglob("*.py"))
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", code, flags=re.MULTILINE))
    # Jinja comes with ansible-core.
    foreign = imported - sys.stdlib_module_names - {"ansible", "ansible_collections", "jinja2"}
    # The one package that is called otherwise than what it is imported as.
    # Time zones are data that Python's own library looks for.
    assert {{"yaml": "pyyaml"}.get(name, name) for name in foreign} == brought - {"tzdata"}
    assert "tzdata" in brought


def builder(*arguments):
    """Run ansible-builder; what it printed."""
    command = [Path(sys.executable).with_name("ansible-builder"), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_ansible_builder_finds_what_an_execution_environment_has_to_bring():
    text = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8")
    asked = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = yaml.safe_load(builder("introspect", BUILD / "tree"))
    # PyYAML comes with ansible-core, and the builder leaves it out.
    assert [line.partition("  #")[0] for line in found["python"]] == [x for x in asked if not x.startswith("PyYAML")]
    assert [line.partition("  #")[0] for line in found["system"]] == ["tzdata [platform:rpm platform:dpkg]"]


def test_ansible_builder_makes_an_image_of_the_definition(tmp_path):
    folder = tmp_path / "ee"
    folder.mkdir()
    definition = ROOT / "extensions" / "ee" / "execution-environment.yml"
    (folder / definition.name).write_bytes(definition.read_bytes())
    (folder / "eduide-theia.tar.gz").write_bytes(b"the artifact")
    builder("create", "-f", folder / definition.name, "-c", tmp_path / "context")
    made = tmp_path / "context" / "_build"
    collections = yaml.safe_load((made / "requirements.yml").read_text())["collections"]
    [local] = [item["name"] for item in collections if item.get("type") == "file"]
    assert (made / local.removeprefix("/build/")).read_bytes() == b"the artifact"
    wanted = {item["name"]: item.get("version") for item in collections if item.get("type") != "file"}
    assert wanted == read_yaml("galaxy.yml")["dependencies"]


def test_no_document_gives_a_value_with_blanks_that_ansible_would_split():
    """Ansible ends a value of ``-e NAME=VALUE`` at a blank, whatever the shell quotes; JSON keeps it."""
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.rst")), *sorted((ROOT / "roles").rglob("*.md"))]
    split = re.compile(r"""-e \w+=(["'])[^"'\n]* [^"'\n]*\1|-e (["'])\w+=[^"'\n]* [^"'\n]*\2""")
    found = [(path.name, match[0]) for path in documents for match in split.finditer(path.read_text(encoding="utf-8"))]
    assert not found


def test_the_variables_of_playbooks_are_documented():
    """``python -m tools.variables`` writes it anew."""
    assert variables.DOCUMENT.read_text(encoding="utf-8") == variables.written()
