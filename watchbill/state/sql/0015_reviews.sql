-- How the review of a session's draft by another vendor stands.
ALTER TABLE sessions ADD COLUMN review TEXT CHECK (review IS NULL OR json_valid(review));
