"""What is wrong between keys."""

import pytest

from watchbill.config.load import parse
from watchbill.config.problems import BadConfig

REPO = '[[repo]]\nname = "novel"\npath = "."\n'
LOCAL = '[provider.local]\nkind = "local"\n'


def wrongs(text: str) -> list[str]:
    with pytest.raises(BadConfig) as caught:
        parse(text)
    return [f"{problem.line} {problem.key} {problem.wrong}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (LOCAL, "0 repo is missing: there is nothing to work on"),
        (REPO, "0 provider is missing: there is nobody to work"),
        (f"{REPO}{LOCAL}[daemon]\ntick_min = '2h'\n", "6 daemon.tick_max is shorter than tick_min"),
        (f"{REPO}{LOCAL}[daemon]\nsession_stale = '5m'\n", "7 daemon.session_stale is shorter than session_soft"),
        (
            f"{REPO}{LOCAL}[budget]\nper_repo_usd = {{ novell = 1 }}\n",
            "7 budget.per_repo_usd.novell is not configured here",
        ),
        (f"{REPO}{LOCAL}[budget]\nper_provider_usd.x = 1\n", "7 budget.per_provider_usd.x is not configured here"),
        (f"{REPO}{LOCAL}[budget]\ndaily_usd = 200\n", "7 budget.daily_usd is more than monthly_usd"),
        (f"{REPO}{REPO.replace('novel', 'b')}{LOCAL}", "6 repo[2].path is the same as of repo[1]"),
        (f"{REPO}{REPO.replace(chr(46), '/b')}{LOCAL}", "5 repo[2].name is the same as of repo[1]"),
        (f'{REPO}integration = "main"\n{LOCAL}', "4 repo[1].integration is the target itself"),
        (
            f'{REPO}integration = "watchbill"\n{LOCAL}',
            "4 repo[1].integration would keep git from making watchbill/<task> branches",
        ),
        (f'{REPO}queue = ["a", "../b"]\n{LOCAL}', "4 repo[1].queue[2] leaves the repository"),
        (
            f'{REPO}[[repo.rule]]\nname = "a"\n{LOCAL}',
            "4 repo[1].rule[1].require or forbid or keep is needed: one of them",
        ),
        (
            f'{REPO}[[repo.rule]]\nname = "a"\nforbid = "a"\n[[repo.rule]]\nname = "a"\nkeep = "a"\n{LOCAL}',
            "8 repo[1].rule[2].name is there twice",
        ),
        (
            f'{REPO}[[repo.rule]]\nname = "a"\nkeep = "a"\neach = "b"\n{LOCAL}',
            "7 repo[1].rule[1].each is for require only",
        ),
        (
            f'{REPO}[[repo.rule]]\nname = "a"\nkeep = "a"\ntypes = ["polihs"]\n{LOCAL}',
            "7 repo[1].rule[1].types[1] is no task type",
        ),
        (f"{REPO}gates = {{ markdwon = false }}\n{LOCAL}", "4 repo[1].gates.markdwon is no gate that is installed"),
        (f'{REPO}questions = "/tmp/q.md"\n{LOCAL}', "4 repo[1].questions leaves the repository"),
        (f'{REPO}{LOCAL}[daemon.stages]\npolish = ["wriet"]\n', "7 daemon.stages.polish is no task type"),
        (
            f'{REPO}{LOCAL}[daemon.stages]\npolish = ["write"]\nwrite = ["polish"]\n',
            "6 daemon.stages has a circle: polish → write → polish",
        ),
        (f'{REPO}{LOCAL}[collaboration]\ntypes = ["write"]\n', "7 collaboration.types need models of two vendors"),
        (f'{REPO}{LOCAL}[collaboration]\nreviewers = ["gpt"]\n', "7 collaboration.reviewers[1] is not configured here"),
        (f'{REPO}handoff = "../h.md"\n{LOCAL}', "4 repo[1].handoff leaves the repository"),
        (
            f'{REPO}handoff = "docs/AI_QUESTIONS.md"\n{LOCAL}',
            "4 repo[1].handoff is the queue or the questions file too",
        ),
        (f'{REPO}questions = "q.md"\nqueue = ["q.md"]\n{LOCAL}', "4 repo[1].questions is the queue too"),
        (f'{REPO}unprotected = ["claude"]\n{LOCAL}', "4 repo[1].unprotected[1] is no built-in pattern"),
        (f'{REPO}unprotected = [".git"]\n{LOCAL}', "4 repo[1].unprotected names .git, which is always protected"),
        (
            f"{REPO}{LOCAL}".replace(LOCAL, "")
            + "[[repo.commands]]\nname='t'\nargv=['x']\n[[repo.commands]]\nname='t'\nargv=['y']\n"
            + LOCAL,
            "8 repo[1].commands[2].name is there twice",
        ),
        (f"{REPO}[provider.a]\nkind = 'antropic'\n", "5 provider.a.kind is no kind of provider that is installed"),
        (f"{REPO}[provider.a]\nkind = 'zzz'\n", "5 provider.a.kind is no kind of provider that is installed"),
        (f"{REPO}{LOCAL}strengths = {{ jugling = 1 }}\n", "6 provider.local.strengths.jugling is no task type"),
        (f"{REPO}{LOCAL}only_types = ['format', 'x']\n", "6 provider.local.only_types[2] is no task type"),
        (
            f"{REPO}{LOCAL}models = [{{ id = 'm', uses = ['*', 'x'] }}]\n",
            "6 provider.local.models[1].uses[2] is no task type",
        ),
        (f"{REPO}{LOCAL}[budget]\nper_type_usd.x = 1\n", "7 budget.per_type_usd.x is no task type"),
        (
            f"{REPO}{LOCAL}[budget]\nper_provider_monthly_usd.x = 1\n",
            "7 budget.per_provider_monthly_usd.x is not configured here",
        ),
        (f"{REPO}{LOCAL}[budget]\nper_type_monthly_usd.x = 1\n", "7 budget.per_type_monthly_usd.x is no task type"),
        (f"{REPO}[provider.a]\nkind = 'openai'\n", "4 provider.a.models is required for this kind"),
        (f"{REPO}[provider.a]\nkind = 'openai'\n", "4 provider.a.api_key is required at the vendor's own address"),
        (
            f"{REPO}[provider.a]\nkind = 'scripted'\ncommands = {{ qa = [['y']] }}\n",
            "6 provider.a.commands are only for kind local",
        ),
        (
            f"{REPO}[provider.a]\nkind = 'scripted'\nmodels = [{{ id = 'm', examples = [['He go.', 'He goes.']] }}]\n",
            "6 provider.a.models[1].examples are only for one_shot models",
        ),
    ],
)
def test_the_complaint_is_made_where_the_key_stands(text: str, wrong: str) -> None:
    assert wrong in wrongs(text)


def test_a_server_of_ones_own_needs_no_key() -> None:
    text = f"{REPO}[provider.a]\nkind = 'openai-chat'\nbase_url = 'http://127.0.0.1:1/v1'\nmodels = [{{ id = 'm' }}]\n"

    assert parse(text).provider["a"].api_key is None


def test_commands_of_different_names_are_fine() -> None:
    text = f"{REPO}[[repo.commands]]\nname='t'\nargv=['x']\n[[repo.commands]]\nname='u'\nargv=['y']\n{LOCAL}"

    assert len(parse(text).repo[0].commands) == 2
