-- Reports: which were written, who read up to where, the first week that later figures are held against, words day by day,
-- and what is left of events that were removed.

CREATE TABLE written_reports (
    kind  TEXT NOT NULL CHECK (kind IN ('status', 'progress', 'day', 'week', 'sweep')),
    name  TEXT NOT NULL CHECK (name <> ''),
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- Up to when a person was told what happened.
CREATE TABLE report_readers (
    who   TEXT NOT NULL PRIMARY KEY CHECK (who <> ''),
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The installation's first week, counted once.
CREATE TABLE baselines (
    number   INTEGER NOT NULL PRIMARY KEY CHECK (number = 1),
    since_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL CHECK (until_ms > since_ms),
    work     TEXT NOT NULL CHECK (json_valid(work) AND json_type(work) = 'object')
) STRICT;

CREATE TRIGGER baselines_stay BEFORE UPDATE ON baselines
BEGIN SELECT raise(ABORT, 'the first week is counted once'); END;
CREATE TRIGGER baselines_last BEFORE DELETE ON baselines
BEGIN SELECT raise(ABORT, 'the first week is counted once'); END;

-- How far a repository's texts had come by the end of a day, or by the last look of it.
CREATE TABLE progress (
    repo         TEXT NOT NULL CHECK (repo <> ''),
    path         TEXT NOT NULL CHECK (path <> ''),
    day          TEXT NOT NULL CHECK (day GLOB '????-??-??'),
    words        INTEGER NOT NULL CHECK (words >= 0),
    lines        INTEGER NOT NULL CHECK (lines >= 0),
    bytes        INTEGER NOT NULL CHECK (bytes >= 0),
    placeholders INTEGER NOT NULL CHECK (placeholders >= 0),
    PRIMARY KEY (repo, path, day)
) STRICT, WITHOUT ROWID;

-- How often what happened on a day whose events are gone.
CREATE TABLE faded_events (
    day    TEXT NOT NULL CHECK (day GLOB '????-??-??'),            -- UTC
    name   TEXT NOT NULL CHECK (name <> ''),
    events INTEGER NOT NULL CHECK (events > 0),
    PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX runs_by_end ON runs (ended_ms);
