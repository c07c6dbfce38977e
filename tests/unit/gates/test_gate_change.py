"""What a change may touch at all."""

import base64

import pytest

from watchbill.gates.change import Change, ChangeRules, FileChange, Limits, changed_lines, check_change

KEY = "kR9vQ2xLm7TzB4nWc8YpJ5sHd3FgA6uE"
LONG = (KEY * 4)[:95]


def rules_of(*files: FileChange, **rules) -> list[tuple[str, str]]:
    return [(found.rule, found.path) for found in check_change(Change(files=files), ChangeRules(**rules))]


def file(path: str = "a.txt", old: bytes | None = None, new: bytes | None = b"x\n", **modes) -> FileChange:
    return FileChange(path=path, old=old, new=new, **modes)


def test_a_path_inside_the_claims_passes() -> None:
    assert rules_of(file("docs/a.md"), claims=("docs",)) == []


def test_a_path_outside_the_claims_is_refused_also_when_it_is_deleted() -> None:
    assert rules_of(file("b.md", old=b"", new=None), claims=("docs/**",)) == [("claims", "b.md")]


@pytest.mark.parametrize(
    "path",
    [
        ".git/hooks/pre-commit",
        "sub/.GIT/config",
        "git~1/x",
        ".git./x",
        ".g\u200cit/x",
        ".git::$INDEX_ALLOCATION/x",
        "CLAUDE.md",
    ],
)
def test_a_protected_path_is_refused(path) -> None:
    assert rules_of(file(path), protected=("CLAUDE.md",)) == [("protected-path", path)]


def test_a_file_that_is_too_big_is_refused() -> None:
    assert rules_of(file(new=b"x" * 11), limits=Limits(bytes_per_file=10)) == [("size", "a.txt")]


def test_what_is_in_a_file_that_is_too_big_is_not_looked_at() -> None:
    big = file(new=b"x\n" * 5 + KEY.encode() + b"\0")

    assert rules_of(big, limits=Limits(bytes_per_file=10, lines=1), secrets=(KEY,)) == [("size", "a.txt")]


def test_a_file_that_was_too_big_may_shrink() -> None:
    assert rules_of(file(old=b"x" * 30, new=b"x" * 20), limits=Limits(bytes_per_file=10)) == []


def test_too_many_files_and_lines_are_refused() -> None:
    files = [file(f"{n}.txt", new=b"a\nb\n") for n in range(3)]

    assert rules_of(*files, limits=Limits(files=2, lines=5)) == [("files", ""), ("lines", "")]


def test_lines_are_counted_as_added_and_removed() -> None:
    assert changed_lines(file(old=b"a\nb\nc\n", new=b"a\nx\nc\ny\n")) == 3


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([file(old=b"abc " * 1000, new=b"abc " * 499)], [("deleted", "a.txt"), ("deleted-together", "")]),
        ([file(old=b"abc " * 1000, new=b"abc " * 501)], []),
        ([file(old=b"abc " * 1000, new=b"xyz " * 1000)], []),  # written anew
        ([file(old=b"abc    \n" * 1000, new=b"abc\n" * 1000)], []),  # white space
        ([file(old=b"abc " * 600, new=b"abc")], []),  # a small file
        ([file(old=b"abc " * 600, new=b"\n")], [("deleted", "a.txt")]),  # of which nothing is left
        ([file(old=b"abc " * 60, new=b"")], []),  # a short one
        ([file(old=b"abc " * 1000, new=b""), file("b.txt", new=b"abc " * 1000)], []),  # moved
        ([file(old=b"abc " * 1000, new=None)], [("deleted-together", "")]),
        ([file(old=b"abc " * 1000, new=None), file("b.txt", old=b"abc " * 1200, new=b"abc " * 1200)], []),
        (
            [file(old=b"abc " * 1000, new=b"abc " * 100), file("b.txt", old=b"abc " * 2000, new=b"abc " * 2000)],
            [("deleted", "a.txt")],
        ),
    ],
)
def test_content_that_is_gone_is_refused_beyond_its_share(files, expected) -> None:
    assert rules_of(*files) == expected
    assert rules_of(*files, limits=Limits(deleted=1, deleted_together=1)) == []


def test_a_binary_file_is_refused_but_where_it_is_allowed() -> None:
    binary = file("img/a.png", new=b"\x89PNG\0")

    assert rules_of(binary) == [("binary", "img/a.png")]
    assert rules_of(binary, binary=("img",)) == []


@pytest.mark.parametrize(
    ("old_mode", "new_mode", "expected"),
    [
        (None, "120000", "special-file"),
        ("100644", "160000", "special-file"),
        ("100644", "040000", "special-file"),
        ("100644", "100755", "mode"),
    ],
)
def test_links_submodules_and_mode_changes_are_refused(old_mode, new_mode, expected) -> None:
    changed = file(old=b"" if old_mode else None, old_mode=old_mode, new_mode=new_mode)

    assert rules_of(changed) == [(expected, "a.txt")]


def test_removing_a_link_is_refused_and_removing_a_file_is_not() -> None:
    assert rules_of(file(old=b"", new=None, old_mode="120000", new_mode=None)) == [("special-file", "a.txt")]
    assert rules_of(file(old=b"", new=None, new_mode=None)) == []


