-- Requests that may wait, sent together at a lower price. A batch's row is durable before anything is sent.
CREATE TABLE batches (
    number    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id        TEXT NOT NULL GENERATED ALWAYS AS ('batch-' || number) STORED UNIQUE,
    provider  TEXT NOT NULL,
    model     TEXT NOT NULL,
    kind      TEXT NOT NULL,  -- what the requests of one batch share; the vendor's library decides
    state     TEXT NOT NULL CHECK (state IN ('intent', 'sent', 'known', 'ended')),
    handle    TEXT CHECK (handle IS NULL OR json_valid(handle)),  -- the vendor's batch, with its id
    vendor_id TEXT UNIQUE,
    refused   INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1)),  -- a whole error came instead of an id
    withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)),
    made_ms   INTEGER NOT NULL,
    sent_ms   INTEGER,
    next_ms   INTEGER NOT NULL,  -- when it is looked at again
    ended_ms  INTEGER,
    CHECK ((state = 'intent') = (sent_ms IS NULL)),
    CHECK ((handle IS NULL) = (vendor_id IS NULL)),
    CHECK (state <> 'known' OR handle IS NOT NULL),
    CHECK ((state = 'ended') = (ended_ms IS NOT NULL))
) STRICT;

CREATE INDEX open_batches ON batches (state) WHERE state <> 'ended';

-- One request of a batch, and its answer until a run takes it up. Its money is its call's.
CREATE TABLE batch_items (
    call        TEXT NOT NULL PRIMARY KEY REFERENCES calls (id),
    batch       TEXT REFERENCES batches (id),
    run         TEXT NOT NULL REFERENCES runs (id),
    task        TEXT NOT NULL REFERENCES tasks (id),
    digest      TEXT NOT NULL CHECK (digest <> ''),  -- of the transcript that it continues
    kind        TEXT NOT NULL,
    custom_id   TEXT NOT NULL UNIQUE CHECK (length(custom_id) BETWEEN 1 AND 64),
    body        TEXT NOT NULL CHECK (json_valid(body)),
    max_tokens  INTEGER NOT NULL CHECK (max_tokens > 0),
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'answered', 'unserved', 'dropped', 'used')),
    outcome     TEXT NOT NULL DEFAULT '',  -- the vendor's word for how it ended, or ours
    answer      TEXT CHECK (answer IS NULL OR json_valid(answer)),
    saved       INTEGER NOT NULL DEFAULT 0,  -- micro-dollars below the ordinary price
    told        INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),  -- its task waits for it no longer
    made_ms     INTEGER NOT NULL,
    ended_ms    INTEGER,
    CHECK (state NOT IN ('sent', 'answered', 'used') OR batch IS NOT NULL),
    CHECK ((state IN ('answered', 'used')) = (answer IS NOT NULL)),
    CHECK ((state IN ('waiting', 'sent')) = (ended_ms IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX batch_items_by_task ON batch_items (task, digest);
CREATE INDEX batch_items_by_batch ON batch_items (batch);
CREATE INDEX open_batch_items ON batch_items (state) WHERE state IN ('waiting', 'sent');
