"""watchbill review: decide about work that waits for a person. What is decided about is what was shown, to the byte."""

import base64
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from watchbill.operator.cli import names, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.visible import visible

_SHOWN_FINDINGS = 20
_SHOWN_FILES = 40
_ASKED = 48  # characters of a list's line
_SHOWN_LINES = 20  # of a side of a conflict
_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")

_tree_option = click.option(
    "--tree",
    help="The tree that you were shown (its beginning): refused where it is another now. Default: what is there.",
)


@click.group("review")
def command() -> None:
    """Decide about work that waits for a person: approve, reject or edit it."""


@command.command("list")
@json_option
@click.pass_obj
def list_(options: Options, *, as_json: bool) -> None:
    """What waits for a person, who asked, and how much it is."""
    answer = connect(options).get("/reviews")
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (
            each["task"],
            each["state"],
            *((f"+{each['added']} -{each['removed']}", str(each["files"])) if each["files"] else ("no change", "-")),
            show.usd(each["cost_micro_usd"]),
            show.cut(each["title"], 48),
            show.cut(f"{each['asked_by']['kind']} {each['asked_by']['what']}".strip(), _ASKED),
        )
        for each in answer["reviews"]
    ]
    show.table(show.console(options), ("task", "state", "lines>", "files>", "cost>", "title", "asked by"), rows)
    if not rows and not options.quiet:
        click.echo("Nothing waits for you.")


@command.command("show")
@click.argument("task", type=names.TASK)
@click.option("--diff", is_flag=True, help="The changes as a unified diff, and nothing else.")
@json_option
@click.pass_obj
def show_(options: Options, *, task: str, diff: bool, as_json: bool) -> None:
    """A review whole: changes, verdict, where it comes from, what it cost, and what approving does."""
    client = connect(options)
    if diff:
        text = client.text(f"/reviews/{task}/diff")
        if as_json:
            show.as_json({"task": task, "diff": text})
        else:
            show.diff(text)
        return
    card = client.get(f"/reviews/{task}")
    if as_json:
        show.as_json(card)
        return
    last = card["conflicts"][-1] if card["conflicts"] else {}
    if last.get("rung") == "review":
        files = client.get(f"/reviews/{task}/files")["files"]
        deleted = {one["path"] for one in last["deletions"]}
        _render(card, {path: files[path] for path in last["paths"] if path in files and path not in deleted})
    else:
        _render(card, {})


def _render(card: Plain, conflicts: Mapping[str, str | None]) -> None:
    """`conflicts`: the files of whose two sides a person is to make one, in base64."""
    asked = card["asked_by"]
    click.echo(f"{card['task']}  {card['title']}")
    show.pairs(
        [
            ("asked by", f"{asked['kind']} {asked['what']}".strip()),
            ("why", card["why"]),
            ("from", " → ".join(_provenance(card))),
            ("said", card["from"]["summary"]),
            ("with it", ", ".join(rider["title"] for rider in card["from"]["riders"])),
            ("conflict", " → ".join(map(show.tried, card["conflicts"]))),
            ("tree", card["tree"] or ""),
        ]
    )
    click.echo("\nchanges")
    for change in card["changes"][:_SHOWN_FILES]:
        click.echo(f"  {show.counts(change)}")
    if len(card["changes"]) > _SHOWN_FILES:
        click.echo(f"  and {show.files(len(card['changes']) - _SHOWN_FILES)} more")
    if not card["changes"]:
        click.echo("  nothing was changed")
    if card["verdict"] is not None:
        _render_lines("verdict", _verdict(card["verdict"]))
    elif card["from"]["findings"]:
        _render_lines("found", card["from"]["findings"])
    deletions = card["conflicts"][-1]["deletions"] if card["conflicts"] else []
    if conflicts or deletions:
        click.echo("\nboth sides (first what landed, then what both began from, last its own change)")
    _render_sides(conflicts)
    _render_deletions(deletions)
    _render_lines("approving", card["approving"])
    click.echo()
    for line in _ways(card["task"], card["tree"], settles=card["settles"]):
        click.echo(line)


def _render_lines(title: str, lines: Iterable[str]) -> None:
    click.echo(f"\n{title}")
    for line in lines:
        click.echo(f"  {line}")


def _render_sides(conflicts: Mapping[str, str | None]) -> None:
    for path, coded in conflicts.items():
        click.echo(f"  {visible(path)}{': deleted' if coded is None else ''}")
        for line in _sides(base64.b64decode(coded or "").decode(errors="replace").splitlines()):
            click.echo(f"    {visible(line)}")


def _render_deletions(deletions: Sequence[Plain]) -> None:
    for one in deletions:
        click.echo(f"  {one['told']}")
        for title, text in (("what both began from", one["base"]), ("what the other side made of it", one["change"])):
            click.echo(f"    {title}:")
            for line in text.splitlines():
                click.echo(f"      {line}")


def _sides(lines: list[str]) -> Iterator[str]:
    """What stands between conflict markers, with them; of each side the beginning."""
    side: list[str] | None = None
    for line in lines:
        if line[:7] in _MARKERS and (side is not None or line[:7] == _MARKERS[0]):
            yield from (side or [])[:_SHOWN_LINES]
            if side and len(side) > _SHOWN_LINES:
                yield f"… and {len(side) - _SHOWN_LINES} more lines"
            yield line
            side = None if line[:7] == _MARKERS[-1] else []
        elif side is not None:
            side.append(line)


