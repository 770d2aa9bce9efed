# ruff: noqa: E501 - a step is a line, as the desk will show it.
"""The desk's first playbooks: what is done step by step for each kind of complaint, to be edited by those who do it.

Drawn from the plan: the five steps (D-05), on site within 24 h with the instruments (D-16), the ledger of days and a
report a day (D-17), the contract's page (D-18), both sides heard (H-07), the designer and the factory (D-15).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.vocabulary import Category

Step = tuple[str, str, str]
"""In Chinese, in English, and the key of the script to say it with; '' for none."""

_LAST = (
    ("告诉客户结果和依据，问清对方还有什么不放心", "Tell the customer the outcome and what it rests on; ask what still worries them", "closing.call"),
    ("约好回访的日子并告诉客户", "Agree on the day of the follow-up call and tell the customer", "closing.agreement"),
)  # fmt: skip

PLAYBOOKS: Mapping[Category, tuple[Step, ...]] = MappingProxyType(
    {
        Category.QUALITY: (
            ("先稳住情绪，再问哪里、几处、多大、什么时候发现", "Catch the feeling, then ask where, how many, how big, since when", "facts.problem"),
            ("24 小时内约好上门，带空鼓锤和闭水器材", "Agree on a visit within 24 h; bring the tapping hammer and the water-holding kit", "triage.quality"),
            ("先拍照再动手，结论当着客户的面念一遍、请他确认", "Photos before touching anything; read the findings to the customer and have them confirmed", ""),
            ("查保修期：在保且是施工问题，当场说明免费", "Check the warranty: within it and our workmanship means free, and say so on the spot", ""),
            ("定返工：明天进场、三天完工，客户可以在场看", "Promise the rework: starts tomorrow, done in three days, the customer may watch", "promise.next-steps"),
            ("按轻重提补偿，报审批，批准前不对客户讲数字", "Propose a compensation by gravity; no figure to the customer before it is approved", ""),
            *_LAST,
        ),
        Category.DELAY: (
            ("记下延期怎样影响客户：入住、租房、孩子上学", "Write down what the delay does to them: moving in, rent, school", "facts.impact"),
            ("当天把误工逐日记进台账，写明原因、附上凭证", "Enter the lost days in the ledger today, each with its cause and what shows it", ""),
            ("排抢工计划：几班人、每天加几小时、哪天追回几天", "Make the catch-up plan: how many crews, how many more hours, how many days back by when", ""),
            ("把台账和每天的赔付标准摊开给客户看", "Lay the ledger and the contract's daily rate open to the customer", "triage.delay"),
            ("请客户自己选：抵尾款或转账", "Let the customer choose: off the final payment or a transfer", ""),
            ("每天 18 点前报一次进度，带百分比和现场照片", "Report every day before 18:00, with percent and a photo from the site", ""),
            *_LAST,
        ),
        Category.EXTRA_ITEMS: (
            ("请客户指出是哪一项、多少钱、谁跟他说的", "Have the customer name the charge, the amount, and who told them", "facts.problem"),
            ("翻合同和报价单：条款、页码，拍下来", "Open the contract and the quotation: clause and page, and photograph them", ""),
            ("找变更单上的签字：有、没有、还是看不清", "Look for the signature under the change: there, missing, or not clear", ""),
            ("请工程说明为什么非做不可，换成客户听得懂的话", "Have engineering say why it had to be done, in words a customer understands", "triage.extra-items"),
            ("没签字、又说不出必要的：建议退掉这笔", "Neither signed nor necessary: propose to take the charge back", ""),
            ("给出结论：维持、减少到多少，还是取消", "Decide: it stands, is reduced to so much, or is taken back", ""),
            *_LAST,
        ),
        Category.SERVICE: (
            ("让客户说完，中途不解释、不替同事辩护", "Let them finish; no explaining, no defending a colleague", "empathy.anger"),
            ("当天替公司先道歉，原因以后再说", "Apologise for the company the same day; reasons come later", "triage.service"),
            ("调听录音、看聊天记录，不先问当事人", "Hear the recording and read the chat before asking the colleague", ""),
            ("再听同事怎么说，两边都记进表", "Then hear the colleague; both accounts go into the form", ""),
            ("定要不要换人，换谁，什么时候交接完", "Decide whether somebody else takes over, who, and by when", ""),
            ("由本人或主管向客户当面道歉", "The colleague or their supervisor apologises in person", ""),
            *_LAST,
        ),
        Category.DESIGN: (
            ("要图号，现场再量一遍，和图上差多少毫米", "Get the drawing's number and measure again: how many millimetres off", ""),
            ("填设计问题表：谁量的、在哪个阶段发现", "Fill in the form: who measured, found at which stage", ""),
            ("主案设计师和设计总监定责，涉及工厂的一并叫上", "Lead designer and design director settle who answers; call the factory in if it made it", ""),
            ("和工厂敲定重做，48 小时内给出日期", "Settle the remake with the factory; a date within 48 h", "triage.design"),
            ("把新图给客户看过、签过再下单", "Show the new drawing and have it signed before it is ordered", ""),
            ("装好当天复量，拍照入档", "Measure again on the day it is fitted; photos into the file", ""),
            *_LAST,
        ),
        Category.SAFETY: (
            ("先问人有没有事，叫他们离开、断电断水断气", "Is anybody hurt? Away from it; power, water, gas off", "opening.safety"),
            ("定一级，值班工程总监立刻出发", "Level 1; the engineering director on duty leaves at once", "triage.safety"),
            ("到现场先封住危险点，别人不许动", "On site, close off the spot first; nobody touches it", ""),
            ("拍照、留样，两边的说法都记下", "Photos and samples; write down both accounts", ""),
            ("今晚能不能住，当场给准话，不能就安排住处", "Say whether they can sleep there tonight; if not, find them a place", ""),
            ("同一批材料、同一班人做的别家，当天排查", "The same day, look at other homes with the same batch or crew", ""),
            *_LAST,
        ),
        Category.OTHER: (
            ("问清三件事：怎么了、影响了什么、想要什么，复述给他听", "Ask for problem, impact and demand, and read them back", "facts.problem"),
            ("归到能归的类别，归不了的写明为什么", "Put it into a category if one fits; if none does, say why", ""),
            ("定一个主责人，不许来回推", "Name one person who answers; no passing it around", "triage.other"),
            ("一个工作日内给第一次答复：接下来做什么、什么时候", "First answer within a working day: what happens next, and when", ""),
            *_LAST,
        ),
    }
)  # fmt: skip
"""The steps of every category, in order."""
