"""The tabs of delays and disputes, of authorities and media, and the playbook: buttons, forms, refusals, strangers."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from PIL import Image

from models import Complaint, PlaybookStep
from rules.vocabulary import CaseFormKind, Category, MaliceVerdict, OutwardBody, Status
from services import case_forms, delay_ledger, extra_items, malice, outward, playbooks, statements
from tests.client import DeskClient, soup_of
from tests.factories import ComplaintFactory, DelayEntryFactory, ExtraItemFactory, ProjectFactory
from tests.stories import recorded

LOST = {"cause": "material", "first_on": "2026-11-02", "last_on": "2026-11-03", "words": "水泥晚到"}


@pytest.fixture
def complaint(cast, on_duty, session, now) -> Complaint:
    """A delay with a contract of ¥100 a day."""
    complaint = recorded(cast, now=now)
    complaint.project = ProjectFactory(customer=complaint.customer)
    complaint.category, complaint.status = Category.DELAY, Status.HANDLING
    session.commit()
    return complaint


def press(client: DeskClient, complaint: Complaint, where: str, **said: object):
    """Press a button of a tab; the token is the tab's."""
    page = f"/complaints/{complaint.number}/{where.split('/', maxsplit=1)[0]}/"
    return client.send(f"/complaints/{complaint.number}/{where}", said, page=page)


def buttons(client: DeskClient, complaint: Complaint, tab: str) -> set[str]:
    """The verbs of the buttons that are shown, without the records they are about."""
    found = soup_of(client.get(f"/complaints/{complaint.number}/{tab}/")).select("button[data-dialog]")
    names = {str(button["data-dialog"]).removeprefix("do-").rstrip("0123456789").rstrip("-") for button in found}
    return names - {"keys"}


class TestLedger:
    def test_from_the_first_day_to_five_hundred_yuan(self, client, cast, complaint, session):
        """D-17, as the customer will read it."""
        client.login(cast.zhao)
        picture = io.BytesIO()
        Image.new("RGB", (4, 4)).save(picture, "PNG")
        picture.seek(0)
        files = {"evidence": (picture, "送货单.png")}
        assert press(client, complaint, "disputes/lost", **LOST, **files).status_code == 302
        labour = {**LOST, "cause": "labour", "first_on": "2026-11-04", "last_on": "2026-11-10", "words": "瓦工请假"}
        press(client, complaint, "disputes/lost", **labour)
        own = {**LOST, "cause": "customer", "first_on": "2026-11-11", "last_on": "2026-11-12", "words": "业主换砖"}
        press(client, complaint, "disputes/lost", **own)
        won = {"first_on": "2026-11-13", "last_on": "2026-11-20", "days": "4", "words": "两班轮换"}
        press(client, complaint, "disputes/won-back", **won)
        page = soup_of(client.get(f"/complaints/{complaint.number}/disputes/"))
        counted = [next(cell.stripped_strings) for cell in page.select(".ledger td:nth-child(3)")]
        assert counted == ["+2", "+7", "0", "-4"]
        assert "¥500.00" in page.select_one("#ledger .sum").get_text()
        assert page.find("a", string="送货单.png")
        offer = page.find("a", string="以此提出补偿")
        dialog = soup_of(client.get(offer["href"])).select_one("dialog[data-open-now]")
        assert dialog.select_one("[name=delay_days]")["value"] == "5"
        assert dialog.select_one("[name=basis] [selected]")["value"] == "delay"

    def test_a_refusal_stands_beside_its_field_with_what_was_typed(self, client, cast, complaint, session):
        client.login(cast.zhao)
        answer = press(client, complaint, "disputes/lost", **{**LOST, "last_on": "2026-11-01"})
        field = soup_of(answer).select_one("dialog[data-open-now] .has-error")
        assert (answer.status_code, field.input["name"], field.input["value"]) == (422, "last_on", "2026-11-01")
        assert press(client, complaint, "disputes/lost", **{**LOST, "first_on": "soon"}).status_code == 422
        assert press(client, complaint, "disputes/lost", **LOST, days="9" * 100).status_code == 422
        assert delay_ledger.entries(complaint.project) == []

    def test_a_line_is_struck_from_any_complaint_of_the_home_and_no_other(self, client, cast, complaint, session, now):
        line = DelayEntryFactory(project=complaint.project, complaint=None)
        stranger = DelayEntryFactory()
        session.commit()
        client.login(cast.zhao)
        assert press(client, complaint, f"disputes/strike/{stranger.id}", why="别人家的").status_code == 404
        assert press(client, complaint, f"disputes/strike/{line.id}").status_code == 422
        assert press(client, complaint, f"disputes/strike/{line.id}", why="记错了").status_code == 302
        assert press(client, complaint, f"disputes/strike/{line.id}", why="再来").status_code == 409
        session.expire_all()
        assert (line.struck_why, line.struck_by, stranger.struck_at) == ("记错了", cast.zhao, None)

    def test_a_complaint_without_a_project_says_so(self, client, cast, session):
        bare = ComplaintFactory(project=None)
        session.commit()
        client.login(cast.zhao)
        assert not {"lost", "won-back"} & buttons(client, bare, "disputes")
        assert press(client, bare, "disputes/lost", **LOST).status_code == 409


