"""The tab of inspections: from the first look to the signature, refusals beside their fields, strangers (D-16, N11)."""

from __future__ import annotations

import base64
import io
from datetime import timedelta

import pytest
from PIL import Image

from extensions import COMPANY_ZONE
from models import Complaint
from rules.vocabulary import AppointmentState, Category, EvidenceUse, Status
from services import inspections
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.factories import AppointmentFactory
from tests.stories import recorded

BEGINNING = "data:image/png;base64,"


@pytest.fixture
def complaint(cast, on_duty, session, now) -> Complaint:
    """Tiles that sound hollow."""
    complaint = recorded(cast, now=now)
    complaint.category, complaint.status = Category.QUALITY, Status.HANDLING
    session.commit()
    return complaint


def press(client: DeskClient, complaint: Complaint, where: str, **said: object):
    """Press a button of the tab."""
    page = f"/complaints/{complaint.number}/inspection/"
    return client.send(f"{page}{where}", said, page=page)


def begin(client: DeskClient, complaint: Complaint, cast: Cast):
    press(client, complaint, "begin", inspector=cast.zhao.id, is_customer_present="y", words="客厅地砖")
    (made,) = inspections.of(complaint)
    return made


def drawn(*, is_blank: bool = False, size: tuple[int, int] = (60, 22)) -> str:
    """What the script sends."""
    picture = Image.new("RGB", size, "white")
    if not is_blank:
        picture.putpixel((5, 5), (0, 0, 0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return BEGINNING + base64.b64encode(out.getvalue()).decode()


def test_from_the_first_look_to_the_signature(client, cast, complaint, session):
    client.login(cast.zhao)
    made = begin(client, complaint, cast)
    tiles = {"part": "tiling", "place": "客厅", "tapped": "60"}
    refused = press(client, complaint, f"tiles/{made.id}", **tiles, hollow="61")
    field = soup_of(refused).select_one("dialog[data-open-now] .has-error input")
    assert (refused.status_code, field["name"], field["value"]) == (422, "hollow", "61")
    assert press(client, complaint, f"tiles/{made.id}", **tiles, hollow="9").status_code == 302
    said = {"conclusion": "9 块空鼓", "our_side": "砂浆", "customers_side": "当晚就响", "signature": drawn()}
    assert press(client, complaint, f"end/{made.id}", **said).status_code == 302
    assert press(client, complaint, f"end/{made.id}", **said).status_code == 409, "a replay"
    session.expire_all()
    assert [item.use for item in made.evidence] == [EvidenceUse.SIGNATURE]
    page = soup_of(client.get(f"/complaints/{complaint.number}/inspection/")).get_text()
    assert all(words in page for words in ("15.0", "砂浆", "当晚就响"))


def test_the_visit_whose_hour_has_come_is_kept_and_whoever_writes_is_proposed(client, cast, complaint, session, now):
    ahead, come = (
        AppointmentFactory(complaint=complaint, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
        for starts_at in (now + timedelta(days=2), now - timedelta(minutes=10))
    )
    client.login(cast.zhao)
    page = soup_of(client.get(f"/complaints/{complaint.number}/inspection/"))
    assert page.select_one("#do-begin [name=inspector] [selected]")["value"] == str(cast.zhao.id)
    made = begin(client, complaint, cast)
    session.expire_all()
    assert (made.appointment, come.state, ahead.state) == (come, AppointmentState.KEPT, AppointmentState.PLANNED)


@pytest.mark.parametrize(
    "sent",
    [
        drawn(is_blank=True),
        drawn(size=(3000, 3000)),
        BEGINNING + base64.b64encode(b"\x89PNG\r\n\x1a\nMZ no picture").decode(),
        BEGINNING + "%%%",
        "data:text/html;base64,PGI+",
        BEGINNING + "A" * 500_000,
    ],
    ids=["white", "huge", "broken", "no-base64", "markup", "long"],
)
def test_what_is_no_signature_ends_nothing(client, cast, complaint, session, sent):
    client.login(cast.zhao)
    made = begin(client, complaint, cast)
    assert press(client, complaint, f"end/{made.id}", conclusion="9 块空鼓", signature=sent).status_code == 422
    session.expire_all()
    assert (made.ended_at, made.evidence) == (None, [])


def test_water_is_not_read_before_its_day_is_over_and_says_so(client, cast, complaint, session):
    client.login(cast.zhao)
    made = begin(client, complaint, cast)
    filled = made.started_at.astimezone(COMPANY_ZONE).strftime("%Y-%m-%dT%H:%M")
    press(client, complaint, f"water/{made.id}", part="waterproofing", place="主卫", filled_at=filled, depth="25")
    session.expire_all()
    (water,) = made.findings
    early = press(client, complaint, f"read/{water.id}", drop="0")
    assert early.status_code == 422
    assert soup_of(early).select_one("dialog[data-open-now] .has-error [name=drop]")
    assert soup_of(early).select_one("[data-countdown].water-timer")
    session.expire_all()
    assert water.drop_by is None


def test_what_is_another_complaint_s_is_not_found(client, cast, complaint, session, now):
    client.login(cast.zhao)
    made = begin(client, complaint, cast)
    other = recorded(cast, now=now, phone="13911110001", room="802")
    session.commit()
    assert press(client, other, f"end/{made.id}", conclusion="别人家的").status_code == 404
    assert press(client, complaint, "begin/1").status_code == 404
    assert press(client, complaint, "end/999999").status_code == 404
