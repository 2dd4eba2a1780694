"""The contract's messages about who did what, `GET /api/v1/audit`."""

from clerk_client.wire.messages import Answer


class AuditRowMessage(Answer):
    """One thing that was done. `actor` is a clerk's code, empty for the hall itself or a stranger.

    `facts` is the canonical JSON text that went into the seal. `seal` is 0 and `seal_hash` empty
    until the row is sealed, which takes a second or so.
    """

    id: int
    at: str
    actor: str
    station: str
    action: str
    subject: str
    facts: str
    seal: int = 0
    seal_hash: str = ""


class AuditAnswer(Answer):
    """`GET audit?after=&limit=&from=&to=&actor=&action=`: a page by id, oldest first.

    `next` is the `after` of the next page, empty on the last one. A row that is committed late may
    come before one that was read already. `head` is the last seal, `seq:hash`: printed or kept
    elsewhere it shows later whether the tail was cut off.
    """

    rows: list[AuditRowMessage]
    head: str = ""
    next: str = ""