class TestDisputes:
    def test_a_charge_is_looked_up_and_decided(self, client, cast, complaint, session):
        """D-18."""
        client.login(cast.zhao)
        press(client, complaint, "disputes/extra-item", what="墙面加固", amount="3,200", signature="unclear")
        (item,) = extra_items.of(complaint)
        found = {"clause": "第三条", "page": "7", "signature": "found", "necessity": "墙空心", "version": item.version}
        assert press(client, complaint, f"disputes/look-up/{item.id}", **found).status_code == 302
        assert press(client, complaint, f"disputes/look-up/{item.id}", **found).status_code == 409, "a stale page"
        less = {"outcome": "reduced", "reduced_to": "4000", "necessity": "已说明"}
        refused = press(client, complaint, f"disputes/decide/{item.id}", **less)
        assert soup_of(refused).select_one("dialog[data-open-now] .has-error input")["name"] == "reduced_to"
        assert (
            press(client, complaint, f"disputes/decide/{item.id}", **{**less, "reduced_to": "1600"}).status_code == 302
        )
        session.expire_all()
        assert (item.stands_at, item.signature, item.clause) == (Decimal("1600.00"), "found", "第三条")
        assert not {"look-up", "decide"} & buttons(client, complaint, "disputes")

    def test_another_complaints_charge_is_not_found(self, client, cast, complaint, session):
        stranger = ExtraItemFactory()
        session.commit()
        client.login(cast.zhao)
        said = {"outcome": "withdrawn", "necessity": "别人家的"}
        assert press(client, complaint, f"disputes/decide/{stranger.id}", **said).status_code == 404

    def test_a_form_asks_its_questions_and_computes_the_difference(self, client, cast, complaint, session):
        """D-15: 5 cm off the drawing."""
        client.login(cast.he)
        cupboard = {"drawing": "G-03", "place": "吊柜", "drawn_mm": "900", "measured_by": "赵磊"}
        refused = press(client, complaint, "disputes/design-fault", **cupboard)
        assert refused.status_code == 422 and case_forms.of(complaint) == {}
        said = {**cupboard, "measured_mm": "850", "cause": "survey", "remake_by": "2026-11-23"}
        assert press(client, complaint, "disputes/design-fault", **said).status_code == 302
        page = soup_of(client.get(f"/complaints/{complaint.number}/disputes/"))
        assert "-50" in page.select_one("#forms").get_text()
        dialog = page.select_one("#do-design-fault")
        assert dialog.select_one("[name=measured_mm]")["value"] == "850"
        assert dialog.select_one("[name=remake_by]")["value"] == "2026-11-23"
        form = case_forms.of(complaint)[CaseFormKind.DESIGN_FAULT]
        again = {**said, "measured_mm": "860", "version": dialog.select_one("[name=version]")["value"]}
        assert press(client, complaint, "disputes/design-fault", **again).status_code == 302
        assert press(client, complaint, "disputes/design-fault", **again).status_code == 409, "a stale page"
        session.refresh(form)
        assert form.answers["measured_mm"] == 860

    def test_a_plan_is_made(self, client, cast, complaint):
        client.login(cast.zhao)
        plan = {"words": "两班轮换", "crews": "2", "more_hours": "2", "days": "4", "done_on": "2026-11-27"}
        assert press(client, complaint, "disputes/plan", **{**plan, "crews": "0"}).status_code == 422
        assert press(client, complaint, "disputes/plan", **plan).status_code == 302
        assert press(client, complaint, "disputes/lost", **LOST).status_code == 302
        tab = soup_of(client.get(f"/complaints/{complaint.number}/disputes/"))
        assert "两班轮换" in tab.get_text()
        assert "2026-11-27" in tab.select_one("#ledger").get_text(), "an offer had better wait"
        assert not tab.select("#ledger .btn-primary")

    @pytest.mark.parametrize(
        ("login", "disputes", "asks"),
        [
            ("zhao", {"lost", "won-back", "plan", "extra-item", "design-fault", "service"}, {"suspicion"}),
            ("xiaozhou", set(), {"suspicion"}),
            ("approver", set(), set()),
            ("auditor", set(), None),
        ],
    )
    def test_everybody_sees_the_buttons_that_are_theirs(self, client, cast, complaint, login, disputes, asks):
        client.login(getattr(cast, login))
        assert buttons(client, complaint, "disputes") == disputes
        here = buttons(client, complaint, "outward")
        assert here == (set() if asks is None else {"enter", "statement"} | asks)
        if not disputes:
            assert press(client, complaint, "disputes/lost", **LOST).status_code == 403


