"""Signing in, the session, and enrolling a station."""

from fastapi import APIRouter, Request

from clerk_client.hall.access import auth, signing_in, stations
from clerk_client.hall.calling import Address, Now, SignedIn, TheHall, proof_of, token_of
from clerk_client.wire.messages import (
    Challenge,
    ChallengeRequest,
    SessionAnswer,
    StationAnswer,
    StationRequest,
    TokenAnswer,
    TokenRequest,
)

router = APIRouter()


@router.post("/auth/challenge")
def post_challenge(body: ChallengeRequest, hall: TheHall, now: Now) -> Challenge:
    """Give a nonce for the clerk's key to sign."""
    return signing_in.challenge(hall.engine, body, now)


@router.post("/auth/token")
def post_token(
    body: TokenRequest, request: Request, hall: TheHall, address: Address, now: Now
) -> TokenAnswer:
    """Sign in with what the clerk's key signed."""
    return signing_in.sign_in(hall, body, proof_of(request), address, now)


@router.get("/auth/session")
def get_session(hall: TheHall, session: SignedIn) -> SessionAnswer:
    """Tell who is signed in, where and until when."""
    return auth.session_answer(hall.engine, session)


@router.delete("/auth/session", status_code=204)
def delete_session(request: Request, hall: TheHall, session: SignedIn, now: Now) -> None:
    """Sign out."""
    auth.end_session(hall.engine, session, token_of(request), now)


@router.post("/stations")
def post_station(body: StationRequest, hall: TheHall, address: Address, now: Now) -> StationAnswer:
    """Enrol a station's public key with the one-time code that IT made."""
    return stations.enrol(hall.engine, body, address, now)
