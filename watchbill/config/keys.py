"""Keys: where a secret is to be found, never the secret itself. What is read stays masked in every repr and dump."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr

from watchbill.domain import homes

CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY"  # set by systemd for LoadCredential=


class KeySource(StrEnum):
    FILE = "file"
    ENV = "env"
    CREDENTIAL = "credential"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMissing:
    """There is no key where the configuration says; `why` is for people."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRef:
    source: KeySource
    name: str

    @classmethod
    def parse(cls, text: object) -> "KeyRef":
        """A reference from `file:/path`, `env:NAME` or `credential:NAME`.

        Raises ValueError, which never repeats what was written: it may be the key itself.
        """
        scheme, colon, name = text.partition(":") if isinstance(text, str) else ("", "", "")
        if not colon or scheme not in set(KeySource):
            raise ValueError(
                "must not be the key itself: write file:/path, env:NAME or credential:NAME, and replace a key that stood here"
            )
        source = KeySource(scheme)
        wrong = _wrong_name(source, name)
        if wrong:
            raise ValueError(wrong)
        return cls(source=source, name=name)

    def __str__(self) -> str:
        return f"{self.source}:{self.name}"

    def read(self, environ: Mapping[str, str]) -> SecretStr | KeyMissing:
        """The key, or why there is none."""
        text = self._text(environ)
        return text if isinstance(text, KeyMissing) else _checked(text, str(self))

    def read_lines(self, environ: Mapping[str, str]) -> tuple[SecretStr, ...] | KeyMissing:
        """Every line of it as a secret of its own, without empty ones and those after a #; or why there is none."""
        text = self._text(environ)
        if isinstance(text, KeyMissing):
            return text
        lines = [line for each in text.splitlines() if (line := each.strip()) and not line.startswith("#")]
        read = [_checked(line, str(self)) for line in lines]
        wrong = next((line for line in read if isinstance(line, KeyMissing)), None)
        if wrong is not None or not lines:
            return wrong or KeyMissing(why=f"{self}: it is empty")
        return tuple(line for line in read if isinstance(line, SecretStr))

    def _text(self, environ: Mapping[str, str]) -> str | KeyMissing:
        match self.source:
            case KeySource.ENV:
                text = environ.get(self.name)
                return KeyMissing(why=f"{self}: the environment has no {self.name}") if text is None else text
            case KeySource.FILE:
                return _from_file(homes.expanded(Path(self.name)), str(self))
            case KeySource.CREDENTIAL:
                return self._from_systemd(environ.get(CREDENTIALS_DIRECTORY))

    def _from_systemd(self, folder: str | None) -> str | KeyMissing:
        if not folder:
            return KeyMissing(why=f"{self}: systemd set no ${CREDENTIALS_DIRECTORY}; add LoadCredential= to the unit")
        return _from_file(Path(folder) / self.name, str(self))


def _wrong_name(source: KeySource, name: str) -> str:
    match source:
        case KeySource.ENV if not name.isidentifier() or not name.isascii():
            return "must name an environment variable after env:, for instance env:ANTHROPIC_API_KEY"
        case KeySource.CREDENTIAL if not name or "/" in name or name in (".", ".."):
            return "must name a systemd credential after credential:, for instance credential:anthropic_api_key"
        case KeySource.FILE if not homes.expanded(Path(name)).is_absolute():
            return "must name a file by its absolute path after file:, for instance file:/etc/watchbill/anthropic.key"
        case _:
            return ""


def _from_file(path: Path, shown: str) -> str | KeyMissing:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return KeyMissing(why=f"{shown}: {path} does not exist")
    except (OSError, UnicodeDecodeError) as error:
        return KeyMissing(why=f"{shown}: {path} cannot be read: {_cause(error)}")


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or "unknown" if isinstance(error, OSError) else "it is not text"


def _checked(text: str, shown: str) -> SecretStr | KeyMissing:
    key = text.strip()
    if not key:
        return KeyMissing(why=f"{shown}: it is empty")
    if not key.isascii() or not key.isprintable() or " " in key:
        return KeyMissing(why=f"{shown}: what is there is not one key (it has blanks, lines or unusual characters)")
    return SecretStr(key)