class TestOutward:
    def test_from_the_platforms_letter_to_the_result(self, client, cast, complaint, session):
        """N16: entering time, course, way and result; the list shows it until it is over."""
        client.login(cast.xiaozhou)
        asked = {
            "body": "consumer_hotline",
            "reference": "12315-7",
            "came_at": "2026-11-21T21:00",
            "course": "要求赔付",
        }
        assert press(client, complaint, "outward/enter", **{**asked, "came_at": "2027-01-01T00:00"}).status_code == 422
        assert press(client, complaint, "outward/enter", **asked).status_code == 302
        (case,) = outward.of(complaint)
        assert case.body is OutwardBody.CONSUMER_HOTLINE
        assert "go-on" in buttons(client, complaint, "outward") and "end" not in buttons(client, complaint, "outward")
        result = {"way": "和解", "result": "已赔付"}
        assert press(client, complaint, f"outward/end/{case.id}", **result).status_code == 403
        client.login(cast.roster)
        assert "12315-7" in client.get("/outward/").get_data(as_text=True)
        assert press(client, complaint, f"outward/end/{case.id}", **result).status_code == 302
        assert "12315-7" not in soup_of(client.get("/outward/")).select_one("main").get_text()
        assert "12315-7" in client.get("/outward/?view=over").get_data(as_text=True)

    def test_one_writes_another_approves_and_everybody_reads_it(self, client, cast, complaint):
        """G-08."""
        client.login(cast.roster)
        press(client, complaint, "outward/statement", words="正在核实，今天答复")
        (draft,) = statements.of(complaint)
        assert "approve" not in buttons(client, complaint, "outward"), "not one's own"
        assert press(client, complaint, f"outward/approve/{draft.id}").status_code == 409
        client.login(cast.xiaozhou)
        assert "正在核实" not in soup_of(client.get(f"/complaints/{complaint.number}")).select_one("aside").get_text()
        client.login(cast.approver)
        assert press(client, complaint, f"outward/approve/{draft.id}").status_code == 302
        client.login(cast.xiaozhou)
        assert "正在核实" in soup_of(client.get(f"/complaints/{complaint.number}")).select_one("aside").get_text()

    def test_counsel_alone_gives_the_verdict_and_the_complaint_is_marked(self, client, cast, complaint):
        """Decision 8."""
        client.login(cast.zhao)
        press(client, complaint, "outward/suspicion", suspicion="同一组照片")
        (review,) = malice.of(complaint)
        verdict = {"verdict": "confirmed", "grounds": "照片早于合同"}
        assert "verdict" not in buttons(client, complaint, "outward")
        assert press(client, complaint, f"outward/verdict/{review.id}", **verdict).status_code == 403
        client.login(cast.gao)
        assert press(client, complaint, f"outward/verdict/{review.id}", **verdict).status_code == 302
        assert malice.of(complaint)[0].verdict is MaliceVerdict.CONFIRMED
        taken_back = {"verdict": "rejected", "grounds": "照片是同楼盘另一户的"}
        for page in ("", "/disputes/"):
            head = soup_of(client.get(f"/complaints/{complaint.number}{page}")).select_one(".head-facts")
            assert head.select_one(".badge.level-1")
        assert press(client, complaint, f"outward/verdict/{review.id}", **verdict).status_code == 409
        assert press(client, complaint, f"outward/verdict/{review.id}", **taken_back).status_code == 302
        assert not malice.is_confirmed(complaint)
        assert press(client, complaint, f"outward/verdict/{review.id}", **verdict).status_code == 409


