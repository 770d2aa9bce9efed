"""What providers bring to the desk: receipts and replies, each at an address that nobody guesses.

A push is believed as far as its gateway can tell that it is the provider's; what it says has still to fit a message of
the desk (``services.receipts``), and a reply does no more than its writer's buttons would (``services.replies``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, request

from extensions import csrf, db, expect_to_write, limiter, timepiece
from gateways.base import Answer, Push, Speaks, Unreadable
from gateways.untrusted import LARGEST_PUSH
from rules.channel_protocols import RECEIPTS, REPLIES
from services import channels, push_addresses, receipts, replies

blueprint = Blueprint("pushes", __name__)

MOST_A_MINUTE = "6000 per minute"
"""From one address: a storm of receipts is no attack, and what is beyond this is pushed again by itself."""

MOST_WRONG_A_MINUTE = "60 per minute"
"""From one address, of those that are refused: whoever guesses addresses or forges pushes does not go on for long."""

_log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Give the app these addresses; a provider has no page to take a CSRF token from."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


def _is_wrong(response: Response) -> bool:
    return HTTPStatus.BAD_REQUEST <= response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR


@blueprint.route(push_addresses.PATH, methods=("GET", "POST"))
@limiter.limit(MOST_A_MINUTE)
@limiter.limit(MOST_WRONG_A_MINUTE, deduct_when=_is_wrong)
def take(channel: str, token: str, what: str) -> Response:
    """Keep what is brought and thank for it; what cannot be kept now is to be brought again (503).

    A wrong address is not found, a network that may not is forbidden, what is forged or unreadable is a bad request;
    the log says so without a word of it.
    """
    gateway = _gateway(channel, token, what)
    if not push_addresses.may_push(channel, request.remote_addr):
        _log.warning("%s: a push came from a network that may not", channel)
        abort(HTTPStatus.FORBIDDEN)
    if (request.content_length or 0) > LARGEST_PUSH:
        _log.warning("%s: a push was too large to be read", channel)
        abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    request.max_content_length = LARGEST_PUSH
    try:
        brought = _READ[what](gateway, _push())
    except Unreadable as reason:
        _log.warning("%s: a push of %s was refused: %s", channel, what, reason)
        return _answer(Answer(HTTPStatus.BAD_REQUEST, "", "text/plain"))
    return _answer(gateway.thanks(is_kept=_keep(what, channel, brought)))


def _gateway(channel: str, token: str, what: str) -> Speaks:
    """The channel's gateway, where the address is one of the desk's and the provider brings such a thing at all."""
    if not push_addresses.is_right(channel, token) or what not in _READ:
        abort(HTTPStatus.NOT_FOUND)
    known = channels.configured().named(channel)
    if known is None or not hasattr(known.gateway, what):
        abort(HTTPStatus.NOT_FOUND)
    gateway: Any = known.gateway
    return gateway  # type: ignore[no-any-return]


def _push() -> Push:
    """The request as the provider made it. A proxy may call the desk by another name than the provider does."""
    query = request.query_string.decode("latin-1")
    root = current_app.config["DESK"].public_url or request.url_root.rstrip("/")
    return Push(
        method=request.method,
        url=f"{root}{request.path}{'?' if query else ''}{query}",
        query=request.args.to_dict(),
        headers=dict(request.headers),
        body=request.get_data(cache=False),
    )


def _keep(what: str, channel: str, brought: Sequence[Any]) -> bool:
    """Write it down; False where the desk itself fails, so that the provider brings it again."""
    expect_to_write()
    try:
        _KEEP[what](channel, brought, timepiece.now())
    except Exception:
        db.session.rollback()
        _log.exception("%s: a push of %s could not be kept", channel, what)
        return False
    return True


def _keep_receipts(channel: str, brought: Sequence[Any], now: datetime) -> None:
    receipts.take(channel, brought, now=now)
    db.session.commit()


def _keep_replies(channel: str, brought: Sequence[Any], now: datetime) -> None:
    """Each in a transaction of its own: what one of them waits for keeps no other waiting."""
    for reply in brought:
        replies.take(channel, [reply], now=now)
        db.session.commit()


_READ: dict[str, Callable[[Speaks, Push], Sequence[Any]]] = {
    RECEIPTS: lambda gateway, push: gateway.receipts(push),
    REPLIES: lambda gateway, push: gateway.replies(push),
}
_KEEP: dict[str, Callable[[str, Sequence[Any], datetime], None]] = {
    RECEIPTS: _keep_receipts,
    REPLIES: _keep_replies,
}


def _answer(answer: Answer) -> Response:
    return Response(answer.body, answer.status, mimetype=answer.media_type)
