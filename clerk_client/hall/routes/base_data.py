"""Comparing with base databases."""

from fastapi import APIRouter

from clerk_client.hall.calling import Now, SignedIn, TheHall
from clerk_client.hall.looking_up import comparing
from clerk_client.wire.base_data import BaseLookupAnswer, BaseLookupRequest

router = APIRouter()


@router.post("/base-lookups")
def post_base_lookup(
    body: BaseLookupRequest, hall: TheHall, session: SignedIn, now: Now
) -> BaseLookupAnswer:
    """Compare what was typed with a base database: query only, and logged."""
    return comparing.compare(hall.engine, body, session, now)
