# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

from ansible_collections.eduide.theia.plugins.filter.folder_name import folder_name


def test_each_host_has_one_folder_of_its_own():
    hosts = ["a_b", "a/b", "a:b", "../a_b", "..", ".", "", "/", "theia@prod", "a b", "ä"]
    folders = [folder_name(host) for host in hosts]
    assert len(set(folders)) == len(hosts)
    assert (folders[0], folder_name("theia@prod")) == ("a_b", "theia@prod")
    for folder in folders:
        assert folder not in ("", ".", "..")
        assert os.sep not in folder
