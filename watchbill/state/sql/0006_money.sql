-- What is counted beside dollars, who may spend more for a while, and what people were told of their budgets.

-- Credits are counted at what they are worth by the price list, in micro-dollars.
CREATE TABLE quotas (
    unit  TEXT NOT NULL CHECK (unit IN ('credits', 'tokens', 'runs')),
    kind  TEXT NOT NULL CHECK (kind IN ('day', 'month', 'provider', 'task', 'run', 'plan-day', 'plan-week', 'plan-month')),
    name  TEXT NOT NULL CHECK (name <> ''),
    held  INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
    PRIMARY KEY (unit, kind, name)
) STRICT, WITHOUT ROWID;

-- What a call takes of each quota that bound it at its reservation.
CREATE TABLE draws (
    call  TEXT NOT NULL REFERENCES calls (id),
    unit  TEXT NOT NULL,
    kind  TEXT NOT NULL,
    name  TEXT NOT NULL,
    held  INTEGER NOT NULL CHECK (held >= 0),
    spent INTEGER NOT NULL CHECK (spent >= 0),
    PRIMARY KEY (call, unit, kind),
    FOREIGN KEY (unit, kind, name) REFERENCES quotas (unit, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER draws_begin AFTER INSERT ON draws
BEGIN
    UPDATE quotas SET held = held + new.held, spent = spent + new.spent
    WHERE (unit, kind, name) = (new.unit, new.kind, new.name);
END;
CREATE TRIGGER draws_move AFTER UPDATE OF held, spent ON draws
BEGIN
    UPDATE quotas SET held = held + new.held - old.held, spent = spent + new.spent - old.spent
    WHERE (unit, kind, name) = (new.unit, new.kind, new.name);
END;
CREATE TRIGGER draws_stay BEFORE UPDATE OF call, unit, kind, name ON draws
BEGIN SELECT raise(ABORT, 'a call draws on the quotas of its reservation'); END;
CREATE TRIGGER draws_last BEFORE DELETE ON draws
BEGIN SELECT raise(ABORT, 'a call draws on the quotas of its reservation'); END;

-- A call of a provider that is not paid by the call: what it is worth by the price list, beside the money in `calls`.
CREATE TABLE plan_calls (
    call      TEXT NOT NULL PRIMARY KEY REFERENCES calls (id),
    billing   TEXT NOT NULL CHECK (billing IN ('credits', 'subscription', 'free')),
    bound     INTEGER NOT NULL CHECK (bound >= 0),
    worth     INTEGER CHECK (worth >= 0),
    allowance INTEGER CHECK (allowance >= 0)                       -- of credits, at the reservation
) STRICT, WITHOUT ROWID;

-- A person lets a window have more until then.
CREATE TABLE raises (
    number   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL CHECK (kind IN ('day', 'month', 'provider', 'repo', 'type')),
    name     TEXT NOT NULL,                                        -- '' for day and month
    amount   INTEGER NOT NULL CHECK (amount > 0),
    until_ms INTEGER NOT NULL CHECK (until_ms > put_ms),
    who      TEXT NOT NULL,
    why      TEXT NOT NULL CHECK (why <> ''),
    put_ms   INTEGER NOT NULL,
    told     INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),    -- its end was told
    CHECK ((kind IN ('day', 'month')) = (name = ''))
) STRICT;

-- A person lets a provider cost money when its credits are used up, until then.
CREATE TABLE overages (
    provider TEXT NOT NULL PRIMARY KEY,
    until_ms INTEGER NOT NULL CHECK (until_ms > put_ms),
    who      TEXT NOT NULL,
    why      TEXT NOT NULL CHECK (why <> ''),
    put_ms   INTEGER NOT NULL
) STRICT;

-- The highest share of a window that people were told of.
CREATE TABLE alerts (
    budget TEXT NOT NULL PRIMARY KEY CHECK (budget <> ''),
    share  REAL NOT NULL CHECK (share > 0),
    at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A window that a call did not fit into: it counts as used up while it has less left than that call wanted.
CREATE TABLE short_windows (
    budget   TEXT NOT NULL PRIMARY KEY CHECK (budget <> ''),
    wanted   INTEGER NOT NULL CHECK (wanted > 0),
    until_ms INTEGER NOT NULL,                                     -- when it turns
    at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
