"""The tables of format version 0.

Text is compared by its UTF-8 bytes (BINARY), which is the order of ids that the port promises. Numbers of databases and
lines are never used again (AUTOINCREMENT), so that a reader between two steps cannot mistake one for another.
"""

APPLICATION_ID = int.from_bytes(b"OMSk")
FORMAT_VERSION = 0
PAGE_SIZE_BYTES = 8192

DDL = """
CREATE TABLE meta (                     -- one row
    only INTEGER PRIMARY KEY CHECK (only = 1),
    format INTEGER NOT NULL,
    last_us INTEGER NOT NULL,           -- time of the newest ref update
    sequence INTEGER NOT NULL           -- number of the newest ref update in the whole store
) STRICT;

CREATE TABLE database (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    comment TEXT NOT NULL,
    naming TEXT NOT NULL,
    prefixes TEXT NOT NULL              -- JSON object
) STRICT;

CREATE TABLE line (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL,
    branch TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    parent INTEGER,                     -- the line on which this one began, and how far that is seen
    parent_seq INTEGER,
    created_us INTEGER NOT NULL,
    deleted_us INTEGER,
    head TEXT,                          -- commit; one of the parent line until there is one here
    head_us INTEGER,
    head_seq INTEGER NOT NULL,          -- 0: no commit here yet
    ref_number INTEGER NOT NULL,        -- newest entry of the ref log
    schema_commit TEXT NOT NULL         -- the commit that last changed the schema graph; '': none did
) STRICT;
CREATE UNIQUE INDEX line_by_incarnation ON line (database, branch, incarnation);
CREATE UNIQUE INDEX line_by_branch ON line (database, branch) WHERE deleted_us IS NULL;

CREATE TABLE commit_record (
    line INTEGER NOT NULL,
    seq INTEGER NOT NULL,               -- from 1 on each line
    id TEXT NOT NULL,
    parent_commit TEXT,
    author TEXT NOT NULL,
    actor TEXT NOT NULL,
    message TEXT NOT NULL,
    method TEXT NOT NULL,
    route TEXT NOT NULL,
    service TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    PRIMARY KEY (line, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX commit_by_id ON commit_record (id);

CREATE TABLE document (                 -- one row a version
    line INTEGER NOT NULL,
    graph INTEGER NOT NULL,             -- 0 instance, 1 schema
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    targets TEXT NOT NULL,              -- JSON array of the ids it refers to, in order; '': none
    body BLOB,                          -- NULL: it is gone
    PRIMARY KEY (line, graph, id, seq DESC)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_by_seq ON document (line, seq, graph, id);

CREATE TABLE scattered_type (           -- types with ids that do not begin with '<type>/'
    database INTEGER NOT NULL,
    graph INTEGER NOT NULL,
    type TEXT NOT NULL,
    PRIMARY KEY (database, graph, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE reference (                -- who refers to whom in the instance graph, one row a change
    line INTEGER NOT NULL,
    target TEXT NOT NULL,
    source TEXT NOT NULL,
    seq INTEGER NOT NULL,
    present INTEGER NOT NULL,
    PRIMARY KEY (line, target, source, seq DESC)
) STRICT, WITHOUT ROWID;

CREATE TABLE ref_update (               -- the ref log
    line INTEGER NOT NULL,
    number INTEGER NOT NULL,            -- from 1 without gaps on each line
    cause TEXT NOT NULL,
    old_head TEXT,
    new_head TEXT,
    time_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    traceparent TEXT NOT NULL,
    PRIMARY KEY (line, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (                   -- ref updates that are still to be announced
    sequence INTEGER PRIMARY KEY,
    line INTEGER NOT NULL,
    number INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_ordinal INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    retry_at_us INTEGER
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
    PRIMARY KEY (database, actor, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (time_us);
"""
