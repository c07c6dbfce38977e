"""watchbill status: everything on at most 25 lines; it always says why nothing runs."""

import time
from collections.abc import Iterator, Mapping, Sequence

import click
from rich.console import Console

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.provider import said
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit
from watchbill.scheduling.health import Word

_REFRESH = 2.0  # seconds between two looks of --watch
_SHOWN_COLLISIONS = 2
_SHOWN_KEPT = 2  # providers that tasks wait for
_LINES = 25  # of a small terminal
_SHOWN_PROVIDERS, _SHOWN_RUNS, _SHOWN_NEEDS = 4, 3, 3  # with their heads they leave seven lines
_SPARED_FIRST = ("ladders", "repos", "ahead", "merges", "today", "raised", "kept", "waiting", "health")


@click.command("status")
@click.option("--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@click.option("--check", is_flag=True, help="Exit with 3 when something is wrong, and print only that.")
@json_option
@click.pass_obj
def command(options: Options, *, watch: bool, check: bool, as_json: bool) -> None:
    """What runs, what waits and why, who is on watch, where the money stands, and what needs you."""
    client = connect(options)
    while True:
        answer = client.get("/state")
        if watch:
            click.clear()
        _print(options, answer, check=check, as_json=as_json)
        if not watch:
            break
        time.sleep(_REFRESH)
    if check and answer["problems"]:
        click.get_current_context().exit(Exit.CONDITION_FALSE)


def _print(options: Options, answer: Plain, *, check: bool, as_json: bool) -> None:
    if as_json:
        show.as_json(answer)
    elif check:
        for problem in answer["problems"]:
            click.echo(problem)
    else:
        render(show.console(options), answer)


def render(out: Console, answer: Plain) -> None:
    tables = _table_lines(answer)
    for line in _fitting(_head(answer), _LINES - tables):
        out.print(line, overflow="ellipsis", no_wrap=True)
    out.print()
    _providers(out, answer["providers"], answer["generated_at"])
    if answer["running"]:
        out.print()
        _running(out, answer["running"])
    if answer["needs_you"]:
        out.print()
        _needs(out, answer["needs_you"])


def _table_lines(answer: Plain) -> int:
    """What the tables take, with the empty line before each and their heads."""
    shown = (
        (answer["providers"], _SHOWN_PROVIDERS),
        (answer["running"], _SHOWN_RUNS),
        (answer["needs_you"], _SHOWN_NEEDS),
    )
    return sum(2 + min(len(rows), most) + (len(rows) > most) for rows, most in shown if rows)


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """As many as there is room for: what can be looked up elsewhere goes first, and that some went is said."""
    kept = list(lines)
    for word in _SPARED_FIRST:
        if len(kept) <= room:
            return kept
        kept = [line for line in kept if not line.startswith(f"  {word}")]
    return kept if len(kept) <= room else [*kept[: room - 1], "  …        more: --json shows all"]


def _head(answer: Plain) -> list[str]:
    lines = [
        _daemon(answer),
        *_stuck(answer["stuck"]),
        *_faults(answer["repos"]),
    ]
    if answer["pauses"]:
        lines.append(_paused(answer["pauses"]))
    if answer["why_idle"]:
        lines.append(f"  idle     {answer['why_idle']}")
    lines += [
        *_configuration(answer["configuration"]),
        _watch(answer["watch"], {each["name"]: each["state"] for each in answer["providers"]}),
        _budget(answer["budget"]),
        *_raised(answer["money"]),
        _tasks(answer),
    ]
    if answer["waiting"]:
        lines.append("  waiting  " + " · ".join(f"{reason} {count}" for reason, count in answer["waiting"].items()))
    lines += _kept_by(answer["kept_by"])
    if answer["daemon"] is not None:
        lines += _health(answer["health"])
    if saved := show.savings(answer["savings"]):
        lines.append(f"  today    {saved}")
    lines += _conflicts(answer["conflicts"])
    lines += _taking_back(answer["taking_back"], has_daemon=answer["daemon"] is not None)
    if len(answer["repos"]) > 1:
        lines.append(_repos(answer["repos"]))
    if answer["ladders"]:
        lines.append(_ladders(answer["ladders"]))
    return lines


def _daemon(answer: Plain) -> str:
    facts = answer["daemon"]
    if facts is None:
        return f"○ no daemon runs   {answer['config']}"
    up = show.ago(facts["started_at"], answer["generated_at"]).removesuffix(" ago")
    config = answer["configuration"]
    reloaded = f" (reloaded {show.local(config['loaded_at'])})" if config and config["reloads"] else ""
    now = f"{show.local(answer['generated_at'])} {show.zone()}"
    return f"● running   up {up}   pid {facts['pid']}   {answer['config']}{reloaded}   {now}"


def _stuck(parts: Sequence[str]) -> Iterator[str]:
    if parts:
        yield f"  fault    no progress for minutes: {', '.join(parts)}; look at the disks, then restart the daemon"


def _configuration(facts: Plain | None) -> Iterator[str]:
    """Nothing while all is well; what a person would have to know is one line."""
    if facts and facts["problems"]:
        more = f" (and {len(facts['problems']) - 1} more)" if len(facts["problems"]) > 1 else ""
        since, at = show.local(facts["loaded_at"]), show.local(facts["rejected_at"])
        yield f"  config   rejected {at}, the one of {since} stays in force: {facts['problems'][0]}{more}"
    if facts and facts["needs_restart"]:
        yield f"  config   not in force before a restart: {', '.join(facts['needs_restart'])}"


def _watch(watch: Plain, state_by_name: Mapping[str, str]) -> str:
    """Who is on watch and until when, and whom it would be but for how it stands."""
    owners = [name for name in watch["owners"] if state_by_name[name] != "unconfigured"]
    away = [f"{name} is {state_by_name[name]}" for name in owners if name not in watch["on_watch"]]
    now = ", ".join(watch["on_watch"]) or "nobody"
    turns = watch["then"] and set(watch["then"]) not in (set(owners), set(watch["on_watch"]))  # else nothing changes
    until = f" until {show.local(watch['turns_at'])}, then {', '.join(watch['then'])}" if turns else ""
    by_hand = [watch["by_hand"]] if watch["by_hand"] else []
    return f"  watch    {'; '.join([now + until, *by_hand, *away])}   ({watch['policy']}; hours in {watch['zone']})"


def _budget(budget: Plain) -> str:
    return "  budget   " + "   ".join(
        _window(name, budget[kind]) for name, kind in (("today", "day"), ("month", "month"))
    )


def _raised(money: Plain) -> Iterator[str]:
    """What people let budgets have for a while."""
    said = [
        f"{one['of']} by {show.usd(one['amount_micro_usd'])} until {show.local(one['until'])}"
        for one in money["raises"]
    ]
    said += [f"{one['provider']} beyond its credits until {show.local(one['until'])}" for one in money["overages"]]
    if said:
        yield "  raised   " + " · ".join(said)


def _window(name: str, window: Plain) -> str:
    spent = show.usd(window["spent_micro_usd"])
    cap = f" of {show.usd(window['cap_micro_usd'])}" if window["cap_micro_usd"] is not None else ""
    held = f" and {show.usd(window['held_micro_usd'])} held" if window["held_micro_usd"] else ""
    share = f" ({window['share']:.0%})" if window["share"] is not None else ""
    projected = window["projected_micro_usd"]
    return f"{name} {spent}{held}{cap}{share}" + (f" → {show.usd(projected)}" if projected else "")


def _tasks(answer: Plain) -> str:
    counts = " · ".join(f"{count} {state}" for state, count in answer["counts"].items() if count) or "none"
    coming = answer["recurring"][:1]
    mode = "" if answer["mode"] == "full" else f"   mode {answer['mode']}"
    return f"  tasks    {counts}{mode}" + "".join(
        f"   next look {show.local(e['next_at'])}: {e['entry']}" for e in coming
    )


def _kept_by(kept: Sequence[Plain]) -> Iterator[str]:
    for one in kept[:_SHOWN_KEPT]:
        count = "1 task" if one["tasks"] == 1 else f"{one['tasks']} tasks"
        until = f"until {show.local(one['until'])}" if one["until"] else "until a person acts"
        yield f"  kept     {count} by {one['provider']} {until}: {one['detail']}"


def _conflicts(facts: Plain) -> Iterator[str]:
    """Nothing while everything merges."""
    if facts["met_24h"]:
        by_itself = sum(facts["resolved_24h"].values())
        yield (
            f"  merges   {facts['landed_24h']} landed in 24h, {facts['met_24h']} in conflict: {by_itself} settled without "
            f"you, {facts['for_people_24h']} for you"
        )
    for one in facts["predicted"][:_SHOWN_COLLISIONS]:
        yield f"  ahead    {one['run']} would not merge with {one['other']} in {', '.join(one['paths'])}"


def _taking_back(wanted: Sequence[Plain], *, has_daemon: bool) -> Iterator[str]:
    """Landings that somebody wants back, until they are."""
    if wanted:
        said = ", ".join(f"{one['id']} of {one['run']} ({one['task']})" for one in wanted)
        yield f"  undo     {said}: wanted" + ("" if has_daemon else "; a daemon does it: watchbill serve")


def _paused(pauses: Sequence[Plain]) -> str:
    """The widest one with its way out; how many more there are."""
    first = next((pause for pause in pauses if pause["scope"] == "all"), pauses[0])
    until = f" until {show.local(first['until'])}" if first["until"] else ""
    what = "everything" if first["scope"] == "all" else f"{first['scope']} {first['name']}"
    why = f": {first['why']}" if first["why"] else ""
    more = f"   and {len(pauses) - 1} more" if len(pauses) > 1 else ""
    return f"  paused   {what}{until} by {first['who'] or 'somebody'}{why}   → {first['lift']}{more}"


def _repos(repos: Sequence[Plain]) -> str:
    """What each got of the last day's runs, and its share."""
    said = (f"{each['name']} {'BROKEN' if each['fault'] else each['runs_24h']} ({each['share']:g})" for each in repos)
    return "  repos    " + " · ".join(said) + "   runs in 24h (share)"


def _faults(repos: Sequence[Plain]) -> Iterator[str]:
    """Those that cannot be worked on."""
    broken = [each for each in repos if each["fault"]]
    more = f"   and {len(broken) - 1} more: --json shows all" if len(broken) > 1 else ""
    yield from (f"  fault    repository {each['name']}: {each['fault'].splitlines()[0]}{more}" for each in broken[:1])


def _health(health: Plain) -> Iterator[str]:
    """Nothing while it is healthy."""
    if health["health"] != Word.HEALTHY:
        why = "; ".join(f"-{less['points']} {less['why'].splitlines()[0]}" for less in health["deductions"])
        yield f"  health   {health['score']} of 100, {health['health']}: {why}"


def _ladders(steps: Sequence[Plain]) -> str:
    """What passed of each step's results, and how much of that was undone, retried or rejected."""
    said = (
        f"{each['type']} {each['step']} {each['passed']}/{each['runs']}"
        + (f" ({each['undone']} no good)" if each["undone"] else "")
        for each in steps
    )
    return "  ladders  " + " · ".join(said) + "   passed/runs"


def _providers(out: Console, providers: Sequence[Plain], now: str) -> None:
    rows = [
        (
            each["name"],
            each["state"],
            str(each["score"]),
            each["hours"] + (" now" if each["on_watch"] else ""),
            show.done(each),
            show.usd(each["cost_24h_micro_usd"]),
            said(each, now),
        )
        for each in providers[:_SHOWN_PROVIDERS]
    ]
    show.table(out, ("provider", "state", "well>", "hours", "done 24h>", "cost>", "note"), rows, folds=False)
    _more(out, len(providers) - _SHOWN_PROVIDERS)


def _running(out: Console, running: Sequence[Plain]) -> None:
    rows = [
        (
            run["id"],
            run["provider"],
            run["repo"],
            run["stage"],
            show.span(run["seconds"]),
            show.tokens(run["tokens_in"] + run["tokens_out"]),
            f"{run['title']} and {len(run['riders'])} more" if run["riders"] else run["title"],
        )
        for run in running[:_SHOWN_RUNS]
    ]
    show.table(out, ("running", "provider", "repo", "stage", "for>", "tok>", "task"), rows, folds=False)
    _more(out, len(running) - _SHOWN_RUNS)


def _needs(out: Console, needs: Sequence[Plain]) -> None:
    rows = [(each["kind"], show.cut(each["title"], 40), each["command"]) for each in needs[:_SHOWN_NEEDS]]
    show.table(out, ("needs you", "what", "settle it with"), rows, folds=False)
    _more(out, len(needs) - _SHOWN_NEEDS)


def _more(out: Console, count: int) -> None:
    if count > 0:
        out.print(f"… and {count} more: --json shows all")
