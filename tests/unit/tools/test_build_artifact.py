# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact has what a site needs and nothing else, and is installed without a network."""

from __future__ import annotations

import pytest

from tools import build_artifact
from tools.checkout import ROOT, files, lay


def built(folder, paths):
    lay(folder / "checkout", paths)
    build_artifact.galaxy("build", str(folder / "checkout"), "--output-path", str(folder), collections=folder)
    [artifact] = folder.glob("eduide-theia-*.tar.gz")
    build_artifact.review(artifact)
    return artifact


def test_the_artifact_is_installed_with_what_it_needs(tmp_path):
    build_artifact.install(built(tmp_path, files()), tmp_path / "collections")
    readme = tmp_path / "collections" / "ansible_collections" / "eduide" / "theia" / "README.md"
    assert readme.read_bytes() == (ROOT / "README.md").read_bytes()


def test_what_nobody_should_get_is_refused(tmp_path):
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout" / "notes.txt").write_text("what somebody thought")
    with pytest.raises(build_artifact.ArtifactError, match=r"notes\.txt: not meant to be shipped"):
        built(tmp_path, files())
