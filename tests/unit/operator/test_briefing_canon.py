"""What of the canon a task is told."""

from watchbill.domain.ids import RepoName, TaskId, TaskType
from watchbill.domain.tasks import Task
from watchbill.operator.gathering import EXCERPT, gather


class Tree:
    def __init__(self, files):
        self.files = files

    def paths(self):
        return sorted(self.files)

    def read(self, path):
        return self.files[path].encode()


CANON = "entities: [{id: ines, name: Ines, attributes: {eyes: brown}}, {id: tomas, name: Tomas, attributes: {hair: black}}]\n"


def told(*, tokens: int, title: str, files=None):
    task = Task(id=TaskId("a"), repo=RepoName("novel"), title=title, type=TaskType("polish"), claims=("ch01.md",))
    tree = Tree({"canon.yaml": CANON, "ch01.md": "Rain.", **(files or {})})
    return list(gather(tree, [task], rules=(), canon=("canon.yaml", "canon/**"), brief_tokens=tokens).canon)


def test_a_small_canon_is_told_whole() -> None:
    assert told(tokens=24_000, title="Polish") == [("canon.yaml", CANON)]


def test_of_a_large_canon_only_what_the_task_or_its_files_name_is_told() -> None:
    ((path, text),) = told(tokens=100, title="Polish Ines")

    assert path == EXCERPT
    assert "eyes: brown" in text
    assert "Tomas" not in text
    assert "hair: black" in told(tokens=100, title="Polish", files={"ch01.md": "Tomas slept."})[0][1]


def test_a_canon_of_which_nothing_is_named_stays_whole_for_the_budget_to_decide() -> None:
    assert told(tokens=100, title="Polish") == [("canon.yaml", CANON)]
