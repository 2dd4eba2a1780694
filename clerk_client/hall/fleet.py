"""What the stations tell of themselves, and what IT sees of all of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, func, select

from clerk_client.domain.clock import rfc3339
from clerk_client.hall import tables
from clerk_client.hall.access.auth import Session
from clerk_client.hall.store import put, reading, writing
from clerk_client.wire.fleet import FleetAnswer, ReportTaken, StationInFleet, StationReport
from clerk_client.wire.lines import canonical


def take_report(
    engine: Engine, report: StationReport, session: Session, now: datetime
) -> ReportTaken:
    """Stands in place of the station's last one."""
    row = {
        "station": session.station,
        "reported_at": rfc3339(now),
        "clerk": session.clerk,
        "content": canonical(report.model_dump()).decode(),
    }
    with writing(engine) as connection:
        put(connection, tables.station_reports, [row])
    return ReportTaken(reported_at=row["reported_at"])


def fleet(engine: Engine, after: str, limit: int) -> FleetAnswer:
    """Stations by code, whether they ever reported or not."""
    stations, reports = tables.stations, tables.station_reports
    journals = (
        select(
            tables.journals.c.station,
            func.count().label("journals"),
            func.max(tables.journals.c.highest_seq).label("highest_seq"),
        )
        .group_by(tables.journals.c.station)
        .subquery()
    )
    query = (
        select(
            stations.c.code,
            stations.c.window,
            stations.c.enrolled_at,
            stations.c.retired,
            tables.windows.c.name.label("window_name"),
            reports.c.reported_at,
            reports.c.clerk,
            reports.c.content,
            journals.c.journals,
            journals.c.highest_seq,
        )
        .join_from(stations, tables.windows, stations.c.window == tables.windows.c.code)
        .join(reports, reports.c.station == stations.c.code, isouter=True)
        .join(journals, journals.c.station == stations.c.code, isouter=True)
        .where(stations.c.code > after)
        .order_by(stations.c.code)
        .limit(limit + 1)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    onward = rows[limit - 1].code if len(rows) > limit else ""
    return FleetAnswer(stations=[_seen(row) for row in rows[:limit]], next=onward)


def _seen(row: Row[*tuple[Any, ...]]) -> StationInFleet:
    return StationInFleet(
        station=row.code,
        window=row.window,
        window_name=row.window_name,
        enrolled_at=row.enrolled_at,
        retired=row.retired,
        reported_at=row.reported_at or "",
        clerk=row.clerk or "",
        journals=row.journals or 0,
        highest_seq=row.highest_seq or 0,
        report=StationReport.model_validate_json(row.content) if row.content else None,
    )