def _ways(task: str, tree: str | None, *, settles: bool) -> Iterator[str]:
    """The commands that settle it."""
    if tree is not None:
        yield f"watchbill review show {task} --diff"
        yield f"watchbill review approve {task} --tree {tree[:12]}"
        yield f"watchbill review edit {task}"
    elif settles:
        yield f"watchbill review approve {task}"
    yield f'watchbill review reject {task} -m "do it so instead"'
    if tree is None:
        yield f"watchbill task cancel {task}"


def _provenance(card: Plain) -> Iterator[str]:
    if card["from"]["source"]:
        yield card["from"]["source"]
    for run in card["from"]["runs"]:
        yield f"{run['id']} {run['provider']} {run['state']}"
    runs = "1 run" if card["attempts"] == 1 else f"{card['attempts']} runs"
    yield f"{runs}, {show.usd(card['cost_micro_usd'])}"


def _verdict(verdict: Plain) -> Iterator[str]:
    """Each gate with what it says of this change; then what is new, line by line."""
    blamed = {finding["gate"] for finding in verdict["new"]}
    gates = dict.fromkeys((*verdict["gates"], *(finding["gate"] for finding in verdict["new"])))
    yield "  ".join(f"{gate} {'✗' if gate in blamed else '✓'}" for gate in gates)
    for finding in verdict["new"][:_SHOWN_FINDINGS]:
        yield f"{show.place(finding)}: {finding['rule']}: {finding['message'].splitlines()[0]}"


@command.command("approve")
@click.argument("task", type=names.TASK)
@_tree_option
@click.option("-m", "--message", default="", help="A word for whoever reads it later.")
@json_option
@click.pass_obj
def approve(options: Options, *, task: str, tree: str | None, message: str, as_json: bool) -> None:
    """Let it land just as it is. A check that changed nothing counts as done by that."""
    client = connect(options)
    card = client.get(f"/reviews/{task}")
    if not as_json and not options.quiet:
        size = f"+{card['added']} -{card['removed']} in {show.files(card['files'])}" if card["files"] else "no change"
        click.echo(f"{card['task']}  {card['title']}  {size}")
        for line in card["approving"]:
            click.echo(f"→ {line}")
    body = {"tree": _meant(tree, card["tree"]), "who": until.who(), "why": message}
    _done(options, client.post(f"/reviews/{task}/approve", body), "is {note}", as_json=as_json)


@command.command("reject")
@click.argument("task", type=names.TASK)
@click.option("-m", "--message", required=True, help="What to do instead; the next attempt is told these words.")
@json_option
@click.pass_obj
def reject(options: Options, *, task: str, message: str, as_json: bool) -> None:
    """Have it done anew, told what to do instead."""
    done = connect(options).post(f"/reviews/{task}/reject", {"who": until.who(), "why": message})
    _done(options, done, "is queued again, and its next run is told your words", as_json=as_json)


@command.command("edit")
@click.argument("task", type=names.TASK)
@_tree_option
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the files from this folder, by their paths in the repository, in place of opening $EDITOR.",
)
@click.option(
    "--patch", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Apply this patch onto it instead."
)
@click.option("-m", "--message", default="", help="A word for whoever reads it later.")
@json_option
@click.pass_obj
def edit(
    options: Options,
    *,
    task: str,
    tree: str | None,
    folder: Path | None,
    patch: Path | None,
    message: str,
    as_json: bool,
) -> None:
    """Change it, and let it land as you left it, if the gates pass."""
    if folder is not None and patch is not None:
        raise click.UsageError("say --from or --patch, not both")
    client = connect(options)
    shown = client.get(f"/reviews/{task}/files")
    body: Plain = {"tree": _meant(tree, shown["tree"]), "who": until.who(), "why": message}
    if patch is not None:
        body |= {"patch": _coded(patch.read_bytes())}
    else:
        files = _of_folder(folder) if folder is not None else _edited(_texts(shown["files"]))
        body |= {"files": {path: None if data is None else _coded(data) for path, data in files.items()}}
    _done(options, client.post(f"/reviews/{task}/edit", body), "is {note}", as_json=as_json)


def _meant(said: str | None, there: str | None) -> str:
    """The tree that is decided about: what the person was shown, by its beginning, else what is there."""
    there = there or ""
    return there if said is None or (said and there.startswith(said)) else said


def _texts(files: Mapping[str, str | None]) -> Mapping[str, bytes]:
    return {path: base64.b64decode(coded) for path, coded in files.items() if coded is not None}


def _edited(files: Mapping[str, bytes]) -> Mapping[str, bytes | None]:
    """The files as $EDITOR left them; one that was deleted there is None. Only what was changed."""
    if not files:
        raise click.UsageError("there is no file to edit in it: --from or --patch say what it shall be")
    with tempfile.TemporaryDirectory(prefix="watchbill-review-") as made:
        places = {path: Path(made, path) for path in files}
        for path, place in places.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(files[path])
        _open_editor(list(places.values()))
        left = {path: place.read_bytes() if place.is_file() else None for path, place in places.items()}
    changed = {path: data for path, data in left.items() if data != files[path]}
    if not changed:
        raise click.UsageError("nothing was changed, so nothing is decided")
    return changed


def _open_editor(places: list[Path]) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise click.UsageError("there is no $EDITOR to open it in: set it, or use --from or --patch")
    click.edit(editor=editor, filename=[str(place) for place in places])


def _of_folder(folder: Path) -> Mapping[str, bytes | None]:
    """Every file below it, by its path there."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if not found:
        raise click.UsageError(f"there is no file in {folder}")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _done(options: Options, task: Plain, said: str, *, as_json: bool) -> None:
    if as_json:
        show.as_json(task)
    elif not options.quiet:
        click.echo(f"{task['id']} {said.format_map(task)}")
