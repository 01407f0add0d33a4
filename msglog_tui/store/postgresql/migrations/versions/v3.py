"""The first schema that servers had, from which the migrations go on.

New archives are made as they have to be (`migrate.create`), so nothing comes to this one.  What it was is
kept in `tests/store/schemas`: a test tries every migration since on it.
"""

revision = "3"
down_revision = None


def upgrade() -> None:
    """Do nothing: there is no schema before this one."""
