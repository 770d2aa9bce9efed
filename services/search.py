"""Search: one box for everything, answered from indexes only.

What was typed is read by its shape (``rules/search.py``) and looked for where that shape is kept: a number among the
numbers, the end of a telephone number among the ends. Words are looked for in the full-text index. Every question
is bounded, so that a million complaints answer as fast as ten thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    cast,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, contains_eager, defer, joinedload

from extensions import db
from models import Building, Community, Complaint, Customer, NumberSequence, Person, Project, Room
from rules import search as reading
from rules.permissions import Permission
from rules.search import Question, Shape
from services.actors import Actor, require

LIMIT: Final = 20
"""Rows of a group on the page."""
NARROW: Final = 200
"""A beginning that fits more names than this is too short for their order to matter; any of them will do."""
CANDIDATES: Final = 5000
"""How many complaints with all the right tokens are checked for the words standing together."""
NEWEST: Final = 2000
"""How many of the newest complaints PostgreSQL reads itself before it asks the index."""
READABLE: Final = 40_000
"""How many it reads when the first ones say that this many will do."""

T = TypeVar("T")


@dataclass(frozen=True)
class Group(Generic[T]):
    """What was found of one kind, and whether there is more of it."""

    rows: Sequence[T] = ()
    has_more: bool = False


@dataclass(frozen=True)
class Results:
    """What a search found, in groups; each newest or nearest first."""

    question: Question
    complaints: Group[Complaint]
    customers: Group[Customer]
    projects: Group[Project]
    communities: Group[Community]
    people: Group[Person]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not any(
            group.rows for group in (self.complaints, self.customers, self.projects, self.communities, self.people)
        )


def find(text: str, *, actor: Actor, limit: int = LIMIT) -> Results:
    """Look everywhere for ``text``; at most ``limit`` rows of each kind.

    Raises:
        NotAllowed: the role does not allow seeing complaints.
    """
    require(actor, Permission.VIEW)
    question = reading.read(text)
    customers = _customers(question, limit)
    return Results(
        question=question,
        complaints=_complaints(question, limit),
        customers=customers,
        projects=_projects(question, customers, limit),
        communities=_communities(question, limit),
        people=_people(question, limit),
    )


def complaint_ids(text: str, limit: int) -> list[int]:
    """The complaints that ``text`` finds: the likeliest kind of answer first, within a kind the newest first."""
    return _ids(reading.read(text), limit)


def capped_count(statement: Select[Any], cap: int = 1000) -> int:
    """How many rows the statement has; ``cap + 1`` stands for all that are more than ``cap``."""
    some = statement.order_by(None).limit(cap + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def customer_ids(text: str, limit: int) -> list[int]:
    """The customers that ``text`` finds, for a list or a picker."""
    condition = _customer_condition(reading.read(text))
    return [] if condition is None else list(db.session.scalars(select(Customer.id).where(condition).limit(limit)))


def project_ids(text: str, limit: int) -> list[int]:
    """The projects that ``text`` finds: by contract number, or by their customer."""
    question = reading.read(text)
    if question.shape is Shape.CODE:
        found = list(
            db.session.scalars(select(Project.id).where(begins(Project.contract_no, question.key)).limit(limit))
        )
        if found:
            return found
    customers = customer_ids(text, NARROW)
    return list(db.session.scalars(select(Project.id).where(Project.customer_id.in_(customers)).limit(limit)))


def customers(text: str, limit: int) -> Sequence[Customer]:
    """The customers themselves, for a picker."""
    return _customers(reading.read(text), limit).rows


def projects(text: str, limit: int) -> Sequence[Project]:
    """The contracts themselves, for a picker."""
    statement = select(Project).where(Project.id.in_(project_ids(text, limit))).order_by(Project.id.desc())
    return db.session.scalars(statement).all() if text else ()


def rooms(text: str, limit: int) -> Sequence[Room]:
    """The rooms themselves, for a picker; the buildings come with them."""
    statement = select(Room).where(Room.id.in_(room_ids(text, limit)))
    return db.session.scalars(statement.order_by(Room.building_id, Room.unit, Room.number)).all() if text else ()


def buildings(text: str, limit: int) -> Sequence[Building]:
    """The buildings whose community's name begins so, for a picker; "翠湖花园 8" names the 8th."""
    community, _, building = text.partition(" ")
    statement = select(Building).join(Building.community).where(begins(Community.name, community))
    if building.strip():
        statement = statement.where(begins(Building.name, building.strip()))
    ordered = statement.order_by(Community.name, Building.name).limit(limit)
    return db.session.scalars(ordered.options(contains_eager(Building.community))).all() if text else ()


