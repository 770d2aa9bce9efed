"""Texts of messages as people read and change them: what arrives, what is refused, where a provider approved it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import MessageTemplate, RecordChange, TemplateRegistration
from rules import sms_text
from rules.vocabulary import MessageLanguage, NotificationKind, RegistrationState
from services import templates
from services.channels import Channels
from tests.client import DeskClient, soup_of
from tests.factories import MessageTemplateFactory, TemplateRegistrationFactory
from tests.providers import Provider, fleet_of
from tests.query_count import queries

K = NotificationKind
PAGE = "/message-templates"
WARNING = f"{PAGE}/clock_warning/zh"
ANOTHER = "{number}{clock}只剩{time}了，请马上处理。"


@pytest.fixture
def fleet(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Channels:
    """A channel that takes free text and one whose provider approves each."""
    free, strict = fleet_of(Provider(name="kannel"), Provider(name="aliyun"))
    fleet = Channels((free, replace(strict, needs_template=True)))
    monkeypatch.setitem(app.extensions, "channels", fleet)
    return fleet


def publish(visitor: DeskClient, text: str = ANOTHER, page: str = WARNING, **more: Any) -> Any:
    return visitor.send(f"{page}/edit", {"text": text, "remarks": "更清楚", "based_on": "0", **more})


def registered(visitor: DeskClient, number: int = 0, **more: Any) -> Any:
    data = {"state": "approved", "provider_template_id": "SMS_1", "signature": "安心桥", "words": "", "version": "0"}
    return visitor.send(f"{WARNING}/{number}/at/aliyun", {**data, **more})


def errors(answer: Any, name: str) -> str:
    field = soup_of(answer).select_one(f".form-field:has([name={name}])")
    assert field is not None
    return " ".join(error.get_text() for error in field.select(".field-error"))


def count(session: Any, model: Any) -> int:
    return int(session.scalar(select(func.count(model.id))))


class TestTheList:
    def test_it_has_every_message_in_every_language(self, manager: DeskClient) -> None:
        soup = soup_of(manager.get(f"{PAGE}/"))
        assert {row["id"] for row in soup.select(".text-row")} == set(NotificationKind)
        assert len(soup.select(".text-cell")) == 2 * len(NotificationKind)

    def test_whoever_sees_messages_reads_them_and_has_no_buttons(
        self, client: DeskClient, cast: Any, fleet: Any
    ) -> None:
        client.login(cast.analyst)
        assert client.get(f"{PAGE}/").status_code == 200
        shown = soup_of(client.get(WARNING))
        assert not shown.select("main a.btn, main form")
        assert client.get(f"{WARNING}/edit").status_code == 403
        assert client.get(f"{WARNING}/0/at/aliyun").status_code == 403
        assert client.post(f"{WARNING}/preview", data={"csrf_token": client.token(WARNING)}).status_code == 403

    def test_it_says_how_each_stands_at_the_providers(self, manager: DeskClient, session: Any, fleet: Any) -> None:
        def badge() -> str:
            cell = soup_of(manager.get(f"{PAGE}/")).select_one("#clock_warning .text-cell .badge")
            assert cell is not None
            return cell.get_text()

        assert "aliyun" in badge() and "kannel" not in badge()
        registered(manager)
        assert "aliyun" in badge()
        assert soup_of(manager.get(f"{PAGE}/")).select_one("#clock_warning .registration-approved")

    def test_it_takes_a_handful_of_questions(self, manager: DeskClient, fleet: Any) -> None:
        manager.get(f"{PAGE}/")
        with queries() as asked:
            manager.get(f"{PAGE}/")
        assert len(asked) < 20


class TestOneText:
    @pytest.mark.parametrize("kind", NotificationKind)
    def test_every_text_has_its_page_and_its_editor(self, manager: DeskClient, kind: NotificationKind) -> None:
        for language in MessageLanguage:
            shown = soup_of(manager.get(f"{PAGE}/{kind}/{language}"))
            words = shown.select_one(".text-words")
            assert words is not None and words.get_text() == sms_text.shipped(kind, language)
            form = soup_of(manager.get(f"{PAGE}/{kind}/{language}/edit")).select_one("form[data-text-preview]")
            assert form is not None
            assert form.select_one("textarea[name=text]").text.strip() == sms_text.shipped(kind, language)

    @pytest.mark.parametrize(
        "made_up", ["nothing/zh", "test/fr", "test/zh/7", "test/zh/99999999999999999999", "test/zh/0/at/nobody"]
    )
    def test_a_made_up_address_is_not_found(self, manager: DeskClient, fleet: Any, made_up: str) -> None:
        assert manager.get(f"{PAGE}/{made_up}").status_code == 404

    def test_a_channel_that_takes_free_text_needs_no_approval(self, manager: DeskClient, fleet: Any) -> None:
        assert manager.get(f"{WARNING}/0/at/kannel").status_code == 404

    def test_the_history_says_who_changed_what(self, manager: DeskClient, cast: Any) -> None:
        publish(manager)
        publish(manager, ANOTHER.replace("马上", "立即"), based_on="1", remarks="更正式")
        lines = soup_of(manager.get(WARNING)).select(".timeline > li")
        assert len(lines) == 3
        assert cast.roster.name in lines[0].get_text() and "更正式" in lines[0].get_text()
        assert [each.get_text() for each in lines[0].select("del")] == ["马上"]
        assert [each.get_text() for each in lines[0].select("ins")] == ["立即"]
        assert [each.get_text() for each in lines[1].select(".place")] == ["{number}", "{clock}", "{time}"]
        older = soup_of(manager.get(f"{WARNING}/1")).select_one(".text-words")
        assert older is not None and older.get_text() == ANOTHER


class TestPublishing:
    def test_what_is_published_is_what_leaves(self, manager: DeskClient, session: Any) -> None:
        answer = publish(manager)
        assert answer.status_code == 303
        assert templates.in_force(K.CLOCK_WARNING, MessageLanguage.CHINESE).text == ANOTHER

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("", id="nothing"),
            pytest.param("  ", id="nothing but spaces"),
            pytest.param("{nummer}还剩{time}。", id="a variable that nobody knows"),
            pytest.param("{number}请回复1 {code}。", id="a code where no reply acts"),
            pytest.param("{number", id="half a variable"),
            pytest.param("【安心桥】{number}。", id="a signature"),
            pytest.param("{number}限时优惠。", id="advertising"),
            pytest.param("{number}见t.cn/A6x。", id="a link"),
            pytest.param("{number}致电13800138000。", id="a mobile number"),
            pytest.param("字" * 130, id="three parts"),
            pytest.param("字" * 501, id="501 characters"),
            pytest.param("{number}\x00。", id="a NUL"),
            pytest.param("{number}\ufffd。", id="what half a character becomes on the way"),
            pytest.param("{number}。\r\n{time}。", id="two lines"),
        ],
    )
    def test_what_cannot_be_sent_is_refused_beside_the_text_and_nothing_is_lost(
        self, manager: DeskClient, session: Any, text: str
    ) -> None:
        answer = publish(manager, text, remarks="为什么")
        assert answer.status_code == 422
        assert errors(answer, "text") != ""
        soup = soup_of(answer)
        assert "为什么" in soup.select_one("[name=remarks]").text
        if "\x00" not in text:
            kept = soup.select_one("[name=text]").text
            assert kept.replace("\r\n", "\n").strip() == text.replace("\r\n", "\n").strip()
        assert count(session, MessageTemplate) == 0

    def test_it_needs_a_reason(self, manager: DeskClient, session: Any) -> None:
        answer = publish(manager, remarks=" ")
        assert answer.status_code == 422 and errors(answer, "remarks")
        assert count(session, MessageTemplate) == 0

    def test_who_comes_second_sees_the_first_and_publishes_after_it(
        self, manager: DeskClient, new_client: Callable[[], DeskClient], cast: Any, session: Any
    ) -> None:
        publish(manager)
        second = new_client()
        second.login(cast.admin)
        answer = publish(second, "{number}快超时了，请处理。")
        assert answer.status_code == 409
        soup = soup_of(answer)
        assert ANOTHER in soup.select_one(".warning").get_text()
        assert soup.select_one("[name=text]").text.strip() == "{number}快超时了，请处理。"
        based_on = soup.select_one("[name=based_on]")["value"]
        assert publish(second, "{number}快超时了，请处理。", based_on=based_on).status_code == 303
        assert count(session, MessageTemplate) == 2

    @pytest.mark.parametrize("made_up", ["", "-1", "x", "１", "9" * 30])
    def test_a_made_up_version_is_a_conflict(self, manager: DeskClient, session: Any, made_up: str) -> None:
        publish(manager)
        assert publish(manager, "{number}快超时了。", based_on=made_up).status_code == 409

    def test_what_says_the_same_is_a_conflict(self, manager: DeskClient) -> None:
        same = sms_text.shipped(K.CLOCK_WARNING, MessageLanguage.CHINESE)
        assert publish(manager, same).status_code == 409


class TestThePreview:
    def preview(self, visitor: DeskClient, text: str, page: str = WARNING) -> Any:
        token = visitor.token(f"{page}/edit")
        answer = visitor.post(f"{page}/preview", data={"csrf_token": token, "text": text})
        assert answer.status_code == 200
        return soup_of(answer)

    def test_it_shows_what_arrives_and_stores_nothing(self, manager: DeskClient, session: Any) -> None:
        soup = self.preview(manager, ANOTHER)
        assert [each.get_text() for each in soup.select(".bubble")] == [
            "【安心桥】C-2611-0231联系客户只剩15分钟了，请马上处理。"
        ]
        assert "34/70" in soup.get_text()
        assert count(session, MessageTemplate) == 0

    def test_no_emoji_is_cut_between_two_parts(self, manager: DeskClient) -> None:
        soup = self.preview(manager, "字" * 61 + "😀好的字字字")
        assert [each.get_text() for each in soup.select(".bubble")] == ["【安心桥】" + "字" * 61, "😀好的字字字"]
        assert "66/67" in soup.get_text()

    def test_it_shows_both_with_and_without_a_code(self, manager: DeskClient) -> None:
        soup = self.preview(manager, "{number}待接单。回复1 {code}接单。", f"{PAGE}/assigned/zh")
        assert [each.get_text() for each in soup.select(".bubble")] == [
            "【安心桥】C-2611-0231待接单。回复1 A0238接单。",
            "【安心桥】C-2611-0231待接单。",
        ]

    @pytest.mark.parametrize("text", ["", "{nummer}。", "{number", "<b>x</b>", "字" * 5000, "\x00", "优惠", "{}"])
    def test_whatever_stands_there_has_a_preview_and_its_fault(self, manager: DeskClient, text: str) -> None:
        soup = self.preview(manager, text)
        assert soup.select(".bubble") and not soup.select("b")
        assert bool(soup.select(".field-error")) == ("<b>" not in text)


class TestAtAProvider:
    def test_its_words_stand_on_the_page_and_in_the_record_of_changes(
        self, manager: DeskClient, session: Any, fleet: Any, client: DeskClient, cast: Any
    ) -> None:
        answer = registered(manager, state="refused", provider_template_id="", words="变量过多")
        assert answer.status_code == 303
        page = soup_of(manager.get(WARNING)).get_text()
        assert "变量过多" in page and cast.roster.name in page
        assert session.scalar(select(RecordChange.record_type)) == "template_registrations"
        client.login(cast.auditor)
        row = soup_of(client.get("/changes/")).select_one("tbody tr").get_text(" ")
        assert "变量过多" in row
        for raw in ("refused", "provider_template_id", "template_registrations"):
            assert raw not in row

    @pytest.mark.parametrize(
        ("more", "name"),
        [
            ({"provider_template_id": " "}, "provider_template_id"),
            ({"provider_template_id": "SMS 1"}, "provider_template_id"),
            ({"provider_template_id": "9" * 65}, "provider_template_id"),
            ({"provider_template_id": "9\x00"}, "provider_template_id"),
            ({"signature": "【安心桥】"}, "signature"),
            ({"signature": "字" * 31}, "signature"),
            ({"state": "maybe"}, "state"),
            ({"words": "字" * 301}, "words"),
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field(
        self, manager: DeskClient, session: Any, fleet: Any, more: dict[str, str], name: str
    ) -> None:
        answer = registered(manager, **more)
        assert answer.status_code == 422
        assert errors(answer, name) != ""
        assert count(session, MessageTemplate) == count(session, TemplateRegistration) == 0

    def test_the_page_says_which_version_leaves_until_the_newest_is_approved(
        self, manager: DeskClient, session: Any, fleet: Any
    ) -> None:
        manager.set_cookie("lang", "en")
        assert "cannot leave by this channel" in soup_of(manager.get(WARNING)).get_text()
        registered(manager)
        assert "leaves here" not in soup_of(manager.get(WARNING)).get_text()
        publish(manager, based_on="1")
        assert "Until version 2 is approved, version 1 leaves here." in soup_of(manager.get(WARNING)).get_text()
        registered(manager, 2, provider_template_id="SMS_2")
        assert "leaves here" not in soup_of(manager.get(WARNING)).get_text()

    def test_another_signature_than_the_channel_s_is_told(self, manager: DeskClient, fleet: Any) -> None:
        manager.set_cookie("lang", "en")
        registered(manager, signature="安心装饰")
        assert "another signature" in soup_of(manager.get(WARNING)).get_text()

    def test_a_stale_change_shows_what_stands_now(
        self, manager: DeskClient, session: Any, fleet: Any, new_client: Callable[[], DeskClient], cast: Any
    ) -> None:
        registered(manager, state="applied")
        page = f"{WARNING}/1/at/aliyun"
        seen = soup_of(manager.get(page)).select_one("[name=version]")["value"]
        second = new_client()
        second.login(cast.admin)
        assert registered(second, 1, version=seen, words="已通过").status_code == 303
        answer = registered(manager, 1, version=seen, words="不一样")
        assert answer.status_code == 409
        soup = soup_of(answer)
        assert "已通过" in soup.select_one(".warning").get_text()
        assert soup.select_one("[name=words]").text.strip() == "不一样"
        again = soup.select_one("[name=version]")["value"]
        assert registered(manager, 1, version=again, words="不一样").status_code == 303
        session.expire_all()
        assert session.scalars(select(TemplateRegistration)).one().words == "不一样"

    def test_two_that_write_it_down_at_once_end_with_one(self, manager: DeskClient, session: Any, fleet: Any) -> None:
        registered(manager)
        assert registered(manager).status_code == 409
        assert count(session, TemplateRegistration) == 1

    def test_nothing_is_said_of_providers_where_no_channel_needs_it(self, manager: DeskClient, session: Any) -> None:
        TemplateRegistrationFactory(
            template=MessageTemplateFactory(kind=K.CLOCK_WARNING, number=1), state=RegistrationState.APPLIED
        )
        assert not soup_of(manager.get(WARNING)).select("#channels-title")


class TestTheLanguageOfSomebody:
    def test_a_person_s_is_chosen_in_the_form(self, client: DeskClient, cast: Any, session: Any) -> None:
        client.login(cast.admin)
        person = cast.zhou
        soup = soup_of(client.get(f"/people/edit/?id={person.id}"))
        assert [each["value"] for each in soup.select("select[name=message_language] option")] == ["zh", "en"]
        fields = {
            "name": person.name,
            "position": person.position.value,
            "phone": person.phone,
            "email": "",
            "is_active": "y",
            "roles": ["duty"],
            "message_language": "en",
        }
        answer = client.send(f"/people/edit/?id={person.id}", {**fields, "version": str(person.version)})
        assert answer.status_code == 302
        session.expire_all()
        assert cast.zhou.message_language is MessageLanguage.ENGLISH
        answer = client.send(
            f"/people/edit/?id={person.id}",
            {**fields, "message_language": "fr", "version": str(cast.zhou.version)},
        )
        assert answer.status_code == 422

    def test_a_customer_s_too(self, client: DeskClient, cast: Any, session: Any) -> None:
        from tests.factories import CustomerFactory

        customer = CustomerFactory()
        client.login(cast.admin)
        fields = {"name": customer.name, "phone": "", "message_language": "en", "version": str(customer.version)}
        assert client.send(f"/customers/edit/?id={customer.id}", fields).status_code == 302
        session.expire_all()
        assert customer.message_language is MessageLanguage.ENGLISH
