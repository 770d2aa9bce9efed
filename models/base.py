"""The ground every table stands on: naming, times in UTC, money in cents, optimistic locking."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    Integer,
    MetaData,
    SmallInteger,
    func,
    literal_column,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from rules.vocabulary import Severity

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BYTEWISE = "varchar_pattern_ops"
"""The order of a PostgreSQL index that also answers what a text begins with; SQLite has no other order."""

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key everywhere; SQLite numbers its rows only for INTEGER."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC. A naive one is a programming error and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps the bare digits, which then sort as text."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC, whatever the driver hands over."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Yuan(TypeDecorator[Decimal]):
    """An exact amount of yuan with two places, kept as a whole number of cents on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Yuan to cents; a fraction of a cent is a programming error and refused."""
        if value is None:
            return None
        cents = Decimal(value) * 100
        if cents != cents.to_integral_value():
            raise ValueError("an amount has at most two decimal places")
        return int(cents)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Cents to yuan; sums come back as whatever number the driver uses."""
        return None if value is None else (Decimal(int(value)) / 100).quantize(Decimal("0.01"))


class Thousandths(TypeDecorator[Decimal]):
    """An exact measure with up to three places (millimetres, square metres), kept as a whole number of thousandths."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """To thousandths; a finer fraction is a programming error and refused."""
        if value is None:
            return None
        thousandths = Decimal(value) * 1000
        if thousandths != thousandths.to_integral_value():
            raise ValueError("a measure has at most three decimal places")
        return int(thousandths)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """From thousandths, without zeros at the end."""
        return None if value is None else Decimal(format((Decimal(int(value)) / 1000).normalize(), "f"))


class SeverityLevel(TypeDecorator[Severity]):
    """A level 1, 2 or 3."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: Severity | None, dialect: Dialect) -> int | None:
        """The level's number."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Severity | None:
        """The level itself."""
        return None if value is None else Severity(value)


def term(vocabulary: type[StrEnum], name: str) -> Enum:
    """A column type that keeps a word's value and lets the database refuse any other (CHECK ``name``)."""
    return Enum(
        vocabulary,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda words: [word.value for word in words],
        validate_strings=True,
    )


def spelled_out(column: Any, *words: StrEnum) -> ColumnElement[bool]:
    """The column holds one of these words, written into the statement instead of handed over as parameters.

    SQLite uses a partial index only for a condition that it can read, in the index's own words and order; a list of one
    word is another condition to it than the word.
    """
    literals: list[ColumnElement[Any]] = [literal_column(f"'{word.value}'") for word in words]
    spelled: ColumnElement[bool] = column.in_(literals) if len(literals) > 1 else column == literals[0]
    return spelled


def not_by_index(column: Any) -> ColumnElement[Any]:
    """The column's words, read from rows that are found by something else; ``column`` holds text.

    SQLite, which keeps no statistics here, would otherwise begin with this column's index and go through everything
    that ever had the word.
    """
    return func.coalesce(column, "", type_=column.type)


class Base(DeclarativeBase):
    """Every table's parent."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING_CONVENTION),
        type_annotation_map={datetime: UtcDateTime(), Decimal: Yuan()},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)


class Editable:
    """A record people edit: its version rises with every save, and a stale save is refused, never merged."""

    version: Mapped[int] = mapped_column(Integer)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        """Let every UPDATE compare the version it read with the one that stands."""
        return {"version_id_col": cls.version}
