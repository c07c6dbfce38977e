"""Rules of the files under the model's tools: contained, claimed, whole."""

import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.domain.errors import PathRefused, ToolRefused
from watchbill.workspace import beneath, names
from watchbill.workspace.beneath import Folder, Opener
from watchbill.workspace.files import Files

OPENERS = [beneath.by_kernel, beneath.by_walk]
Make = Callable[..., Files]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("canary")
    root = tmp_path / "tree"
    (root / "scenes").mkdir(parents=True)
    (root / "scenes" / "dunes.txt").write_text("sand\nwind\n")
    (root / "notes.md").write_text("notes\n")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("x")
    return root


@pytest.fixture(params=OPENERS, ids=["openat2", "walk"])
def make(root: Path, request: pytest.FixtureRequest) -> Make:
    def files(*writable: str, protected: tuple[str, ...] = ()) -> Files:
        return Files(root, writable or ("**",), protected, opener=request.param)

    return files


def test_the_kernels_way_is_taken_where_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    assert beneath.best_opener() is beneath.by_kernel

    def refused(root: int, path: str, flags: int, mode: int = 0) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(beneath, "by_kernel", refused)
    assert beneath.best_opener() is beneath.by_walk


def test_listing_shows_regular_files_that_match(make: Make, root: Path) -> None:
    (root / "link.txt").symlink_to("notes.md")
    os.mkfifo(root / "pipe.txt")
    (root / ".watchbill-tmp-1").write_text("x")

    assert make().list() == ["notes.md", "scenes/dunes.txt"]
    assert make().list("scenes/*.txt") == ["scenes/dunes.txt"]
    assert make().list("**/*.txt") == ["scenes/dunes.txt"]
    assert make().list("./scenes/") == ["scenes/dunes.txt"]
    assert make().list("*.txt") == []
    assert make().list("**/scenes/**") == ["scenes/dunes.txt"]


def test_a_glob_cannot_climb(make: Make) -> None:
    with pytest.raises(PathRefused, match="climbs"):
        make().list("../*")


def test_no_glob_takes_long(make: Make, root: Path) -> None:
    (root / ("a" * 200)).write_text("")

    assert make().list("**/" * 60 + "a*" * 60 + "b") == []


def test_reading_gives_the_text_with_its_line_ends(make: Make, root: Path) -> None:
    (root / "crlf.txt").write_bytes(b"a\r\nb")

    assert make().read("crlf.txt") == "a\r\nb"
    assert make().read("./scenes//dunes.txt") == "sand\nwind\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("big", b"x" * ((1 << 20) + 1), "larger than"),
        ("latin", b"caf\xe9", "not UTF-8"),
        ("bin", b"a\0b", "binary"),
    ],
)
def test_what_is_no_text_is_not_read(make: Make, root: Path, name: str, content: bytes, words: str) -> None:
    (root / name).write_bytes(content)

    with pytest.raises(ToolRefused, match=words):
        make().read(name)


def test_a_missing_file_and_a_folder_are_said_so(make: Make, root: Path) -> None:
    with pytest.raises(ToolRefused, match="no file `x/y`"):
        make().read("x/y")
    with pytest.raises(ToolRefused, match="no regular file"):
        make().read("scenes")
    with pytest.raises(PathRefused, match="passes through"):
        make().read("notes.md/x")


def test_special_files_are_not_opened(make: Make, root: Path) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(root, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{here}/sock")
        os.close(here)

        for name in ("pipe", "sock"):
            with pytest.raises(ToolRefused, match="no regular file"):
                make().read(name)
            with pytest.raises(PathRefused, match="special file"):
                make().write(name, "x")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "scenes/../../secret.txt",
        "/etc/passwd",
        "",
        ".",
        "./",
        "a\0b",
        "..",
        "scenes/..",
        "a\\..\\b",
        "new\nline",
        "half\ud800",
        "x" * 256,
        ".git/config",
        ".GIT/config",
        "scenes/.Git/x",
        "git~1/config",
        ".git./config",
        ".git ",
        ".g\u200cit/config",
        ".git::$INDEX_ALLOCATION/x",
        ".watchbill-tmp-x",
    ],
)
def test_a_path_that_means_something_else_is_refused(make: Make, path: str) -> None:
    for use in (
        lambda: make().read(path),
        lambda: make().write(path, "x"),
        lambda: make().edit(path, "a", "b"),
    ):
        with pytest.raises(PathRefused):
            use()


