"""Every model has a factory whose rows the database accepts."""

import pytest
from sqlalchemy.orm import Session, scoped_session

from models import Base
from tests import factories
from tests.cast import Cast

FACTORIES = {
    factory._meta.model: factory
    for factory in vars(factories).values()
    if isinstance(factory, type) and issubclass(factory, factories.DeskFactory) and not factory._meta.abstract
}


def test_every_model_has_a_factory() -> None:
    models = {mapper.class_ for mapper in Base.registry.mappers}
    assert models - FACTORIES.keys() == {next(m for m in models if m.__name__ == "PersonRole")}


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=lambda factory: factory.__name__)
def test_what_a_factory_makes_can_be_stored_and_read_back(
    factory: type[factories.DeskFactory], session: scoped_session[Session]
) -> None:
    made = factory()
    session.commit()
    session.expire_all()
    assert session.get(type(made), made.id) is made
    assert str(made)


def test_the_cast_is_on_duty(cast: Cast, on_duty: object) -> None:
    assert cast.lin.roles and cast.admin.phone == "+8613800138010"
