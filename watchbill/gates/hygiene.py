"""Text hygiene: no conflict markers in any text; no NUL bytes, and UTF-8, in the files that are text by their suffix; no marks in
programs that turn the writing, so that people read something else than what runs."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

OWN_ENCODING = frozenset({".py", ".pyi", ".xml", ".xhtml", ".svg", ".html", ".htm"})  # these may declare another one
PROGRAMS = frozenset(
    {
        ".py",
        ".pyi",
        ".js",
        ".jsx",
        ".mjs",
        ".cjs",
        ".ts",
        ".tsx",
        ".vue",
        ".svelte",
        ".sh",
        ".bash",
        ".zsh",
        ".fish",
        ".c",
        ".h",
    }
    | {
        ".cc",
        ".cpp",
        ".hpp",
        ".cs",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".swift",
        ".rb",
        ".php",
        ".pl",
        ".lua",
        ".r",
        ".sql",
        ".graphql",
    }
    | {".proto", ".tf", ".gradle", ".cmake"}
)
PROSE = frozenset({".txt", ".md", ".markdown", ".rst", ".tex"})
SUFFIXES = (
    OWN_ENCODING
    | PROGRAMS
    | PROSE
    | {
        ".csv",
        ".tsv",
        ".json",
        ".jsonl",
        ".yaml",
        ".yml",
        ".toml",
        ".ini",
        ".cfg",
        ".conf",
        ".env",
        ".lock",
        ".css",
        ".scss",
        ".less",
    }
)
OTHER_UNICODE = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16: unusual, not damaged
MARKS = (b"<<<<<<< ", b">>>>>>> ")
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
OURS, MIDDLE, THEIRS = "<<<<<<< ", "=======", ">>>>>>> "


# What is never text need not be read; whatever else a suffix may say is looked at for conflicts.
BINARY = frozenset(
    {
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".webp",
        ".avif",
        ".ico",
        ".bmp",
        ".tif",
        ".tiff",
        ".psd",
        ".pdf",
        ".zip",
        ".gz",
        ".xz",
    }
    | {
        ".bz2",
        ".zst",
        ".7z",
        ".rar",
        ".tar",
        ".tgz",
        ".woff",
        ".woff2",
        ".ttf",
        ".otf",
        ".eot",
        ".mp3",
        ".mp4",
        ".m4a",
        ".ogg",
    }
    | {
        ".flac",
        ".wav",
        ".webm",
        ".mov",
        ".avi",
        ".mkv",
        ".exe",
        ".dll",
        ".so",
        ".dylib",
        ".a",
        ".o",
        ".obj",
        ".class",
        ".jar",
    }
    | {
        ".pyc",
        ".whl",
        ".bin",
        ".iso",
        ".img",
        ".sqlite",
        ".db",
        ".blend",
        ".glb",
        ".wasm",
        ".parquet",
        ".npy",
        ".npz",
        ".pt",
    }
    | {".onnx", ".gguf", ".safetensors", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".epub"}
)


class HygieneGate(FileGate):
    """A conflict is left in a Makefile as easily as in a page."""

    def applies(self, path: str) -> bool:
        return PurePosixPath(path).suffix.lower() not in BINARY


def look(source: Source) -> Iterator[Finding]:
    yield from _conflicts(source)
    suffix = PurePosixPath(source.path).suffix.lower()
    if suffix not in SUFFIXES or source.data.startswith(OTHER_UNICODE):
        return
    if b"\0" in source.data:
        line = source.data.count(b"\n", 0, source.data.index(b"\0")) + 1
        yield source.finding("nul-byte", line, "has a NUL byte: this is not a text file any more")
        return
    if suffix not in OWN_ENCODING:
        yield from _encoding(source)
    if suffix in PROGRAMS:
        yield from _turns(source)


def _encoding(source: Source) -> Iterator[Finding]:
    try:
        source.data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.data.count(b"\n", 0, error.start) + 1
        yield source.finding("encoding", line, f"is not UTF-8 (byte 0x{source.data[error.start]:02x})")


def _conflicts(source: Source) -> Iterator[Finding]:
    """Two of the three markers in their order are a conflict that somebody began to resolve. They count at the margin, and
    outside a fence that shows them as an example."""
    if not any(mark in source.data for mark in MARKS):
        return
    is_prose = PurePosixPath(source.path).suffix.lower() in PROSE
    ours = middle = 0
    fenced = False
    for number, line in enumerate(source.lines, start=1):
        if is_prose and line.startswith(("```", "~~~")):
            fenced = not fenced
        elif fenced:
            continue
        elif line.startswith(OURS):
            yield from _left(source, ours, middle)
            ours, middle = number, 0
        elif line == MIDDLE and not (ours and middle):
            middle = number
        elif line.startswith(THEIRS) and (ours or middle):
            yield _conflict(source, ours or middle, number)
            ours = middle = 0
    yield from _left(source, ours, middle)


def _left(source: Source, ours: int, middle: int) -> Iterator[Finding]:
    """One whose end is gone; a line of = above it is none: so titles are underlined."""
    if ours and middle:
        yield _conflict(source, ours, middle)


def _conflict(source: Source, first: int, last: int) -> Finding:
    told = f"a merge conflict is left in lines {first} to {last}: decide what stays, and remove the marks"
    return source.finding("conflict-marker", first, told)


def _turns(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, start=1):
        if marks := TURNS.findall(line):
            told = f"U+{ord(marks[0]):04X} turns the writing: what is read here is not what runs; remove it, or write it escaped"
            yield source.finding("bidi", number, told)


GATE = HygieneGate(name="hygiene", suffixes=SUFFIXES, look=look, linear=True)
