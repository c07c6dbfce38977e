-- What whoever settles a conflict was told of files that one side deleted: markers cannot show them.
ALTER TABLE resolutions ADD COLUMN deletions TEXT NOT NULL DEFAULT '[]'
    CHECK (json_valid(deletions) AND json_type(deletions) = 'array');
