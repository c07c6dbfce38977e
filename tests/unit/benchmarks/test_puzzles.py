"""The puzzles' player: it solves them from what it is told alone, and a hand-off that loses something makes it look again."""

from benchmarks.puzzles import Puzzle, asked_of, make, play
from tests.vendors import Heard

GAME = make(1, 7)[0]


def played(game: Puzzle, *, forget: int | None = None) -> list[str]:
    """The tools that are used until it finishes; the transcript is lost once after so many, the files are not."""
    files = game.clues()
    heard = [Heard(role="user", text=f"Title: Solve puzzle {game.name}")]
    used: list[str] = []
    while True:
        (use,) = play(game.name, heard)
        used.append(use.tool)
        if use.tool == "finish":
            assert files[game.out] == game.answer
            return used
        path = str(use.args["path"])
        if use.tool == "write_file":
            files[path] = str(use.args["content"])
        said = files[path] if use.tool == "read_file" else "written"
        heard += [Heard(role="assistant", text="", tools=(use.tool,)), Heard(role="tool", text=said)]
        if forget == len(used):
            heard = heard[:1]


def test_each_is_solved_in_as_many_answers_as_it_says() -> None:
    for game in make(20, 1):
        assert len(played(game)) == game.calls


def test_who_forgets_looks_again_and_solves_it_all_the_same() -> None:
    assert len(played(GAME, forget=4)) > GAME.calls


def test_lines_about_shortened_steps_are_as_good_as_the_steps() -> None:
    first, second = list(GAME.clues().items())[:2]
    lines = (
        f"- read_file(path={first[0]}): {first[1]}- read_file(path={second[0]}): {second[1]}- write_file(path=x): ok"
    )
    told = [Heard(role="user", text=f"Solve puzzle {GAME.name}"), Heard(role="user", text=lines)]

    (use,) = play(GAME.name, told)

    assert (use.tool, use.args["path"]) == ("read_file", GAME.place(2))


def test_a_file_that_was_lost_is_written_again() -> None:
    clues = "".join(GAME.clues().values())
    told = [
        Heard(role="user", text=f"Solve puzzle {GAME.name}\n{clues}" + "- write_file(\n" * 9),
        Heard(role="assistant", text="", tools=("read_file",)),
        Heard(role="tool", text="no such file"),
    ]

    assert [use.tool for use in play(GAME.name, told)] == ["write_file"]
    assert asked_of(told) == GAME.name
