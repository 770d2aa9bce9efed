"""Search on both databases: every shape finds what it should, and nothing it should not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint
from rules.phones import Phone
from rules.refusals import NotAllowed
from rules.search import Shape
from services import calls, search
from services.actors import SYSTEM
from services.search import LIMIT, Results
from tests.cast import Cast
from tests.factories import (
    BuildingFactory,
    CommunityFactory,
    ComplaintFactory,
    CustomerFactory,
    IntakeFactory,
    NumberSequenceFactory,
    PersonFactory,
    ProjectFactory,
    RoomFactory,
)
from tests.query_count import queries

pytestmark = pytest.mark.usefixtures("session")
Record = Callable[..., Complaint]


@pytest.fixture
def has_pages() -> bool:
    """No pages here."""
    return False


@pytest.fixture
def record(cast: Cast, now: datetime) -> Record:
    """Record a complaint through the service; 小周 takes the call."""
    return lambda **intake: calls.record(IntakeFactory(**intake), actor=cast.xiaozhou, now=now)


def find(text: str) -> Results:
    return search.find(text, actor=SYSTEM)


def numbers(text: str) -> list[str]:
    return [complaint.number for complaint in find(text).complaints.rows]


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "空鼓",
        "瓷砖空鼓",
        "王女士",
        "梧桐苑",
        "梧桐苑18栋",
        "18栋3单元2003",
        "返工 空鼓",
        "家具",
        "砖空",
        "鼓，敲着",
        "栋3单元",
    ],
)
def test_two_characters_and_more_find_a_complaint(record: Record, text: str) -> None:
    complaint = record()
    record(problem="插座打火", contact_name="李先生", community="翠湖", room="", impact="", demand="")
    assert numbers(text) == [complaint.number]


@pytest.mark.parametrize("text", ["鼓空", "砖瓷", "查无此词", "空鼓 插座", "梧桐苑19栋", "瓷砖发空"])
def test_words_that_do_not_stand_so_are_not_found(record: Record, text: str) -> None:
    record()
    assert not find(text).complaints.rows


def test_chinese_and_digits_must_stand_together(record: Record) -> None:
    near = record(problem="单据编号54321，瓷砖开裂")
    record(problem="单据编号99999，另有尾款54321元")
    assert numbers("编号54321") == [near.number]


def test_a_lone_character_beside_digits_is_half_of_a_pair_in_the_text(record: Record) -> None:
    complaint = record(problem="外墙漏3处地方")
    assert numbers("漏3处") == [complaint.number]


def test_full_width_and_capitals_are_folded(record: Record) -> None:
    complaint = record(problem="型号ＡＢＣ１２ 的水泵坏了")
    assert numbers("abc12") == numbers("ＡＢＣ12") == [complaint.number]


def test_the_newest_come_first_and_more_is_said(record: Record) -> None:
    made = [record(problem=f"第{place}处漏水", phone=_phone(place)) for place in range(LIMIT + 2)]
    group = find("漏水").complaints
    assert [complaint.number for complaint in group.rows] == [complaint.number for complaint in made[::-1][:LIMIT]]
    assert group.has_more


def test_a_frequent_old_word_is_found_behind_many_new_complaints(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "NEWEST", 2)
    old = [record(problem="台风吹坏了窗户", phone=_phone(place)) for place in range(3)]
    for place in range(3):
        record(phone=_phone(10 + place))
    assert numbers("台风") == [complaint.number for complaint in old[::-1]]
    assert numbers("台风吹坏") == [complaint.number for complaint in old[::-1]]


def test_a_list_that_asks_for_many_looks_further_back(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "NEWEST", 3)
    made = [record(problem="台风" if place % 2 else "空鼓", phone=_phone(place)) for place in range(10)]
    typhoons = [complaint.id for complaint in made if complaint.problem == "台风"][::-1]
    for readable in (0, 100):
        monkeypatch.setattr(search, "READABLE", readable)
        for limit in (1, 3, 5, 50):
            assert search.complaint_ids("台风", limit) == typhoons[:limit]


@pytest.mark.parametrize("text", ["%", "_", "%空鼓%x", "\\", "'; --", '"', '空鼓"', "* OR", "NEAR(", "AND"])
def test_signs_are_no_patterns(record: Record, text: str) -> None:
    record(problem="客厅瓷砖开裂")
    assert numbers(text) == []


def test_quotes_around_words_do_no_harm(record: Record) -> None:
    complaint = record()
    assert numbers('"空鼓"') == numbers("“空鼓”") == [complaint.number]


@pytest.mark.parametrize("text", ["", "   ", "😀", "。，！", "\x00", "\ud800"])
def test_nothing_to_look_for_finds_nothing(record: Record, text: str) -> None:
    record()
    results = find(text)
    assert results.is_empty and results.question.shape is Shape.NOTHING


@pytest.mark.parametrize("text", ["空鼓\x00", "\ud800空鼓", "\x1b空鼓\x7f"])
def test_what_nobody_types_is_left_out(record: Record, text: str) -> None:
    complaint = record()
    assert numbers(text) == [complaint.number]


def test_an_endless_search_is_cut(record: Record) -> None:
    complaint = record()
    assert find("空鼓" * 5000).is_empty
    assert numbers("空鼓 " * 5000) == [complaint.number]


def test_emoji_and_rare_characters_are_kept_apart(record: Record) -> None:
    complaint = record(problem="𠮷野家旁边的😀漏水")
    assert numbers("𠮷野") == numbers("😀漏水") == [complaint.number]


def test_one_character_finds_names_but_no_texts(record: Record) -> None:
    record()
    results = find("王")
    assert results.question.shape is Shape.LONE
    assert not results.complaints.rows and [customer.name for customer in results.customers.rows] == ["王女士"]


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["C-2611-0231", " c-2611-0231 ", "2611-0231", "c26110231", "Ｃ－2611－0231", "0231", "231"]
)
def test_a_number_is_found_whole_or_by_its_end(text: str) -> None:
    for prefix in ("C-2610", "C-2611"):
        NumberSequenceFactory(prefix=prefix)
    ComplaintFactory(number="C-2611-0231", contact_phone="+8613700000001")
    ComplaintFactory(number="C-2611-0232", contact_phone="+8613700000002")
    assert numbers(text) == ["C-2611-0231"]


def test_the_same_end_of_an_older_month_comes_after() -> None:
    for prefix in ("C-2610", "C-2611"):
        NumberSequenceFactory(prefix=prefix)
        ComplaintFactory(number=f"{prefix}-0007", contact_phone="+8613700000001")
    assert numbers("0007") == ["C-2611-0007", "C-2610-0007"]


def test_four_digits_are_the_end_of_a_phone_too() -> None:
    NumberSequenceFactory(prefix="C-2611")
    ComplaintFactory(number="C-2611-8000", contact_phone="+8613700000001")
    customer = CustomerFactory(phone="+8613800138000")
    ComplaintFactory(number="C-2611-0001", customer=customer)
    results = find("8000")
    assert [complaint.number for complaint in results.complaints.rows] == ["C-2611-8000", "C-2611-0001"]
    assert list(results.customers.rows) == [customer]


def test_another_systems_number_is_found() -> None:
    complaint = ComplaintFactory(external_ref="HL26100001")
    assert numbers("hl26100001") == numbers("HL26100001") == [complaint.number]
    assert numbers("HL2610") == []


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "138 0013 8000",
        "+86-138-0013-8000",
        "0086 13800138000",
        "１３８００１３８０００",
        "138****8000",
        "13800138",
    ],
)
def test_a_phone_is_found_in_any_form(text: str) -> None:
    customer = CustomerFactory(phone="+8613800138000")
    complaint = ComplaintFactory(customer=customer)
    project = ProjectFactory(customer=customer)
    ComplaintFactory(customer=CustomerFactory(phone="+8613900138001"))
    results = find(text)
    assert list(results.complaints.rows) == [complaint]
    assert list(results.customers.rows) == [customer] and list(results.projects.rows) == [project]


def test_a_landline_with_its_extension() -> None:
    complaint = ComplaintFactory(contact_phone="+862159254122", contact_phone_extension="801")
    assert numbers("021-59254122") == numbers("02159254122 转801") == [complaint.number]
    assert numbers("021-59254122转802") == []


def test_a_contract_is_found_by_its_beginning() -> None:
    project = ProjectFactory(contract_no="ZX2026-0107")
    of_project = ComplaintFactory(project=project)
    unknown = ComplaintFactory(contract_no_stated="ZX2025-0001")
    assert list(find("zx2026-01").projects.rows) == [project]
    assert numbers("ZX2026-0107") == [of_project.number]
    assert numbers("ZX2025") == [unknown.number]


# --- names and homes ------------------------------------------------------------------------------------------------


def test_a_home_leads_to_its_customer_and_contract() -> None:
    community = CommunityFactory(name="梧桐苑")
    building = BuildingFactory(community=community, name="18栋")
    room = RoomFactory(building=building, unit="3单元", number="2003")
    customer, neighbour = (
        CustomerFactory(room=room),
        CustomerFactory(room=RoomFactory(building=building, number="2004")),
    )
    project = ProjectFactory(customer=customer, room=room)
    for text in ("梧桐苑18栋3单元2003", "梧桐苑 18栋 3单元 2003", "梧桐 18栋3单元2003"):
        results = find(text)
        assert list(results.customers.rows) == [customer] and list(results.projects.rows) == [project]
        assert list(results.communities.rows) == [community]
    assert set(find("梧桐苑18栋").customers.rows) == {customer, neighbour}
    assert not find("梧桐苑19栋").customers.rows


def test_names_are_found_by_their_beginning(cast: Cast) -> None:
    customer = CustomerFactory(name="周先生")
    results = find("周")
    assert list(results.customers.rows) == [customer]
    assert [person.name for person in results.people.rows] == [cast.zhou.name, cast.xiaozhou.name]
    assert list(find("周强").people.rows) == [cast.zhou]
    assert list(find("zhou").people.rows) == [cast.zhou]
    assert not find("强").people.rows


def test_who_left_comes_last() -> None:
    left = PersonFactory(name="沈一", is_active=False)
    here = PersonFactory(name="沈二")
    assert list(find("沈").people.rows) == [here, left]


# --- who may, and what it costs -------------------------------------------------------------------------------------


def test_only_people_with_the_right_to_see_may_search() -> None:
    with pytest.raises(NotAllowed):
        search.find("空鼓", actor=PersonFactory(roles=[]))


def test_a_search_asks_a_handful_of_questions_however_much_it_finds(
    record: Record, session: scoped_session[Session]
) -> None:
    for place in range(30):
        record(room=f"18栋3单元{2003 + place}", phone=_phone(place))
    session.commit()
    for text in ("空鼓", "瓷砖空鼓", "2003", "13800138100", "ZX2026-0107", "梧桐苑18栋", "138****8100"):
        session.expunge_all()
        with queries() as statements:
            results = find(text)
            for complaint in results.complaints.rows:
                assert complaint.handler is None and complaint.masked_phone and complaint.place
            for customer in results.customers.rows:
                assert customer.room is not None and str(customer.room)
        assert len(statements) <= 9, "\n".join([text, *statements])


def test_a_list_can_ask_for_the_ids_alone(record: Record) -> None:
    made = [record(phone=_phone(place)) for place in range(3)]
    assert search.complaint_ids("空鼓", 2) == [complaint.id for complaint in made[:0:-1]]


def test_a_count_ends_at_its_cap() -> None:
    for _ in range(5):
        CustomerFactory()
    everybody = select(db.metadata.tables["customers"].c.id).order_by("id")
    assert search.capped_count(everybody, cap=3) == 4
    assert search.capped_count(everybody, cap=10) == 5


def _phone(place: int) -> Phone:
    return Phone(f"+8613800138{100 + place}", "", is_mobile=True)
