"""Customer files: one per telephone number (A-08)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select

from extensions import db
from models import Customer, Project, Room
from rules.phones import Phone
from services import first_writer, records
from services.actors import Actor


def find_by_phone(phone: Phone) -> Customer | None:
    """The file with this number and extension."""
    return db.session.scalar(_with_phone(phone))


def find_or_create(*, name: str, phone: Phone, room: Room | None, actor: Actor, now: datetime) -> Customer:
    """The customer's file, opened when the number is new. A known file keeps the name it has."""
    customer = find_by_phone(phone)
    if customer is not None:
        return customer
    customer = Customer(
        name=name,
        phone=phone.number,
        phone_extension=phone.extension,
        phone_tail=phone.number[-4:],
        room=room,
        created_at=now,
        created_by_id=actor.id,
    )
    changes = records.changes_of(customer)
    if not first_writer.insert(customer):
        return db.session.scalars(_with_phone(phone)).one()
    records.note_change(customer, changes, actor=actor, now=now)
    db.session.flush()
    return customer


def projects_of(customer: Customer) -> list[Project]:
    """The customer's projects, newest first; a handful at most."""
    statement = select(Project).where(Project.customer_id == customer.id).order_by(Project.id.desc()).limit(20)
    return list(db.session.scalars(statement))


def project_by_contract(contract_no: str) -> Project | None:
    """The project of a contract number as somebody said it."""
    return db.session.scalar(select(Project).where(Project.contract_no == contract_no.strip().upper()))


def _with_phone(phone: Phone) -> Select[Customer]:
    return select(Customer).where(Customer.phone == phone.number, Customer.phone_extension == phone.extension)
