-- Failures of a task, and the quarantine that the same one three times puts it into.
CREATE TABLE failures (
    number   INTEGER NOT NULL PRIMARY KEY,
    task     TEXT NOT NULL REFERENCES tasks (id),
    run      TEXT NOT NULL REFERENCES runs (id),
    identity TEXT NOT NULL CHECK (length(identity) = 64),
    why      TEXT NOT NULL,
    counts   INTEGER NOT NULL CHECK (counts IN (0, 1)),            -- 0: its provider was sick for others too
    at_ms    INTEGER NOT NULL
) STRICT;

CREATE INDEX failures_by_task ON failures (task);

CREATE TABLE quarantines (
    task     TEXT NOT NULL PRIMARY KEY REFERENCES tasks (id),
    why      TEXT NOT NULL,
    evidence TEXT NOT NULL CHECK (json_valid(evidence) AND json_type(evidence) = 'array'),  -- the runs that failed so
    findings TEXT NOT NULL CHECK (json_valid(findings) AND json_type(findings) = 'array'),
    put_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