class TestPlaybook:
    def test_a_step_is_ticked_on_the_complaints_page(self, client, cast, complaint, session):
        """N20."""
        client.login(cast.xiaozhou)
        page = soup_of(client.get(f"/complaints/{complaint.number}"))
        form = page.select_one("#playbook form")
        answer = client.send(form["action"], {"remarks": "说清楚了"}, page=f"/complaints/{complaint.number}")
        assert answer.status_code == 302
        shown = soup_of(client.get(f"/complaints/{complaint.number}")).select_one("#playbook").get_text()
        assert "1/8" in shown and "说清楚了" in shown and "周小雨" in shown
        for status in (302, 302):  # A button that is pressed twice says so and does it once.
            undone = client.send(f"{form['action']}/undo", page=f"/complaints/{complaint.number}")
            assert undone.status_code == status
        assert "0/8" in soup_of(client.get(f"/complaints/{complaint.number}")).select_one("#playbook").get_text()
        assert playbooks.of(complaint).done == 0

    @pytest.mark.parametrize("step", ["0", "9" * 30])
    def test_a_made_up_step_ticks_nothing(self, client, cast, complaint, step):
        client.login(cast.xiaozhou)
        page = f"/complaints/{complaint.number}"
        client.send(f"{page}/playbook/{step}", page=page)
        assert playbooks.of(complaint).done == 0

    def test_who_only_looks_ticks_nothing(self, client, cast, complaint):
        client.login(cast.auditor)
        page = f"/complaints/{complaint.number}"
        assert not soup_of(client.get(page)).select("#playbook form")
        step = playbooks.of(complaint).next
        assert client.send(f"{page}/playbook/{step.id}", page=page).status_code == 403

    def test_managers_edit_the_steps_and_nobody_else(self, manager, cast, session):
        step = session.query(PlaybookStep).filter_by(category=Category.DELAY).order_by(PlaybookStep.place).first()
        url = f"/playbooks/edit/?id={step.id}"
        said = {
            "category": "delay",
            "place": "5",
            "words_zh": "先问影响",
            "words_en": "Ask first",
            "is_active": "1",
            "version": step.version,
        }
        assert manager.send(url, said).status_code == 302
        session.expire_all()
        assert step.words_zh == "先问影响"
        assert "先问影响" in manager.get("/playbooks/?view=delay").get_data(as_text=True)
        manager.login(cast.zhao)
        assert manager.get(url).status_code == 403
