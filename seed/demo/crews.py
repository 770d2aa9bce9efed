"""The demo's crews: the company's own with their foremen, and one that is hired."""

from __future__ import annotations

from datetime import datetime

from extensions import db
from models import Crew
from seed.demo.cast import Cast
from services import records

TILERS = "瓦工一班"
PLUMBERS = "水电二班"
CARPENTERS = "木作三班"
GLAZIERS = "恒盾外窗（合作队）"

CREWS = (
    (TILERS, "瓦工", "taoyong"),
    (PLUMBERS, "水电", "dingwei"),
    (CARPENTERS, "木工、油漆", "jiangkai"),
    (GLAZIERS, "门窗打胶", ""),
)


def form(cast: Cast, *, now: datetime) -> dict[str, Crew]:
    """Write the crews down; returns them by name."""
    crews = {
        name: Crew(name=name, trade=trade, foreman=cast[foreman] if foreman else None) for name, trade, foreman in CREWS
    }
    db.session.add_all(crews.values())
    for crew in crews.values():
        records.note_edit(crew, actor=cast["admin"], now=now)
    db.session.flush()
    return crews
