"""Channels: how each way of sending does, what it waits for, and the buttons that test it and let it go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import abort, current_app, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext
from markupsafe import Markup

from admin_views import channel_words, charts
from admin_views.base import actor
from admin_views.fields import sentence
from admin_views.pages import Page
from admin_views.records import changes_in_words
from admin_views.verb_form import press
from extensions import db, timepiece
from gateways.base import VerdictKind
from models import ChannelState
from rules.channel_protocols import PROTOCOLS
from rules.permissions import Permission
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import N_, MessageClass
from services import change_log, channel_health, channel_states, channel_tests, channels, push_addresses
from services.channel_health import Health
from services.channels import Channel, Channels

HISTORY = 10
"""Changes of a channel's condition that its card shows."""


class Order(NamedTuple):
    """Which channels messages of these classes take, one after the other."""

    classes: list[MessageClass]
    channels: tuple[Channel, ...]


class ChannelsView(Page):
    """How the channels do."""

    view_permission = Permission.VIEW_MESSAGES

    @expose("/")
    def index(self) -> Any:
        """The page."""
        return self._render("channels.html")

    @expose("/cards")
    def cards(self) -> Any:
        """The channels alone, for the page that refreshes itself."""
        return self._render("channels_cards.html")

    @expose("/<channel_name>/test", methods=("POST",))
    def test(self, channel_name: str) -> Any:
        """Send a message to oneself through this channel and say what the provider answered."""
        channel = _channel(channel_name)
        try:
            verdict = channel_tests.test(channel, actor=actor(), now=timepiece.now())
        except NotAllowed:
            raise
        except Refusal as refusal:
            db.session.rollback()
            flash(sentence(refusal), "error")
        else:
            is_good = verdict.kind is VerdictKind.ACCEPTED
            flash(f"{channel_name}: {channel_words.answer(verdict)}", "success" if is_good else "error")
        return _back_to(channel_name)

    @expose("/<channel_name>/resume", methods=("POST",))
    def resume(self, channel_name: str) -> Any:
        """Let this channel go on."""
        _channel(channel_name)
        press(
            lambda now: channel_states.resume(_state(channel_name), actor=actor(), now=now),
            done=gettext("%(channel)s goes on.", channel=channel_name),
        )
        return _back_to(channel_name)

    def _render(self, template: str) -> str:
        fleet, now = channels.configured(), timepiece.now()
        return self.render(
            template,
            healths=channel_health.of(fleet, now=now),
            orders=list(_orders(fleet)),
            fates=charts.FATES,
            most=channel_health.MOST,
            protocol_of=lambda channel: PROTOCOLS[channel.protocol].label,
            trouble=channel_words.trouble,
            pictures=_pictures,
            delay=_delay,
            addresses=_addresses,
            history=lambda state: change_log.of(state, limit=HISTORY),
            changes_in_words=lambda change: changes_in_words(change, Markup(" · ")),
            now=now,
        )


def in_trouble() -> list[tuple[ChannelState, str]]:
    """The channels that rest or stand still, each with its trouble in words, for the workbench."""
    return [(state, channel_words.trouble(state)) for state in channel_health.in_trouble(channels.configured())]


def is_silent(now: datetime) -> bool:
    """Whether no message reaches anybody on duty, which everybody must know who waits for one."""
    return channel_health.is_silent(channels.configured(), now=now)


def _back_to(name: str) -> Any:
    return redirect(url_for(".index", _anchor=f"channel-{name}"), code=HTTPStatus.SEE_OTHER)


def _channel(name: str) -> Channel:
    return channels.configured().named(name) or abort(HTTPStatus.NOT_FOUND)


def _state(name: str) -> ChannelState:
    state = channel_states.states().get(name)
    if state is None:
        raise Conflict(N_("The channel works already."))
    return state


def _orders(fleet: Channels) -> Iterator[Order]:
    """The classes of messages, those with the same order together."""
    found: dict[tuple[str, ...], Order] = {}
    for message_class in MessageClass:
        order = fleet.order(message_class)
        names = tuple(channel.name for channel in order)
        found.setdefault(names, Order([], order)).classes.append(message_class)
    yield from found.values()


def _pictures(health: Health) -> Iterator[tuple[str, Any, Any]]:
    """Of the last day and of the last hour, as far as there was anything: a heading, the outcomes and the delays."""
    name = health.channel.name
    spans = (
        (gettext("Last 24 hours"), health.day, health.day_steps),
        (gettext("Last hour"), health.hour, health.hour_steps),
    )
    for title, tally, steps in spans:
        if tally.total:
            yield (
                title,
                charts.outcomes(steps, name=gettext("%(channel)s: what became of the messages", channel=name)),
                charts.delays(steps, name=gettext("%(channel)s: median delay", channel=name)),
            )


def _delay(length: timedelta | None) -> str:
    return charts.length(length.total_seconds()) if length is not None else "—"


def _addresses(channel: Channel) -> list[tuple[str, str]]:
    """What to enter at the provider: what it brings, and where to."""
    labels = {"receipts": gettext("Receipts"), "replies": gettext("Replies")}
    here = "" if current_app.config["DESK"].public_url else request.host_url.rstrip("/")
    pushes = PROTOCOLS[channel.protocol].pushes
    return [(labels[what], here + push_addresses.address(channel.name, what)) for what in pushes]
