"""Counts: tallies, ratings, what is reported from elsewhere."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from clerk_client.hall.calling import Day, Now, SignedIn, TheHall
from clerk_client.hall.counting import indicating, rating, tallying
from clerk_client.wire.messages import TallyAnswer
from clerk_client.wire.reporting import (
    IndicatorsAnswer,
    IndicatorsRequest,
    RatingAnswer,
    RatingRequest,
)

router = APIRouter()

_By = Literal["department", "matter", "clerk", "window", "category", "hour", "day"]


@router.get("/tallies")
def get_tallies(
    hall: TheHall,
    first: Annotated[Day, Query(alias="from")],
    last: Annotated[Day, Query(alias="to")],
    by: _By = "department",
    after: Annotated[str, Query(max_length=120)] = "",
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> TallyAnswer:
    """Count what was accepted on these days."""
    return tallying.tally(hall.engine, first, last, by, after, limit)


@router.post("/ratings")
def post_rating(body: RatingRequest, hall: TheHall, session: SignedIn, now: Now) -> RatingAnswer:
    """Keep a star rating, anonymous if wished."""
    return rating.rate(hall.engine, body, session, now)


@router.post("/indicators")
def post_indicators(
    body: IndicatorsRequest, hall: TheHall, session: SignedIn, now: Now
) -> IndicatorsAnswer:
    """Take counts from elsewhere for 三率一数."""
    return indicating.take_indicators(hall.engine, body, session, now)
