"""An archive on a server of PostgreSQL."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import finalize

import psycopg
from psycopg import conninfo, errors
from psycopg.types.numeric import IntLoader
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from msglog_tui.errors import StoreError, UnreachableError
from msglog_tui.store.models import SCHEMA_VERSION
from msglog_tui.store.postgresql import roles
from msglog_tui.store.postgresql.copy import without_nul
from msglog_tui.store.postgresql.patient import PatientConnection
from msglog_tui.store.postgresql.troubles import trouble
from msglog_tui.store.postgresql.watch import Watch
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from msglog_tui.cancel import Cancel
    from msglog_tui.types import Scope

_NETWORK: Final = {
    "connect_timeout": "10",
    # A firewall that forgets silent connections is reminded, and a machine that is gone is noticed.
    "keepalives_idle": "60",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
# What holds unless the URL says otherwise: seconds, but for the last, milliseconds.

_GREETING: Final = 3.0
# Seconds in which a server begins a transaction; else the connection is lost, and another one is made.

_LOCK: Final = 0x6D_73_6C_67
# Held by whoever writes: one at a time, as on SQLite.  The letters `mslg`.

_WRITING: Final = "BEGIN; SET LOCAL lock_timeout = '30s'"
_ALONE: Final = f"SELECT pg_advisory_xact_lock({_LOCK})"
_READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

_BY_KEY: Final = tuple(
    f"SET LOCAL {name} = {value}"
    for name, value in (
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        ("enable_memoize", "off"),  # it would read an owner whole, once, rather than each short range
        ("enable_material", "off"),
        ("plan_cache_mode", "force_generic_plan"),
        ("jit", "off"),
        ("max_parallel_workers_per_gather", "0"),
    )
)
# Questions in a scope go by short ranges of keys, from the outside inward, whatever the server knows of the
# tables: nobody need have analysed them.  So one plan serves every window, and is made once a connection.


class PostgreSQLServer:
    """A database of a server, as `database.Database` has it.

    Where the URL names several hosts, readers take one that is a standby if there is any, and writers the
    one that can be written.

    Args:
        location: A URL as libpq has it: `postgresql://`, with all its settings.
        known_as: What it is called beside its host and database.

    Raises:
        StoreError: The URL cannot be understood.
    """

    def __init__(self, location: str, known_as: str = "") -> None:
        self._known_as = known_as
        self._settings = _settings_of(location)
        self._location = location
        self._required = False
        self._writable: bool | None = None
        self._readers: Engine | None = None
        self._writer: Engine | None = None

    @property
    def location(self) -> str:
        """The URL as it was given."""
        return self._location

    @property
    def name(self) -> str:
        """Hosts and database, or the service; nothing that is secret."""
        hosts, ports, base, service = (
            clean(str(self._settings.get(part) or "")) for part in ("host", "port", "dbname", "service")
        )
        if service and not hosts:
            return f"postgresql://?service={service}"
        each = ports.split(",") if "," in ports else [ports] * len(hosts.split(","))
        named = zip(hosts.split(","), each, strict=False)
        places = (f"{host}:{port}" if host and port else host for host, port in named)
        known_as = f" ({self._known_as})" if self._known_as else ""
        return f"postgresql://{','.join(places)}/{base}{known_as}"

    @property
    def file(self) -> Path | None:
        """None."""
        return None

    @property
    def writable(self) -> bool:
        """Whether whoever connects may write the messages; asked once, since the screen asks at a key."""
        if self._writable is None:
            with self.reading(None, None, None) as connection:
                privilege = "SELECT has_table_privilege('message', 'INSERT')"
                self._writable = bool(connection.exec_driver_sql(privilege).scalar())
        return self._writable

    def there(self) -> bool:
        """Whether there is an archive, of whatever version."""
        with self._connected(self._reading_engine(), _READING, "read") as connection:
            return _version(connection) is not None

    def create(self) -> None:
        """Refuse where there is no archive: `init` makes one, by somebody who may."""
        self._require()

    def init(self) -> None:
        """Make the schema, or bring it up to date."""
        from msglog_tui.store.postgresql import migrate, shards

        with self.writing(required=False) as connection:
            version = migrate.version(connection)
            if version is not None and version > SCHEMA_VERSION:
                raise self._refused(version)
            if version is not None and version < SCHEMA_VERSION and shards.behind(connection):
                raise StoreError(
                    f"The store {self.name} is spread over shards, which are not upgraded in place. "
                    "Copy it into one archive with the msglog that made it, upgrade that, and copy it into "
                    "new shards."
                )
            if version is None:
                migrate.create(connection)
            else:
                migrate.upgrade(connection)

    @contextmanager
    def reading(
        self, cancel: Cancel | None, seconds: float | None, scope: Scope | None
    ) -> Iterator[Connection]:
        """A read transaction, which the server ends at the deadline, or when it is told to."""
        if not self._required:
            self._require()
            self._required = True
        watch = Watch(cancel, seconds)
        by_key = () if scope is None else _BY_KEY
        begin = "; ".join((_READING, watch.timeout(), *roles.hold_to(scope), *by_key))
        with self._connected(self._reading_engine(), begin, "read", watch) as connection:
            noted = connection.info  # a lost connection would not give it any more
            try:
                noted["watch"] = watch
                with watch.over(_driver(connection)):
                    yield connection
                connection.commit()  # taking it back would make the driver forget prepared statements
            finally:
                noted.pop("watch", None)
                if watch.told and not connection.invalidated:  # a late word must not meet the next query
                    connection.invalidate()

    @contextmanager
    def writing(self, *, required: bool = True) -> Iterator[Connection]:
        """A transaction that holds the lock of whoever writes.

        Args:
            required: Whether there has to be an archive already.
        """
        if required and self._writer is None:
            self._require()
        with self._connected(self._writing_engine(), _WRITING, "written") as connection:
            connection.exec_driver_sql(_ALONE)
            yield connection
            connection.commit()

    def integrity(self) -> list[str]:
        """Nothing: a server has checksums and `pg_amcheck` for that."""
        return []

    def close(self) -> None:
        """Let go of every connection."""
        for engine in (self._readers, self._writer):
            if engine is not None:
                engine.dispose()
        self._readers = self._writer = None
        self._required, self._writable = False, None

    def move(self, location: str) -> None:
        """Be another database; the engines stay, and with them the statements that are compiled."""
        for engine in (self._readers, self._writer):
            if engine is not None:
                engine.dispose()
        settings = _settings_of(location)
        self._settings.clear()  # the engines know these very settings
        self._settings.update(settings)
        self._location = location
        self._required, self._writable = False, None

    def _require(self) -> None:
        """Refuse what is not an archive of this version, before anything is asked of it."""
        with self._connected(self._reading_engine(), _READING, "read") as connection:
            version = _version(connection)
        if version != SCHEMA_VERSION:
            raise self._refused(version)

    def _refused(self, version: int | None) -> StoreError:
        if version is None:
            return StoreError(f"There is no archive in {self.name}. `msglog init` makes one there.")
        if version < SCHEMA_VERSION:
            return StoreError(
                f"The store {self.name} has schema {version}, older than this msglog's {SCHEMA_VERSION}. "
                "`msglog upgrade` brings it up to date."
            )
        return StoreError(
            f"The store {self.name} has schema {version}, newer than this msglog's {SCHEMA_VERSION}. "
            "Install a newer msglog."
        )

    @contextmanager
    def _connected(
        self, engine: Engine, begin: str, verb: str, watch: Watch | None = None
    ) -> Iterator[Connection]:
        """A connection on which a transaction has begun; it is taken back at the end unless committed."""
        try:
            with _begun(engine, begin, watch) as connection:
                yield connection
        except (DBAPIError, psycopg.Error) as error:  # COPY is the driver's own
            cause: BaseException | None = error
            lost = False
            if isinstance(error, DBAPIError):
                cause, lost = error.orig, error.connection_invalidated
            if watch is not None and (watch.cancelled or isinstance(cause, errors.QueryCanceled)):
                raise watch.stopped() from None
            found = trouble(cause, lost=lost)
            if found is None:
                raise
            kind = UnreachableError if found.passes else StoreError
            raise kind(f"The store {self.name} cannot be {verb}: {found.words}.") from error

    def _reading_engine(self) -> Engine:
        if self._readers is None:
            several = "," in (self._settings.get("host") or self._settings.get("hostaddr") or "")
            asked = "target_session_attrs" in self._settings
            self._readers = self._engine(
                {"target_session_attrs": "prefer-standby"} if several and not asked else {}
            )

            @event.listens_for(self._readers, "before_cursor_execute", retval=True)
            def _look(
                connection: Connection, cursor: Any, statement: str, parameters: Any, *_: object
            ) -> tuple[str, Any]:
                watch: Watch | None = connection.info.get("watch")
                if watch is not None:
                    watch.before(cursor)
                if isinstance(parameters, dict):
                    parameters = {name: without_nul(value) for name, value in parameters.items()}
                return statement, parameters

        return self._readers

    def _writing_engine(self) -> Engine:
        if self._writer is None:
            self._writer = self._engine({"target_session_attrs": "read-write"})
        return self._writer

    def _engine(self, more: dict[str, str]) -> Engine:
        settings = self._settings

        def connect() -> PatientConnection:
            connection = PatientConnection.connect(**{**settings, **more}, autocommit=True)
            connection.gives_up = _after(_GREETING)  # SQLAlchemy has questions of its own first
            # Sums of whole numbers come as numeric, and there is no other numeric in the schema.
            connection.adapters.register_loader("numeric", IntLoader)
            connection.prepare_threshold = 1  # what is asked twice: to plan takes longer than to answer
            return connection

        engine = create_engine(
            "postgresql+psycopg://",
            creator=connect,
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=16,
            isolation_level="AUTOCOMMIT",  # what begins a transaction is said here
        )
        # The driver complains of connections that nobody closed.
        finalize(self, engine.dispose).atexit = False
        return engine


@contextmanager
def _begun(engine: Engine, begin: str, watch: Watch | None) -> Iterator[Connection]:
    with engine.connect() as connection:
        try:
            _begin(connection, begin, watch)
        except DBAPIError as error:
            if not error.connection_invalidated or (watch is not None and watch.cancelled):
                raise
        else:
            yield connection
            return
    # The server had gone away since the connection was last used, and may be back.
    with engine.connect() as connection:
        _begin(connection, begin, watch)
        yield connection


def _begin(connection: Connection, statement: str, watch: Watch | None) -> None:
    driver, late = _driver(connection), _after(_GREETING)
    if watch is None:
        driver.gives_up = late
        connection.exec_driver_sql(statement)
        driver.gives_up = None
    else:
        gives_up = watch.gives_up
        driver.gives_up = lambda: late() or gives_up()
        connection.exec_driver_sql(statement)
        driver.gives_up = gives_up


def _after(seconds: float) -> Callable[[], bool]:
    """Whether so many seconds have gone by since now."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def _driver(connection: Connection) -> PatientConnection:
    return cast("PatientConnection", connection.connection.driver_connection)


def _version(connection: Connection) -> int | None:
    """As `migrate.version`, without Alembic: every start asks."""
    there = connection.exec_driver_sql("SELECT to_regclass('alembic_version') IS NOT NULL").scalar()
    revision = there and connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return int(revision) if revision else None


def _settings_of(location: str) -> dict[str, Any]:
    return {**_NETWORK, "application_name": "msglog", **told(location)}


def told(location: str) -> dict[str, Any]:
    """The settings that a URL itself tells.

    Raises:
        StoreError: It cannot be understood.
    """
    scheme, mark, rest = location.partition("://")
    try:
        return conninfo.conninfo_to_dict(f"postgresql{mark}{rest}" if scheme else location)
    except psycopg.ProgrammingError as error:
        raise StoreError(f"The URL of the store cannot be understood: {clean(str(error).strip())}.") from None
