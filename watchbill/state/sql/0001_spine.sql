-- The spine. Moments are unix milliseconds (_ms), money is micro-dollars, lists and maps are JSON.
-- Every rule that a row alone can break is a CHECK; what two rows can break is an index or a trigger.

CREATE TABLE tasks (
    id            TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    repo          TEXT NOT NULL CHECK (repo <> ''),
    title         TEXT NOT NULL,
    type          TEXT NOT NULL CHECK (type <> ''),
    state         TEXT NOT NULL CHECK (state IN ('proposed', 'queued', 'running', 'review', 'landed', 'verified',
                                                 'failed', 'cancelled', 'reverted')),
    priority      INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    autonomy      TEXT CHECK (autonomy IN ('high', 'medium', 'low')),
    place         INTEGER NOT NULL,
    claims        TEXT NOT NULL CHECK (json_valid(claims) AND json_type(claims) = 'array'),
    needs         TEXT NOT NULL CHECK (json_valid(needs) AND json_type(needs) = 'array'),
    provider      TEXT,
    requirements  TEXT NOT NULL,
    success       TEXT NOT NULL,
    body          TEXT NOT NULL,
    effort_ms     INTEGER CHECK (effort_ms >= 0),
    max_cost      INTEGER CHECK (max_cost >= 0),
    delivery      TEXT CHECK (delivery IN ('integration', 'branch', 'land', 'patch')),
    source_path   TEXT,
    source_line   INTEGER CHECK (source_line >= 1),
    extra         TEXT NOT NULL CHECK (json_valid(extra) AND json_type(extra) = 'object'),
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    not_before_ms INTEGER,
    tried         TEXT NOT NULL CHECK (json_valid(tried) AND json_type(tried) = 'array'),
    note          TEXT NOT NULL,
    accepted      INTEGER NOT NULL DEFAULT 0 CHECK (accepted IN (0, 1)),
    created_ms    INTEGER NOT NULL,
    changed_ms    INTEGER NOT NULL,
    token         INTEGER NOT NULL DEFAULT 0 CHECK (token >= 0),   -- the highest fencing token that it ever gave out
    losses        INTEGER NOT NULL DEFAULT 0 CHECK (losses >= 0),  -- holders that died in a row
    CHECK ((source_path IS NULL) = (source_line IS NULL))
) STRICT;

CREATE INDEX tasks_by_state ON tasks (state, repo);

CREATE TRIGGER tokens_rise BEFORE UPDATE OF token ON tasks WHEN new.token <= old.token
BEGIN SELECT raise(ABORT, 'a fencing token only rises'); END;

CREATE TABLE sessions (
    number     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL GENERATED ALWAYS AS ('session-' || number) STORED UNIQUE,
    task       TEXT NOT NULL REFERENCES tasks (id),
    repo       TEXT NOT NULL,
    transcript TEXT NOT NULL CHECK (json_valid(transcript)),
    checkpoint TEXT CHECK (length(checkpoint) = 40 AND checkpoint NOT GLOB '*[^0-9a-f]*'),
    handoff    TEXT NOT NULL CHECK (json_valid(handoff)),
    repairs    INTEGER NOT NULL CHECK (repairs >= 0),
    version    INTEGER NOT NULL CHECK (version >= 0),
    saved_ms   INTEGER NOT NULL,
    closed_ms  INTEGER                                             -- its task was reopened after it was done
) STRICT;

CREATE UNIQUE INDEX one_open_session ON sessions (task) WHERE closed_ms IS NULL;

