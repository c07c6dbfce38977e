-- Recurring work: what each entry last saw, and which tasks it made. And whose turn it is between repositories.

CREATE TABLE recurrences (
    entry     TEXT NOT NULL PRIMARY KEY CHECK (entry <> ''),
    seen_ms   INTEGER NOT NULL,                                    -- its last occurrence that was looked at or passed by
    looked_ms INTEGER,                                             -- when work was last looked for; NULL: not yet
    commit_id TEXT CHECK (length(commit_id) = 40 AND commit_id NOT GLOB '*[^0-9a-f]*'),  -- the state that was looked at
    found     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(found) AND json_type(found) = 'array'),
    made      TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(made) AND json_type(made) = 'array'),
    owed      TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(owed) AND json_type(owed) = 'array'),  -- found, and not made
    fault     TEXT NOT NULL DEFAULT ''                             -- why the last look came to nothing; '' when it did not
) STRICT;

CREATE TABLE recurring_tasks (
    task          TEXT NOT NULL PRIMARY KEY REFERENCES tasks (id),
    entry         TEXT NOT NULL CHECK (entry <> ''),
    target        TEXT NOT NULL,                                   -- '' for an entry that looks for nothing
    occurrence_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX recurring_tasks_by_entry ON recurring_tasks (entry, target);

-- How far each repository has come by its share: see scheduling/fairness.py.
CREATE TABLE passes (
    repo TEXT NOT NULL PRIMARY KEY CHECK (repo <> ''),
    pass INTEGER NOT NULL CHECK (pass >= 0)
) STRICT, WITHOUT ROWID;

-- Who does a task when the provider that it asks for cannot.
ALTER TABLE tasks ADD COLUMN fallback TEXT NOT NULL DEFAULT '[]'
    CHECK (json_valid(fallback) AND json_type(fallback) = 'array');
