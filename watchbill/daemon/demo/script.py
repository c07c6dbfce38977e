"""What the demo's scripted providers say, turn by turn. Everything else in the demo is real."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from watchbill.daemon.demo import world
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import Clock, Meter
from watchbill.providers.rates import Rates
from watchbill.providers.scripted import Cut, Scene, Script, ScriptedProvider, Step, finish, first, say, table, use

RATES = Rates(input=Decimal(3), output=Decimal(15))  # dollars for a million tokens
THINKING = timedelta(minutes=6)  # of the demo's clock, a turn

Row = Sequence[Step | Script]


def _writes(path: str, content: str, summary: str) -> Row:
    """Look, write, check, finish."""
    return (
        say("I will look at it first.", use("list_files", glob="**"), takes=THINKING),
        say("", use("write_file", path=path, content=content), use("check"), takes=THINKING),
        finish(summary),
    )


CHAPTER_2 = _writes("chapters/02.md", world.CHAPTER_2, "Wrote the flood.")
POLISH_2 = (
    say("", use("read_file", path="chapters/02.md"), takes=THINKING),
    say(
        "",
        use("edit_file", path="chapters/02.md", old_text="It won't hold", new_text="That rope is older than we are"),
        takes=THINKING,
    ),
    finish("Took the contraction out."),
)
# Breaks two rules of ChoiceScript (a label and a variable that do not exist), and insists when the gates say so.
STORM_BROKEN = (
    say("", use("read_file", path="game/scenes/crossing.txt"), takes=THINKING),
    say("", use("write_file", path="game/scenes/crossing.txt", content=world.STORM_BROKEN), takes=THINKING),
    finish("The storm is in."),
    finish("The storm is in, as I said."),
    finish("It is fine."),
)
STORM = _writes("game/scenes/crossing.txt", world.STORM, "The storm is in, and every path reaches the landing.")
FIX_COUNT = _writes("tools/wordcount.py", world.COUNT_FIXED, "Runs of blanks count once.")
COUNT_MAIN = _writes("tools/wordcount.py", world.COUNT_MAIN, "It can be started.")
COUNT_TESTS = _writes("tools/test_wordcount.py", world.TESTS, "One test for the bug.")
# Its stream is cut in the middle; the work goes on from the checkpoint, with whoever is next.
GUIDE = (
    say("", use("list_files", glob="**/*.md"), takes=THINKING),
    first(Cut(takes=THINKING), say("", use("write_file", path="docs/guide.md", content=world.GUIDE), takes=THINKING)),
    finish("The guide is there."),
)

# Slower than a watch is long: under strict it changes hands.
CHAPTER_3 = tuple(
    say(
        "",
        use("write_file", path="chapters/03.md", content="".join(world.CHAPTER_3[: part + 1])),
        takes=timedelta(minutes=35),
    )
    for part in range(len(world.CHAPTER_3))
)

ROWS: Mapping[str, Row] = {
    "chapter-2": CHAPTER_2,
    "polish-2": POLISH_2,
    "storm": STORM_BROKEN,
    "fix-count": FIX_COUNT,
    "count-main": COUNT_MAIN,
    "count-tests": COUNT_TESTS,
    "guide": GUIDE,
    "chapter-3": (*CHAPTER_3, finish("Chapter 3 is there.")),
}
# Whoever is told what the gates refused does it right.
WISER: Mapping[str, Row] = {**ROWS, "storm": STORM}


def play(scene: Scene) -> Step:
    """The whole script."""
    return table(WISER if "courage is declared" in scene.brief else ROWS)(scene)


def provider(name: ProviderName, meter: Meter, clock: Clock) -> ScriptedProvider:
    """The double that stands in this provider's place."""
    return ScriptedProvider(name=name, script=play, meter=meter, clock=clock, rates=RATES)
