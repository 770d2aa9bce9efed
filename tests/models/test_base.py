"""The ground of every table: moments in UTC, money to the cent, words the database knows, stale saves refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.orm.exc import StaleDataError

from models import Base, Compensation, Complaint, Customer, Project
from rules.vocabulary import Severity, Status
from tests.factories import CompensationFactory, ComplaintFactory, CustomerFactory, ProjectFactory

Db = scoped_session[Session]
SHANGHAI = ZoneInfo("Asia/Shanghai")


class TestMoments:
    def test_a_moment_comes_back_in_utc_whatever_zone_it_was_given_in(self, session: Db) -> None:
        saturday_night = datetime(2026, 11, 21, 22, 0, 0, 123456, tzinfo=SHANGHAI)
        complaint = ComplaintFactory(first_word_at=saturday_night)
        session.commit()
        assert complaint.first_word_at == saturday_night
        assert complaint.first_word_at.tzinfo is UTC
        assert complaint.first_word_at.microsecond == 123456

    def test_a_moment_without_a_zone_is_refused(self, session: Db) -> None:
        with pytest.raises(StatementError, match="without a time zone"):
            ComplaintFactory(first_word_at=datetime(2026, 11, 21, 22, 0))

    def test_moments_are_compared_as_moments_not_as_digits(self, session: Db) -> None:
        ComplaintFactory(first_word_at=datetime(2026, 11, 21, 14, 0, tzinfo=UTC))
        west = timezone(timedelta(hours=-8))
        asked = select(func.count(Complaint.id)).where(
            Complaint.first_word_at < datetime(2026, 11, 21, 7, 0, tzinfo=west)
        )
        assert session.scalar(asked) == 1


class TestMoney:
    @pytest.mark.parametrize("amount", ["0.00", "0.01", "0.10", "168000.00", "99999999999.99"])
    def test_an_amount_comes_back_to_the_cent(self, session: Db, amount: str) -> None:
        project = ProjectFactory(amount=Decimal(amount))
        session.commit()
        assert str(project.amount) == amount

    def test_sums_are_exact_where_floats_are_not(self, session: Db) -> None:
        for _ in range(10):
            CompensationFactory(amount=Decimal("0.10"))
        assert session.scalar(select(func.sum(Compensation.amount))) == Decimal("1.00")

    def test_a_fraction_of_a_cent_is_refused(self, session: Db) -> None:
        with pytest.raises(StatementError, match="two decimal places"):
            ProjectFactory(amount=Decimal("0.001"))

    def test_an_amount_can_be_asked_for_in_yuan(self, session: Db) -> None:
        ProjectFactory(amount=Decimal("99.99"))
        assert session.scalar(select(func.count(Project.id)).where(Project.amount < Decimal(100))) == 1


class TestWords:
    def test_the_database_keeps_a_words_value(self, session: Db) -> None:
        ComplaintFactory(status=Status.HANDLING, suggested_severity=Severity.MAJOR)
        assert session.execute(text("SELECT status, suggested_severity FROM complaints")).one() == ("handling", 1)

    @pytest.mark.parametrize("column", ["status", "channel", "category"])
    def test_the_database_refuses_a_word_it_does_not_know(self, session: Db, column: str) -> None:
        ComplaintFactory()
        with pytest.raises(IntegrityError):
            session.execute(text(f"UPDATE complaints SET {column} = 'nonsense'"))

    def test_rare_characters_come_back_unchanged(self, session: Db) -> None:
        problem = "𠮷先生家的㙍墙😀\u200b <b>=1+1</b>\n第二行"
        complaint = ComplaintFactory(problem=problem)
        session.commit()
        assert complaint.problem == problem


class TestStaleSaves:
    def test_the_second_of_two_savers_is_refused_and_the_first_one_s_words_stand(self, session: Db) -> None:
        customer = CustomerFactory(name="王女士")
        customer_id = customer.id
        session.commit()
        other = Session(session.get_bind(), expire_on_commit=False)
        theirs = other.get_one(Customer, customer_id)
        other.commit()

        customer.name = "王小姐"
        session.commit()

        theirs.name = "汪女士"
        with pytest.raises(StaleDataError):
            other.flush()
        other.close()
        session.refresh(customer)
        assert customer.name == "王小姐"

    def test_every_save_raises_the_version(self, session: Db) -> None:
        customer = CustomerFactory()
        session.commit()
        before = customer.version
        customer.wechat = "wang"
        session.commit()
        assert customer.version == before + 1

    def test_every_record_with_a_form_has_a_version(self) -> None:
        versioned = {mapper.class_.__name__ for mapper in Base.registry.mappers if mapper.version_id_col is not None}
        assert versioned == {
            "Building",
            "CaseFile",
            "CaseForm",
            "Community",
            "Compensation",
            "Complaint",
            "ContractWarranty",
            "CorrectiveAction",
            "Crew",
            "Customer",
            "DutyRole",
            "ExtraItem",
            "Finding",
            "FollowUp",
            "Handover",
            "ImportBatch",
            "Inspection",
            "Leave",
            "OutwardCase",
            "Override",
            "Person",
            "PlaybookStep",
            "Project",
            "Promise",
            "Review",
            "Room",
            "RootCause",
            "Rotation",
            "Script",
            "Setting",
            "Shift",
            "SpecialDay",
            "Substitution",
            "Swap",
            "TemplateRegistration",
            "Why",
            "WorkOrder",
        }


def test_foreign_keys_are_enforced(session: Db) -> None:
    ComplaintFactory()
    with pytest.raises(IntegrityError):
        session.execute(update(Complaint).values(handler_id=999_999))
