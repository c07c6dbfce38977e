"""The inbox: what becomes a task, whose file it is, and what is refused by name."""

from collections.abc import Sequence

import pytest

from watchbill.domain.ids import RepoName, TaskId, TaskType
from watchbill.domain.tasks import ORIGIN, Source, Task, TaskState
from watchbill.intake import claims
from watchbill.intake.inbox import SHARED, Amend, Arrival, InboxFile, Outcome, Refuse, Take, sort_in
from watchbill.intake.tasks import Terms

SITE, NOVEL = RepoName("site"), RepoName("novel")
ONE = {SITE: Terms()}
TWO = {SITE: Terms(), NOVEL: Terms()}


def arrival(text: str, name: str = "x.md", box: str = SHARED) -> Arrival:
    return Arrival(box=box, name=name, path=f"docs/inbox/{name}", text=text)


def task(name: str, **fields) -> Task:
    return Task(id=TaskId(name), repo=SITE, type=TaskType("simple"), **{"title": name, **fields})


def sort(*arrivals: Arrival, tasks: Sequence[Task] = (), filed=(), present=None, terms=None) -> list[Outcome]:
    there = {(one.box, one.name) for one in arrivals} if present is None else present
    return sort_in(arrivals, filed=filed, present=there, tasks=tasks, terms=terms or ONE)


def refusal(*arrivals: Arrival, **given) -> str:
    (outcome,) = [one for one in sort(*arrivals, **given) if isinstance(one, Refuse)]
    return outcome.why


def test_a_file_becomes_a_task_by_the_rules_of_the_queue():
    (taken,) = sort(
        arrival("---\npriority: high\nfiles: a.md\nmax_usd: $0.30\nodd: kept\n---\n# Fix the typo\n\nHere.\n")
    )

    assert isinstance(taken, Take)
    made = taken.task
    assert (made.title, made.type, made.priority, made.claims, made.max_cost, made.body) == (
        "Fix the typo",
        "polish",
        2,
        ("a.md",),
        300_000,
        "Here.",
    )
    assert made.extra["odd"] == "kept"
    assert taken.file == InboxFile(box=SHARED, name="x.md", task=made.id, text=taken.file.text)


def test_a_stated_id_is_its_id_and_a_made_one_is_free():
    stated, made = sort(arrival("# A [id:: a-1]\n"), arrival("# B\n", "y.md"))

    assert isinstance(stated, Take)
    assert isinstance(made, Take)
    assert stated.task.id == "a-1"
    assert made.task.id.startswith("b-")


def test_the_shared_inbox_is_no_file_of_the_repository():
    (shared,), (own,) = sort(arrival("# A\n")), sort(arrival("# A\n", box=SITE))

    assert isinstance(shared, Take)
    assert isinstance(own, Take)
    assert (shared.task.source, shared.task.extra[ORIGIN]) == (None, "the inbox")
    assert own.task.source == Source(path="docs/inbox/x.md", line=1)


def test_files_wait_for_others_by_id_and_by_title_also_of_the_same_look():
    outcomes = sort(
        arrival("---\nafter: [Write B, c]\n---\n# Write A\n", "1.md"),
        arrival("# Write B\n", "2.md"),
        arrival("---\nafter: nobody\n---\n# Write D\n", "3.md"),
        tasks=[task("c")],
    )
    first, second, third = [one for one in outcomes if isinstance(one, Take)]

    assert first.task.needs == (second.task.id, "c")
    assert third.task.needs == ("nobody",)
    assert "no task here is called" in third.unreadable[0].why


def test_new_tasks_stand_behind_those_of_the_queue_in_their_order():
    first, second = sort(arrival("# A\n", "1.md"), arrival("# B\n", "2.md"), tasks=[task("q", order=7)])

    assert isinstance(first, Take)
    assert isinstance(second, Take)
    assert (first.task.order, second.task.order) == (8, 9)


def test_a_bad_field_is_told_and_the_task_is_taken():
    (taken,) = sort(arrival("---\npriority: soon\n---\n# A\n"))

    assert isinstance(taken, Take)
    assert [(problem.line, "no priority" in problem.why) for problem in taken.unreadable] == [(2, True)]


@pytest.mark.parametrize(
    ("text", "box", "why"),
    [
        ("# A\n", SHARED, "it names no repository: write repo: with one of site, novel"),
        ("---\nrepo: sit\n---\n# A\n", SHARED, "no repository is called 'sit': write one of site, novel"),
        ("---\nrepo: novel\n---\n# A\n", SITE, "it says repo: novel and lies in the inbox of site"),
        ("# A\n", "gone", "no repository is called 'gone'"),
        ("---\nid: ../x\n---\n# A\n", SITE, "'../x' is no id"),
        ("words\n", SITE, "it has no title"),
    ],
)
def test_what_cannot_be_taken_says_the_mend(text: str, box: str, why: str):
    assert why in refusal(arrival(text, box=box), terms=TWO)


