"""Messages of `ratings` and `indicators`: what is told about the work, beside the work itself."""

import enum
from typing import Annotated

from pydantic import Field, StringConstraints

from clerk_client.wire.cases import CodeText, Uuid
from clerk_client.wire.messages import MOST, Answer, Request, Whole


class RatingRequest(Request):
    """`POST ratings`. Of an anonymous one neither number nor clerk nor hour is kept."""

    key: Uuid
    window: CodeText
    stars: Whole = Field(ge=1, le=5)
    number: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^|\x00-\x1f\x7f]*$")] = ""
    # Lines of their own are allowed in it.
    comment: Annotated[
        str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")
    ] = ""
    anonymous: bool = Field(strict=True)


class RatingAnswer(Answer):
    """The rating is kept. `is_new` is false for a repeated request."""

    key: str
    is_new: bool


class Indicator(enum.Enum):
    """What 三率一数 is worked out from: each rate is one of these over another."""

    # 办理深度: matters that can be done online whole, of all.
    MATTERS_ONLINE = "matters_online"
    MATTERS_ALL = "matters_all"
    # 网上办理率: cases applied for online, of all.
    CASES_ONLINE = "cases_online"
    CASES_ALL = "cases_all"
    # 满意率: ratings of four stars and more, of all.
    RATINGS_SATISFIED = "ratings_satisfied"
    RATINGS_ALL = "ratings_all"
    # 到现场次数: visits that the month's finished cases took.
    VISITS = "visits"
    CASES_FINISHED = "cases_finished"


class IndicatorRow(Request):
    """One figure of a department's month. `month` is 2026-11, `department` a code."""

    month: str = Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")
    department: CodeText
    name: Indicator
    amount: Whole = Field(ge=0, le=MOST)


class IndicatorsRequest(Request):
    """`POST indicators`. What is sent again replaces what was sent before."""

    rows: list[IndicatorRow] = Field(min_length=1, max_length=1000)


class IndicatorsAnswer(Answer):
    """How many figures were taken over."""

    taken: int
