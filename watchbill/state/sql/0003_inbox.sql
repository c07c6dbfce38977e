-- What people say beside the queues: pauses with their author, tasks let go or brought forward by hand, inboxes.

ALTER TABLE pauses ADD COLUMN who TEXT NOT NULL DEFAULT '';

ALTER TABLE tasks ADD COLUMN released INTEGER NOT NULL DEFAULT 0 CHECK (released IN (0, 1));
ALTER TABLE tasks ADD COLUMN pin TEXT CHECK (pin <> '');            -- a provider, by hand: goes before the queue's
ALTER TABLE tasks ADD COLUMN bumped_ms INTEGER;

CREATE INDEX runs_by_start ON runs (started_ms);                    -- how many tasks began today

-- Files that were taken in and not put away yet: what they said last, and whose they are.
CREATE TABLE inbox_files (
    box  TEXT NOT NULL,                                             -- the repository's name; '' is the state folder's
    name TEXT NOT NULL CHECK (name <> ''),
    task TEXT NOT NULL UNIQUE REFERENCES tasks (id),
    text TEXT NOT NULL,
    PRIMARY KEY (box, name)
) STRICT, WITHOUT ROWID;

-- What was done and put away: git may bring such a file back, and it is not to be done again.
CREATE TABLE inbox_done (
    box    TEXT NOT NULL,
    name   TEXT NOT NULL CHECK (name <> ''),
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    task   TEXT NOT NULL REFERENCES tasks (id),
    PRIMARY KEY (box, name, digest)
) STRICT, WITHOUT ROWID;
