-- Which cap not one call of the task fits under, and what that call may take: once the cap is raised the task goes on by itself.
ALTER TABLE too_dear ADD COLUMN budget TEXT NOT NULL DEFAULT '';
ALTER TABLE too_dear ADD COLUMN wanted INTEGER NOT NULL DEFAULT 0 CHECK (wanted >= 0);
