"""Bodies: what stands for a moment, a day or a yes in what is sent. A number or a word that could be taken for one is none."""

from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, StrictBool


def _text(said: Any) -> Any:
    if not isinstance(said, str):
        raise ValueError("must be text, as 2026-11-24T14:00:00Z")  # noqa: TRY004 - what pydantic wants of a validator
    return said


Moment = Annotated[AwareDatetime, BeforeValidator(_text)]
Day = Annotated[date, BeforeValidator(_text)]
Flag = StrictBool
