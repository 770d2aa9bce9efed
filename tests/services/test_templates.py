"""Texts of messages: which words are in force, who may write others, and what a provider approved of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from gateways.base import ApprovedTemplate
from models import MessageTemplate, Notification, Person, RecordChange, TemplateRegistration
from models.timeline import HistoryIsFinal
from rules import sms_text, sms_values
from rules.refusals import Conflict, NotAllowed, NotFound, Refusal
from rules.vocabulary import MessageLanguage, NotificationKind, NotificationState, RegistrationState
from services import attempts, notifications, templates
from services.channels import Channel, Channels
from services.templates import Registered
from tests.cast import Cast
from tests.factories import NotificationFactory, TemplateRegistrationFactory
from tests.providers import Provider, fleet_of
from tests.query_count import queries

Db = scoped_session[Session]
K = NotificationKind
CHINESE, ENGLISH = MessageLanguage.CHINESE, MessageLanguage.ENGLISH
ANOTHER = "{number}{clock}只剩{time}了，请马上处理。"
WARNING = {"number": "C-2611-0231", "clock": "contact", "time": "PT6M"}
APPROVED = Registered("SMS_1", "安心桥", RegistrationState.APPROVED)


@pytest.fixture
def publish(cast: Cast, now: datetime) -> Callable[..., MessageTemplate]:
    """Publish the next Chinese words of a clock's warning, or of what is named."""

    def do(text: str = ANOTHER, **named: Any) -> MessageTemplate:
        kind, language = named.pop("kind", K.CLOCK_WARNING), named.pop("language", CHINESE)
        given = {"remarks": "更清楚", "now": now, **named}
        if "based_on" not in given:
            given["based_on"] = templates.in_force(kind, language).number
        if "actor" not in given:
            given["actor"] = cast.roster
        return templates.publish(kind, language, text=text, **given)

    return do


@pytest.fixture
def aliyun() -> Channel:
    """A channel whose provider sends approved texts only."""
    (channel,) = fleet_of(Provider(name="aliyun"))
    return replace(channel, needs_template=True)


@pytest.fixture
def register(cast: Cast, now: datetime) -> Callable[..., TemplateRegistration]:
    """Write down that a version of the clock's warning was handed in at the provider, or approved."""

    def do(number: int, registered: Registered = APPROVED, **named: Any) -> TemplateRegistration:
        given = {"channel": "aliyun", "actor": cast.roster, "now": now, **named}
        return templates.register(K.CLOCK_WARNING, CHINESE, number, registered=registered, **given)

    return do


