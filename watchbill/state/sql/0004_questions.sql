-- What models asked their people. Numbers are chosen by the caller, above those that stand in the questions file.

ALTER TABLE tasks ADD COLUMN on_question TEXT CHECK (on_question IN ('wait', 'proceed'));

CREATE TABLE questions (
    number         INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    id             TEXT NOT NULL GENERATED ALWAYS AS ('Q-' || number) STORED UNIQUE,
    task           TEXT NOT NULL REFERENCES tasks (id),
    repo           TEXT NOT NULL,
    session        TEXT NOT NULL REFERENCES sessions (id),
    run            TEXT NOT NULL REFERENCES runs (id),
    provider       TEXT NOT NULL CHECK (provider <> ''),
    digest         TEXT NOT NULL CHECK (length(digest) = 64),          -- by which it is known when it is asked again
    title          TEXT NOT NULL,
    issue          TEXT NOT NULL,
    options        TEXT NOT NULL CHECK (json_valid(options) AND json_type(options) = 'array'),
    recommendation TEXT NOT NULL,
    waits          INTEGER NOT NULL CHECK (waits IN (0, 1)),
    state          TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'withdrawn')),
    answer         TEXT NOT NULL DEFAULT '',
    how            TEXT NOT NULL DEFAULT '',
    shown          TEXT NOT NULL DEFAULT 'nowhere' CHECK (shown IN ('nowhere', 'open', 'resolved')),
    asked_ms       INTEGER NOT NULL,
    settled_ms     INTEGER,
    UNIQUE (session, digest),
    CHECK ((state = 'open') = (settled_ms IS NULL)),
    CHECK ((state = 'answered') = (answer <> ''))
) STRICT;

CREATE INDEX questions_by_task ON questions (task);
CREATE INDEX unshown_questions ON questions (repo) WHERE state = 'open' OR shown <> 'resolved';

CREATE TRIGGER settled_questions_stay BEFORE UPDATE OF state, answer, how ON questions WHEN old.state <> 'open'
BEGIN SELECT raise(ABORT, 'a settled question never changes'); END;
