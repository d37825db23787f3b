"""Who is logged in, and who tried wrong passwords."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables; what is stored stays as it is."""
    op.create_table(
        "login_session",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("began", "until")),
    )
    op.create_index("ix_login_session_name", "login_session", ["name"])
    op.create_table(
        "login_try",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("last", "until")),
    )
    op.create_index("ix_login_try_last", "login_try", ["last"])
