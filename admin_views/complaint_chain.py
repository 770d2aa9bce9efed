"""The chain on a complaint's page: who has it until when, who was called, who would be called next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request

from models import Complaint, Person, Policy, Summons
from rules.escalation import Chain, Planned
from services import chains, escalations, policies, summonses


@dataclass(frozen=True)
class ChainCard:
    """Where the chain stands; ``planned`` only when somebody asked for the preview (ES7)."""

    chain: Chain | None
    version: Policy | None
    called: Sequence[Summons]
    missing: Sequence[Summons]
    quiet_until: datetime | None
    planned: Sequence[Planned[Person]] | None


def of(complaint: Complaint, *, now: datetime) -> ChainCard | None:
    """The complaint's card; None where nobody is called any more."""
    if not complaint.is_open:
        return None
    is_asked = "preview" in request.args
    kept = complaint.escalation_policy_id
    return ChainCard(
        chain=chains.followed(complaint),
        version=policies.by_id(kept) if kept is not None else None,
        called=summonses.running(complaint),
        missing=summonses.missing(complaint),
        quiet_until=chains.quiet_until(complaint, now=now),
        planned=escalations.preview(complaint, now=now) if is_asked else None,
    )
