-- A task's entry is looked for in every file of its repository each time that it is stored.

CREATE INDEX queue_views_by_task ON queue_views (repo, task);
