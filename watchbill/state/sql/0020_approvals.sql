-- A person's word on work that waits for review: this exact tree may land.
CREATE TABLE approvals (
    number   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    task     TEXT NOT NULL REFERENCES tasks (id),
    tree     TEXT NOT NULL CHECK (tree <> ''),
    who      TEXT NOT NULL CHECK (who <> ''),
    said     TEXT NOT NULL,
    edited   INTEGER NOT NULL CHECK (edited IN (0, 1)),            -- they changed it before
    state    TEXT NOT NULL CHECK (state IN ('given', 'landed', 'void')),
    given_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    CHECK ((state = 'given') = (ended_ms IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_approval ON approvals (task) WHERE state = 'given';

CREATE TRIGGER approvals_land AFTER UPDATE OF state ON tasks WHEN new.state = 'landed'
BEGIN
    UPDATE approvals SET state = 'landed', ended_ms = new.changed_ms WHERE task = new.id AND state = 'given';
END;
-- Whatever else the approved work ends in, what comes after it is something else, and nobody has seen it.
CREATE TRIGGER approvals_lapse AFTER UPDATE OF state ON tasks
WHEN new.state IN ('review', 'verified', 'failed', 'cancelled', 'reverted') AND old.state <> new.state
BEGIN
    UPDATE approvals SET state = 'void', ended_ms = new.changed_ms WHERE task = new.id AND state = 'given';
    UPDATE tasks SET accepted = 0 WHERE id = new.id AND accepted = 1;
END;
CREATE TRIGGER approvals_are_taken_back AFTER UPDATE OF accepted ON tasks WHEN new.accepted = 0 AND old.accepted = 1
BEGIN
    UPDATE approvals SET state = 'void', ended_ms = new.changed_ms WHERE task = new.id AND state = 'given';
END;
CREATE TRIGGER ended_approvals_stay BEFORE UPDATE ON approvals WHEN old.state <> 'given'
BEGIN SELECT raise(ABORT, 'an approval that is over never changes'); END;
