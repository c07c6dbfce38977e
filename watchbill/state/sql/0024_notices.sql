-- What people are told, and how far each target has it.
CREATE TABLE notices (
    number  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    event   TEXT NOT NULL CHECK (event <> ''),
    subject TEXT NOT NULL CHECK (subject <> ''),
    word    TEXT NOT NULL CHECK (word <> ''),
    title   TEXT NOT NULL CHECK (title <> ''),
    why     TEXT NOT NULL,
    command TEXT NOT NULL,
    page    TEXT NOT NULL,
    times   INTEGER NOT NULL CHECK (times >= 1),             -- changes that it stands for
    state   TEXT NOT NULL CHECK (state IN ('waiting', 'told', 'folded', 'dropped')),
    held    INTEGER NOT NULL CHECK (held IN (0, 1)),         -- quiet hours keep it, for one message with all others
    made_ms INTEGER NOT NULL,
    due_ms  INTEGER NOT NULL,
    told_ms INTEGER,
    CHECK ((state IN ('told', 'folded')) = (told_ms IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX one_waiting_notice ON notices (subject) WHERE state = 'waiting';
CREATE INDEX notices_told ON notices (subject, told_ms) WHERE told_ms IS NOT NULL;
CREATE TRIGGER told_notices_stay BEFORE UPDATE ON notices WHEN old.state <> 'waiting'
BEGIN SELECT raise(ABORT, 'a notice that was told, folded or dropped never changes'); END;

CREATE TABLE deliveries (
    notice   INTEGER NOT NULL REFERENCES notices (number),
    target   TEXT NOT NULL CHECK (target <> ''),             -- the reference and its line, never the address
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
    tries    INTEGER NOT NULL DEFAULT 0,
    next_ms  INTEGER NOT NULL,
    ended_ms INTEGER,
    said     TEXT NOT NULL DEFAULT '',                        -- why the last try failed
    PRIMARY KEY (notice, target),
    CHECK ((state IN ('sent', 'failed')) = (ended_ms IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_open ON deliveries (target, next_ms) WHERE state IN ('waiting', 'sending');
CREATE TRIGGER ended_deliveries_stay BEFORE UPDATE ON deliveries WHEN old.state IN ('sent', 'failed')
BEGIN SELECT raise(ABORT, 'a delivery that is over never changes'); END;

-- How far the journal was read for notices; no row while nobody is told anything.
CREATE TABLE notice_reading (
    one         INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    event       INTEGER NOT NULL,
    digested_ms INTEGER NOT NULL                              -- the last digest's time; at first, when reading began
) STRICT;