def test_a_repository_is_named_or_known_by_its_inbox():
    named, own = sort(arrival("---\nrepo: novel\n---\n# A\n"), arrival("# B\n", box=SITE), terms=TWO)

    assert isinstance(named, Take)
    assert isinstance(own, Take)
    assert (named.task.repo, own.task.repo) == (NOVEL, SITE)


@pytest.mark.parametrize("state", list(TaskState))
def test_an_id_that_is_taken_is_a_duplicate_whatever_became_of_it(state: TaskState):
    assert f"it is task a-1 already ({state})" in refusal(arrival("# Z [id:: A-1]\n"), tasks=[task("a-1", state=state)])


def test_the_same_title_and_files_as_an_open_task_is_a_duplicate_by_name_and_place():
    known = task("a", title="Fix:  the TYPO", claims=("./b.md", "a.md"), source=Source(path="docs/Q.md", line=3))
    same = arrival("---\nfiles: a.md, b.md\n---\n# fix the typo!\n")

    assert "the same as task a (queued, written in docs/Q.md:3)" in refusal(same, tasks=[known])
    assert "the same as task a (failed" in refusal(
        same, tasks=[task("a", title="fix the typo", claims=known.claims, state=TaskState.FAILED)]
    )


@pytest.mark.parametrize(
    "fields",
    [{"state": TaskState.LANDED}, {"claims": ("a.md",)}, {"title": "fix another typo"}, {"repo": NOVEL}],
)
def test_what_differs_is_no_duplicate(fields):
    other = Task(**{"id": TaskId("a"), "repo": SITE, "type": TaskType("x"), "title": "fix the typo", **fields})

    assert isinstance(sort(arrival("# Fix the typo\n"), tasks=[other])[0], Take)


def test_two_files_of_a_look_that_are_the_same_are_one_task():
    first, second = sort(arrival("# A\n", "1.md"), arrival("# a\n", "2.md"))

    assert isinstance(first, Take)
    assert isinstance(second, Refuse)
    assert f"the same as task {first.task.id}" in second.why


def test_titles_without_a_letter_are_told_apart_by_their_signs():
    assert all(isinstance(one, Take) for one in sort(arrival("# ???\n", "1.md"), arrival("# !!!\n", "2.md")))


# ── files that are known ──

OLD = "---\npriority: 3\nfiles: a.md\n---\n# A\n\nold\n"


def known_as(text: str = OLD, name: str = "x.md") -> tuple[InboxFile, Task]:
    (taken,) = sort(arrival(text, name, SITE))
    assert isinstance(taken, Take)
    return taken.file, taken.task


def test_what_a_file_says_anew_is_taken_over_and_what_was_changed_by_hand_stays():
    file, made = known_as()
    by_hand = Task(**{**{name: getattr(made, name) for name in Task.__dataclass_fields__}, "priority": 0})

    (amended,) = sort(arrival(OLD.replace("old", "new"), box=SITE), tasks=[by_hand], filed=[file])

    assert isinstance(amended, Amend)
    assert (amended.changed, amended.task.body, amended.task.priority) == (("body",), "new", 0)
    assert amended.file.text == OLD.replace("old", "new")


def test_a_known_file_that_says_the_same_is_nothing_new():
    file, made = known_as()

    assert sort(arrival(OLD, box=SITE), tasks=[made], filed=[file]) == []


def test_a_renamed_file_is_the_same_task():
    file, made = known_as()

    (amended,) = sort(arrival(OLD, "y.md", SITE), tasks=[made], filed=[file])

    assert isinstance(amended, Amend)
    assert (amended.file.name, amended.changed, amended.task.source) == (
        "y.md",
        (),
        Source(path="docs/inbox/y.md", line=1),
    )


def test_a_copy_beside_it_is_a_duplicate():
    file, made = known_as()
    both = {(SITE, "x.md"), (SITE, "y.md")}

    assert "the same as task" in refusal(arrival(OLD, "y.md", SITE), tasks=[made], filed=[file], present=both)


def test_of_two_copies_of_a_vanished_file_one_is_it():
    file, made = known_as()

    outcomes = sort(arrival(OLD, "y.md", SITE), arrival(OLD, "z.md", SITE), tasks=[made], filed=[file])

    assert [type(one) for one in outcomes] == [Amend, Refuse]


def test_a_known_file_that_became_unreadable_leaves_its_task_alone():
    file, made = known_as()

    (refused,) = sort(arrival("---\nbroken", box=SITE), tasks=[made], filed=[file])

    assert isinstance(refused, Refuse)
    assert refused.is_known


def test_the_file_of_a_task_that_is_over_changes_nothing():
    file, made = known_as()

    assert sort(arrival("# Z\n", box=SITE), tasks=[made.to(TaskState.CANCELLED)], filed=[file]) == []


def test_a_bare_file_name_finds_its_place():
    terms = {SITE: Terms(names=claims.names({}, ["docs/deep/only.md"]))}

    (taken,) = sort(arrival("---\nfiles: only.md\n---\n# A\n"), terms=terms)

    assert isinstance(taken, Take)
    assert taken.task.claims == ("docs/deep/only.md",)
