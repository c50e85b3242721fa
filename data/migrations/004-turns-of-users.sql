-- Whose job it is, so that the users of a queue take turns.
ALTER TABLE job ADD COLUMN user_id INTEGER NOT NULL DEFAULT 0;
UPDATE job SET user_id = (SELECT user_id FROM request WHERE request.id = job.request_id)
 WHERE EXISTS (SELECT 1 FROM request WHERE request.id = job.request_id AND user_id IS NOT NULL);
DROP INDEX job_queued;
CREATE INDEX job_queued_by_user ON job (queue, user_id) WHERE state = 'queued';

CREATE TABLE queue_turn (
  queue      TEXT NOT NULL,
  user_id    INTEGER NOT NULL,
  last_start INTEGER NOT NULL,
  PRIMARY KEY (queue, user_id)
) STRICT, WITHOUT ROWID;
