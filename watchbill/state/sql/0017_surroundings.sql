-- What the last look at a repository saw, for whoever plans. The next look replaces it.
CREATE TABLE sightings (
    repo    TEXT NOT NULL PRIMARY KEY,
    ground  TEXT NOT NULL CHECK (ground <> ''),                    -- repositories of one ground have the same files
    editing TEXT NOT NULL CHECK (json_valid(editing) AND json_type(editing) = 'object'),  -- path: until when, ms
    absent  TEXT NOT NULL CHECK (json_valid(absent) AND json_type(absent) = 'object')     -- task: what is not there
) STRICT;

ALTER TABLE tasks ADD COLUMN artefacts TEXT NOT NULL DEFAULT '[]'
    CHECK (json_valid(artefacts) AND json_type(artefacts) = 'array');
ALTER TABLE tasks ADD COLUMN widened TEXT NOT NULL DEFAULT '[]'
    CHECK (json_valid(widened) AND json_type(widened) = 'array');

-- Patterns beside a task's own that a run of it asked for, or changed unasked.
CREATE TABLE widenings (
    number  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    task    TEXT NOT NULL REFERENCES tasks (id),
    run     TEXT NOT NULL REFERENCES runs (id),                    -- that asked, or changed it
    pattern TEXT NOT NULL CHECK (pattern <> ''),
    state   TEXT NOT NULL CHECK (state IN ('offered', 'wanted', 'granted', 'refused')),
    why     TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    UNIQUE (task, pattern)
) STRICT;

CREATE INDEX widenings_by_run ON widenings (run);
