"""The tables of format version 3.

A position is the database's number in the upper bits and a running number in the lower 40: a database is a range of
every table, and what is written together lies together. Nothing that a commit writes is keyed by a hash. Numbers of
databases and branches are never used again (AUTOINCREMENT), so that a reader between two steps cannot mistake one for
another. Text is compared by its UTF-8 bytes (BINARY). Ids of commits are the 20 bytes that their text stands for. A
`digest` is of all other columns of its row (`encoding/row_digests.py`), unless it says otherwise.
"""

APPLICATION_ID = int.from_bytes(b"OMSk")
FORMAT_VERSION = 3
OLDEST_FORMAT = 2  # those before it were never released
PAGE_SIZE_BYTES = 8192

DDL = """
CREATE TABLE meta (                     -- one row
    only INTEGER PRIMARY KEY CHECK (only = 1),
    format INTEGER NOT NULL,
    last_us INTEGER NOT NULL,           -- time of the newest ref update or detached commit
    sequence INTEGER NOT NULL,          -- number of the newest ref update in the whole store
    purge_epoch INTEGER NOT NULL,       -- grows with every purge
    digest BLOB NOT NULL
) STRICT;

CREATE TABLE database (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    comment TEXT NOT NULL,
    naming TEXT NOT NULL,
    prefixes TEXT NOT NULL,             -- JSON object
    indexed INTEGER NOT NULL,           -- commits up to this position are in commit_index
    digest BLOB NOT NULL
) STRICT;

CREATE TABLE branch (                   -- one row an incarnation
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL,
    name TEXT NOT NULL,
    incarnation INTEGER NOT NULL,       -- from 1 for each name
    created_us INTEGER NOT NULL,
    deleted_us INTEGER,
    head INTEGER,                       -- position of a commit
    ref_number INTEGER NOT NULL,        -- newest entry of the ref log
    digest BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX branch_by_incarnation ON branch (database, name, incarnation);
CREATE UNIQUE INDEX branch_by_name ON branch (database, name) WHERE deleted_us IS NULL;

CREATE TABLE commit_record (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    base INTEGER,                       -- position of the commit that the delta applies to; NULL: the empty state
    parents BLOB NOT NULL,              -- positions, 8 bytes each, in the record's order; 0: beyond the horizon
    record BLOB NOT NULL,               -- what the id is the digest of
    delta BLOB                          -- what changed since base; NULL where the roots are stored
) STRICT;
CREATE TABLE root (                     -- where the four maps of a commit are: hash and position, NULL: empty
    position INTEGER PRIMARY KEY,       -- the commit's
    instance BLOB,
    schema BLOB,
    referrer BLOB,
    scattered BLOB
) STRICT;
CREATE TABLE commit_index (             -- filled in batches; the newest commits are looked up in memory
    id BLOB PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE node (position INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE body (position INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE document_key (             -- what makes the digests of a document's next versions impossible to guess
    database INTEGER NOT NULL,
    graph INTEGER NOT NULL,             -- 0 instance, 1 schema
    id TEXT NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (database, graph, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE property_index (           -- the newest saved index of each property
    database INTEGER NOT NULL,
    type TEXT NOT NULL,
    property TEXT NOT NULL,
    commit_position INTEGER NOT NULL,   -- the commit that the entries are of
    key BLOB NOT NULL,                  -- keys the digests of values; without it an entry tells nothing
    root BLOB,                          -- hash and position, NULL: empty
    PRIMARY KEY (database, type, property)
) STRICT, WITHOUT ROWID;

CREATE TABLE tag (
    database INTEGER NOT NULL,
    name TEXT NOT NULL,
    head INTEGER NOT NULL,              -- position of a commit
    digest BLOB NOT NULL,
    PRIMARY KEY (database, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE ref_update (               -- the ref log
    branch INTEGER NOT NULL,
    number INTEGER NOT NULL,            -- from 1 without gaps on each incarnation
    cause TEXT NOT NULL,
    old_head BLOB,                      -- ids, which stay when a commit is collected
    new_head BLOB,
    time_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    traceparent TEXT NOT NULL,
    digest BLOB NOT NULL,               -- of all of it, and of the branch's name and incarnation
    PRIMARY KEY (branch, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (                   -- ref updates that are still to be announced
    sequence INTEGER PRIMARY KEY,
    branch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_ordinal INTEGER NOT NULL,      -- first document event that is not delivered
    dead INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    retry_at_us INTEGER,
    digest BLOB NOT NULL
) STRICT;

CREATE TABLE idempotency (              -- answers of writes that carried a key
    database INTEGER NOT NULL,
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    ids TEXT NOT NULL,                  -- JSON array
    head TEXT,
    branch TEXT NOT NULL,
    changed INTEGER NOT NULL,
    time_us INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (database, actor, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (time_us);
"""
