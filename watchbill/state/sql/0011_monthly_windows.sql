-- Providers, repositories and task types have a month beside their day. What was spent and held in this one counts in it.

DROP TRIGGER ledger_moves_windows;

CREATE TABLE wider_windows (
    kind  TEXT NOT NULL CHECK (kind IN ('day', 'month', 'provider', 'provider-month', 'repo', 'repo-month', 'type',
                                        'type-month', 'task', 'run')),
    name  TEXT NOT NULL CHECK (name <> ''),
    held  INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

INSERT INTO wider_windows SELECT * FROM windows;
INSERT INTO wider_windows
SELECT kind || '-month', substr(name, 1, length(name) - 3), sum(held), sum(spent)   -- claude:2026-11-24 → claude:2026-11
FROM windows WHERE kind IN ('provider', 'repo', 'type') GROUP BY 1, 2;

CREATE TABLE more_call_windows (
    call TEXT NOT NULL REFERENCES calls (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (call, kind),
    FOREIGN KEY (kind, name) REFERENCES wider_windows (kind, name)
) STRICT, WITHOUT ROWID;

INSERT INTO more_call_windows SELECT * FROM call_windows;
INSERT INTO more_call_windows
SELECT call, kind || '-month', substr(name, 1, length(name) - 3)
FROM call_windows WHERE kind IN ('provider', 'repo', 'type');

DROP TABLE call_windows;
DROP TABLE windows;
ALTER TABLE wider_windows RENAME TO windows;
ALTER TABLE more_call_windows RENAME TO call_windows;

CREATE TRIGGER call_windows_stay BEFORE UPDATE ON call_windows
BEGIN SELECT raise(ABORT, 'a call counts in the windows of its reservation'); END;
CREATE TRIGGER call_windows_last BEFORE DELETE ON call_windows
BEGIN SELECT raise(ABORT, 'a call counts in the windows of its reservation'); END;
CREATE TRIGGER ledger_moves_windows AFTER INSERT ON ledger
BEGIN
    UPDATE windows SET held = held + new.held, spent = spent + new.spent
    WHERE (kind, name) IN (SELECT kind, name FROM call_windows WHERE call = new.call);
END;

CREATE TABLE more_raises (
    number   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL CHECK (kind IN ('day', 'month', 'provider', 'provider-month', 'repo', 'repo-month', 'type',
                                           'type-month')),
    name     TEXT NOT NULL,                                        -- '' for day and month
    amount   INTEGER NOT NULL CHECK (amount > 0),
    until_ms INTEGER NOT NULL CHECK (until_ms > put_ms),
    who      TEXT NOT NULL,
    why      TEXT NOT NULL CHECK (why <> ''),
    put_ms   INTEGER NOT NULL,
    told     INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),    -- its end was told
    CHECK ((kind IN ('day', 'month')) = (name = ''))
) STRICT;

INSERT INTO more_raises SELECT * FROM raises;
DROP TABLE raises;
ALTER TABLE more_raises RENAME TO raises;
