"""Local models in watchbill.toml."""

import struct
from datetime import timedelta
from pathlib import Path

import pytest

from watchbill.config import bill_values, local_model, provider_values
from watchbill.config.load import parse
from watchbill.config.problems import BadConfig
from watchbill.config.provider import Provider
from watchbill.domain import weights
from watchbill.domain.billing import Billing
from watchbill.scheduling.bill import ProviderTerms

GGUF = b"GGUF" + struct.pack("<IQQ", 3, 0, 0)


def config(more: str = "", kind: str = "local-model") -> str:
    return f'[[repo]]\nname = "novel"\npath = "."\n[provider.small]\nkind = "{kind}"\n{more}\n'


def terms(more: str = "") -> ProviderTerms:
    (found,) = bill_values.bill_of(parse(config(more)), ["small"]).providers
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Qwen.gguf"
    path.write_bytes(GGUF)
    return path


def test_its_kind_is_all_that_has_to_be_said() -> None:
    found = terms()

    assert found.billing is Billing.FREE
    assert [(model.id, model.takes_riders) for model in found.models] == [("smollm2-135m", False)]
    assert found.only_types == {"polish"}


def test_the_default_weights_lie_with_the_users_data_and_bring_examples(tmp_path: Path) -> None:
    (setup,) = provider_values.providers_of(parse(config()), {"XDG_DATA_HOME": str(tmp_path)})

    assert setup.worker is not None
    assert setup.worker.weights == tmp_path / "watchbill/models" / weights.DEFAULT.file
    assert (setup.worker.context, setup.worker.idle_after) == (4096, timedelta(minutes=10))
    assert setup.worker.threads >= 1
    assert setup.worker.memory_bytes == 2048 << 20
    assert len(setup.examples_by_model["smollm2-135m"]) == 4
    assert setup.price_by_model["smollm2-135m"].output == 0


def test_a_file_of_the_owners_gives_its_model_its_name(file: Path) -> None:
    more = f'worker = {{ weights = "{file}", threads = 3, context = 1024, memory_mb = 512, idle_after = "1m" }}'

    (setup,) = provider_values.providers_of(parse(config(more)), {})

    assert setup.missing == ""
    assert (setup.models, setup.examples_by_model) == (("Qwen",), {"Qwen": ()})
    assert setup.worker == local_model.WorkerSettings(
        weights=file, is_own=True, threads=3, context=1024, memory_bytes=512 << 20, idle_after=timedelta(minutes=1)
    )


def test_a_model_that_can_use_tools_may_do_everything(file: Path) -> None:
    found = terms('models = [{ id = "big", one_shot = false }]\n')

    assert found.only_types is None
    assert [(model.id, model.takes_riders) for model in found.models] == [("big", True)]


def test_one_that_is_named_is_asked_for_one_passage_unless_told_otherwise() -> None:
    (setup,) = provider_values.providers_of(parse(config('models = [{ id = "x", examples = [["a", "b"]] }]')), {})

    assert setup.examples_by_model == {"x": (("a", "b"),)}


def test_a_ladder_may_begin_on_it() -> None:
    steps = '[{ provider = "small", model = "smollm2-135m" }, { provider = "other", model = "m" }]'
    ladder = f'[[ladder]]\ntypes = ["polish"]\ntrust_checks = true\nsteps = {steps}\n'
    other = '[provider.other]\nkind = "openai"\nbase_url = "http://x"\nmodels = [{ id = "m" }]\n'

    assert parse(config() + other + ladder).ladder[0].steps[0].model == "smollm2-135m"


@pytest.mark.parametrize(
    ("text", "key", "wrong"),
    [
        (config("worker = { threads = 2 }", "local"), "provider.small.worker", "is only for kind local-model"),
        (config('worker = { weights = "a.gguf" }'), "provider.small.worker.weights", "must be an absolute path"),
        (config('models = [{ id = "a" }, { id = "b" }]'), "provider.small.models", "are more than one"),
        (config('base_url = "http://x"'), "provider.small.base_url", "is not for kind local-model"),
        (config('api_key = "env:K"'), "provider.small.api_key", "is not for kind local-model"),
        (config("worker = { threads = 0 }"), "provider.small.worker.threads", "greater than or equal to 1"),
    ],
)
def test_the_complaint_names_the_key(text: str, key: str, wrong: str) -> None:
    with pytest.raises(BadConfig) as caught:
        parse(text)

    assert [problem.key for problem in caught.value.problems] == [key]
    assert wrong in caught.value.problems[0].wrong


def lacking(path: Path | None, data: Path, *, has_module: bool = True) -> str:
    provider = Provider.model_validate({"kind": "local-model", "worker": {"weights": path}})
    return local_model.lacking(provider, {"XDG_DATA_HOME": str(data)}, has_module=lambda _: has_module)


def test_weights_that_were_never_fetched_name_the_command_that_fetches_them(tmp_path: Path) -> None:
    why = lacking(None, tmp_path)

    assert why.startswith("its weights are missing, there is no ")
    assert why.endswith(": watchbill model fetch")


def test_weights_that_are_not_whole_name_it_too(tmp_path: Path) -> None:
    place = tmp_path / "watchbill/models" / weights.DEFAULT.file
    place.parent.mkdir(parents=True)
    place.write_bytes(GGUF)

    assert "are not whole, 24 of 98362432 bytes: watchbill model fetch" in lacking(None, tmp_path)


def test_a_missing_extra_names_the_command_that_installs_it(tmp_path: Path, file: Path) -> None:
    assert (
        lacking(file, tmp_path, has_module=False) == "it needs more than is installed: pip install 'watchbill[model]'"
    )


def test_a_file_of_the_owners_is_said_to_be_missing_unreadable_or_no_gguf(tmp_path: Path, file: Path) -> None:
    poem = tmp_path / "poem.gguf"
    poem.write_text("Once upon a midnight dreary")

    assert lacking(file, tmp_path) == ""
    assert lacking(tmp_path / "none.gguf", tmp_path).endswith("none.gguf: mend worker.weights")
    assert lacking(tmp_path, tmp_path) == f"its weights cannot be read, {tmp_path}: Is a directory"
    assert "poem.gguf are no GGUF file, it begins with b'Once upo', not with GGUF: mend" in lacking(poem, tmp_path)


def test_other_kinds_have_no_worker() -> None:
    (setup,) = provider_values.providers_of(parse(config(kind="local")), {})

    assert (setup.worker, setup.missing) == (None, "")
