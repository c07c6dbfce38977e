"""watchbill init: look at a repository, take over what another orchestrator was told, and write a watchbill.toml."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from watchbill.config import advice, provider_values
from watchbill.config.imports.foreign import Imported, import_files
from watchbill.config.imports.rules import Verdict, World
from watchbill.config.load import Loaded, known_kinds, parse
from watchbill.config.places import FILE_NAME
from watchbill.config.problems import BadConfig
from watchbill.domain.errors import Unpriced
from watchbill.operator import drafting, first_calls
from watchbill.operator.cli import rewriting, show
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.faults import BadQuestion
from watchbill.operator.survey import VENDORS, Survey, repository_root, survey

_PROPOSED = f"the proposed {FILE_NAME}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Everything that init has to say, before anything is written."""

    place: Path
    found: Survey
    imported: Imported
    keys: dict[str, bool]  # whether each variable that names a key is set
    before: str
    text: str

    @property
    def diff(self) -> str:
        return rewriting.difference(self.before, self.text, self.place)


@click.command("init")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--print", "only_print", is_flag=True, help="Print what would be written, and write nothing.")
@click.option("--force", is_flag=True, help="Write over a watchbill.toml that is there.")
@click.option(
    "--from",
    "sources",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take over another orchestrator's file: multi-ai-config.json, automation-settings.json. May be repeated.",
)
@json_option
@click.pass_obj
def command(
    options: Options,
    *,
    path: Path | None,
    yes: bool,
    only_print: bool,
    force: bool,
    sources: Sequence[Path],
    as_json: bool,
) -> None:
    """Look at a repository and write its watchbill.toml. Nothing of it is run and no key is read.

    It says what it found, what became of every key of the files after --from, and what it would write; then it asks.
    With --json it does not ask: it writes only with --yes.
    """
    proposal = _propose(options, path, sources)
    if only_print and not as_json:
        _report(proposal.imported, err=True)
        click.echo(proposal.text, nl=False)
    _check(proposal.text)
    if as_json:
        is_written = yes and not only_print
        if is_written:
            _write(proposal, force=force)
        show.as_json({**_plain(proposal), "written": is_written})
    elif not only_print:
        _converse(proposal, options.environ, yes=yes, force=force)


def _check(text: str) -> None:
    """What is written loads. Raises BadQuestion."""
    try:
        parse(text, name=_PROPOSED)
    except BadConfig as error:
        raise BadQuestion(
            f"what was read gives a configuration that does not hold:\n{error}\nSee it with --print, and mend it by hand"
        ) from error


def _propose(options: Options, path: Path | None, sources: Sequence[Path]) -> Proposal:
    root = repository_root((path or Path.cwd()).absolute())
    if root is None:
        raise BadQuestion(f"there is no git repository around {path or Path.cwd()}: make one with git init")
    with progress(options, f"looking through {root}"):
        found = survey(root, options.environ)
    imported = (
        import_files([(str(source), _text(source)) for source in sources], _world()) if sources else drafting.NOTHING
    )
    place = root / FILE_NAME
    return Proposal(
        place=place,
        found=found,
        imported=imported,
        keys={name: bool(options.environ.get(name)) for name in _key_names(imported)},
        before=place.read_text("utf-8", "replace") if place.exists() else "",
        text=drafting.toml_of(found, imported, options.environ),
    )


def _text(source: Path) -> str:
    try:
        return source.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadQuestion(f"{source} cannot be read: {why}") from error


def _world() -> World:
    now = datetime.now(UTC)
    return World(kinds=frozenset(known_kinds()), is_priced=_is_priced(now), today=now.date())


def _is_priced(now: datetime) -> Callable[[str, str], bool]:
    from watchbill.providers.pricing import Pricing  # noqa: PLC0415 - a second, and only for imports

    def ask(vendor: str, model: str) -> bool:
        try:
            Pricing(vendor=vendor).bound(model, tokens_in=1, tokens_out=1, terms={}, at=now)
        except Unpriced:
            return False
        return True

    return ask


def _key_names(imported: Imported) -> list[str]:
    named = [str(value).removeprefix("env:") for at, value in imported.values.items() if at[-1] == "api_key"]
    return list(dict.fromkeys([*(vendor.variable for vendor in VENDORS), *named]))