@pytest.mark.parametrize("path", [".gitignore", ".github/x", "a..b", "...", "-n", "línea ☂", "git", "x.git", "a b"])
def test_an_unusual_path_is_served(make: Make, root: Path, path: str) -> None:
    make().write(path, "x")

    assert make().read(path) == "x"
    assert (root / path).read_text() == "x"


def test_links_are_followed_by_nobody(make: Make, root: Path, tmp_path: Path) -> None:
    (root / "out").symlink_to(tmp_path)
    (root / "file").symlink_to(tmp_path / "secret.txt")
    (root / "inside").symlink_to("notes.md")
    (root / "gone").symlink_to(tmp_path / "new.txt")

    for path in ("out/secret.txt", "file", "inside", "gone", "out"):
        with pytest.raises(PathRefused):
            make().read(path)
        with pytest.raises(PathRefused):
            make().write(path, "x")
        with pytest.raises(PathRefused):
            make().edit(path, "canary", "x")
    assert make().search("canary") == []
    assert (tmp_path / "secret.txt").read_text() == "canary"
    assert not (tmp_path / "new.txt").exists()


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("path", ["..", "../secret.txt", "/etc/passwd", "scenes/../../secret.txt", "out/secret.txt"])
def test_an_opener_alone_already_contains(root: Path, tmp_path: Path, opener: Opener, path: str) -> None:
    (root / "out").symlink_to(tmp_path)
    descriptor = os.open(root, os.O_RDONLY)

    with pytest.raises(OSError):
        opener(descriptor, path, os.O_RDONLY)
    os.close(descriptor)