class TestTheWordsInForce:
    @pytest.mark.parametrize(
        ("language", "said"),
        [
            (CHINESE, "C-2611-0231联系客户还剩6分钟，请及时处理。"),
            (ENGLISH, "C-2611-0231: contact is due in 6 minutes. Please see to it."),
        ],
    )
    def test_at_first_they_are_the_shipped_ones(self, session: Db, language: MessageLanguage, said: str) -> None:
        worded = templates.worded(K.CLOCK_WARNING, language, WARNING)
        assert (worded.text, worded.template_id, worded.cut) == (said, None, ())
        assert worded.parts == 1

    def test_then_those_that_were_published_last(self, publish: Callable[..., MessageTemplate]) -> None:
        publish()
        newest = publish("{number}快超时了，请处理。")
        worded = templates.worded(K.CLOCK_WARNING, CHINESE, WARNING)
        assert (worded.text, worded.template_id) == ("C-2611-0231快超时了，请处理。", newest.id)

    def test_in_the_other_language_nothing_changed(self, publish: Callable[..., MessageTemplate]) -> None:
        publish()
        assert templates.in_force(K.CLOCK_WARNING, ENGLISH).text == sms_text.shipped(K.CLOCK_WARNING, ENGLISH)

    def test_parts_are_counted_with_the_signature(self, publish: Callable[..., MessageTemplate]) -> None:
        publish("字" * 66, kind=K.TEST)
        assert templates.worded(K.TEST, CHINESE, {}).parts == 2
        publish("字" * 65, kind=K.TEST)
        assert templates.worded(K.TEST, CHINESE, {}).parts == 1

    def test_500_characters_where_six_fit_are_cut_and_told(self, session: Db, caplog: pytest.LogCaptureFixture) -> None:
        worded = templates.worded(K.PROGRESS_REPORT, CHINESE, {"number": "C-1", "words": "字" * 500})
        assert worded.text == "您好，您反映的问题C-1正在处理，今日进展：字字字字字字。如有疑问请致电客服。"
        assert worded.cut == ("words",)
        assert "progress_report: no room for the whole of words" in caplog.text and "字" not in caplog.text

    def test_an_answer_brings_its_own_sentence(self, session: Db, publish: Callable[..., MessageTemplate]) -> None:
        publish("您的回复收到了，请登录系统查看。", kind=K.ANSWER)
        assert templates.worded(K.ANSWER, CHINESE, {"sentence": "C-1您已接单。"}).text == "C-1您已接单。"
        assert templates.worded(K.ANSWER, CHINESE, {}).text == "您的回复收到了，请登录系统查看。"

    def test_they_are_read_once_a_transaction(self, session: Db) -> None:
        templates.worded(K.TEST, CHINESE, {})
        with queries() as asked:
            for kind in NotificationKind:
                templates.worded(kind, ENGLISH, {})
        assert len(asked) == 0

    def test_the_next_transaction_reads_what_another_one_published(
        self, publish: Callable[..., MessageTemplate], at_once: Callable[..., list[Any]], cast: Cast
    ) -> None:
        templates.in_force(K.TEST, CHINESE)
        manager = cast.roster.id
        (done,) = at_once(
            lambda: publish("这是测试，收到即可。", kind=K.TEST, based_on=0, actor=_person(manager)).number
        )
        assert done == 1
        assert templates.in_force(K.TEST, CHINESE).text == "这是测试，收到即可。"


def test_everybody_is_written_to_in_their_language(cast: Cast, session: Db, now: datetime) -> None:
    cast.zhou.message_language = ENGLISH

    def told(person: Person) -> str:
        queued = notifications.queue(
            kind=K.SHIFT_REMINDER,
            person=person,
            dedup_key=f"test:{person.id}",
            now=now,
            role="engineering",
            start=sms_values.moment(datetime(2026, 11, 22, 8)),
        )
        assert queued is not None
        return queued.text

    assert told(cast.zhou) == "Your engineering duty begins 22 Nov 08:00. Please keep your phone on."
    assert told(cast.lin) == "您的工程值班11月22日08:00开始，请保持手机畅通。"