def _converse(proposal: Proposal, environ: Mapping[str, str], *, yes: bool, force: bool) -> None:
    _refuse_overwriting(proposal, force=force)
    _tell(proposal)
    _report(proposal.imported, err=False)
    click.echo(f"\n{proposal.diff}")
    for note in notes(proposal.text, proposal.place, environ):
        click.echo(f"note: {note}")
    if yes or click.confirm(f"Write this to {proposal.place}?", default=True):
        _write(proposal, force=force)
        click.echo(f"Wrote {proposal.place}. Next: watchbill doctor, watchbill plan, then watchbill serve")


def notes(text: str, place: Path, environ: Mapping[str, str]) -> list[str]:
    """Recurring work that nobody could do, and first calls that no cap has room for. What else is missing _tell() says."""
    written = Loaded(settings=parse(text), path=place)
    setups = provider_values.providers_of(written.settings, environ)
    missing = {setup.name: setup.missing for setup in setups if setup.missing}
    dear = first_calls.all_of(written, setups, datetime.now(UTC))
    return [*advice.idle_entries(written, missing), *(f"{each.wrong}. {each.mend}" for each in dear)]


def _tell(proposal: Proposal) -> None:
    found, keys = proposal.found, proposal.keys
    there = ", ".join(name for name, is_set in keys.items() if is_set)
    absent = ", ".join(name for name, is_set in keys.items() if not is_set)
    tests = ", ".join(" ".join(argv) for _, argv in found.tests)
    click.echo(f"{found.root} on branch {found.target}")
    click.echo(f"  languages  {', '.join(found.languages) or 'none known'}")
    click.echo(f"  queue      {', '.join(found.queues) or 'none yet'}, {found.open_tasks} open tasks")
    for unreadable in found.unreadable:
        click.echo(f"             {unreadable.path}:{unreadable.line}: {unreadable.why}")
    click.echo(f"  tests      {tests or 'none found'}")
    click.echo(f"  workflows  {found.workflows}, {_count(found.broken_workflows)} of them broken")
    for finding in found.broken_workflows:
        click.echo(f"             {finding.path}:{finding.line}: {finding.message}")
    click.echo(f"  keys       {there or 'none: only local automation can work until one is set'}")
    if absent:
        click.echo(f"             not set: {absent}")


def _count(findings: Sequence[object]) -> int:
    return len({getattr(finding, "path", finding) for finding in findings})


def _report(imported: Imported, *, err: bool) -> None:
    """What became of every key, and how many of each."""
    for line in _report_lines(imported):
        click.echo(line, err=err)


def _report_lines(imported: Imported) -> Iterator[str]:
    for file in dict.fromkeys(line.file for line in imported.lines):
        own = [line for line in imported.lines if line.file == file]
        yield ""
        yield f"{file}: " + ", ".join(f"{sum(line.verdict is word for line in own)} {word}" for word in Verdict)
        for line in own:
            to = f" {line.to}" if line.to else ""
            why = f"  ({line.why})" if line.why else ""
            yield f"  {line.line:>4}  {line.key}: {line.verdict}{to}{why}"


def _plain(proposal: Proposal) -> dict[str, object]:
    found = proposal.found
    return {
        "path": str(proposal.place),
        "repository": str(found.root),
        "target": found.target,
        "languages": list(found.languages),
        "queues": list(found.queues),
        "open_tasks": found.open_tasks,
        "unreadable": [asdict(place) for place in found.unreadable],
        "tests": [list(argv) for _, argv in found.tests],
        "workflows": found.workflows,
        "broken_workflows": [
            {"path": finding.path, "line": finding.line, "why": finding.message} for finding in found.broken_workflows
        ],
        "keys": proposal.keys,
        "imports": [asdict(line) for line in proposal.imported.lines],
        "diff": proposal.diff,
        "toml": proposal.text,
    }


def _refuse_overwriting(proposal: Proposal, *, force: bool) -> None:
    if proposal.place.exists() and not force:
        raise BadQuestion(f"{proposal.place} is there already; look at it with watchbill config show, or use --force")


def _write(proposal: Proposal, *, force: bool) -> None:
    """Raises BadQuestion where it is there already, or cannot be written."""
    _refuse_overwriting(proposal, force=force)
    staged = proposal.place.with_name(f".{FILE_NAME}.new")
    try:
        staged.write_text(proposal.text, "utf-8")
        staged.replace(proposal.place)
    except OSError as error:
        raise BadQuestion(
            f"{proposal.place} cannot be written: {error.strerror}; keep it elsewhere: watchbill init --print > FILE, "
            "with the repository's path in it, then watchbill --config FILE"
        ) from error
    finally:
        with suppress(OSError):
            staged.unlink()