def room_ids(text: str, limit: int) -> list[int]:
    """The rooms that ``text`` names: a home, or whatever there is in a community whose name begins so."""
    question = reading.read(text)
    if question.home:
        return list(db.session.scalars(_rooms(question).limit(limit)))
    statement = select(Room.id).join(Room.building).join(Building.community)
    return list(db.session.scalars(statement.where(begins(Community.name, question.text)).limit(limit)))


def _cut(rows: Sequence[T], limit: int) -> Group[T]:
    return Group(rows[:limit], has_more=len(rows) > limit)


def begins(name: InstrumentedAttribute[str], start: str) -> ColumnElement[bool]:
    """Whether the column begins so, in the form that each database answers from the column's index."""
    if db.engine.dialect.name == "sqlite":
        return and_(name >= start, name < f"{start}\U0010ffff")
    return name.startswith(start, autoescape=True)


# --- complaints ------------------------------------------------------------------------------------------------------


def _complaints(question: Question, limit: int) -> Group[Complaint]:
    ids = _ids(question, limit + 1)
    if not ids:
        return Group()
    statement = (
        select(Complaint)
        .where(Complaint.id.in_(ids[:limit]))
        .options(defer(Complaint.search_text), joinedload(Complaint.handler))
    )
    found = {complaint.id: complaint for complaint in db.session.scalars(statement)}
    return Group([found[key] for key in ids[:limit]], has_more=len(ids) > limit)


def _ids(question: Question, limit: int) -> list[int]:
    found: dict[int, None] = {}
    for finder in _COMPLAINT_FINDERS[question.shape]:
        if len(found) < limit:
            found.update(dict.fromkeys(finder(question, limit)))
    return list(found)[:limit]


def _newest(limit: int, *conditions: ColumnElement[bool]) -> list[int]:
    return list(db.session.scalars(select(Complaint.id).where(*conditions).order_by(Complaint.id.desc()).limit(limit)))


def _by_number(question: Question, limit: int) -> list[int]:
    return _newest(limit, Complaint.number == question.key)


def _by_number_tail(question: Question, limit: int) -> list[int]:
    """0231 is C-2611-0231 and the same number of every other month."""
    months = select(NumberSequence.prefix + f"-{question.key.zfill(4)}")
    return _newest(limit, Complaint.number.in_(months))


def _by_phone(question: Question, limit: int) -> list[int]:
    conditions = [Complaint.contact_phone == question.key]
    if question.digits:
        conditions.append(Complaint.contact_phone_extension == question.digits)
    return _newest(limit, *conditions)


def _by_phone_tail(question: Question, limit: int) -> list[int]:
    return _newest(limit, Complaint.contact_phone_tail == question.key) if len(question.key) == 4 else []


def _by_phone_start(question: Question, limit: int) -> list[int]:
    return _newest(limit, begins(Complaint.contact_phone, question.key))


def _by_masked_phone(question: Question, limit: int) -> list[int]:
    return _newest(
        limit, Complaint.contact_phone_tail == question.digits, Complaint.contact_phone.startswith(question.key)
    )


def _by_external_ref(question: Question, limit: int) -> list[int]:
    return _newest(limit, Complaint.external_ref.in_({question.key, question.text}))


