"""the waits of the chain and the lengths of the clocks are policies now, and no settings any more"""

import sqlalchemy as sa
from alembic import op

from migrations.reshaping import one_of, reshape

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GONE = ("contact_minutes", "triage_minutes", "acknowledge_minutes", "repeat_minutes")
SETTINGS = (
    "shift_reminder_minutes",
    "promise_reminder_minutes",
    "notification_expiry_minutes",
    "silence_hours",
    "swap_approval",
    "rotation_horizon_days",
    "gap_warning_hours",
    "group_window_days",
)


def upgrade() -> None:
    settings = sa.table("settings", sa.column("key"))
    op.execute(settings.delete().where(settings.c.key.in_(GONE)))
    reshape("settings", conditions={"ck_settings_key": one_of('"key"', SETTINGS)})


def downgrade() -> None:
    reshape("settings", conditions={"ck_settings_key": one_of('"key"', (*GONE, *SETTINGS))})
