"""What IT sees of the stations."""

from typing import Annotated

from fastapi import APIRouter, Query

from clerk_client.hall import fleet
from clerk_client.hall.calling import Now, SignedIn, TheHall
from clerk_client.wire.fleet import FleetAnswer, ReportTaken, StationReport

router = APIRouter()


@router.post("/station-reports")
def post_station_report(
    body: StationReport, hall: TheHall, session: SignedIn, now: Now
) -> ReportTaken:
    """Take what a station tells of itself in place of its last report."""
    return fleet.take_report(hall.engine, body, session, now)


@router.get("/fleet")
def get_fleet(
    hall: TheHall,
    after: Annotated[str, Query(max_length=80)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> FleetAnswer:
    """List the stations with their last reports."""
    return fleet.fleet(hall.engine, after, limit)
