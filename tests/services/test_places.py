"""Places and customers: one row each, however they are said."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Building, Community, RecordChange, Room
from rules import phones
from services import customers, places
from tests.cast import Cast
from tests.factories import CustomerFactory, ProjectFactory

Db = scoped_session[Session]


def test_a_home_that_was_named_before_is_found_again(session: Db) -> None:
    first = places.find_or_create_room(community="梧桐苑", room="18栋3单元2003")
    again = places.find_or_create_room(community=" 梧桐苑　", room="１８栋 3单元 ２００３室")
    assert first == again
    assert [session.scalar(select(func.count(model.id))) for model in (Community, Building, Room)] == [1, 1, 1]


@pytest.mark.parametrize("room", ["", "小区门口", "18-3-2003"])
def test_a_room_that_cannot_be_told_apart_makes_no_row(room: str, session: Db) -> None:
    community, found = places.find_or_create_room(community="梧桐苑", room=room)
    assert community is not None and found is None


def test_no_community_makes_no_place(session: Db) -> None:
    assert places.find_or_create_room(community="  ", room="18栋2003") == (None, None)


def test_a_known_customer_keeps_the_name_in_the_file(cast: Cast, now: datetime) -> None:
    """A-08."""
    known = CustomerFactory(name="王女士", phone="+8613800138100")
    phone = phones.parse("138 0013 8100")
    assert customers.find_or_create(name="汪小姐", phone=phone, room=None, actor=cast.xiaozhou, now=now) is known
    assert known.name == "王女士"


def test_a_new_file_is_on_record_with_its_number_masked(cast: Cast, now: datetime, session: Db) -> None:
    customers.find_or_create(name="王女士", phone=phones.parse("13800138100"), room=None, actor=cast.xiaozhou, now=now)
    change = session.scalars(select(RecordChange)).one()
    assert change.changes["phone"] == [None, "138****8100"]
    assert (change.record_type, change.actor) == ("customers", cast.xiaozhou)
    assert "13800138100" not in change.record_name


def test_two_extensions_of_one_switchboard_are_two_customers(cast: Cast, now: datetime) -> None:
    one, other = (
        customers.find_or_create(
            name="前台", phone=phones.parse(f"021-59254122转{n}"), room=None, actor=cast.xiaozhou, now=now
        )
        for n in (8012, 8013)
    )
    assert one is not other


def test_projects_of_a_customer_come_newest_first(session: Db) -> None:
    customer = CustomerFactory()
    old, new = ProjectFactory(customer=customer), ProjectFactory(customer=customer)
    ProjectFactory()
    assert customers.projects_of(customer) == [new, old]
