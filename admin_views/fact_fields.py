"""The risk facts as a form asks for them, while the call lasts and whenever one becomes known later (D-11, D-12)."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField

from admin_views.fields import CountField, WordField
from rules.severity import Facts
from rules.vocabulary import Category


class FactFields(FlaskForm):
    """Four ticks and two counts; an empty count is its harmless default."""

    is_safety_hazard = BooleanField(lazy_gettext("Somebody could come to harm"))
    is_media_involved = BooleanField(lazy_gettext("Media involved"))
    is_leak = BooleanField(lazy_gettext("Water comes through"))
    mentions_consumer_association = BooleanField(lazy_gettext("Speaks of the consumer association"))
    household_count = CountField(lazy_gettext("Households"), empty=1, default=1)
    delay_days = CountField(lazy_gettext("Days of delay"), empty=0, default=0)

    def facts_of(self, category: Category) -> Facts:
        """What was ticked and counted, for a complaint of this category."""
        return Facts(
            category=category,
            is_safety_hazard=bool(self.is_safety_hazard.data),
            is_media_involved=bool(self.is_media_involved.data),
            household_count=1 if self.household_count.data is None else self.household_count.data,
            delay_days=self.delay_days.data or 0,
            is_leak=bool(self.is_leak.data),
            mentions_consumer_association=bool(self.mentions_consumer_association.data),
        )


class RiskForm(FactFields):
    """What the level is proposed from while somebody still ticks; whatever is no number yet counts as nothing said."""

    category = WordField(words=Category)

    def facts(self) -> Facts:
        """The facts so far."""
        return self.facts_of(self.category.data or Category.OTHER)
