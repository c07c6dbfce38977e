-- What a run had said and done when its work was dropped: nobody goes on from it, people read it.

CREATE TABLE leftovers (
    run        TEXT NOT NULL PRIMARY KEY REFERENCES runs (id),
    transcript TEXT NOT NULL CHECK (json_valid(transcript)),
    checkpoint TEXT CHECK (checkpoint <> ''),
    at_ms      INTEGER NOT NULL
) STRICT;

CREATE INDEX leftovers_by_age ON leftovers (at_ms);
