"""What the page 办件记录 asks, put together from the window's parts."""

from functools import partial

from clerk_client.desk.records import RecordRooms, Records, Start
from clerk_client.desk.supervision import Approvals
from clerk_client.desk.voiding import Voiding
from clerk_client.journal.setting_aside import lost_lines
from clerk_client.parts import Parts


def record_rooms(parts: Parts) -> RecordRooms:
    """For one thread: its client is shared with no other. Raises what `desk` raises."""
    desk, journal, client, settings = parts.desk(), parts.journal(), parts.client(), parts.settings
    return RecordRooms(
        records=Records(
            journal=journal,
            catalogue=parts.catalogue(),
            client=client,
            session=lambda: desk.session,
            lost_lines=partial(lost_lines, settings.journal, settings.station),
        ),
        voiding=Voiding(
            journal=journal,
            client=client,
            second_client=parts.second_client,
            session=lambda: desk.session,
            signer=lambda: desk.key,
            trust=parts.trust,
            clock=parts.clock,
        ),
        approvals=Approvals(
            journal=journal,
            client=client,
            session=lambda: desk.session,
            signer=lambda: desk.key,
            clock=parts.clock,
        ),
        paperwork=parts.paperwork(),
        start=Start(
            journal=journal,
            found=parts.found_at_start(),
            session=lambda: desk.session,
            station_key=parts.station_key(),
            clock=parts.clock,
        ),
    )