CREATE TABLE runs (
    number       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL GENERATED ALWAYS AS ('run-' || number) STORED UNIQUE,
    task         TEXT NOT NULL REFERENCES tasks (id),
    repo         TEXT NOT NULL,
    type         TEXT NOT NULL,                                    -- the task's type then
    session      TEXT NOT NULL REFERENCES sessions (id),
    provider     TEXT NOT NULL CHECK (provider <> ''),
    model        TEXT NOT NULL,
    token        INTEGER CHECK (token > 0),                        -- set with its lease, in the same transaction
    state        TEXT NOT NULL CHECK (state IN ('running', 'landed', 'verified', 'review', 'handed_off', 'deferred',
                                                'rejected', 'failed', 'cancelled', 'lost')),
    stage        TEXT NOT NULL CHECK (stage IN ('brief', 'work', 'gate', 'land', 'settle')),
    attempt      INTEGER NOT NULL CHECK (attempt >= 1),
    base         TEXT CHECK (length(base) = 40 AND base NOT GLOB '*[^0-9a-f]*'),
    started_ms   INTEGER NOT NULL,
    ended_ms     INTEGER,
    reason       TEXT NOT NULL DEFAULT '',
    handing_over INTEGER NOT NULL DEFAULT 0 CHECK (handing_over IN (0, 1)),
    UNIQUE (task, token),
    UNIQUE (task, attempt),
    CHECK ((state = 'running') = (ended_ms IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_live_run ON runs (task) WHERE state = 'running';
CREATE INDEX runs_by_provider ON runs (provider, ended_ms);

CREATE TRIGGER ended_runs_stay BEFORE UPDATE ON runs WHEN old.state <> 'running'
BEGIN SELECT raise(ABORT, 'an ended run never changes'); END;

CREATE TABLE leases (
    task       TEXT NOT NULL PRIMARY KEY REFERENCES tasks (id),
    run        TEXT NOT NULL UNIQUE REFERENCES runs (id),
    token      INTEGER NOT NULL CHECK (token > 0),
    expires_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE claims (
    number   INTEGER NOT NULL PRIMARY KEY,
    repo     TEXT NOT NULL,
    pattern  TEXT NOT NULL CHECK (pattern <> ''),
    task     TEXT NOT NULL REFERENCES tasks (id),
    run      TEXT REFERENCES runs (id),
    kept     INTEGER NOT NULL CHECK (kept IN (0, 1)),              -- outlives its run: a branch that nobody has merged yet
    taken_ms INTEGER NOT NULL,
    CHECK ((run IS NULL) = (kept = 1))
) STRICT;

CREATE INDEX claims_by_repo ON claims (repo);
CREATE INDEX claims_by_run ON claims (run);

CREATE TABLE calls (
    number         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL GENERATED ALWAYS AS ('call-' || number) STORED UNIQUE,
    run            TEXT NOT NULL REFERENCES runs (id),
    task           TEXT NOT NULL REFERENCES tasks (id),
    repo           TEXT NOT NULL,
    type           TEXT NOT NULL,
    provider       TEXT NOT NULL,
    model          TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('held', 'sent', 'settled', 'released', 'unknown')),
    bound          INTEGER NOT NULL CHECK (bound >= 0),
    bound_in       INTEGER NOT NULL CHECK (bound_in >= 0),
    bound_out      INTEGER NOT NULL CHECK (bound_out >= 0),
    bound_source   TEXT NOT NULL,
    cost           INTEGER CHECK (cost >= 0),
    tokens_in      INTEGER CHECK (tokens_in >= 0),
    tokens_out     INTEGER CHECK (tokens_out >= 0),
    cache_read     INTEGER CHECK (cache_read >= 0),
    cache_write    INTEGER CHECK (cache_write >= 0),
    raw_usage      TEXT CHECK (raw_usage IS NULL OR json_valid(raw_usage)),  -- json_valid(NULL) is 0 in older SQLite
    settled_source TEXT,
    request_id     TEXT,
    reserved_ms    INTEGER NOT NULL,
    ended_ms       INTEGER,
    note           TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'settled') = (cost IS NOT NULL)),
    CHECK ((state IN ('held', 'sent')) = (ended_ms IS NULL))
) STRICT;

CREATE INDEX calls_by_run ON calls (run);
CREATE INDEX calls_by_moment ON calls (reserved_ms);
CREATE INDEX open_calls ON calls (state) WHERE state IN ('held', 'sent');

CREATE TRIGGER settled_calls_stay BEFORE UPDATE ON calls WHEN old.state IN ('settled', 'released')
BEGIN SELECT raise(ABORT, 'a settled or released call never changes'); END;

CREATE TABLE windows (
    kind  TEXT NOT NULL CHECK (kind IN ('day', 'month', 'provider', 'repo', 'type', 'task', 'run')),
    name  TEXT NOT NULL CHECK (name <> ''),
    held  INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- The windows that a call counts in, decided at its reservation, for ever.
CREATE TABLE call_windows (
    call TEXT NOT NULL REFERENCES calls (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (call, kind),
    FOREIGN KEY (kind, name) REFERENCES windows (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER call_windows_stay BEFORE UPDATE ON call_windows
BEGIN SELECT raise(ABORT, 'a call counts in the windows of its reservation'); END;
CREATE TRIGGER call_windows_last BEFORE DELETE ON call_windows
BEGIN SELECT raise(ABORT, 'a call counts in the windows of its reservation'); END;

-- Each row moves money: what it adds to (or takes from) held and spent. A call's rows sum up to where it stands.
CREATE TABLE ledger (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    call   TEXT NOT NULL REFERENCES calls (id),
    kind   TEXT NOT NULL CHECK (kind IN ('reserve', 'release', 'settle', 'lose', 'lower')),
    held   INTEGER NOT NULL,
    spent  INTEGER NOT NULL,
    at_ms  INTEGER NOT NULL,
    UNIQUE (call, kind),
    CHECK (CASE kind
        WHEN 'reserve' THEN held >= 0 AND spent = 0
        WHEN 'release' THEN held <= 0 AND spent = 0
        WHEN 'settle'  THEN held <= 0 AND spent >= 0
        WHEN 'lose'    THEN held <= 0 AND spent = -held
        WHEN 'lower'   THEN held = 0
    END)
) STRICT;

CREATE TRIGGER ledger_moves_windows AFTER INSERT ON ledger
BEGIN
    UPDATE windows SET held = held + new.held, spent = spent + new.spent
    WHERE (kind, name) IN (SELECT kind, name FROM call_windows WHERE call = new.call);
END;
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_lasts BEFORE DELETE ON ledger
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;

-- A model whose call cost more than its bound: its bounds are not to be trusted until a person looked.
CREATE TABLE stopped_models (
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    call     TEXT NOT NULL REFERENCES calls (id),
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE verdicts (
    number    INTEGER NOT NULL PRIMARY KEY,
    run       TEXT NOT NULL REFERENCES runs (id),
    tree      TEXT NOT NULL CHECK (tree <> ''),
    base      TEXT NOT NULL CHECK (base <> ''),
    new       TEXT NOT NULL CHECK (json_valid(new) AND json_type(new) = 'array'),
    debt      TEXT NOT NULL CHECK (json_valid(debt) AND json_type(debt) = 'array'),
    gates     TEXT NOT NULL CHECK (json_valid(gates) AND json_type(gates) = 'array'),
    passes    INTEGER NOT NULL CHECK (passes IN (0, 1)),
    judged_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX verdicts_by_tree ON verdicts (tree, base);
CREATE INDEX verdicts_by_run ON verdicts (run);

-- What is about to be put onto a branch: the exact commit, written before the branch moves.
CREATE TABLE intents (
    number     INTEGER NOT NULL PRIMARY KEY,
    run        TEXT NOT NULL REFERENCES runs (id),
    task       TEXT NOT NULL REFERENCES tasks (id),
    repo       TEXT NOT NULL,
    commit_id  TEXT NOT NULL CHECK (length(commit_id) = 40 AND commit_id NOT GLOB '*[^0-9a-f]*'),
    tree       TEXT NOT NULL CHECK (tree <> ''),
    target_ref TEXT NOT NULL CHECK (target_ref GLOB 'refs/*'),
    old        TEXT CHECK (length(old) = 40 AND old NOT GLOB '*[^0-9a-f]*'),
    delivery   TEXT NOT NULL CHECK (delivery IN ('integration', 'branch', 'land', 'patch')),
    state      TEXT NOT NULL CHECK (state IN ('pending', 'landed', 'dropped')),
    stored_ms  INTEGER NOT NULL,
    ended_ms   INTEGER,
    CHECK ((state = 'pending') = (ended_ms IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_pending_intent ON intents (run) WHERE state = 'pending';
CREATE UNIQUE INDEX one_landing ON intents (run) WHERE state = 'landed';

CREATE TABLE holds (
    provider TEXT NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL CHECK (kind <> ''),
    until_ms INTEGER,                                              -- NULL: until a person acts
    why      TEXT NOT NULL,
    put_ms   INTEGER NOT NULL
) STRICT;

CREATE TABLE breakers (
    provider   TEXT NOT NULL PRIMARY KEY,
    failures   INTEGER NOT NULL CHECK (failures >= 0),             -- in a row
    openings   INTEGER NOT NULL CHECK (openings >= 0),             -- in a row
    retry_ms   INTEGER,                                            -- open until then, half-open after it
    score      INTEGER NOT NULL CHECK (score BETWEEN 0 AND 100),
    changed_ms INTEGER NOT NULL,
    CHECK ((openings = 0) = (retry_ms IS NULL))
) STRICT;

CREATE TABLE pauses (
    scope    TEXT NOT NULL CHECK (scope IN ('all', 'provider', 'repo', 'type', 'task')),
    name     TEXT NOT NULL,
    until_ms INTEGER,                                              -- NULL: until a person acts
    why      TEXT NOT NULL,
    put_ms   INTEGER NOT NULL,
    PRIMARY KEY (scope, name),
    CHECK ((scope = 'all') = (name = ''))
) STRICT, WITHOUT ROWID;

CREATE TABLE plan_inputs (
    digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
    body   BLOB NOT NULL                                           -- zlib over canonical JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms  INTEGER NOT NULL,
    inputs TEXT NOT NULL REFERENCES plan_inputs (digest)
) STRICT;

CREATE TABLE decisions (
    plan    INTEGER NOT NULL REFERENCES plans (number),
    subject TEXT NOT NULL CHECK (subject <> ''),
    kind    TEXT NOT NULL CHECK (kind <> ''),
    reason  TEXT NOT NULL,
    body    TEXT NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (subject, plan)
) STRICT, WITHOUT ROWID;

CREATE INDEX decisions_by_plan ON decisions (plan);

CREATE TABLE events (
    number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms  INTEGER NOT NULL,
    name   TEXT NOT NULL CHECK (name <> ''),
    facts  TEXT NOT NULL CHECK (json_valid(facts) AND json_type(facts) = 'object')
) STRICT;

CREATE TABLE heads (
    number     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    repo       TEXT NOT NULL CHECK (repo <> ''),
    commit_id  TEXT NOT NULL CHECK (length(commit_id) = 40 AND commit_id NOT GLOB '*[^0-9a-f]*'),
    findings   TEXT NOT NULL CHECK (json_valid(findings) AND json_type(findings) = 'array'),
    checked_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX heads_by_repo ON heads (repo, number);

CREATE TABLE queue_views (
    repo   TEXT NOT NULL,
    path   TEXT NOT NULL,
    task   TEXT NOT NULL,
    marker TEXT NOT NULL,                                          -- what we last wrote
    key    TEXT NOT NULL,                                          -- how its entry was told from others when last read
    line   INTEGER NOT NULL CHECK (line >= 1),
    PRIMARY KEY (repo, path, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE briefs (
    run  TEXT NOT NULL PRIMARY KEY REFERENCES runs (id),
    body TEXT NOT NULL
) STRICT;
