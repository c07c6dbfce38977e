-- Many answers ask for the events of some names: without this each of them reads every event that is kept.
CREATE INDEX events_by_name ON events (name, at_ms);
