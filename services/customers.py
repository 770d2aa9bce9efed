"""Customer files: one per telephone number (A-08)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, inspect, select

from extensions import db
from models import Customer, Project, RecordChange, Room
from rules.permissions import Permission
from rules.phones import Phone
from rules.refusals import Conflict
from rules.vocabulary import N_
from services import bulk, first_writer, records
from services.actors import Actor, require


@dataclass(frozen=True)
class Caller:
    """Who called, before their file is known."""

    name: str
    phone: Phone
    room_id: int | None


def find_by_phone(phone: Phone) -> Customer | None:
    """The file with this number and extension."""
    return db.session.scalar(_with_phone(phone))


def find_or_create(*, name: str, phone: Phone, room: Room | None, actor: Actor, now: datetime) -> Customer:
    """The customer's file, opened when the number is new. A known file keeps the name it has."""
    customer = find_by_phone(phone)
    if customer is not None:
        return customer
    customer = _draft(Caller(name, phone, room.id if room else None), actor=actor, now=now)
    changes = records.named(customer, records.changes_of(customer))
    if not first_writer.insert(customer):
        return db.session.scalars(_with_phone(phone)).one()
    records.note_change(customer, changes, actor=actor, now=now)
    db.session.flush()
    return customer


def find_or_create_many(callers: Sequence[Caller], *, actor: Actor, now: datetime) -> dict[Phone, int]:
    """The same for many callers at once, in a handful of statements: the id of the file behind each number.

    Of several callers with one number the first gives the file its name.

    Raises:
        IntegrityError: somebody else opened one of these files at the same moment; trying again finds it.
    """
    first = {caller.phone: caller for caller in reversed(callers)}
    known = _ids_by_phone(first)
    drafts = {phone: _draft(caller, actor=actor, now=now) for phone, caller in first.items() if phone not in known}
    changes = [records.changes_of(customer) for customer in drafts.values()]
    bulk.write_and_identify(Customer, drafts.values(), by=["phone", "phone_extension"])
    told = zip(drafts.values(), changes, strict=True)
    bulk.write(RecordChange, (records.draft(customer, change, actor=actor, now=now) for customer, change in told))
    return known | {phone: customer.id for phone, customer in drafts.items()}


def save(customer: Customer, *, phone: Phone | None, actor: Actor, now: datetime) -> None:
    """Keep a file as a form filled it in; ``phone`` None keeps the number it has.

    Raises:
        Conflict: another file has this number.
    """
    require(actor, Permission.EDIT_FILES)
    if phone is not None:
        with db.session.no_autoflush:  # What the form changed is still to be compared with what stands.
            other = find_by_phone(phone)
        if other is not None and other is not customer:
            raise Conflict(N_("This number belongs to %(name)s already."), field="phone", name=other.name)
        customer.phone, customer.phone_extension = phone.number, phone.extension
        customer.phone_tail = phone.number[-4:]
    if not inspect(customer).persistent:
        customer.created_at, customer.created_by_id = now, actor.id
    db.session.add(customer)
    records.note_edit(customer, actor=actor, now=now)
    db.session.flush()


def projects_of(customer: Customer) -> list[Project]:
    """The customer's projects, newest first; a handful at most."""
    statement = select(Project).where(Project.customer_id == customer.id).order_by(Project.id.desc()).limit(20)
    return list(db.session.scalars(statement))


def project_by_contract(contract_no: str) -> Project | None:
    """The project of a contract number as somebody said it."""
    number = contract_no.strip().upper()
    if not number.isprintable():  # PostgreSQL would not even look for a NUL.
        return None
    return db.session.scalar(select(Project).where(Project.contract_no == number))


def projects_by_contract(contract_nos: Iterable[str]) -> dict[str, int]:
    """The ids of the projects behind these contract numbers, as far as the desk knows them."""
    known: dict[str, int] = {}
    for some in bulk.batches({contract_no.strip().upper() for contract_no in contract_nos}):
        rows = select(Project.contract_no, Project.id).where(Project.contract_no.in_(some))
        known.update((row.contract_no, row.id) for row in db.session.execute(rows))
    return known


def _draft(caller: Caller, *, actor: Actor, now: datetime) -> Customer:
    return Customer(
        name=caller.name,
        phone=caller.phone.number,
        phone_extension=caller.phone.extension,
        phone_tail=caller.phone.number[-4:],
        room_id=caller.room_id,
        created_at=now,
        created_by_id=actor.id,
    )


def _ids_by_phone(phones: Iterable[Phone]) -> dict[Phone, int]:
    """One question for each batch of numbers; the extension is told apart here."""
    known: dict[Phone, int] = {}
    for some in bulk.batches(phones):
        rows = select(Customer.phone, Customer.phone_extension, Customer.id)
        found = db.session.execute(rows.where(Customer.phone.in_([phone.number for phone in some])))
        ids = {(row.phone, row.phone_extension): row.id for row in found}
        known.update((phone, ids[key]) for phone in some if (key := (phone.number, phone.extension)) in ids)
    return known


def _with_phone(phone: Phone) -> Select[Customer]:
    return select(Customer).where(Customer.phone == phone.number, Customer.phone_extension == phone.extension)