def _by_contract(question: Question, limit: int) -> list[int]:
    """By the contract of its project, or by what the customer said where the desk knows no such contract."""
    projects = select(Project.id).where(begins(Project.contract_no, question.key)).limit(NARROW)
    known = _newest(limit, Complaint.project_id.in_(projects))
    return known or _newest(limit, begins(Complaint.contract_no_stated, question.key))


def _by_words(question: Question, limit: int) -> list[int]:
    """Complaints with all the words, newest first.

    Words of several tokens must also stand together in the text; that is checked for the newest ``CANDIDATES``.
    """
    needed = reading.words(question.text)
    if not needed.tokens:
        return []
    search = _match_sqlite if db.engine.dialect.name == "sqlite" else _match_postgresql
    return search(needed, limit)


def _match_sqlite(needed: reading.Words, limit: int) -> list[int]:
    """FTS5 walks its hits from the newest: the rowid is the complaint's id."""
    index = table("complaint_search", column("rowid", Integer), column("complaint_search", Text))
    every_token = " AND ".join(f'"{token}"' for token in needed.tokens)
    hits = select(index.c.rowid).where(index.c.complaint_search.op("MATCH")(every_token)).order_by(index.c.rowid.desc())
    if not needed.phrases:
        return list(db.session.scalars(hits.limit(limit)))
    return _newest(limit, Complaint.id.in_(hits.limit(CANDIDATES)), *_stand_together(needed.phrases))


def _match_postgresql(needed: reading.Words, limit: int) -> list[int]:
    """The newest complaints are read as they are, which finds frequent words; only rare ones need the index.

    An index over words knows nothing of age: for a frequent word it would fetch and sort every complaint there is.
    """
    found = _among_newest(needed, limit, NEWEST)
    enough = limit * NEWEST // len(found) * 2 if found else 0
    if len(found) < limit and 0 < enough <= READABLE:
        found = _among_newest(needed, limit, enough)
    return found if len(found) >= limit else _by_token_index(needed, limit)


def _among_newest(needed: reading.Words, limit: int, count: int) -> list[int]:
    newest = select(Complaint.id, Complaint.search_text).order_by(Complaint.id.desc()).limit(count).subquery()
    whole = [*(f" {token} " for token in needed.tokens), *needed.phrases]
    statement = select(newest.c.id).where(*_stand_together(whole, newest.c.search_text)).limit(limit)
    return list(db.session.scalars(statement))


def _by_token_index(needed: reading.Words, limit: int) -> list[int]:
    kept_tokens: ColumnElement[Any] = literal_column("string_to_array(complaints.search_text, ' ')", ARRAY(Text))
    hits = select(Complaint.id).where(kept_tokens.contains(cast(list(needed.tokens), ARRAY(Text))))
    # MATERIALIZED: the hits come from the index first; the planner is not to walk all complaints instead.
    all_hits = hits.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    ids = select(all_hits.c.id).order_by(all_hits.c.id.desc())
    if not needed.phrases:
        return list(db.session.scalars(ids.limit(limit)))
    return _newest(limit, Complaint.id.in_(ids.limit(CANDIDATES)), *_stand_together(needed.phrases))


def _stand_together(phrases: Sequence[str], kept: Any = Complaint.search_text) -> list[ColumnElement[bool]]:
    """The phrases hold letters, digits and blanks only: nothing that LIKE would read as a pattern."""
    return [(" " + kept + " ").contains(phrase) for phrase in phrases]


_COMPLAINT_FINDERS: Mapping[Shape, tuple[Callable[[Question, int], list[int]], ...]] = {
    Shape.NUMBER: (_by_number,),
    Shape.TAIL: (_by_number_tail, _by_phone_tail, _by_words),
    Shape.PHONE: (_by_phone,),
    Shape.PHONE_START: (_by_phone_start, _by_words),
    Shape.MASKED_PHONE: (_by_masked_phone,),
    Shape.CODE: (_by_external_ref, _by_contract, _by_words),
    Shape.WORDS: (_by_words,),
    Shape.LONE: (),
    Shape.NOTHING: (),
}


