"""The tree of causes to begin with: H-07's five at the root, what the plan names below them (G-07, D-15…D-19)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Cause = tuple[str, str, str]
"""Its code, and its name in Chinese and English."""

ROOT_CAUSES: Mapping[Cause, tuple[Cause, ...]] = MappingProxyType(
    {
        ("skill", "技能不足", "Skill"): (
            ("skill.workmanship", "施工工艺不达标", "Workmanship below standard"),
            ("skill.design", "设计或测量失误", "Mistake in design or measuring"),
            ("skill.training", "培训不到位", "Training missing"),
        ),
        ("attitude", "态度问题", "Attitude"): (
            ("attitude.manners", "言语态度不当", "Manners towards the customer"),
            ("attitude.silence", "不回应、不主动告知", "No answer, no word of one's own accord"),
        ),
        ("process", "流程缺陷", "Process gap"): (
            ("process.acceptance", "验收环节缺失", "Acceptance step missing"),
            ("process.material", "材料进场未检验", "Material not checked on arrival"),
            ("process.forecast", "高峰订单未预测", "Peak of orders not forecast"),
            ("process.handover", "部门交接脱节", "Handover between departments broken"),
            ("process.quotation", "报价与增项未确认", "Quotation or extra item not confirmed"),
        ),
        ("management", "管理不力", "Management"): (
            ("management.supervision", "现场监督不力", "Site not supervised"),
            ("management.capacity", "人手或运力不足", "Too few hands or carriers"),
            ("management.supplier", "供应商管理不力", "Supplier not managed"),
        ),
        ("expectation", "客户期望偏差", "Customer's expectation"): (
            ("expectation.promise", "承诺过度", "Promised too much"),
            ("expectation.explained", "事先说明不清", "Not explained beforehand"),
        ),
    }
)
"""The five of H-07 and what lies below each; the company adds its own."""
