"""The files under the model's tools: read inside the worktree, written inside the task's claims, never through a link."""

import errno
import fnmatch
import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from watchbill.domain import claims
from watchbill.domain.errors import PathRefused, ToolRefused
from watchbill.workspace import beneath, grep, names
from watchbill.workspace.beneath import Folder, Opener

MOST_BYTES = 1 << 20  # of one file, read or written
_SEARCHED_BYTES = 32 << 20  # of all files together
_MATCHES = 200
_PATTERN_CHARACTERS = 500
_PATIENCE = timedelta(seconds=5)
_BOM = "\ufeff"
_Texts = list[tuple[str, str]]  # path and text


class Files:
    """One run's files. Every refusal is a ToolRefused whose text tells the model what to do instead.

    `writable` are the task's claims, `protected` the patterns that only people change. Methods block for as long as a
    disk (search: up to five seconds): call them in a thread.
    """

    def __init__(
        self, root: Path, writable: Sequence[str], protected: Sequence[str], *, opener: Opener | None = None
    ) -> None:
        self._root = root
        self._writable = tuple(writable)
        self._protected = tuple(protected)
        self._opener = opener or beneath.best_opener()

    def list(self, glob: str = claims.EVERYTHING) -> Sequence[str]:
        """Paths of the regular files that match, sorted."""
        pattern = _pattern(glob)
        with self._folder() as folder:
            return sorted(found.path for found in folder.walk() if found.is_file and _fits(pattern, found.path))

    def read(self, path: str) -> str:
        """A text file, whole, its line ends as they are."""
        asked = "/".join(names.parts_of(path))
        with self._folder(path) as folder:
            return _text(folder.read(asked, most=MOST_BYTES + 1), path)

    def search(self, pattern: str, glob: str = claims.EVERYTHING) -> Sequence[str]:
        """Lines as `path:line: text`, at most 200; the last entry says so where something was left out."""
        if len(pattern) > _PATTERN_CHARACTERS:
            raise ToolRefused(f"The pattern has more than {_PATTERN_CHARACTERS} characters: search for less at once.")
        texts, complete = self._texts(glob)
        answer = _ask_worker(pattern, texts)
        if "error" in answer:
            raise ToolRefused(f"The regular expression is not valid: {answer['error']}. Escape plain text with \\.")
        more = [] if complete and not answer["more"] else ["(more was left out: narrow the pattern or the glob)"]
        return [*answer["found"], *more]

    def write(self, path: str, content: str) -> None:
        """A whole file, at once. Line ends and byte order mark stay as the file had them."""
        target = self._writable_path(path)
        with self._folder(path) as folder:
            mode = _mode_of_target(folder, target, path)
            before = folder.read(target, most=MOST_BYTES) if mode else b""
            self._put(folder, target, _in_style_of(before.decode(errors="replace"), content), mode)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace what occurs exactly once."""
        target = self._writable_path(path)
        with self._folder(path) as folder:
            mode = _mode_of_target(folder, target, path)
            text = _text(folder.read(target, most=MOST_BYTES + 1), path)
            self._put(folder, target, _edited(text, old, new, path), mode)

    def allow(self, writable: Sequence[str]) -> None:
        """From now on these may be written."""
        self._writable = tuple(writable)

    def _put(self, folder: Folder, target: str, text: str, mode: int | None) -> None:
        folder.replace(target, _bytes(text, target), mode=stat.S_IMODE(mode) if mode else 0o644)

    def _writable_path(self, path: str) -> str:
        target = "/".join(names.parts_of(path))
        if claims.covers(self._protected, target):
            raise PathRefused(
                f"`{path}` is protected: only people change it. Say in next_steps what should change there."
            )
        if not claims.covers(self._writable, target):
            allowed = ", ".join(f"`{pattern}`" for pattern in self._writable)
            raise PathRefused(
                f"`{path}` is outside this task's files ({allowed}): change those only, or ask for it with claim. Say in "
                "next_steps what should change elsewhere."
            )
        return target

    def _texts(self, glob: str) -> tuple[_Texts, bool]:
        """The text files that match, and whether they all fit."""
        texts: _Texts = []
        room = _SEARCHED_BYTES
        paths = self.list(glob)
        with self._folder() as folder:
            for path in paths:
                content = folder.read(path, most=MOST_BYTES + 1)
                room -= len(content)
                if room < 0:
                    return texts, False
                if len(content) <= MOST_BYTES and b"\0" not in content and _is_plain(path):
                    texts.append((path, content.decode(errors="replace")))
        return texts, True

    @contextmanager
    def _folder(self, path: str = "") -> Iterator[Folder]:
        with Folder(self._root, self._opener) as folder:
            try:
                yield folder
            except OSError as error:
                raise _refusal(error, path) from error


def _refusal(error: OSError, path: str) -> ToolRefused:
    match error.errno:
        case errno.ENOENT:
            return ToolRefused(f"There is no file `{path}`: list_files shows what there is.")
        case errno.EISDIR | errno.EINVAL | errno.ENXIO:
            return ToolRefused(
                f"`{path}` is no regular file: list_files with `{path}/**` shows what is below a folder."
            )
        case errno.ELOOP | errno.EXDEV | errno.ENOTDIR:
            return PathRefused(
                f"`{path}` is or passes through a symbolic link or a file, which is not followed: use the real path, "
                "as list_files shows it."
            )
        case _:
            return ToolRefused(f"`{path}` cannot be used: {error.strerror}. Go on with the other files.")


def _mode_of_target(folder: Folder, target: str, path: str) -> int | None:
    """The st_mode of the regular file that is to be written, None for a new one."""
    if twin := folder.twin(target.split("/")):
        raise PathRefused(
            f"`{path}` differs from `{twin}` only by case, which is one file on many machines: use `{twin}`."
        )
    mode = folder.mode(target)
    if mode is not None and not stat.S_ISREG(mode):
        kind = "a symbolic link" if stat.S_ISLNK(mode) else "a folder or a special file"
        raise PathRefused(f"`{path}` is {kind}, which is never written: name a regular file, as list_files shows them.")
    return mode


def _text(content: bytes, path: str) -> str:
    if len(content) > MOST_BYTES:
        raise ToolRefused(f"`{path}` is larger than {MOST_BYTES} bytes: use search to find the lines that matter.")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ToolRefused(
            f"`{path}` is not UTF-8 text: it cannot be read or edited here, leave it as it is."
        ) from error
    if "\0" in text:
        raise ToolRefused(f"`{path}` is a binary file: it cannot be read or edited here, leave it as it is.")
    return text


def _bytes(text: str, path: str) -> bytes:
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise ToolRefused(
            f"The content for `{path}` holds half a character (a lone surrogate): write it anew."
        ) from error
    if b"\0" in content:
        raise ToolRefused(f"The content for `{path}` holds a NUL character: only text can be written.")
    if len(content) > MOST_BYTES:
        raise ToolRefused(f"The content for `{path}` is larger than {MOST_BYTES} bytes: split the file.")
    return content


def _edited(text: str, old: str, new: str, path: str) -> str:
    wanted, replacement = _with_line_ends_of(text, old), _with_line_ends_of(text, new)
    times = text.count(wanted) if wanted else 0
    if times == 0:
        raise ToolRefused(f"old_text does not occur in `{path}`: read the file and copy the passage exactly.")
    if times > 1 or text.find(wanted) != text.rfind(wanted):  # the second: it overlaps itself
        raise ToolRefused(f"old_text occurs more than once in `{path}`: take more of the lines around it.")
    if wanted == replacement:
        raise ToolRefused("old_text and new_text are the same: nothing would change.")
    return text.replace(wanted, replacement)


def _in_style_of(before: str, text: str) -> str:
    """Models leave out carriage returns and byte order marks, which would rewrite every line of the file."""
    mark = _BOM if before.startswith(_BOM) and not text.startswith(_BOM) else ""
    return mark + _with_line_ends_of(before, text)


def _with_line_ends_of(before: str, text: str) -> str:
    all_crlf = "\r\n" in before and before.count("\r\n") == before.count("\n")
    return text.replace("\n", "\r\n") if all_crlf and "\r" not in text else text


def _ask_worker(pattern: str, texts: _Texts) -> dict[str, list[str]]:
    asked = json.dumps({"pattern": pattern, "texts": texts, "most": _MATCHES}).encode()
    command = [sys.executable, "-I", "-S", grep.__file__]
    seconds = _PATIENCE.total_seconds()
    try:
        done = subprocess.run(command, input=asked, env={}, cwd="/", capture_output=True, check=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise ToolRefused(
            f"The search took more than {seconds:.0f} s: use a simpler pattern or a narrower glob."
        ) from error
    except subprocess.CalledProcessError as error:
        raise ToolRefused("The search failed on this pattern: use a simpler one.") from error
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


def _is_plain(path: str) -> bool:
    """Whether the name can be told to a model at all."""
    return path.isprintable()


def _pattern(glob: str) -> tuple[str, ...]:
    parts = tuple(part for part in glob.split("/") if part not in ("", "."))
    if ".." in parts:
        raise PathRefused(f"`{glob}` climbs with `..`: give the pattern from the repository's root instead.")
    return parts or (claims.EVERYTHING,)


def _fits(pattern: Sequence[str], path: str) -> bool:
    """Globs as claims mean them, in time that no pattern can blow up: the set of places that the pattern can be at."""
    parts = path.split("/")
    places = {0}
    for wanted in pattern:
        if wanted == claims.EVERYTHING:
            places = set(range(min(places), len(parts) + 1))
        else:
            places = {at + 1 for at in places if at < len(parts) and _part(wanted).match(parts[at])}
        if not places:
            return False
    return True  # the pattern named the path, or a folder above it


@lru_cache(maxsize=1024)
def _part(glob: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(glob))  # its stars are atomic groups: no backtracking