# --- everything else -------------------------------------------------------------------------------------------------


def _customers(question: Question, limit: int) -> Group[Customer]:
    condition = _customer_condition(question)
    if condition is None:
        return Group()
    ids = _newest_of(select(Customer.id).where(condition), limit)
    statement = select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id.desc())
    return _cut(db.session.scalars(statement.options(joinedload(Customer.room))).all(), limit)


def _newest_of(ids: Select[int], limit: int) -> list[int]:
    """The newest ``limit`` + 1 ids of the first ``NARROW`` that the index gives; the rows are fetched by them.

    In one statement a planner may prefer to join and sort everything first.
    """
    return sorted(db.session.scalars(ids.limit(NARROW)), reverse=True)[: limit + 1]


def _customer_condition(question: Question) -> ColumnElement[bool] | None:
    """What the question asks of a customer; whom the drills made up is found by nothing (N15)."""
    condition = _asked_of_customer(question)
    return None if condition is None else and_(condition, ~Customer.is_made_up)


def _asked_of_customer(question: Question) -> ColumnElement[bool] | None:
    match question.shape:
        case Shape.PHONE:
            return Customer.phone == question.key
        case Shape.PHONE_START:
            return begins(Customer.phone, question.key)
        case Shape.MASKED_PHONE:
            return and_(Customer.phone_tail == question.digits, Customer.phone.startswith(question.key))
        case Shape.TAIL if len(question.key) == 4:
            return Customer.phone_tail == question.key
        case Shape.WORDS | Shape.LONE:
            return Customer.room_id.in_(_rooms(question)) if question.home else begins(Customer.name, question.key)
    return None


def _rooms(question: Question) -> Select[int]:
    """The rooms of the home that was named; of the building where no room was."""
    home = question.home
    assert home is not None, "asked for the rooms of words that name none"
    statement = (
        select(Room.id)
        .join(Building, Room.building_id == Building.id)
        .join(Community, Building.community_id == Community.id)
        .where(begins(Community.name, question.key), Building.name == home.building)
    )
    if home.unit:
        statement = statement.where(Room.unit == home.unit)
    if home.number:
        statement = statement.where(Room.number == home.number)
    return statement.limit(NARROW)


def _projects(question: Question, customers: Group[Customer], limit: int) -> Group[Project]:
    """The contracts with this number, or else the contracts of the customers who were found."""
    if question.shape is Shape.CODE:
        condition = begins(Project.contract_no, question.key)
    elif customers.rows:
        condition = Project.customer_id.in_([customer.id for customer in customers.rows])
    else:
        return Group()
    ids = _newest_of(select(Project.id).where(condition), limit)
    statement = select(Project).where(Project.id.in_(ids)).order_by(Project.id.desc())
    return _cut(
        db.session.scalars(statement.options(joinedload(Project.customer), joinedload(Project.room))).all(), limit
    )


def _communities(question: Question, limit: int) -> Group[Community]:
    if question.shape not in (Shape.WORDS, Shape.LONE):
        return Group()
    statement = select(Community).where(begins(Community.name, question.key)).order_by(Community.name)
    return _cut(db.session.scalars(statement.limit(limit + 1)).all(), limit)


def _people(question: Question, limit: int) -> Group[Person]:
    """Staff by the beginning of their name or of their login; a company's own people are few."""
    if question.shape not in (Shape.WORDS, Shape.LONE, Shape.CODE):
        return Group()
    is_login = question.key.isascii()
    condition = begins(Person.login, question.key.lower()) if is_login else begins(Person.name, question.key)
    statement = select(Person).where(condition).order_by(Person.is_active.desc(), Person.id).limit(limit + 1)
    return _cut(db.session.scalars(statement).all(), limit)
