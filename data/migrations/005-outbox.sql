-- One outbox for every way that messages leave: what holds back what, refusals, and those that were
-- refused too often.
ALTER TABLE outbox RENAME TO outbox_before;

CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id    INTEGER NOT NULL REFERENCES request_state,
  batch_id    INTEGER NOT NULL REFERENCES batch,
  -- Messages of different channels do not wait for each other: amqp, or one receiver of its own.
  channel     TEXT NOT NULL CHECK (channel <> ''),
  kind        TEXT NOT NULL CHECK (kind <> ''),  -- build-state, batch-state
  destination TEXT NOT NULL CHECK (destination <> ''),
  -- Messages of one subject, such as 'request 7' or 'batch 3', are sent one after the other.
  subject     TEXT NOT NULL CHECK (subject <> ''),
  message_id  TEXT NOT NULL UNIQUE CHECK (length(message_id) = 36),
  -- JSON object of the application properties.
  properties  TEXT NOT NULL CHECK (json_valid(properties)),
  body        TEXT NOT NULL CHECK (body <> ''),
  -- set aside: refused too often, waits for the operator; held: behind one of its subject that is.
  state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'held', 'set aside')),
  tries       INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),  -- how often it was refused
  next_try    INTEGER NOT NULL DEFAULT 0,
  problem     TEXT,  -- why it was refused the last time
  CHECK (state <> 'set aside' OR tries > 0)
) STRICT;

CREATE INDEX outbox_waiting ON outbox (channel, destination) WHERE state = 'waiting';
CREATE INDEX outbox_by_subject ON outbox (channel, subject);
CREATE INDEX outbox_waiting_by_batch ON outbox (channel, batch_id) WHERE state = 'waiting';
CREATE INDEX outbox_set_aside ON outbox (state) WHERE state = 'set aside';

INSERT INTO outbox (id, event_id, batch_id, channel, kind, destination, subject, message_id,
                    properties, body)
SELECT id, event_id, json_extract(properties, '$.batch'), 'amqp', kind, destination,
       iif(kind = 'build-state', 'request ' || json_extract(properties, '$.id'),
           'batch ' || json_extract(properties, '$.batch')),
       message_id, properties, body
  FROM outbox_before
 ORDER BY id;
DROP TABLE outbox_before;
