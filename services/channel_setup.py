"""The channels of the running desk, built from what its environment says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Flask

from config import ChannelSettings, Config
from extensions import timepiece
from gateways.aliyun_sms import AliyunSms, AliyunSmsSettings
from gateways.aliyun_voice import AliyunVoice, AliyunVoiceSettings
from gateways.base import Gateway
from gateways.dingtalk import Dingtalk, DingtalkSettings
from gateways.feishu import Feishu, FeishuSettings
from gateways.kannel import Kannel, KannelSettings
from gateways.signed_http import SignedHttp, SignedHttpSettings
from gateways.smtp import Security, Smtp, SmtpSettings
from gateways.tencent_sms import TencentSms, TencentSmsSettings
from gateways.twilio import TwilioAccount
from gateways.twilio_sms import TwilioSms
from gateways.twilio_voice import TwilioVoice, TwilioVoiceSettings
from gateways.wecom import Wecom, WecomSettings
from rules.channel_protocols import LONGEST_VARIABLE, RECEIPTS, REPLIES
from services import push_addresses, sandbox
from services.channels import Channel, Channels

FOR_DRILLS = "drills"
"""The sandbox of complaints that are played, on a desk whose channels are all real ones."""


def init_app(app: Flask) -> None:
    """Give the app its channels."""
    app.extensions["channels"] = build(app, app.config["DESK"])


def build(app: Flask, desk: Config) -> Channels:
    """The channels that the settings name, in their order."""
    channels = [
        Channel.of(
            settings.protocol,
            name=settings.name,
            signature=settings.signature,
            gateway=_BUILDERS[settings.protocol.name](app, desk, settings),
            longest_variable=_longest_variable(settings),
        )
        for settings in desk.channels
    ]
    practice = sandbox.channel(app, timepiece.now, signature=desk.sms_signature, name=FOR_DRILLS)
    return Channels(channels, desk.channel_orders, for_drills=practice)


def _longest_variable(settings: ChannelSettings) -> int | None:
    told = settings.values.get(LONGEST_VARIABLE)
    return int(told) if told else None


Builder = Callable[[Flask, Config, ChannelSettings], Gateway]


def _sandbox(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    return sandbox.gateway(app, timepiece.now, name=settings.name)


def _aliyun(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return AliyunSms(
        AliyunSmsSettings(
            name=settings.name,
            access_key_id=told["ACCESS_KEY_ID"],
            access_key_secret=told["ACCESS_KEY_SECRET"],
            endpoint=told["ENDPOINT"],
            timeout=float(told["TIMEOUT"]),
            signature=settings.signature,
        ),
        timepiece.now,
    )


def _aliyun_voice(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return AliyunVoice(
        AliyunVoiceSettings(
            name=settings.name,
            access_key_id=told["ACCESS_KEY_ID"],
            access_key_secret=told["ACCESS_KEY_SECRET"],
            endpoint=told["ENDPOINT"],
            timeout=float(told["TIMEOUT"]),
            shown_number=told["SHOWN_NUMBER"],
            play_times=int(told["PLAY_TIMES"]),
            product_id=told["PRODUCT_ID"],
        ),
        timepiece.now,
    )


def _tencent(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return TencentSms(
        TencentSmsSettings(
            name=settings.name,
            secret_id=told["SECRET_ID"],
            secret_key=told["SECRET_KEY"],
            sdk_app_id=told["SDK_APP_ID"],
            signature=settings.signature,
            region=told["REGION"],
            endpoint=told["ENDPOINT"],
            timeout=float(told["TIMEOUT"]),
            shows_our_id=told["SHOWS_OUR_ID"] == "1",
        ),
        timepiece.now,
    )


def _twilio(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return TwilioSms(
        TwilioAccount(
            name=settings.name,
            account_sid=told["ACCOUNT_SID"],
            auth_token=told["AUTH_TOKEN"],
            sender=told["SENDER"],
            callback_url=push_addresses.address(settings.name, RECEIPTS, desk),
            base_url=told["BASE_URL"],
            timeout=float(told["TIMEOUT"]),
        )
    )


def _twilio_voice(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return TwilioVoice(
        TwilioVoiceSettings(
            name=settings.name,
            account_sid=told["ACCOUNT_SID"],
            auth_token=told["AUTH_TOKEN"],
            sender=told["SENDER"],
            callback_url=push_addresses.address(settings.name, RECEIPTS, desk),
            replies_url=push_addresses.address(settings.name, REPLIES, desk),
            language=told["LANGUAGE"],
            voice=told["VOICE"],
            base_url=told["BASE_URL"],
            timeout=float(told["TIMEOUT"]),
        )
    )


def _kannel(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return Kannel(
        KannelSettings(
            name=settings.name,
            url=told["URL"],
            username=told["USERNAME"],
            password=told["PASSWORD"],
            push_key=told["PUSH_KEY"],
            callback_url=push_addresses.address(settings.name, RECEIPTS, desk),
            sender=told["SENDER"],
            smsc=told["SMSC"],
            timeout=float(told["TIMEOUT"]),
        )
    )


def _signed_http(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return SignedHttp(
        SignedHttpSettings(name=settings.name, url=told["URL"], secret=told["SECRET"], timeout=float(told["TIMEOUT"])),
        timepiece.now,
    )


def _wecom(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return Wecom(WecomSettings(settings.name, key=told["KEY"], url=told["URL"], timeout=float(told["TIMEOUT"])))


def _dingtalk(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return Dingtalk(
        DingtalkSettings(
            settings.name,
            access_token=told["ACCESS_TOKEN"],
            secret=told["SECRET"],
            url=told["URL"],
            timeout=float(told["TIMEOUT"]),
        )
    )


def _feishu(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    open_ids = dict(pair.split("=", 1) for pair in told["OPEN_IDS"].split())
    return Feishu(
        FeishuSettings(
            settings.name,
            token=told["TOKEN"],
            secret=told["SECRET"],
            open_ids=open_ids,
            url=told["URL"],
            timeout=float(told["TIMEOUT"]),
        )
    )


def _smtp(app: Flask, desk: Config, settings: ChannelSettings) -> Gateway:
    told = settings.values
    return Smtp(
        SmtpSettings(
            name=settings.name,
            host=told["HOST"],
            port=int(told["PORT"]),
            security=Security(told["SECURITY"]),
            sender=told["SENDER"],
            username=told["USERNAME"],
            password=told["PASSWORD"],
            ca_file=told["CA_FILE"],
            timeout=float(told["TIMEOUT"]),
        )
    )


_BUILDERS: Final[dict[str, Builder]] = {
    "sandbox": _sandbox,
    "aliyun": _aliyun,
    "aliyun_voice": _aliyun_voice,
    "tencent": _tencent,
    "twilio": _twilio,
    "twilio_voice": _twilio_voice,
    "kannel": _kannel,
    "signed_http": _signed_http,
    "wecom": _wecom,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "smtp": _smtp,
}