def test_a_new_executable_passes() -> None:
    assert rules_of(file("run.sh", old_mode=None, new_mode="100755")) == []


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize(
    "encode", [bytes, base64.b64encode, base64.urlsafe_b64encode, lambda data: data.hex().encode()]
)
def test_an_exact_secret_is_found_in_every_common_form(encode, shift) -> None:
    new = b"first\nkey = " + encode(b"x" * shift + KEY.encode() + b"/tail")

    (found,) = check_change(Change(files=(file(new=new),)), ChangeRules(secrets=(KEY,)))

    assert (found.rule, found.line) == ("secret", 2)
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    "new",
    [
        base64.encodebytes(b"x" * 50 + KEY.encode()),
        KEY.encode().hex(" ").encode(),
        base64.b32encode(KEY.encode()),
        KEY[::-1].encode(),
        KEY.encode("utf-16-le"),
        *(
            "".join(map(shape.format, KEY.encode())).encode()
            for shape in ("%{:02X}", "\\x{:02x}", "\\u{:04x}", "&#{};")
        ),
        f'("{KEY[:9]}" + "{KEY[9:]}")'.encode(),
        "\n".join(KEY).encode(),
    ],
)
def test_an_exact_secret_is_found_escaped_and_in_pieces(new) -> None:
    (found,) = check_change(
        Change(files=(file("a.bin", new=b"first\n" + new),)), ChangeRules(secrets=(KEY,), binary=("**",))
    )

    assert (found.rule, found.line) == ("secret", 2)
    assert rules_of(file("a.bin", old=new, new=new + b"!"), secrets=(KEY,), binary=("**",)) == []


@pytest.mark.parametrize("written", ["{}", "a/{}"])
def test_a_secret_in_a_new_name_is_found_and_not_told(written) -> None:
    (found,) = check_change(Change(files=(file(written.format(KEY)),)), ChangeRules(secrets=(KEY,)))

    assert (found.rule, found.path) == ("secret", "")
    assert KEY not in repr(found)


def test_a_secret_that_was_there_before_is_not_this_changes() -> None:
    assert rules_of(file(old=KEY.encode(), new=KEY.encode() + b"!"), secrets=(KEY,)) == []


def test_a_very_short_value_is_no_secret() -> None:
    assert rules_of(file(new=b"the cat"), secrets=("cat",)) == []


@pytest.mark.parametrize(
    "key",
    [
        f"sk-ant-api03-{LONG}",
        f"sk-proj-{LONG}",
        f"sk-{KEY[:20]}T3BlbkFJ{KEY[:20]}",
        f"ghp_{LONG[:36]}",
        f"github_pat_{LONG[:22]}_{LONG[:59]}",
        f"glpat-{KEY[:20]}",
        "AKIA" + "Q3EGNWZT7LKXY2VB",
        f"AIza{LONG[:35]}",
        "xoxb-" + "123456789012-" + KEY,
        f"rk_live_{KEY}",
        f"npm_{LONG[:36]}",
        "-----BEGIN RSA PRIVATE KEY-----\n" + LONG[:64],
    ],
)
def test_the_keys_of_vendors_are_known_by_their_shape(key) -> None:
    (found,) = check_change(Change(files=(file(new=f"a\nb = '{key}'\n".encode()),)), ChangeRules())

    assert (found.rule, found.line) == ("secret", 2)
    assert key not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "sk-ant-api03-" + "x" * 95,
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "0" * 36,
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "task-force-projects-and-a-long-name-with-many-parts-in-it",
    ],
)
def test_placeholders_are_not_secrets(text) -> None:
    assert rules_of(file(new=text.encode())) == []


def test_a_vendors_key_that_was_there_before_is_not_this_changes() -> None:
    key = f"ghp_{LONG[:36]}".encode()

    assert rules_of(file(old=key, new=b"more " + key)) == []


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        ("foo.txt", "Foo.txt"),
        ("docs/a.md", "Docs/a.md"),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}.md", "cafe\N{COMBINING ACUTE ACCENT}.md"),
    ],
)
def test_a_new_name_that_is_another_ones_on_many_disks_is_refused(path: str, beside: str) -> None:
    (found,) = check_change(Change(files=(file(path),), beside=(path, beside)), ChangeRules())

    assert (found.rule, beside in found.message) == ("name", True)


def test_two_new_names_of_one_file_are_refused_and_an_old_pair_and_a_new_case_are_not() -> None:
    renamed = (file("Foo.txt", old=b"x\n", new=None), file("foo.txt"))

    assert rules_of(file("a.md"), file("A.md")) == [("name", "a.md"), ("name", "A.md")]
    assert check_change(Change(files=(file("a.md", old=b"y\n"),), beside=("a.md", "A.md")), ChangeRules()) == ()
    assert check_change(Change(files=renamed, beside=("foo.txt",)), ChangeRules()) == ()


@pytest.mark.parametrize("path", ["a\nb.md", "a\u202egpj.sh", "a\udcff.md", "a\\b.md"])
def test_a_name_that_shows_as_another_or_is_none_everywhere_is_refused(path) -> None:
    assert rules_of(file(path)) == [("name", path)]
    assert rules_of(file(path, old=b"y\n")) == []


@pytest.mark.parametrize("path", ["-rf", "a 'b' \"c\".md", "\u05d0\u05d1\u200f.md", "\U0001f468\u200d\U0001f469.md"])
def test_an_odd_name_that_says_what_it_is_passes(path) -> None:
    assert rules_of(file(path)) == []


def test_a_pointer_to_what_nobody_uploaded_is_refused() -> None:
    assert rules_of(file(new=b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")) == [
        ("lfs-pointer", "a.txt")
    ]
