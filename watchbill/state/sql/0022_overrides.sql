-- Hours that a person gives to another provider for a while.
CREATE TABLE overrides (
    number   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL CHECK (provider <> ''),
    hours    TEXT NOT NULL CHECK (hours <> ''),                    -- as in the configuration: "14-16"
    since_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,                                     -- moved forward when somebody clears it
    who      TEXT NOT NULL CHECK (who <> ''),
    why      TEXT NOT NULL CHECK (why <> ''),
    CHECK (until_ms >= since_ms)
) STRICT;

CREATE INDEX overrides_in_force ON overrides (until_ms);
