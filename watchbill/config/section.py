"""A section of the settings: unknown keys are refused, values never change, and each key's text documents it."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
