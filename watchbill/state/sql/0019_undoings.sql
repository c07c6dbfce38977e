-- Landing in batches, and undoing what landed.

ALTER TABLE intents ADD COLUMN tip TEXT CHECK (length(tip) = 40 AND tip NOT GLOB '*[^0-9a-f]*');  -- the last commit of its batch

-- What is to be taken off a branch again: who asked and why, the exact revert before the branch moves, and what came of it.
CREATE TABLE undoings (
    number     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL GENERATED ALWAYS AS ('undo-' || number) STORED UNIQUE,
    run        TEXT NOT NULL REFERENCES runs (id),                 -- whose landing it is
    task       TEXT NOT NULL REFERENCES tasks (id),
    repo       TEXT NOT NULL,
    commit_id  TEXT NOT NULL CHECK (length(commit_id) = 40 AND commit_id NOT GLOB '*[^0-9a-f]*'),
    target_ref TEXT NOT NULL CHECK (target_ref GLOB 'refs/*'),
    delivery   TEXT NOT NULL CHECK (delivery IN ('integration', 'branch', 'land', 'patch')),
    who        TEXT NOT NULL CHECK (who <> ''),                    -- 'gates', or a person
    why        TEXT NOT NULL,
    findings   TEXT NOT NULL CHECK (json_valid(findings) AND json_type(findings) = 'array'),
    retry      INTEGER NOT NULL CHECK (retry IN (0, 1)),           -- its task is queued again
    state      TEXT NOT NULL CHECK (state IN ('wanted', 'pending', 'done', 'conflicts', 'refused')),
    revert_id  TEXT CHECK (length(revert_id) = 40 AND revert_id NOT GLOB '*[^0-9a-f]*'),
    old        TEXT CHECK (length(old) = 40 AND old NOT GLOB '*[^0-9a-f]*'),
    said       TEXT NOT NULL DEFAULT '',                           -- what came of it, for people
    wanted_ms  INTEGER NOT NULL,
    ended_ms   INTEGER,
    CHECK ((state IN ('wanted', 'pending')) = (ended_ms IS NULL)),
    CHECK (state <> 'pending' OR (revert_id IS NOT NULL AND old IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX one_undoing ON undoings (run) WHERE state IN ('wanted', 'pending', 'done');
CREATE INDEX undoings_by_state ON undoings (state, repo);

CREATE TRIGGER done_undoings_stay BEFORE UPDATE ON undoings WHEN old.state = 'done'
BEGIN SELECT raise(ABORT, 'what was undone stays undone'); END;
CREATE TRIGGER undoings_last BEFORE DELETE ON undoings
BEGIN SELECT raise(ABORT, 'an undoing is remembered'); END;

ALTER TABLE verdicts ADD COLUMN undoing INTEGER REFERENCES undoings (number);  -- of the revert, not of the run's own work

-- Heads of the line that work builds on: our branch joined with the owner's, checked whole whenever one of the two moved.
CREATE TABLE validations (
    number     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    repo       TEXT NOT NULL CHECK (repo <> ''),
    ours       TEXT CHECK (length(ours) = 40 AND ours NOT GLOB '*[^0-9a-f]*'),
    theirs     TEXT NOT NULL CHECK (length(theirs) = 40 AND theirs NOT GLOB '*[^0-9a-f]*'),
    gates      TEXT NOT NULL CHECK (json_valid(gates) AND json_type(gates) = 'array'),
    findings   TEXT NOT NULL CHECK (json_valid(findings) AND json_type(findings) = 'array'),
    flakes     TEXT NOT NULL CHECK (json_valid(flakes) AND json_type(flakes) = 'array'),
    blame      TEXT CHECK (blame IS NULL OR json_valid(blame)),   -- what broke it that is not ours to revert
    checked_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX validations_by_repo ON validations (repo, number);
