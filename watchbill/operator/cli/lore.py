"""watchbill lore: a world's canon: draft it, hold texts against it, and keep what contradicts it on purpose."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from watchbill.config.load import load
from watchbill.config.problems import BadConfig
from watchbill.domain.counted import counted
from watchbill.domain.errors import ConfigError
from watchbill.operator import lorekeeping
from watchbill.operator.cli import show
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.faults import BadQuestion, Exit
from watchbill.operator.visible import visible

_canon_option = click.option(
    "--canon",
    type=click.Path(exists=True, path_type=Path),
    help="A canon file, or a folder of them. Default: as configured, or canon.yaml, canon.md or lore/ here.",
)


@click.group("lore")
def command() -> None:
    """What a repository knows about its own world, and whether texts contradict it. Asks nobody, works offline."""


@command.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@_canon_option
@json_option
@click.pass_context
def check(ctx: click.Context, *, files: Sequence[Path], canon: Path | None, as_json: bool) -> None:
    """Hold FILES, or the texts in folders, against the canon, by the code that judges work before it lands.

    Where a text stands in its story is read from its front matter (chapter: 5), its heading or its file's name. The exit
    code is 3 when something contradicts the canon.
    """
    shelf = _shelf(ctx.obj, canon)
    texts = list(_texts(files, shelf))
    with progress(ctx.obj, f"holding {len(texts)} texts against the canon"):
        result = shelf.check(texts)
    if as_json:
        show.as_json(
            {
                "canon": list(shelf.paths),
                "checked": result.checked,
                "findings": [asdict(one) for one in result.findings],
                "waived": [asdict(one) for one in result.waived],
                "problems": [asdict(one) for one in shelf.library.problems],
            }
        )
    else:
        _tell(result, shelf, quiet=ctx.obj.quiet)
    if result.findings or shelf.library.problems:
        ctx.exit(Exit.CONDITION_FALSE)


@command.command("init")
@click.argument("documents", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the draft goes. Default: canon.yaml beside the first document.",
)
@click.option("--print", "only_print", is_flag=True, help="Print the draft, and write nothing.")
@json_option
def init(*, documents: Sequence[Path], out: Path | None, only_print: bool, as_json: bool) -> None:
    """Draft a canon in YAML from Markdown DOCUMENTS, or folders of them, for your review. Never writes over a file.

    What it was unsure of is listed, and stands as comments at the head of the draft.
    """
    sources = [
        path
        for place in documents
        for path in (sorted(place.rglob("*")) if place.is_dir() else [place])
        if path.suffix.lower() in (".md", ".markdown")
    ]
    if not sources:
        raise BadQuestion("there is no Markdown document among them; give .md or .markdown files, or a folder of them")
    place = out or sources[0].parent / "canon.yaml"
    made = lorekeeping.draft(sources)
    if only_print:
        click.echo(made.text, nl=False)
        return
    if place.exists():
        raise BadQuestion(
            f"{place} is there already and stays as it is; name another file with --out, or look with --print"
        )
    place.write_text(made.text, "utf-8")
    if as_json:
        show.as_json({"path": str(place), "counts": made.counts, "unsure": [asdict(one) for one in made.doubts]})
        return
    click.echo(
        f"Wrote {place}: "
        + (
            ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in made.counts.items())
            or "nothing was understood"
        )
    )
    for doubt in made.doubts:
        click.echo(visible(f"  unsure  {doubt.path}:{doubt.line}: {doubt.why}: {doubt.text}"))
    click.echo(f"→ read it, mend it, then: watchbill lore check FILE… --canon {place}")


@command.command("waive")
@click.argument("place")
@click.option("--reason", required=True, help="Why it may stay, for whoever reads it later.")
@click.option("--rule", help="Only findings of this rule.")
@click.option("--quote", help="Words that begin there, and that a model named in a continuity check.")
@_canon_option
@click.pass_obj
def waive(
    options: Options, *, place: str, reason: str, rule: str | None, quote: str | None, canon: Path | None
) -> None:
    """Keep what contradicts the canon at PLACE, a FILE:LINE of `lore check`, or of what a model named.

    Saved in lore-waivers.yaml beside the canon.
    """
    file, _, line = place.rpartition(":")
    if not file or not line.isdecimal() or int(line) < 1 or not Path(file).is_file():
        raise BadQuestion(
            f"{place!r} is no FILE:LINE; write it as `watchbill lore check` does, for instance ch05.md:12"
        )
    shelf = _shelf(options, canon)
    if quote is not None:
        kept = shelf.waive_named(Path(file), int(line), quote, reason=reason)
        if not kept:
            raise BadQuestion(f"{quote!r} does not begin at {place}; give the words as they stand there")
    else:
        kept = shelf.waive(Path(file), int(line), reason=reason, rule=rule)
    if not kept:
        raise BadQuestion(
            f"nothing at {place} contradicts the canon{f' by rule {rule}' if rule else ''}; see watchbill lore check {file}"
        )
    for one in kept:
        what = f"{one.rule} ({one.canon_id})" if one.canon_id else one.rule
        click.echo(visible(f"{place}: {what} {one.quote!r} is kept: {reason}"))
    click.echo(visible(f"Saved in {shelf.waiver_file}"))


def _shelf(options: Options, canon: Path | None) -> lorekeeping.Shelf:
    if canon is not None:
        return lorekeeping.shelf_at(canon)
    try:
        loaded = load(options.config, options.environ, cwd=Path.cwd())
    except (ConfigError, BadConfig):
        return lorekeeping.shelf_here(Path.cwd())
    return lorekeeping.shelf_configured(loaded, Path.cwd())


def _texts(files: Sequence[Path], shelf: lorekeeping.Shelf) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from shelf.texts_in(path)
        else:
            yield path


def _tell(result: lorekeeping.Checked, shelf: lorekeeping.Shelf, *, quiet: bool) -> None:
    for problem in shelf.library.problems:
        click.echo(visible(f"canon: {problem.message}"), err=True)
    for one in result.findings:
        click.echo(visible(f"{one.path}:{one.line}: {one.rule}: {' '.join(one.quote.split())!r}"))
        click.echo(visible(f"    the canon ({one.canon_id}): {one.canon}"))
    if not quiet:
        waived = f", {len(result.waived)} waived" if result.waived else ""
        click.echo(f"{counted(len(result.findings), 'finding')} in {counted(result.checked, 'text')}{waived}")
