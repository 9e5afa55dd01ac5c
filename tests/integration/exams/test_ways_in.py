# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both ways to a playbook: a plain clone in any folder, and the installed artifact. Neither needs preparation."""

from __future__ import annotations

import pytest

from integration.ansible_run import call
from integration.capacity_site import CapacitySite
from integration.exam_night import EARLY, TONIGHT, Duty
from tools.build_artifact import galaxy, install, review
from tools.checkout import files, lay


@pytest.fixture(scope="module")
def site(module_installation):
    return CapacitySite(module_installation(app_definitions=[], running=["operator"]))


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What git would put into a new folder, work that is not committed yet included."""
    folder = tmp_path_factory.mktemp("project") / "exam night"
    lay(folder, files())
    return folder


@pytest.fixture(scope="module")
def installed(clone, tmp_path_factory):
    """The artifact, built from the clone and installed without a network; returns the collections path."""
    folder = tmp_path_factory.mktemp("artifact")
    galaxy("build", str(clone), "--output-path", str(folder), collections=folder)
    [artifact] = folder.glob("eduide-theia-*.tar.gz")
    review(artifact)
    install(artifact, folder / "collections")
    return folder / "collections"


def whole_night(site, duty, cwd, env, playbook_of):
    """Warm, look, bring back; without anything that leads Ansible to the checkout under test."""
    name = site.definition(1)
    # A home without settings and collections of its own.
    env = {"HOME": str(duty.folder), **env}
    line = {"app_definition": name, "warm": 3, "exam": "way-in", "theia_time_zone": "UTC", **TONIGHT, **EARLY}
    for playbook, minimum in (("pre_exam", 3), ("status", 3), ("post_exam", 1)):
        done = call(cwd, env, playbook_of(playbook), "-i", duty.inventory, **line)
        assert done.returncode == 0, done.stdout
        assert "production · " in done.stdout
        assert site.bounds(name)[0] == minimum
        assert "WARNING" not in done.stdout


def test_a_plain_clone_in_any_folder(site, clone, tmp_path):
    whole_night(site, Duty(tmp_path, production=site.installation), clone, {}, "playbooks/{}.yml".format)


@pytest.mark.both
def test_the_installed_artifact(site, installed, tmp_path):
    env = {"ANSIBLE_COLLECTIONS_PATH": str(installed)}
    whole_night(site, Duty(tmp_path, production=site.installation), tmp_path, env, "eduide.theia.{}".format)
