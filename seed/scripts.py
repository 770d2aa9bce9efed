# ruff: noqa: E501 - a line of a script is a line of this file, as the desk will show it.
"""What to say at which moment (话术): the desk's first collection, to be edited by those who use it (N20).

A script without a category fits every complaint. The Chinese is what is said; the English is for whoever looks on.
"""

from __future__ import annotations

from dataclasses import dataclass

from rules.vocabulary import Category, ScriptStep


@dataclass(frozen=True)
class ScriptText:
    """One script in both languages of the desk; ``key`` never changes."""

    key: str
    step: ScriptStep
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    category: Category | None = None


SCRIPTS = (
    ScriptText(
        key="opening.30s",
        step=ScriptStep.OPENING,
        title_zh="开场 30 秒：报上名字，把事接下来",
        title_en="The first 30 seconds: say your name and take it on",
        body_zh="""\
“您好，这里是安心桥，我姓＿＿。您慢慢讲，我听着；这件事从现在起由我跟着，不会让您再从头跟别人讲一遍。”
“怕电话断了找不到您，先记一下：您贵姓？哪个小区、几栋几室？这个号码一直能找到您吗？”
▪ 半分钟内做完三件事：报姓名、表明我来负责、留下姓名房号电话。
▪ 客户抢着说，就先听，房号放到后面补。""",
        body_en="""\
“Hello, this is Anxinqiao, my name is ＿＿. Take your time, I am listening; from now on I stay with this, you will not have to tell it again from the start.”
“In case we are cut off: your name, please? Which community, building and room? Can I always reach you on this number?”
▪ Within half a minute: your name, that you take it on, and how to reach them.
▪ If the customer cannot wait, listen first and ask for the room later.""",
    ),
    ScriptText(
        key="opening.group-chat",
        step=ScriptStep.OPENING,
        title_zh="业主群、社交平台上看到的投诉",
        title_en="A complaint seen in an owners' group or on social media",
        body_zh="""\
群里只回一句：“看到了，我是安心桥的＿＿，这就给您打电话。”然后立刻拨过去，细节不在群里谈。
▪ 首句时间填客户发消息的那一刻，不是您看到的那一刻。
▪ 截图存进证据；别的同事不再跟帖，对外只由一个人说话。""",
        body_en="""\
In the group only one line: “I have seen it, I am ＿＿ of Anxinqiao, I am calling you right now.” Then call; no details in the group.
▪ The first word is when the customer posted it, not when you saw it.
▪ Keep a screenshot as evidence; nobody else answers there, one person speaks for the company.""",
    ),
    ScriptText(
        key="opening.safety",
        step=ScriptStep.OPENING,
        category=Category.SAFETY,
        title_zh="冒火花、漏电、燃气：先让人离开危险，再问别的",
        title_en="Sparks, shocks, gas: people first, questions later",
        body_zh="""\
“您先别管墙和电器，听我的：手是干的吗？去入户门边的配电箱，把最大的那个总开关拉下来。”
“有糊味、冒烟，或者闻到燃气：开窗，带家人到楼道去，什么开关都别碰，到外面再打给我。”
▪ 有人受伤先打 120，起火先打 119，我们的电话排在后面。
▪ 客户说“拉下来了”，再记姓名房号；勾上“可能伤人”，值班工程和组长会同时收到短信。""",
        body_en="""\
“Leave the wall and the appliances. Are your hands dry? Go to the fuse box by the front door and switch off the big main breaker.”
“If you smell burning or gas or see smoke: open the windows, take everybody to the stairs, touch no switch, and call me again from outside.”
▪ Somebody hurt: 120 first; fire: 119 first; we come after.
▪ Name and room only after “it is off”; tick “somebody could come to harm”, and engineering and the leader get the SMS together.""",
    ),
    ScriptText(
        key="empathy.pause",
        step=ScriptStep.EMPATHY,
        title_zh="先接住情绪（停 1 秒再开口）",
        title_en="Catch the feeling first (pause for 1 second)",
        body_zh="""\
客户说完，心里默数一秒，再说：
“听您讲完，换成是我家，我也坐不住。”
“房子是一家人等着住的，出这种事，着急是应该的。”
▪ 不插话，不说“但是”，不说“这不归我管”。
▪ 这时候不解释原因，也不问责任，先让对方觉得有人听进去了。""",
        body_en="""\
When the customer has finished, count one second, then:
“Having heard that: if it were my home, I could not sit still either.”
“A family is waiting to live there; of course this upsets you.”
▪ No interrupting, no “but”, no “that is not my department”.
▪ No reasons and no blame yet: let them feel that somebody heard it.""",
    ),
    ScriptText(
        key="empathy.anger",
        step=ScriptStep.EMPATHY,
        title_zh="客户在发火",
        title_en="The customer is shouting",
        body_zh="""\
“您说，我记着，一条都不会漏。”——让他说完，中间只应“嗯，记下了”。
语速放慢，声音比他低半格；骂人的话不接，也不挂电话。
三分钟还缓不下来：“我请今天带班的主管跟您说，您别挂，我陪您等着。”并按“升级”。""",
        body_en="""\
“Please go on, I am writing it all down.” Let them finish; only “yes, noted” in between.
Speak slower and half a tone lower than they do; do not answer insults, do not hang up.
Still no calmer after three minutes: “I will get today's supervisor for you; please stay on, I wait with you” — and press Escalate.""",
    ),
    ScriptText(
        key="facts.problem",
        step=ScriptStep.FACTS,
        title_zh="第一问 问题：哪里、几处、多大、什么时候发现",
        title_en="Question 1, the problem: where, how many, how big, since when",
        body_zh="""\
“您带我走一遍：在哪个房间、哪面墙或哪块地？一共几处？大概多大？哪天发现的？”
记成别人看了就能找到的样子：
✔ 次卧飘窗右侧墙角起皮，巴掌大一块，上周三下雨后出现
✘ 墙面有质量问题
▪ 请客户拍一张近的、一张远的，发到微信。""",
        body_en="""\
“Walk me through it: which room, which wall or floor? How many spots? About how big? Since which day?”
Write it so that a stranger would find the spot:
✔ Paint peels right of the bay window in the second bedroom, the size of a hand, since the rain last Wednesday
✘ The walls are of poor quality
▪ Ask for one photo from near and one from afar.""",
    ),
    ScriptText(
        key="facts.impact",
        step=ScriptStep.FACTS,
        title_zh="第二问 影响：耽误了什么，决定有多急",
        title_en="Question 2, the impact: what it holds up, and so how urgent it is",
        body_zh="""\
“这件事现在碍着您什么了？家里有没有老人、小孩、孕妇？原来定了哪天搬？租的房子到哪天？”
✔ 主卫不能用，家里有六个月的宝宝，月底退租
✘ 影响很大
▪ 顺带问清：有没有人受伤或触电？楼下、隔壁有没有一样的情况？跟媒体或消协联系过没有？""",
        body_en="""\
“What does it keep you from right now? Are there old people, children, somebody pregnant? When did you mean to move, and until when is your present flat rented?”
✔ The main bathroom cannot be used, a baby of six months, the lease ends this month
✘ Big impact
▪ Ask as well: anybody hurt or shocked? Neighbours with the same? Spoken to the press or the consumer association?""",
    ),
    ScriptText(
        key="facts.demand",
        step=ScriptStep.FACTS,
        title_zh="第三问 诉求：怎样才算给您办好",
        title_en="Question 3, the demand: what would make it right",
        body_zh="""\
“您心里希望我们怎么处理、到哪天做到，才算把这事了了？”
✔ 周五前换好卫生间的门，误工两天按合同算
✘ 要求尽快解决并赔偿
▪ 客户一时没想好，就写“待定”，约好什么时候再问。做不到的不当场答应，也不当场回绝。""",
        body_en="""\
“What should we do, and by which day, for you to call it settled?”
✔ The bathroom door replaced by Friday, the two lost days paid as the contract says
✘ Wants a quick solution and compensation
▪ If they do not know yet, write “open” and agree when to ask again. Neither promise nor refuse on the spot what you cannot decide.""",
    ),
    ScriptText(
        key="read-back.checklist",
        step=ScriptStep.READ_BACK,
        title_zh="复述确认：念给客户听，一项一项对",
        title_en="Read it back, item by item",
        body_zh="""\
“我念一遍，您听听有没有记错：”
□ 姓名、小区、房号、电话
□ 问题：在哪、几处、多大
□ 影响：耽误了什么、有多急
□ 诉求：要什么、到哪天
“这样记，对吗？还有没有漏的？”
▪ 客户亲口说“对”，再勾“已复述”；改了哪一项，就把那一项重念一遍。""",
        body_en="""\
“I will read it to you; please stop me where it is wrong:”
□ name, community, room, phone
□ problem: where, how many, how big
□ impact: what it holds up, how urgent
□ demand: what, by when
“Is that right? Is anything missing?”
▪ Tick “read back” only after the customer said yes; read a corrected item once more.""",
    ),
    ScriptText(
        key="promise.next-steps",
        step=ScriptStep.PROMISE,
        title_zh="告诉客户下一步：谁、几点前、怎么找您",
        title_en="Say what happens next: who, by when, how they will hear",
        body_zh="""\
“接下来是这样：＿＿点＿＿分之前，会有一位负责这件事的同事打您这个电话，他知道您刚才说的全部情况。”
“到点没接到，您直接打给我，我叫＿＿。”
▪ 时间说得比自己有把握的再晚一点；说出口的就填进“承诺”，到点系统会提醒。
▪ 不说“尽快”“稍后”“我反映一下”。""",
        body_en="""\
“This is what happens now: before ＿＿:＿＿ the colleague in charge calls you on this number, and knows everything you told me.”
“If not, call me; my name is ＿＿.”
▪ Name a time a little later than you are sure of; what was said goes into “promise”, and the desk reminds you.
▪ Never “soon”, “later”, “I will pass it on”.""",
    ),
    ScriptText(
        key="call-back.first",
        step=ScriptStep.CALL_BACK,
        title_zh="首次回电（值班人）",
        title_en="The first call back (duty member)",
        body_zh="""\
“＿＿您好，我是安心桥今晚值班的＿＿。您跟我同事说的我都看过了，是＿＿这件事，不用再讲一遍。”
“我先跟您定两件事：人什么时候到，到之前您家里怎么先顾一顾。”
“我的手机就是这个号，今晚随时打。”
▪ 先看记录再拨号。约定的时间当场写进“承诺”。""",
        body_en="""\
“Good evening ＿＿, I am ＿＿, on duty at Anxinqiao tonight. I have read what you told my colleague, it is about ＿＿; you need not say it again.”
“Let us settle two things: when somebody comes, and how your home gets by until then.”
“This is my own number; call me at any time tonight.”
▪ Read before you dial. What you agree on goes into “promise” at once.""",
    ),
    ScriptText(
        key="call-back.night",
        step=ScriptStep.CALL_BACK,
        title_zh="夜里该不该打",
        title_en="Calling late at night",
        body_zh="""\
客户几点来的电话，我们就几点回，半小时内都不算打扰。
“这么晚打给您，是不想让您带着这事过夜。我只说三句：我接手了；明早＿＿点人到；今晚有变化打这个号。”
▪ 没人接：隔五分钟再打一次，仍不接就发短信留姓名和回电号码，两次都记成“未接通”，时限不会停。""",
        body_en="""\
If the customer called at that hour, we may call back at that hour; within half an hour nobody minds.
“I call this late so that you need not take it to bed. Three things: I have it; somebody is there at ＿＿ tomorrow; if anything changes tonight, call this number.”
▪ No answer: try once more after five minutes, then send an SMS with your name and number; log both as not reached — the clock goes on.""",
    ),
    ScriptText(
        key="triage.safety",
        step=ScriptStep.TRIAGE,
        category=Category.SAFETY,
        title_zh="安全：一级，电工到场前不说“没事了”",
        title_en="Safety: level 1, and nobody says “it is fine” before an expert was there",
        body_zh="""\
▪ 回电先问：“总开关拉下来了吗？家里人都在外面吗？”没拉的，在电话里陪着拉。
▪ 一律定一级，组长同时知道；持证电工当天到场，测完绝缘、签了字，才能说恢复用电。
▪ 今晚住不了的，先安排住处，费用后算。
▪ 主责写施工，水电班组写配合；同一批改过电路的房子，列出来逐户复查。""",
        body_en="""\
▪ Call back and ask first: “Is the main breaker off? Is everybody outside?” If not, stay on the phone while they switch it off.
▪ Always level 1, the leader knows at the same time; a licensed electrician comes the same day, and only a signed insulation test brings the power back.
▪ If they cannot sleep there tonight, find them a room first and count the cost later.
▪ Lead: construction, the electricians cooperate; list every home rewired by the same crew and check each.""",
    ),
    ScriptText(
        key="triage.quality",
        step=ScriptStep.TRIAGE,
        category=Category.QUALITY,
        title_zh="施工质量：一天之内带工具上门",
        title_en="Construction quality: on site within a day, with instruments",
        body_zh="""\
▪ 问清面积和处数：空鼓几块、裂缝多长、水渗到哪一层。漏水先教客户关角阀或总阀，并看楼下。
▪ 24 小时内上门：空鼓带空鼓锤，渗漏带闭水工具，裂缝带塞尺；和客户一起敲、一起看、一起签字。
▪ 当面说清哪天动工、哪天完，欢迎客户在旁边看。
▪ 补偿看轻重：小毛病送一次保洁，大返工考虑减一部分管理费。渗漏至少定二级。""",
        body_en="""\
▪ Ask for number and size: hollow tiles, length of cracks, how far the water got. With a leak: have the valve closed and look at the flat below.
▪ On site within 24 hours with the right instrument — tapping hammer, pond test, feeler gauge; knock, look and sign together with the customer.
▪ Say face to face when work begins and ends; the customer may watch.
▪ Compensation by gravity: a cleaning for small things, part of the management fee for heavy rework. A leak is at least level 2.""",
    ),
    ScriptText(
        key="triage.delay",
        step=ScriptStep.TRIAGE,
        category=Category.DELAY,
        title_zh="工期：先数天数，再给赶工表",
        title_en="Delay: count the days, then show the catch-up plan",
        body_zh="""\
▪ 今天就查清晚在哪一环、几天：材料晚几天、缺人几天、天气几天，加起来要等于总数。超过 10 天定二级。
▪ 赶工表写明加几个人、每天多做几小时、能抢回几天，让客户看得到哪天完。
▪ 补偿当面算：延误天数 × 合同每日金额，抵尾款还是转账由客户选。
▪ 从今天起每天发一条进度：做到哪了，附一段小视频；写进“承诺”。""",
        body_en="""\
▪ Find out today where the days went: material, people, weather; they must add up. More than 10 days: level 2.
▪ The catch-up plan says how many more people, how many more hours a day, how many days that wins, and the new date.
▪ Compute the compensation in the open: days × the contract's daily rate; off the final payment or by transfer is the customer's choice.
▪ One progress message a day from now on, with a short video; put it under “promise”.""",
    ),
    ScriptText(
        key="triage.extra-items",
        step=ScriptStep.TRIAGE,
        category=Category.EXTRA_ITEMS,
        title_zh="增项：摊开合同，一笔一笔对",
        title_en="Extra items: open the contract, go line by line",
        body_zh="""\
▪ 先找齐三样：报价单、变更单、签字。电话里不争“您当时签过字”。
▪ “我把原合同这一页拍给您，我们对着同一张纸说。”合同里有的，指给他看在哪一行；没有的，说清为什么当时非做不可。
▪ 没有客户签字的增项，先按我们没说清楚处理，争议款暂不催。
▪ 拿不准的条款请法务看过再回话，并告诉客户几点前回。""",
        body_en="""\
▪ Find three papers first: quotation, change order, signature. No “but you signed it” on the telephone.
▪ “I send you this page of the contract, so that we look at the same paper.” Show the line where it stands; where it does not, explain why the work could not be left out.
▪ No signature: treat it as our failure to explain, and do not press for the disputed sum.
▪ Unsure of a clause: ask legal, and tell the customer when you call back.""",
    ),
    ScriptText(
        key="triage.service",
        step=ScriptStep.TRIAGE,
        category=Category.SERVICE,
        title_zh="服务态度：先道歉，再换人，最后才查",
        title_en="Service attitude: apologise, offer somebody else, then look into it",
        body_zh="""\
▪ “约好没到、话说得难听，错在我们，我替公司向您道歉。”
▪ 当天定下接手的人，由他主动打电话；客户有权换设计师、监理和巡检。
▪ 两边都问：打卡、通话记录、签到单、旁边的工友。事情没查清，不在客户面前评价同事。
▪ 主管亲自回一次电话。""",
        body_en="""\
▪ “Not coming as agreed, speaking like that: the fault is ours, I apologise for the company.”
▪ Name the successor the same day, who calls first; the customer may change designer, supervisor and inspector.
▪ Ask both sides: attendance, call log, sign-in sheet, the workers beside. No judging of colleagues before the customer.
▪ The supervisor calls back in person.""",
    ),
    ScriptText(
        key="triage.design",
        step=ScriptStep.TRIAGE,
        category=Category.DESIGN,
        title_zh="设计：量一遍，对图纸，定重做",
        title_en="Design: measure again, compare, decide on the remake",
        body_zh="""\
▪ 请客户先别拆、别装，拍卷尺照片：图上多少、现场多少、差几厘米。
▪ 主案设计师当天上门复尺，图纸、下单尺寸、现场尺寸三个数并排写下来，差在哪一步一眼看清。
▪ 要重做的，由设计总监盯工厂，48 小时内给出新件时间；重做期间的不便，可以送保养类小礼。
▪ 主责写设计，工厂和安装写配合。""",
        body_en="""\
▪ Ask the customer to leave it as it is and send photos with the tape measure: drawing, reality, difference.
▪ The lead designer measures again the same day; drawing, order and site side by side show at which step it went wrong.
▪ Remake: the design director stands behind the factory and names the date within 48 hours; a care gift for the trouble.
▪ Lead: design; cooperators: factory and fitters.""",
    ),
    ScriptText(
        key="triage.other",
        step=ScriptStep.TRIAGE,
        category=Category.OTHER,
        title_zh="说不清归哪一类",
        title_en="None of the usual kinds",
        body_zh="""\
▪ 别让客户等我们分类：组长先当主责人，边办边找对的人。
▪ 牵扯两个部门以上的，十分钟内拉一个线上会，会上定一位主责、其余配合，散会就打给客户。""",
        body_en="""\
▪ The customer does not wait for our categories: the leader leads until the right person is found.
▪ Two departments or more: an online meeting of ten minutes at once; one lead, the others cooperate; call the customer right after.""",
    ),
    ScriptText(
        key="triage.public",
        step=ScriptStep.TRIAGE,
        title_zh="多户一起、媒体、消协",
        title_en="Several households, press, consumer association",
        body_zh="""\
▪ 同一小区三户及以上，或者有记者：一级，马上通知组长，任何人不单独接受采访。
▪ 对外统一一句：“情况我们正在现场核实，今天＿＿点前由＿＿向各位说明。”
▪ 客户提到消协、12315：二级起，通知法务，不劝“您别去”，只说清我们几点前给方案。
▪ 每一户单独登记，互相关联，不拿一户的说法去压另一户。""",
        body_en="""\
▪ Three or more households of one community, or a reporter: level 1, tell the leader at once; nobody gives an interview alone.
▪ One sentence outward: “We are checking on site; ＿＿ will tell everybody before ＿＿ today.”
▪ Consumer association or 12315: at least level 2, tell legal; never “please don't go there”, only when our proposal comes.
▪ Each household gets its own record, linked; one is never played off against another.""",
    ),
    ScriptText(
        key="closing.call",
        step=ScriptStep.CLOSING,
        title_zh="收尾：这通电话怎么挂",
        title_en="Ending the call",
        body_zh="""\
“今天说定的我再捋一下：＿＿，＿＿点前；＿＿，＿＿号前。都有记录，您随时可以问我要。”
“谢谢您愿意告诉我们，不说我们还不知道。”
▪ 等客户先挂。挂断后两分钟内存好记录，值班人才会马上收到短信。""",
        body_en="""\
“To sum up what we agreed: ＿＿ before ＿＿; ＿＿ by the ＿＿. It is all written down, ask me for it at any time.”
“Thank you for telling us; otherwise we would not know.”
▪ Let the customer hang up first. Save within two minutes: only then does the duty member's phone ring.""",
    ),
    ScriptText(
        key="closing.agreement",
        step=ScriptStep.CLOSING,
        title_zh="办完之后：请客户点头",
        title_en="When it is done: ask for the customer's word",
        body_zh="""\
“＿＿已经弄好了，您看过了吗？还有哪里不放心？”
“态度、做工、速度，您各打几分？哪怕一句不好听的，对我们也有用。”
▪ 我们觉得好了叫“已解决”，客户说好了才能“结案”；原话写进结案说明。
▪ 客户还有一点不满意，就不结，再约一次。""",
        body_en="""\
“＿＿ is done; have you looked at it? Is there anything you still worry about?”
“Manner, workmanship, speed: how many points for each? Even a harsh word helps us.”
▪ When we think it is done it is “resolved”; only the customer's yes makes it “closed”, in their own words.
▪ As long as something is left, agree on another visit and do not close.""",
    ),
)
