-- An entry that was deleted comes back by its id or its title only: so a reading of a queue looks up those, and not all that ever were.

ALTER TABLE queue_views ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_views ADD COLUMN gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1));
UPDATE queue_views SET title = key ->> 'title', gone = key ->> 'gone';

CREATE INDEX queue_views_by_title ON queue_views (repo, gone, title);
