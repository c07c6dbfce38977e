-- Which step of a ladder a run was, and what people made of the results that had passed.
CREATE TABLE steps (
    run       TEXT NOT NULL PRIMARY KEY REFERENCES runs (id),
    task      TEXT NOT NULL REFERENCES tasks (id),
    step      TEXT NOT NULL CHECK (step <> ''),
    undone    TEXT CHECK (undone IN ('reverted', 'retried', 'rejected')),  -- it had passed, and was no good
    forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1))       -- a person had its task begin anew
) STRICT;

CREATE INDEX steps_by_task ON steps (task);

-- passed: its result went through every check; failed: it did not; none: it came to no result.
CREATE VIEW step_results AS
SELECT steps.run, steps.task, steps.step, steps.undone, steps.forgotten, runs.number, runs.repo, runs.type,
    CASE
        WHEN runs.state IN ('landed', 'verified') THEN 'passed'
        WHEN runs.state = 'review' THEN iif(verdict.passes = 1, 'passed', 'none')
        WHEN runs.state = 'failed' THEN 'failed'
        WHEN runs.state = 'rejected' THEN iif(verdict.passes = 1, 'none', 'failed')  -- a merge that failed is not its fault
        ELSE 'none'
    END AS outcome
FROM steps JOIN runs ON runs.id = steps.run
LEFT JOIN verdicts AS verdict
    ON verdict.number = (SELECT max(number) FROM verdicts WHERE verdicts.run = steps.run);

CREATE TRIGGER results_come_undone AFTER UPDATE OF state ON tasks
WHEN (old.state IN ('landed', 'verified') AND new.state IN ('reverted', 'queued'))
  OR (old.state = 'review' AND new.state = 'cancelled')
BEGIN
    UPDATE steps SET undone = CASE new.state WHEN 'queued' THEN 'retried' WHEN 'reverted' THEN 'reverted' ELSE 'rejected' END
    WHERE undone IS NULL AND run = (SELECT run FROM step_results WHERE task = new.id AND outcome = 'passed'
                                    ORDER BY number DESC LIMIT 1);
END;
