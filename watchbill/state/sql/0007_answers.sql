-- Answers that are kept to be given again to the identical request, and the calls that they saved.

-- A task's newest whole, settled answer to a request; the key says which request, and on which tree of files.
CREATE TABLE answers (
    number    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    key       TEXT NOT NULL CHECK (length(key) = 64),
    task      TEXT NOT NULL REFERENCES tasks (id),
    call      TEXT NOT NULL UNIQUE REFERENCES calls (id),
    reply     TEXT NOT NULL CHECK (json_valid(reply)),
    size      INTEGER NOT NULL CHECK (size > 0),                   -- bytes of the reply
    stored_ms INTEGER NOT NULL,
    UNIQUE (key, task)
) STRICT;

CREATE INDEX answers_by_size ON answers (number, size);

-- Each row is a call that was not made: whose answer was taken instead, and what that answer had used and cost.
CREATE TABLE savings (
    number     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    why        TEXT NOT NULL CHECK (why IN ('deduped', 'joined')),
    key        TEXT NOT NULL CHECK (length(key) = 64),
    call       TEXT NOT NULL REFERENCES calls (id),
    run        TEXT NOT NULL REFERENCES runs (id),
    task       TEXT NOT NULL REFERENCES tasks (id),
    tokens_in  INTEGER NOT NULL CHECK (tokens_in >= 0),
    tokens_out INTEGER NOT NULL CHECK (tokens_out >= 0),
    cost       INTEGER NOT NULL CHECK (cost >= 0),
    at_ms      INTEGER NOT NULL,
    UNIQUE (task, key)                                             -- who asks again is not content with it
) STRICT;

CREATE INDEX savings_by_moment ON savings (at_ms);

CREATE TRIGGER savings_begin BEFORE INSERT ON savings
WHEN NOT EXISTS (SELECT 1 FROM calls WHERE id = new.call AND state = 'settled' AND task <> new.task)
BEGIN SELECT raise(ABORT, 'only a settled call of another task saves one'); END;
CREATE TRIGGER savings_stay BEFORE UPDATE ON savings
BEGIN SELECT raise(ABORT, 'what was saved never changes'); END;
CREATE TRIGGER savings_last BEFORE DELETE ON savings
BEGIN SELECT raise(ABORT, 'what was saved never changes'); END;
