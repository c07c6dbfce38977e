-- What the ledger refused: the least that the next call of a task's session takes with that model, as long as that only grows.
CREATE TABLE first_calls (
    task     TEXT NOT NULL REFERENCES tasks (id),
    provider TEXT NOT NULL CHECK (provider <> ''),
    model    TEXT NOT NULL,
    cost     INTEGER NOT NULL CHECK (cost >= 0),
    tokens   INTEGER NOT NULL CHECK (tokens >= 0),
    session  TEXT NOT NULL REFERENCES sessions (id),
    stale    INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1)),
    PRIMARY KEY (task, provider, model)
) STRICT, WITHOUT ROWID;

CREATE INDEX first_calls_by_session ON first_calls (session);

CREATE TRIGGER first_calls_are_stale AFTER UPDATE OF transcript ON sessions WHEN length(new.transcript) < length(old.transcript)
BEGIN UPDATE first_calls SET stale = 1 WHERE session = old.id; END;

CREATE TRIGGER first_calls_begin_anew AFTER UPDATE OF transcript ON sessions
WHEN json_array_length(new.transcript, '$.entries') = 0 AND json_array_length(old.transcript, '$.entries') > 0
BEGIN DELETE FROM first_calls WHERE session = old.id; END;

CREATE TRIGGER first_calls_are_of_these_words AFTER UPDATE ON tasks
WHEN new.title <> old.title OR new.requirements <> old.requirements OR new.success <> old.success OR new.body <> old.body
  OR new.claims <> old.claims
BEGIN DELETE FROM first_calls WHERE task = old.id; END;

CREATE TRIGGER first_calls_end_with_their_task AFTER UPDATE OF state ON tasks
WHEN new.state NOT IN ('queued', 'running', 'review')
BEGIN DELETE FROM first_calls WHERE task = old.id; END;

-- A task goes on once any of the caps is raised that keep it from somebody.
CREATE TABLE too_dear_under (
    task     TEXT NOT NULL REFERENCES tasks (id),
    budget   TEXT NOT NULL DEFAULT '',
    wanted   INTEGER NOT NULL DEFAULT 0 CHECK (wanted >= 0),
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (task, budget)
) STRICT, WITHOUT ROWID;
INSERT INTO too_dear_under SELECT task, budget, wanted, until_ms FROM too_dear;
DROP TRIGGER too_dear_is_over;
DROP TABLE too_dear;
ALTER TABLE too_dear_under RENAME TO too_dear;

CREATE TRIGGER too_dear_is_over AFTER UPDATE OF state ON tasks WHEN old.state = 'review'
BEGIN DELETE FROM too_dear WHERE task = old.id; END;
