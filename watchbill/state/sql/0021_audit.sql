-- Who asked for what over the control API, and what came of it. A row is there before anything is done.
CREATE TABLE audit (
    number   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms    INTEGER NOT NULL,
    actor    TEXT NOT NULL CHECK (actor <> ''),
    method   TEXT NOT NULL CHECK (method <> ''),
    path     TEXT NOT NULL CHECK (path <> ''),
    said     TEXT NOT NULL,                                        -- the beginning of the body
    digest   TEXT NOT NULL CHECK (length(digest) = 64),            -- of all of it, with method and path
    key      TEXT CHECK (key <> ''),                               -- the caller's, for as long as it is kept
    status   INTEGER CHECK (status BETWEEN 100 AND 599),           -- NULL: not known, or not yet
    media    TEXT,
    answer   TEXT,                                                 -- for as long as the key is kept
    ended_ms INTEGER,
    CHECK ((status IS NULL) = (ended_ms IS NULL)),
    CHECK (answer IS NULL OR (key IS NOT NULL AND status IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX audit_keys ON audit (actor, key) WHERE key IS NOT NULL;

CREATE TRIGGER audited_facts_stay BEFORE UPDATE ON audit
WHEN (new.at_ms, new.actor, new.method, new.path, new.said, new.digest)
    IS NOT (old.at_ms, old.actor, old.method, old.path, old.said, old.digest)
    OR (old.status IS NOT NULL AND (new.status, new.ended_ms) IS NOT (old.status, old.ended_ms))
BEGIN SELECT raise(ABORT, 'what was asked and what came of it never change'); END;

-- What happened to one task or in one run, without a look at everything else.
CREATE INDEX events_of_tasks ON events (facts ->> 'task', number) WHERE facts ->> 'task' IS NOT NULL;
CREATE INDEX events_of_runs ON events (facts ->> 'run', number) WHERE facts ->> 'run' IS NOT NULL;
