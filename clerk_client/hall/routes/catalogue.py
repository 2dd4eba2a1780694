"""The catalogue, whole or what changed."""

from typing import Annotated

from fastapi import APIRouter, Query

from clerk_client.hall.calling import LARGEST, TheHall
from clerk_client.hall.looking_up import lookups
from clerk_client.wire.messages import CatalogueAnswer

router = APIRouter()


@router.get("/matters")
def get_matters(
    hall: TheHall,
    since: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    after: Annotated[str, Query(max_length=80)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> CatalogueAnswer:
    """Give the catalogue with the workday calendar, whole or what changed."""
    return lookups.catalogue(hall.engine, since, after, limit)
