"""Rewriting watchbill.toml: the new text is checked, the difference shown, written whole, and put in force."""

import codecs
import difflib
from dataclasses import dataclass
from pathlib import Path

import click

from watchbill.config.load import parse
from watchbill.config.problems import BadConfig
from watchbill.domain import regular
from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options
from watchbill.operator.doors import Plain, SocketDoor
from watchbill.operator.faults import BadQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """What stands in the file, and what is to stand there."""

    place: Path
    before: str
    after: str

    def check(self) -> None:
        """Raises BadQuestion where the new text is no configuration."""
        try:
            parse(self.after, name=f"{self.place.name} as it would be")
        except BadConfig as error:
            raise BadQuestion(f"nothing is written, for it would be no valid configuration:\n{error}") from error

    def write(self) -> None:
        """The file in place of itself, with its rights. Raises BadQuestion where somebody saved it meanwhile."""
        raw = _bytes(self.place)
        if raw.decode("utf-8-sig", "replace") != self.before:
            raise BadQuestion(f"{self.place} was saved by somebody else meanwhile, so nothing is written: do it again")
        marked = "utf-8-sig" if raw.startswith(codecs.BOM_UTF8) else "utf-8"
        staged = self.place.with_name(f".{self.place.name}.new")
        try:
            staged.write_bytes(self.after.encode(marked))
            staged.chmod(self.place.stat().st_mode & 0o777)
            staged.replace(self.place)
        except OSError as error:
            raise BadQuestion(f"{self.place} cannot be written: {error.strerror}") from error
        finally:
            staged.unlink(missing_ok=True)


def read(place: Path) -> str:
    """What stands in the file. Raises BadQuestion."""
    return _bytes(place).decode("utf-8-sig", "replace")


def carry_out(options: Options, made: Rewriting, said: Plain, *, question: str, yes: bool, as_json: bool) -> None:
    """Check, show, ask, write, and have a running daemon read it. `said`: what the answer begins with. With --json nobody
    is asked: it is written only with --yes. Raises BadQuestion, and Refused where the daemon does not take it."""
    made.check()
    shown = difference(made.before, made.after, made.place)
    if not as_json:
        click.echo(shown)
    is_written = yes or (not as_json and click.confirm(question))
    if is_written:
        made.write()
    is_in_force = is_written and _taken(options)
    if as_json:
        show.as_json({**said, "diff": shown, "written": is_written, "in_force": is_in_force})
    elif not options.quiet:
        when = "it is in force" if is_in_force else "no daemon runs: it is in force with the next start"
        click.echo(f"wrote {made.place}; {when}" if is_written else "nothing is written")


def difference(before: str, after: str, place: Path) -> str:
    """As `diff -u` writes it; of a file that is not there yet, all of it."""
    old = str(place) if before else "/dev/null"
    return "".join(difflib.unified_diff(_lines(before), _lines(after), old, str(place)))


def _taken(options: Options) -> bool:
    """Whether a daemon runs, and took it."""
    client = connect(options)
    if not isinstance(client.door, SocketDoor):
        return False
    client.post("/config/reload?wait=true")
    return True


def _bytes(place: Path) -> bytes:
    try:
        return regular.read(place)
    except OSError as error:
        raise BadQuestion(f"{place} cannot be read: {error.strerror}") from error


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.split("\n")[:-1]] if text.endswith("\n") else [f"{text}\n"] if text else []