class TestPublishing:
    def test_every_version_stays_with_who_and_why(self, publish: Callable[..., MessageTemplate], cast: Cast) -> None:
        publish()
        publish("{number}快超时了，请处理。", remarks="更短")
        assert [(version.number, version.remarks) for version in templates.versions(K.CLOCK_WARNING, CHINESE)] == [
            (2, "更短"),
            (1, "更清楚"),
        ]
        assert templates.numbered(K.CLOCK_WARNING, CHINESE, 1).published_by == cast.roster

    def test_no_version_is_ever_changed(self, publish: Callable[..., MessageTemplate], session: Db) -> None:
        publish().text = "改"
        with pytest.raises(HistoryIsFinal):
            session.flush()

    @pytest.mark.parametrize(
        ("named", "field"),
        [
            pytest.param({"text": ""}, "text", id="nothing"),
            pytest.param({"text": "{nummer}还剩{time}"}, "text", id="a variable that nobody knows"),
            pytest.param({"text": "{role}还剩{time}"}, "text", id="a variable of another message"),
            pytest.param({"text": "{number}，回复1 {code}接单"}, "text", id="a code where no reply acts"),
            pytest.param({"text": "【安心桥】{number}还剩{time}"}, "text", id="a signature"),
            pytest.param({"text": "{number}限时优惠"}, "text", id="advertising"),
            pytest.param({"text": "{number}请看t.cn/A6x"}, "text", id="a link"),
            pytest.param({"text": "{number}请致电13800138000"}, "text", id="a mobile number"),
            pytest.param({"text": "字" * 130}, "text", id="three parts"),
            pytest.param({"text": "{number}\x00"}, "text", id="a NUL"),
            pytest.param({"text": "{number}\ud83d"}, "text", id="half a character"),
            pytest.param({"text": "{number}\n{time}"}, "text", id="two lines"),
            pytest.param({"remarks": " "}, "remarks", id="no reason"),
            pytest.param({"remarks": "字" * 501}, "remarks", id="endless reasons"),
        ],
    )
    def test_refused_and_nothing_kept(
        self, publish: Callable[..., MessageTemplate], session: Db, named: dict[str, str], field: str
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            publish(**named)
        assert (refusal.value.field, refusal.value.status) == (field, 422)
        assert session.scalar(select(func.count(MessageTemplate.id))) == 0

    def test_what_says_the_same_is_no_version(self, publish: Callable[..., MessageTemplate]) -> None:
        with pytest.raises(Conflict):
            publish(f" {sms_text.shipped(K.CLOCK_WARNING, CHINESE)}\n")

    def test_one_that_was_made_from_an_older_version_is_a_conflict(
        self, publish: Callable[..., MessageTemplate]
    ) -> None:
        publish()
        with pytest.raises(Conflict) as conflict:
            publish("{number}快超时了。", based_on=0)
        assert "version 1" in str(conflict.value)

    def test_of_three_at_once_one_is_published(
        self, publish: Callable[..., MessageTemplate], at_once: Callable[..., list[Any]], cast: Cast, session: Db
    ) -> None:
        manager = cast.roster.id

        def write(text: str) -> int:
            return publish(text, based_on=0, actor=_person(manager)).number

        done = at_once(*(lambda n=n: write(f"{{number}}第{n}种，请处理。") for n in range(3)))
        assert done.count(1) == 1
        assert all(isinstance(each, Conflict) for each in done if each != 1), done
        assert session.scalar(select(func.count(MessageTemplate.id))) == 1

    def test_whoever_only_handles_complaints_writes_none(
        self, publish: Callable[..., MessageTemplate], cast: Cast
    ) -> None:
        with pytest.raises(NotAllowed):
            publish(actor=cast.zhao)


class TestAtAProvider:
    def test_the_shipped_words_become_the_first_version(self, register: Callable[..., TemplateRegistration]) -> None:
        version = register(0).template
        assert (version.number, version.text) == (1, sms_text.shipped(K.CLOCK_WARNING, CHINESE))
        assert templates.in_force(K.CLOCK_WARNING, CHINESE).number == 1

    def test_what_it_approved_is_sent_with_the_variables_in_their_order(
        self, register: Callable[..., TemplateRegistration], aliyun: Channel, session: Db
    ) -> None:
        register(0)
        notification = NotificationFactory(kind=K.CLOCK_WARNING, variables=dict(reversed(WARNING.items())))
        found = templates.approved(notification, aliyun)
        assert found == ApprovedTemplate("SMS_1", {"number": "C-2611-0231", "clock": "联系客户", "time": "6分钟"})
        assert list(found.variables) == ["number", "clock", "time"]

    def test_values_that_do_not_fit_are_cut_there_too(self, aliyun: Channel, cast: Cast, now: datetime) -> None:
        templates.register(
            K.CHANNEL_ALARM, CHINESE, 0, channel="aliyun", registered=APPROVED, actor=cast.roster, now=now
        )
        notification = NotificationFactory(kind=K.CHANNEL_ALARM, variables={"channel": "【x】" * 20})
        found = templates.approved(notification, aliyun)
        assert found is not None and found.variables == {"channel": "x" * 16}

    def test_a_code_is_among_them(self, aliyun: Channel, cast: Cast, now: datetime) -> None:
        templates.register(K.ASSIGNED, CHINESE, 0, channel="aliyun", registered=APPROVED, actor=cast.roster, now=now)
        notification = NotificationFactory(kind=K.ASSIGNED, variables={"number": "C-1"}, reply_code="A0238")
        found = templates.approved(notification, aliyun)
        assert found is not None and found.variables == {"number": "C-1", "code": "A0238"}

    @pytest.mark.parametrize("state", [RegistrationState.APPLIED, RegistrationState.REFUSED])
    def test_what_it_did_not_approve_is_not_sent(
        self, register: Callable[..., TemplateRegistration], aliyun: Channel, state: RegistrationState
    ) -> None:
        register(0, replace(APPROVED, state=state))
        assert templates.approved(NotificationFactory(kind=K.CLOCK_WARNING), aliyun) is None

    @pytest.mark.parametrize(("longest", "is_taken"), [(None, True), (12, True), (11, False), (6, False)])
    def test_a_variable_that_the_provider_would_refuse_is_not_registered(
        self,
        register: Callable[..., TemplateRegistration],
        publish: Callable[..., MessageTemplate],
        aliyun: Channel,
        cast: Cast,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
        longest: int | None,
        is_taken: bool,
    ) -> None:
        """The number of a complaint may have 12 characters; some accounts take 6."""
        fleet = Channels((replace(aliyun, longest_variable=longest),))
        monkeypatch.setitem(current_app.extensions, "channels", fleet)
        refused = register(0, replace(APPROVED, state=RegistrationState.REFUSED))
        approve = partial(
            templates.change_registration,
            refused,
            version=refused.version,
            registered=APPROVED,
            actor=cast.roster,
            now=now,
        )
        if is_taken:
            approve()
            assert templates.approved_at(K.CLOCK_WARNING, CHINESE, "aliyun") is not None
            return
        publish()
        for act in (approve, partial(register, 2)):
            with pytest.raises(Refusal) as refusal:
                act()
            assert refusal.value.field == "provider_template_id"
            assert "{number} may have 12" in str(refusal.value)

    def test_another_channel_knows_nothing_of_it(
        self, register: Callable[..., TemplateRegistration], aliyun: Channel
    ) -> None:
        register(0)
        notification = NotificationFactory(kind=K.CLOCK_WARNING)
        assert templates.approved(notification, replace(aliyun, name="tencent")) is None

    def test_until_it_approves_the_newest_version_the_one_before_is_sent(
        self,
        register: Callable[..., TemplateRegistration],
        publish: Callable[..., MessageTemplate],
        aliyun: Channel,
    ) -> None:
        register(0)
        publish()
        newest = register(2, Registered("SMS_2"))
        assert _id_sent(aliyun) == "SMS_1"
        templates.change_registration(
            newest,
            version=newest.version,
            registered=Registered("SMS_2", "安心桥", RegistrationState.APPROVED),
            actor=_manager(newest),
            now=newest.changed_at,
        )
        assert _id_sent(aliyun) == "SMS_2"

    def test_the_words_of_the_row_are_those_that_leave(
        self,
        register: Callable[..., TemplateRegistration],
        publish: Callable[..., MessageTemplate],
        aliyun: Channel,
        now: datetime,
    ) -> None:
        """A newer version waits for its approval: what the page shows is what the phone shows."""
        approved = register(0).template
        newest = publish()
        notification = NotificationFactory(
            kind=K.CLOCK_WARNING,
            state=NotificationState.CLAIMED,
            claim_token="lease",
            claimed_until=now,
            text=ANOTHER,
            template_id=newest.id,
            variables=WARNING,
        )
        attempts.begin_one(notification, aliyun, now=now)
        assert notification.text == "C-2611-0231联系客户还剩6分钟，请及时处理。"
        assert notification.template_id == approved.id

    def test_a_channel_that_writes_anything_leaves_them_alone(
        self, register: Callable[..., TemplateRegistration], publish: Callable[..., MessageTemplate], aliyun: Channel
    ) -> None:
        register(0)
        publish()
        free = replace(aliyun, needs_template=False)
        assert templates.worded_as_approved(NotificationFactory(kind=K.CLOCK_WARNING), free) is None

    def test_everybody_s_language_has_its_own(
        self, register: Callable[..., TemplateRegistration], aliyun: Channel, cast: Cast
    ) -> None:
        register(0)
        cast.zhou.message_language = ENGLISH
        assert templates.approved(NotificationFactory(kind=K.CLOCK_WARNING, person=cast.zhou), aliyun) is None

    @pytest.mark.parametrize(
        ("registered", "field"),
        [
            (replace(APPROVED, provider_template_id=" "), "provider_template_id"),
            (replace(APPROVED, provider_template_id="SMS 1"), "provider_template_id"),
            (replace(APPROVED, provider_template_id="1" * 65), "provider_template_id"),
            (replace(APPROVED, provider_template_id="1\x00"), "provider_template_id"),
            (replace(APPROVED, signature="【安心桥】"), "signature"),
            (replace(APPROVED, signature="字" * 31), "signature"),
            (replace(APPROVED, words="字" * 301), "words"),
        ],
    )
    def test_refused_and_nothing_kept(
        self, register: Callable[..., TemplateRegistration], session: Db, registered: Registered, field: str
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            register(0, registered)
        assert refusal.value.field == field
        assert session.scalar(select(func.count(MessageTemplate.id))) == 0

    def test_a_version_is_registered_there_once(self, register: Callable[..., TemplateRegistration]) -> None:
        register(0)
        with pytest.raises(Conflict):
            register(1)

    def test_a_version_that_is_not_there_is_not_found(self, register: Callable[..., TemplateRegistration]) -> None:
        with pytest.raises(NotFound):
            register(7)

    def test_a_stale_change_is_a_conflict(
        self, register: Callable[..., TemplateRegistration], cast: Cast, now: datetime
    ) -> None:
        registration = register(0)
        seen = registration.version
        change = {"registered": replace(APPROVED, words="通过"), "actor": cast.roster, "now": now}
        templates.change_registration(registration, version=seen, **change)
        with pytest.raises(Conflict):
            templates.change_registration(registration, version=seen, **change)

    def test_of_two_changes_at_once_one_is_kept(
        self,
        register: Callable[..., TemplateRegistration],
        at_once: Callable[..., list[Any]],
        cast: Cast,
        now: datetime,
    ) -> None:
        registration = register(0)
        id_, seen, actor_id = registration.id, registration.version, cast.roster.id

        def change(words: str) -> None:
            templates.change_registration(
                templates.by_id(id_),
                version=seen,
                registered=replace(APPROVED, words=words),
                actor=_person(actor_id),
                now=now,
            )

        done = at_once(*(lambda n=n: change(f"{n}") for n in range(3)))
        assert done.count(None) == 1
        assert all(isinstance(each, Conflict) for each in done if each is not None), done

    def test_the_record_of_changes_says_who(
        self, register: Callable[..., TemplateRegistration], session: Db, cast: Cast
    ) -> None:
        register(0)
        (change,) = session.scalars(
            select(RecordChange).where(RecordChange.record_type == "template_registrations")
        ).all()
        assert change.actor_id == cast.roster.id
        assert change.changes["state"] == [None, "approved"]

    def test_whoever_only_handles_complaints_registers_none(
        self, register: Callable[..., TemplateRegistration], cast: Cast
    ) -> None:
        with pytest.raises(NotAllowed):
            register(0, actor=cast.zhao)
        with pytest.raises(NotAllowed):
            templates.change_registration(
                TemplateRegistrationFactory(), version=1, registered=APPROVED, actor=cast.zhao, now=None
            )


def _person(person_id: int) -> Person:
    return db.session.get_one(Person, person_id)


def _id_sent(channel: Channel) -> str:
    notification: Notification = NotificationFactory(kind=K.CLOCK_WARNING, variables=WARNING)
    found = templates.approved(notification, channel)
    assert found is not None
    return found.provider_id


def _manager(registration: TemplateRegistration) -> Person:
    assert registration.changed_by is not None
    return registration.changed_by
