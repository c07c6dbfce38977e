-- Limits: holds of single models beside those of accounts, the one probe after a hold, and how far allowances are used.

CREATE TABLE holds_of_models (
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,                                        -- '': the whole account
    kind     TEXT NOT NULL CHECK (kind <> ''),
    until_ms INTEGER,                                              -- NULL: until a person acts
    why      TEXT NOT NULL,
    put_ms   INTEGER NOT NULL,
    trying   INTEGER NOT NULL DEFAULT 0 CHECK (trying IN (0, 1)),  -- its time is over; one run asks whether it is well
    probe    TEXT,                                                 -- that run, once it is known
    PRIMARY KEY (provider, model),
    CHECK (trying = 1 OR probe IS NULL),
    CHECK (trying = 0 OR until_ms IS NOT NULL)
) STRICT;

INSERT INTO holds_of_models (provider, model, kind, until_ms, why, put_ms)
SELECT provider, '', kind, until_ms, why, put_ms FROM holds;

DROP TABLE holds;
ALTER TABLE holds_of_models RENAME TO holds;

CREATE TABLE allowances (
    provider  TEXT NOT NULL,
    model     TEXT NOT NULL,                                       -- '': all models
    window    TEXT NOT NULL CHECK (window <> ''),
    used      REAL NOT NULL CHECK (used >= 0),                     -- 1.0: all of it
    resets_ms INTEGER,
    held      INTEGER NOT NULL CHECK (held IN (0, 1)),             -- nothing new begins: it is all but used up
    seen_ms   INTEGER NOT NULL,
    PRIMARY KEY (provider, model, window)
) STRICT;
