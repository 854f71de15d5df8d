"""The tables, as the list of steps that led to them. A data directory of an older version is brought forward at
start-up; a step that was released is never changed.
"""

from __future__ import annotations

import sqlite3

from .errors import StoreProblem

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE objects(
        seq INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        uuid TEXT NOT NULL,
        owner TEXT NOT NULL,              -- '' when it belongs to nobody
        rank INTEGER NOT NULL DEFAULT 0,  -- lists show lower ranks first, then the order of creation
        name TEXT,
        status TEXT,
        doc BLOB NOT NULL,
        UNIQUE(kind, uuid)
    );
    CREATE INDEX objects_in_order ON objects(kind, owner, rank, seq);
    CREATE INDEX objects_by_name ON objects(kind, owner, name);

    CREATE TABLE counts(kind TEXT, owner TEXT, n INTEGER NOT NULL, PRIMARY KEY(kind, owner)) WITHOUT ROWID;
    CREATE TRIGGER count_inserted AFTER INSERT ON objects BEGIN
        INSERT INTO counts VALUES(new.kind, new.owner, 1) ON CONFLICT DO UPDATE SET n = n + 1;
    END;
    CREATE TRIGGER count_deleted AFTER DELETE ON objects BEGIN
        UPDATE counts SET n = n - 1 WHERE kind = old.kind AND owner = old.owner;
    END;
    CREATE TRIGGER count_moved AFTER UPDATE OF owner ON objects WHEN old.owner <> new.owner BEGIN
        UPDATE counts SET n = n - 1 WHERE kind = old.kind AND owner = old.owner;
        INSERT INTO counts VALUES(new.kind, new.owner, 1) ON CONFLICT DO UPDATE SET n = n + 1;
    END;

    CREATE TABLE links(
        id INTEGER PRIMARY KEY,
        rel TEXT NOT NULL,
        src_kind TEXT NOT NULL,
        src TEXT NOT NULL,
        dst_kind TEXT NOT NULL,
        dst TEXT NOT NULL
    );
    CREATE UNIQUE INDEX links_out ON links(src, src_kind, rel, dst_kind, dst);
    CREATE INDEX links_in ON links(dst, rel, dst_kind);

    CREATE TABLE credentials(
        account TEXT PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        password BLOB NOT NULL,           -- scrypt
        salt BLOB NOT NULL,
        digest TEXT NOT NULL              -- HA1 of RFC 2617, without which Digest cannot be checked
    ) WITHOUT ROWID;
    CREATE TABLE sessions(
        id TEXT PRIMARY KEY,              -- SHA-256 of the cookie
        csrf TEXT NOT NULL,
        account TEXT NOT NULL,
        expires REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE tokens(
        id TEXT PRIMARY KEY,              -- SHA-256 of the token
        account TEXT NOT NULL,
        expires REAL                      -- NULL: never
    ) WITHOUT ROWID;
    CREATE TABLE upload_links(
        id TEXT PRIMARY KEY,
        doc BLOB NOT NULL,
        expires REAL NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE tasks(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        due REAL NOT NULL,
        name TEXT NOT NULL,
        about TEXT NOT NULL,
        payload BLOB NOT NULL
    );
    CREATE INDEX tasks_by_due ON tasks(due, id);
    CREATE INDEX tasks_by_object ON tasks(about);

    CREATE TABLE audit(id INTEGER PRIMARY KEY, owner TEXT NOT NULL, doc BLOB NOT NULL);
    CREATE INDEX audit_by_owner ON audit(owner, id);
    CREATE TABLE settings(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    """,
    """
    -- What each object uses of what is billed, kept from its document like its links; sums by account.
    CREATE TABLE holdings(
        kind TEXT NOT NULL,
        uuid TEXT NOT NULL,
        resource TEXT NOT NULL,
        owner TEXT NOT NULL,
        amount INTEGER NOT NULL,
        since REAL NOT NULL,
        PRIMARY KEY(kind, uuid, resource)
    ) WITHOUT ROWID;
    CREATE INDEX holdings_by_owner ON holdings(owner, since);
    CREATE TABLE past_holdings(
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        uuid TEXT NOT NULL,
        resource TEXT NOT NULL,
        owner TEXT NOT NULL,
        amount INTEGER NOT NULL,
        since REAL NOT NULL,
        until REAL NOT NULL
    );
    CREATE INDEX past_holdings_by_owner ON past_holdings(owner, until);
    CREATE TABLE held(
        owner TEXT NOT NULL, resource TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY(owner, resource)
    ) WITHOUT ROWID;
    CREATE TRIGGER holding_began AFTER INSERT ON holdings BEGIN
        INSERT INTO held VALUES(new.owner, new.resource, new.amount)
            ON CONFLICT DO UPDATE SET amount = amount + excluded.amount;
    END;
    CREATE TRIGGER holding_ended AFTER DELETE ON holdings BEGIN
        UPDATE held SET amount = amount - old.amount WHERE owner = old.owner AND resource = old.resource;
    END;

    -- Bookings: one line stands for all the equal cycles that follow each other.
    CREATE TABLE ledger(
        owner TEXT NOT NULL,
        place INTEGER NOT NULL,           -- how many bookings of the account come before it
        bookings INTEGER NOT NULL,        -- for how many it stands
        doc BLOB NOT NULL,
        PRIMARY KEY(owner, place)
    ) WITHOUT ROWID;
    """,
    """
    -- Who else may do what with an object: kept from its tags and from its owner's ACLs.
    CREATE TABLE grants(
        kind TEXT NOT NULL,
        uuid TEXT NOT NULL,
        viewer TEXT NOT NULL,
        permission TEXT NOT NULL,
        seq INTEGER NOT NULL,             -- of the object: the order in which the viewer's lists show it
        PRIMARY KEY(kind, uuid, viewer, permission)
    ) WITHOUT ROWID;
    CREATE INDEX grants_in_order ON grants(viewer, kind, permission, seq, uuid);
    CREATE TABLE grant_counts(
        viewer TEXT, kind TEXT, permission TEXT, n INTEGER NOT NULL, PRIMARY KEY(viewer, kind, permission)
    ) WITHOUT ROWID;
    CREATE TRIGGER grant_made AFTER INSERT ON grants BEGIN
        INSERT INTO grant_counts VALUES(new.viewer, new.kind, new.permission, 1)
            ON CONFLICT DO UPDATE SET n = n + 1;
    END;
    CREATE TRIGGER grant_ended AFTER DELETE ON grants BEGIN
        UPDATE grant_counts SET n = n - 1
            WHERE viewer = old.viewer AND kind = old.kind AND permission = old.permission;
    END;
    """,
    """
    -- How many objects of a list lie in each stretch of 1024 seqs: a page far down is found without counting to it.
    CREATE TABLE stretches(
        kind TEXT NOT NULL,
        owner TEXT NOT NULL,
        rank INTEGER NOT NULL,
        stretch INTEGER NOT NULL,         -- seq >> 10
        n INTEGER NOT NULL,
        PRIMARY KEY(kind, owner, rank, stretch)
    ) WITHOUT ROWID;
    INSERT INTO stretches SELECT kind, owner, rank, seq >> 10, count(*) FROM objects GROUP BY 1, 2, 3, 4;
    CREATE TRIGGER stretch_grew AFTER INSERT ON objects BEGIN
        INSERT INTO stretches VALUES(new.kind, new.owner, new.rank, new.seq >> 10, 1)
            ON CONFLICT DO UPDATE SET n = n + 1;
    END;
    CREATE TRIGGER stretch_shrank AFTER DELETE ON objects BEGIN
        UPDATE stretches SET n = n - 1
            WHERE kind = old.kind AND owner = old.owner AND rank = old.rank AND stretch = old.seq >> 10;
        DELETE FROM stretches
            WHERE kind = old.kind AND owner = old.owner AND rank = old.rank AND stretch = old.seq >> 10 AND n = 0;
    END;
    CREATE TRIGGER stretch_moved AFTER UPDATE OF owner ON objects WHEN old.owner <> new.owner BEGIN
        UPDATE stretches SET n = n - 1
            WHERE kind = old.kind AND owner = old.owner AND rank = old.rank AND stretch = old.seq >> 10;
        DELETE FROM stretches
            WHERE kind = old.kind AND owner = old.owner AND rank = old.rank AND stretch = old.seq >> 10 AND n = 0;
        INSERT INTO stretches VALUES(new.kind, new.owner, new.rank, new.seq >> 10, 1)
            ON CONFLICT DO UPDATE SET n = n + 1;
    END;
    """,
)

TABLES = (
    "objects", "counts", "links", "credentials", "sessions", "tokens", "upload_links", "tasks", "audit", "settings",
    "holdings", "past_holdings", "held", "ledger", "grants", "grant_counts", "stretches",
)  # fmt: skip


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to the newest version. Raises StoreProblem for one written by a newer emulator."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(STEPS):
        raise StoreProblem(
            f"the data directory has format {version}, this emulator knows formats up to {len(STEPS)}: "
            "use the newer emulator that wrote it"
        )
    for number, step in enumerate(STEPS[version:], start=version + 1):
        # One script, one transaction: a crash in between leaves the version it had.
        connection.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT;")
