-- A task that waits for a person since not one call fits under a cap: it goes on by itself once that turns, or was raised.
CREATE TABLE too_dear (
    task     TEXT NOT NULL PRIMARY KEY REFERENCES tasks (id),
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER too_dear_is_over AFTER UPDATE OF state ON tasks WHEN old.state = 'review'
BEGIN DELETE FROM too_dear WHERE task = old.id; END;