@pytest.mark.parametrize("opener", OPENERS)
def test_a_swapped_folder_never_leads_outside(root: Path, tmp_path: Path, opener: Opener) -> None:
    """Somebody exchanges a folder and a link as quickly as they can: what is read is never the canary."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "dunes.txt").write_text("canary")
    (root / "link").symlink_to(tmp_path / "outside")
    stop = threading.Event()

    def flip() -> None:
        from watchbill.workspace.swap import exchange

        while not stop.is_set():
            exchange(root / "link", root / "scenes")

    flipper = threading.Thread(target=flip)
    flipper.start()
    seen = set()
    try:
        for _ in range(1500):
            try:
                seen.add(Files(root, ("**",), (), opener=opener).read("scenes/dunes.txt"))
            except ToolRefused:
                seen.add("refused")
    finally:
        stop.set()
        flipper.join()

    assert seen <= {"sand\nwind\n", "refused"}


def test_writing_stays_inside_the_claims(make: Make, root: Path) -> None:
    files = make("scenes/*.txt", "docs")
    files.write("scenes/oasis.txt", "water")
    files.write("docs/deep/er/x.md", "x")

    with pytest.raises(PathRefused, match=r"outside this task's files \(`scenes/\*.txt`, `docs`\)"):
        files.write("notes.md", "x")
    with pytest.raises(PathRefused, match="outside"):
        files.edit("notes.md", "notes", "x")
    assert (root / "docs" / "deep" / "er" / "x.md").read_text() == "x"
    assert files.read("notes.md") == "notes\n"


def test_protected_paths_are_for_people(make: Make) -> None:
    files = make("**", protected=(".github/**", "AGENTS.md"))

    for path in (".github/workflows/x.yml", "agents.md"):
        with pytest.raises(PathRefused, match="is protected"):
            files.write(path, "x")


@pytest.mark.parametrize(
    ("path", "spelt"),
    [
        ("Notes.md", "notes.md"),
        ("SCENES/dunes.txt", "scenes/dunes.txt"),
        ("SCENES/DUNES.TXT", "scenes/dunes.txt"),
        ("Scenes/new.txt", "scenes/new.txt"),
        ("Scenes/new/Deep.txt", "scenes/new/Deep.txt"),
    ],
)
def test_a_name_that_differs_only_by_case_is_refused_and_told_as_it_is_spelt(make: Make, path: str, spelt: str) -> None:
    with pytest.raises(PathRefused, match=f"only by case, .*: use `{spelt}`"):
        make().write(path, "x")


def test_a_name_that_differs_only_by_composition_is_refused(make: Make) -> None:
    make().write("caf\u00e9.txt", "x")

    with pytest.raises(PathRefused, match="only by case"):
        make().write("cafe\u0301.txt", "x")


def test_where_both_spellings_exist_each_is_served(make: Make, root: Path) -> None:
    (root / "NOTES.md").write_text("other")

    make().write("NOTES.md", "x")

    assert (root / "notes.md").read_text() == "notes\n"


def test_writing_keeps_the_mode_and_the_other_names_of_a_file(make: Make, root: Path, tmp_path: Path) -> None:
    (root / "tool").write_text("a")
    (root / "tool").chmod(0o755)
    os.link(root / "tool", tmp_path / "elsewhere")

    make().write("tool", "b")

    assert stat.S_IMODE((root / "tool").stat().st_mode) == 0o755
    assert (tmp_path / "elsewhere").read_text() == "a"


def test_a_write_that_fails_leaves_nothing(make: Make, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("watchbill.workspace.beneath.os.rename", full)

    with pytest.raises(ToolRefused, match="No space left"):
        make().write("notes.md", "x")
    assert sorted(path.name for path in root.iterdir()) == [".git", "notes.md", "scenes"]
    assert (root / "notes.md").read_text() == "notes\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [("a\0b", "NUL"), ("half \ud800", "surrogate"), ("x" * ((1 << 20) + 1), "larger than")],
)
def test_content_that_is_no_text_is_refused(make: Make, content: str, words: str) -> None:
    with pytest.raises(ToolRefused, match=words):
        make().write("new.txt", content)


def test_writing_over_a_folder_is_refused(make: Make) -> None:
    with pytest.raises(PathRefused, match="is a folder"):
        make().write("scenes", "x")
    with pytest.raises(PathRefused, match="passes through"):
        make().write("notes.md/x", "x")


def test_line_ends_and_the_byte_order_mark_stay(make: Make, root: Path) -> None:
    (root / "w.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    files = make()

    files.write("w.txt", "one\ntwo\nthree\n")
    assert (root / "w.txt").read_bytes() == b"\xef\xbb\xbfone\r\ntwo\r\nthree\r\n"
    files.edit("w.txt", "two\nthree", "2\n3")
    assert (root / "w.txt").read_bytes() == b"\xef\xbb\xbfone\r\n2\r\n3\r\n"


def test_mixed_line_ends_are_the_writers_own(make: Make, root: Path) -> None:
    (root / "m.txt").write_bytes(b"one\r\ntwo\n")

    make().write("m.txt", "one\ntwo\r\n")

    assert (root / "m.txt").read_bytes() == b"one\ntwo\r\n"


def test_an_edit_replaces_what_occurs_once(make: Make, root: Path) -> None:
    make().edit("scenes/dunes.txt", "sand", "grit")

    assert (root / "scenes" / "dunes.txt").read_text() == "grit\nwind\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("water", "x", "does not occur"),
        ("", "x", "does not occur"),
        ("n", "x", "more than once"),
        ("aXa", "x", "more than once"),
        ("sand", "sand", "the same"),
    ],
)
def test_an_edit_that_is_not_clear_is_refused(make: Make, root: Path, old: str, new: str, words: str) -> None:
    (root / "f.txt").write_text("sand wind aXaXa")

    with pytest.raises(ToolRefused, match=words):
        make().edit("f.txt", old, new)
    assert (root / "f.txt").read_text() == "sand wind aXaXa"


def test_an_edit_of_a_missing_file_is_refused(make: Make) -> None:
    with pytest.raises(ToolRefused, match="no file"):
        make().edit("none.txt", "a", "b")


def test_searching_answers_path_line_and_text(make: Make, root: Path) -> None:
    (root / "bin").write_bytes(b"sand\0")
    (root / "latin").write_bytes(b"sand caf\xe9\n")
    (root / "new\nline").write_text("sand")
    (root / "crlf.txt").write_bytes(b"x\r\nsand\r\n")

    assert make().search("^s.nd$") == ["crlf.txt:2: sand", "scenes/dunes.txt:1: sand"]
    assert make().search("sand", "latin") == ["latin:1: sand caf\ufffd"]


def test_a_search_says_what_it_left_out(make: Make, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "many.txt").write_text("x\n" * 300)

    found = make().search("x", "many.txt")
    assert (len(found), found[-1]) == (201, "(more was left out: narrow the pattern or the glob)")
    (root / "many.txt").unlink()
    monkeypatch.setattr("watchbill.workspace.files._SEARCHED_BYTES", 10)
    assert make().search("notes") == ["notes.md:1: notes", "(more was left out: narrow the pattern or the glob)"]


@pytest.mark.parametrize(
    ("pattern", "words"), [("(", "not valid"), ("x" * 501, "more than"), ("(?P<a>x)(?P<a>y)", "valid")]
)
def test_a_pattern_that_cannot_be_used_is_refused(make: Make, pattern: str, words: str) -> None:
    with pytest.raises(ToolRefused, match=words):
        make().search(pattern)


def test_a_pattern_that_never_ends_is_stopped(make: Make, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    (root / "a.txt").write_text("a" * 60)
    monkeypatch.setattr("watchbill.workspace.files._PATIENCE", timedelta(seconds=0.3))

    with pytest.raises(ToolRefused, match="took more than"):
        make().search("(a+)+b")


def test_a_search_whose_worker_dies_is_refused(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchbill.workspace.files.grep.__file__", "/none/such.py")

    with pytest.raises(ToolRefused, match="failed on this pattern"):
        make().search("x")


def everything(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file() and not path.is_symlink()}


PIECES = st.sampled_from(
    ["..", ".", "", "a", "out", "up", "file", ".git", ".GIT", "scenes", "Scenes", "dunes.txt", "\0", "/", "~", "git~1"]
)


@pytest.fixture
def hostile(root: Path, tmp_path: Path) -> Path:
    (root / "out").symlink_to(tmp_path)
    (root / "up").symlink_to("..")
    (root / "file").symlink_to("../secret.txt")
    return root


@examples(250, part=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.one_of(st.lists(PIECES, max_size=6).map("/".join), st.text(max_size=20)), opener=st.sampled_from(OPENERS)
)
def test_no_path_at_all_leads_outside(hostile: Path, tmp_path: Path, path: str, opener: Opener) -> None:
    outside = {
        place: text for place, text in everything(tmp_path).items() if "/tree/" not in place or "/.git/" in place
    }
    files = Files(hostile, ("**",), (), opener=opener)

    for use in (lambda: files.read(path), lambda: files.write(path, "written"), lambda: files.edit(path, "a", "b")):
        try:
            answer = use()
        except ToolRefused:
            continue
        assert answer is None or "canary" not in answer

    after = {place: text for place, text in everything(tmp_path).items() if "/tree/" not in place or "/.git/" in place}
    assert after == outside


@given(st.text(max_size=30))
def test_checked_parts_are_harmless_and_stable(path: str) -> None:
    try:
        parts = names.parts_of(path)
    except PathRefused:
        return

    assert parts == names.parts_of("/".join(parts))
    assert not any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts)


def test_a_folder_that_vanishes_while_a_twin_is_looked_for_is_no_twin(root: Path) -> None:
    with Folder(root, beneath.by_walk) as folder:
        assert folder.twin(["none", "x"]) is None
        assert folder.mode("none/x") is None
