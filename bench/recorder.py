"""Somebody at the intake page who records complaints at a steady pace, through the services as the page does.

``python -m bench.recorder --rate 10 --count 100 --category quality`` on the desk of its environment; it says for each
complaint when the button was pressed and when it was committed. Each one calls somebody else: before it, the shift is
given to the next in the line, since one person's phone rings once a minute. The first ``WARM_UP`` are not told of: a
web process that runs for a day has compiled every statement long ago.
"""

from __future__ import annotations

import argparse
import json
import time

from sqlalchemy import select, update

import app as front_door
from extensions import db, timepiece
from models import Person, Shift
from rules import phones
from rules.escalation import REQUIRED_DUTY_ROLE
from rules.severity import Facts
from rules.vocabulary import Category, Channel
from services import calls, duty

WARM_UP = 3


def record(category: Category, *, by: Person, place: int) -> int:
    """Record one complaint and commit it; returns its id."""
    now = timepiece.now()
    intake = calls.Intake(
        channel=Channel.HOTLINE,
        first_word_at=now,
        contact_name="王女士",
        phone=phones.parse(f"137{place:08d}"),
        category=category,
        problem="客厅新铺的砖敲着发空",
        facts=Facts(category),
        community=f"滨江{place}号",
        room="2栋905",
    )
    complaint_id = calls.record(intake, actor=by, now=now).id
    db.session.commit()
    return complaint_id


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, required=True, help="complaints a second")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--category", type=Category, required=True)
    parser.add_argument("--callees", type=int, required=True, help="the id of the first of the people to call")
    parser.add_argument("--by", type=int, required=True, help="the id of the person at the page")
    arguments = parser.parse_args()
    with front_door.create_app().app_context():
        role_id = duty.role(REQUIRED_DUTY_ROLE[arguments.category]).id
        shift_id = db.session.scalars(select(Shift.id).where(Shift.role_id == role_id)).one()
        began = time.monotonic()
        for place in range(-WARM_UP, arguments.count):
            callee = arguments.callees + WARM_UP + place
            if place == 0:
                began = time.monotonic()
            db.session.execute(update(Shift).where(Shift.id == shift_id).values(person_id=callee))
            db.session.commit()
            time.sleep(max(began + place / arguments.rate - time.monotonic(), 0))
            pressed = time.time()
            complaint_id = record(arguments.category, by=db.session.get_one(Person, arguments.by), place=callee)
            if place >= 0:
                print(json.dumps({"complaint": complaint_id, "pressed": pressed, "committed": time.time()}))
            db.session.remove()


if __name__ == "__main__":
    main()
