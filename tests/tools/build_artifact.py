# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection artifact, look at what is in it, and see that it installs offline and that Galaxy takes it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools import awx_collection, setup_env
from tools.checkout import BUILD, copy

# What a site needs. Anything else at the top of the artifact has slipped past build_ignore in galaxy.yml.
SHIPPED = {
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "COPYING",
    "FILES.json",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "SECURITY.md",
    "changelogs",
    "docs",
    "extensions",
    "inventories",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
NEEDED = {"FILES.json", "LICENSES", "MANIFEST.json", "README.md", "meta", "playbooks", "plugins", "roles"}


class ArtifactError(Exception):
    """The artifact is not what it should be."""


def galaxy(*arguments: str, collections: Path) -> None:
    """Call ansible-galaxy of the environment this script runs in."""
    program = Path(sys.executable).with_name("ansible-galaxy")
    # Ansible looks for collections along PYTHONPATH too, and would find the checkout there.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    subprocess.run([program, "collection", *arguments], check=True, stdin=subprocess.DEVNULL, env=environment)


def build(folder: Path = BUILD) -> Path:
    """Build the artifact from the files of the checkout, and return its path."""
    source = copy("build")
    for old in folder.glob("eduide-theia-*.tar.gz"):
        old.unlink()
    galaxy("build", str(source), "--output-path", str(folder), collections=source.parents[2])
    [artifact] = folder.glob("eduide-theia-*.tar.gz")
    review(artifact)
    return artifact


def review(artifact: Path) -> None:
    """Fail if something is in the artifact that nobody should get, or lacks what everybody needs."""
    with tarfile.open(artifact) as archive:
        members = archive.getmembers()
    tops = {Path(member.name).parts[0] for member in members}
    outside = [
        member.name
        for member in members
        if member.issym() and ".." in Path(os.path.normpath(Path(member.name).parent / member.linkname)).parts
    ]
    hidden = [member.name for member in members if any(part.startswith(".") for part in Path(member.name).parts)]
    problems = {
        "not meant to be shipped": sorted(tops - SHIPPED) + hidden,
        "missing": sorted(NEEDED - tops),
        "a link to the outside": outside,
    }
    found = [f"{', '.join(names)}: {problem}" for problem, names in problems.items() if names]
    if found:
        raise ArtifactError(f"{artifact.name}: {'; '.join(found)}")
    print(f"{artifact.name}: {len(members)} entries, {artifact.stat().st_size} bytes")


def kubernetes_core(folder: Path) -> Path:
    """Pack the kubernetes.core of the environment as Galaxy serves it, and return the path of the artifact.

    The wheel that it was taken out of leaves files away which no site needs, so its lists of files are shortened.
    """
    [source] = Path(sys.executable).parents[1].glob("lib/python3.*/site-packages/ansible_collections/kubernetes/core")
    manifest = json.loads((source / "MANIFEST.json").read_text(encoding="utf-8"))
    listed = json.loads((source / "FILES.json").read_text(encoding="utf-8"))
    listed["files"] = [entry for entry in listed["files"] if (source / entry["name"]).exists()]
    files = json.dumps(listed).encode()
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    artifact = folder / f"kubernetes-core-{manifest['collection_info']['version']}.tar.gz"
    with tarfile.open(artifact, "w:gz") as archive:
        for name, content in (("MANIFEST.json", json.dumps(manifest).encode()), ("FILES.json", files)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for entry in listed["files"]:
            archive.add(source / entry["name"], entry["name"], recursive=False)
    return artifact


def install(artifact: Path, collections: Path) -> None:
    """Install the artifact, with the collection that it needs, into an empty folder and without a network."""
    with tempfile.TemporaryDirectory() as folder:
        needed = [str(kubernetes_core(Path(folder))), str(artifact)]
        galaxy("install", *needed, "--offline", "--collections-path", str(collections), collections=collections)
    for name in ("eduide/theia", "kubernetes/core"):
        if not (collections / "ansible_collections" / name / "MANIFEST.json").exists():
            raise ArtifactError(f"{name}: not installed; was it there before?")


def offer(artifact: Path) -> None:
    """Let Galaxy's importer look at the artifact. Findings of ansible-lint are warnings to it, so those count too."""
    folder = BUILD / "importer"
    folder.mkdir(parents=True, exist_ok=True)
    python = Path(setup_env.make_on_demand("importer"))
    # What a role for AWX is built on. The importer knows no collections path but its own.
    [bundled] = python.parents[1].glob("lib/python3.*/site-packages/ansible_collections")
    if not (bundled / "awx").exists():
        (bundled / "awx").symlink_to(awx_collection.collections_path() / "ansible_collections" / "awx")
    ours = {"ANSIBLE_COLLECTIONS_PATH", "PYTHONPATH"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment["PATH"] = os.pathsep.join((str(python.parent), os.environ["PATH"]))
    done = subprocess.run(
        [python, "-m", "galaxy_importer.main", artifact],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    remarks = [line for line in done.stdout.splitlines() if line.startswith(("WARNING:", "ERROR:", "CRITICAL:"))]
    if done.returncode or remarks:
        raise ArtifactError(f"{artifact.name}: Galaxy's importer says:\n" + "\n".join(remarks or [done.stdout]))
    print(f"{artifact.name}: Galaxy's importer has no remarks")


def main() -> int:
    """Build, review, install once, and offer it to Galaxy's importer."""
    target = BUILD / "installed"
    shutil.rmtree(target, ignore_errors=True)
    try:
        artifact = build()
        install(artifact, target)
        offer(artifact)
    except (ArtifactError, setup_env.SetupError) as exc:
        print(f"build_artifact: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
