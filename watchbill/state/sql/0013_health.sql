-- Health: breakers of providers and of their models, what providers did wrong of late, what probes found.

ALTER TABLE breakers RENAME TO old_breakers;

CREATE TABLE breakers (
    provider   TEXT NOT NULL CHECK (provider <> ''),
    model      TEXT NOT NULL,                                      -- '' for the whole provider
    state      TEXT NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
    failures   INTEGER NOT NULL CHECK (failures >= 0),             -- in a row
    openings   INTEGER NOT NULL CHECK (openings >= 0),             -- in a row
    retry_ms   INTEGER,                                            -- when it is probed
    why        TEXT NOT NULL,
    since_ms   INTEGER,
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (provider, model),
    CHECK ((state = 'open') = (retry_ms IS NOT NULL)),
    CHECK (state = 'closed' OR openings > 0)
) STRICT, WITHOUT ROWID;

INSERT INTO breakers (provider, model, state, failures, openings, retry_ms, why, since_ms, changed_ms)
SELECT provider, '', iif(openings = 0, 'closed', 'open'), failures, openings, retry_ms, '', changed_ms, changed_ms
FROM old_breakers WHERE failures > 0;

DROP TABLE old_breakers;

-- What providers answered instead of work; the latest of each provider.
CREATE TABLE troubles (
    number   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL CHECK (provider <> ''),
    model    TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind <> ''),
    message  TEXT NOT NULL,
    until_ms INTEGER,                                              -- the stated time for trying again
    at_ms    INTEGER NOT NULL
) STRICT;

CREATE INDEX troubles_by_provider ON troubles (provider, number);

CREATE TABLE probes (
    provider TEXT NOT NULL PRIMARY KEY CHECK (provider <> ''),
    well     INTEGER NOT NULL CHECK (well IN (0, 1)),
    message  TEXT NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a provider's own list of models says.
CREATE TABLE listed_models (
    provider   TEXT NOT NULL CHECK (provider <> ''),
    model      TEXT NOT NULL CHECK (model <> ''),
    retires_ms INTEGER,
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;
