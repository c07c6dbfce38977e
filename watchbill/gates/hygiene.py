"""Text hygiene: no conflict markers in any text; no NUL bytes, and UTF-8, in the files that are text by their suffix."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

OWN_ENCODING = frozenset({".py", ".pyi", ".xml", ".xhtml", ".svg", ".html", ".htm"})  # these may declare another one
SUFFIXES = OWN_ENCODING | frozenset(
    {".txt", ".md", ".markdown", ".rst", ".tex", ".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".ini"}
    | {".cfg", ".conf", ".env", ".lock", ".css", ".scss", ".less", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".vue"}
    | {".svelte", ".sh", ".bash", ".zsh", ".fish", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".go", ".rs", ".java"}
    | {".kt", ".swift", ".rb", ".php", ".pl", ".lua", ".r", ".sql", ".graphql", ".proto", ".tf", ".gradle", ".cmake"}
)
OTHER_UNICODE = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16: unusual, not damaged
MARK = b"<<<<<<<"
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
    elif suffix not in OWN_ENCODING:
        yield from _encoding(source)


def _encoding(source: Source) -> Iterator[Finding]:
    try:
        source.data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.data.count(b"\n", 0, error.start) + 1
        yield source.finding("encoding", line, f"is not UTF-8 (byte 0x{source.data[error.start]:02x})")


def _conflicts(source: Source) -> Iterator[Finding]:
    """A marker counts only with its two companions after it, at the margin, outside a fence that shows it as an example."""
    if MARK not in source.data:
        return
    start = middle = 0
    fenced = False
    for number, line in enumerate(source.lines, start=1):
        if line.startswith(("```", "~~~")):
            fenced = not fenced
        elif fenced:
            continue
        elif line.startswith(OURS):
            start, middle = number, 0
        elif line == MIDDLE and start:
            middle = number
        elif line.startswith(THEIRS) and middle:
            yield source.finding("conflict-marker", start, f"a merge conflict is left in lines {start} to {number}")
            start = middle = 0


GATE = HygieneGate(name="hygiene", suffixes=SUFFIXES, look=look, linear=True)
