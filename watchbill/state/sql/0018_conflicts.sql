-- Conflicts: those seen coming while work runs, and what was tried with those that were met at landing.
CREATE TABLE collisions (
    run        TEXT NOT NULL REFERENCES runs (id),                 -- the newer one
    other      TEXT NOT NULL CHECK (other <> ''),                  -- an older run, or the branch that it is to land on
    commit_id  TEXT NOT NULL,                                      -- of the other then
    paths      TEXT NOT NULL CHECK (json_valid(paths) AND json_type(paths) = 'array'),
    seen_ms    INTEGER NOT NULL,
    cleared_ms INTEGER,                                            -- they merge again
    PRIMARY KEY (run, other)
) STRICT, WITHOUT ROWID;

CREATE INDEX collisions_by_moment ON collisions (seen_ms);

CREATE TABLE resolutions (
    number  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    run     TEXT NOT NULL REFERENCES runs (id),
    rung    TEXT NOT NULL CHECK (rung IN ('rebase', 'three_way', 'provider', 'review')),
    worked  INTEGER NOT NULL CHECK (worked IN (0, 1)),             -- of provider and review: it was asked
    onto    TEXT NOT NULL,                                         -- the commit that it did not merge with
    paths   TEXT NOT NULL CHECK (json_valid(paths) AND json_type(paths) = 'array'),
    at_ms   INTEGER NOT NULL
) STRICT;

CREATE INDEX resolutions_by_run ON resolutions (run);
CREATE INDEX resolutions_by_moment ON resolutions (at_ms);
