-- Small tasks that are done in the run of another one on the same files, their lead.
CREATE TABLE rides (
    number    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    task      TEXT NOT NULL REFERENCES tasks (id),                 -- the rider
    lead      TEXT NOT NULL REFERENCES tasks (id),
    run       TEXT NOT NULL REFERENCES runs (id),                  -- the lead's run that it got on with
    digest    TEXT NOT NULL CHECK (length(digest) = 64),           -- of the rider's text then
    state     TEXT NOT NULL CHECK (state IN ('riding', 'landed', 'left')),
    landed_by TEXT REFERENCES runs (id),                           -- the lead's run that landed both
    began_ms  INTEGER NOT NULL,
    ended_ms  INTEGER,
    CHECK (task <> lead),
    CHECK ((state = 'riding') = (ended_ms IS NULL)),
    CHECK ((state = 'landed') = (landed_by IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX one_ride ON rides (task) WHERE state = 'riding';
CREATE INDEX rides_by_task ON rides (task);
CREATE INDEX rides_by_lead ON rides (lead, state);
CREATE INDEX rides_by_end ON rides (ended_ms);

CREATE TRIGGER ended_rides_stay BEFORE UPDATE ON rides WHEN old.state <> 'riding'
BEGIN SELECT raise(ABORT, 'a ride that is over never changes'); END;
CREATE TRIGGER rides_last BEFORE DELETE ON rides
BEGIN SELECT raise(ABORT, 'a ride is remembered'); END;

-- Whatever ends the lead, nobody rides with it any more.
CREATE TRIGGER rides_end_with_their_lead AFTER UPDATE OF state ON tasks
WHEN new.state IN ('landed', 'verified', 'failed', 'cancelled', 'reverted')
BEGIN
    UPDATE rides SET state = 'left', ended_ms = new.changed_ms WHERE lead = new.id AND state = 'riding';
END;
