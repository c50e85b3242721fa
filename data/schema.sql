-- The whole database of iibd, as a new one is made. An older database is brought to the same by
-- data/migrations; a test holds the two together. Whoever changes this file adds a migration and
-- raises user_version.
--
-- Times are microseconds since 1970 in UTC. Nothing but outbox rows, expired idempotency keys and
-- erased secrets is ever deleted.

PRAGMA application_id = 1768514148;  -- the bytes "iibd"
PRAGMA user_version = 5;

-- Names, each stored once ----------------------------------------------------------------------

CREATE TABLE user (
  id       INTEGER PRIMARY KEY,
  username TEXT NOT NULL UNIQUE CHECK (username <> '')
) STRICT;

CREATE TABLE operator (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT;

CREATE TABLE architecture (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT;

CREATE TABLE build_tag (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT;

-- Texts may be megabytes: they are told apart by their SHA-256.
CREATE TABLE deprecation_schema (
  id     INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
  text   TEXT NOT NULL CHECK (text <> '')
) STRICT;

-- Every pull specification ever seen, in any role.
CREATE TABLE image (
  id                 INTEGER PRIMARY KEY,
  pull_specification TEXT NOT NULL UNIQUE CHECK (pull_specification <> ''),
  -- The operator a bundle belongs to, known to all requests at once.
  operator_id        INTEGER REFERENCES operator,
  -- Whether any request has it as from_index; kept by triggers.
  used_as_from_index INTEGER NOT NULL DEFAULT 0 CHECK (used_as_from_index IN (0, 1))
) STRICT;

-- Filter from_index_startswith: the few indexes among the many images.
CREATE INDEX image_used_as_from_index ON image (pull_specification) WHERE used_as_from_index = 1;

-- Requests -------------------------------------------------------------------------------------

CREATE TABLE batch (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  annotations TEXT CHECK (annotations IS NULL OR json_valid(annotations)),
  -- Scheme and host under which the client reached us.
  base_url    TEXT NOT NULL,
  -- The batch's state is derived from these; kept by triggers.
  requests    INTEGER NOT NULL DEFAULT 0 CHECK (requests >= 0),
  in_progress INTEGER NOT NULL DEFAULT 0 CHECK (in_progress BETWEEN 0 AND requests),
  failed      INTEGER NOT NULL DEFAULT 0 CHECK (failed BETWEEN 0 AND requests)
) STRICT;

-- One table for all types: a column that a type does not have stays null. What listings filter by
-- comes first, so that a scan reads only the beginning of a row.
-- type: 1 add, 2 rm, 3 regenerate-bundle, 4 merge-index-image, 5 create-empty-index,
--       6 recursive-related-bundles, 7 fbc-operations, 8 add-deprecations
-- state: 1 in_progress, 2 complete, 3 failed; that of the latest request_state, kept by a trigger
CREATE TABLE request (
  id                        INTEGER PRIMARY KEY AUTOINCREMENT,
  type                      INTEGER NOT NULL CHECK (type BETWEEN 1 AND 8),
  state                     INTEGER NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 3),
  user_id                   INTEGER REFERENCES user,  -- null: an anonymous caller
  batch_id                  INTEGER NOT NULL REFERENCES batch,
  from_index_id             INTEGER REFERENCES image,
  index_image_id            INTEGER REFERENCES image,
  organization              TEXT,
  distribution_scope        TEXT CHECK (distribution_scope IN ('prod', 'stage', 'dev')),
  graph_update_mode         TEXT,
  operator_id               INTEGER REFERENCES operator,
  check_related_images      INTEGER CHECK (check_related_images IN (0, 1)),
  ignore_bundle_ocp_version INTEGER CHECK (ignore_bundle_ocp_version IN (0, 1)),
  omps_operator_version     TEXT CHECK (omps_operator_version IS NULL OR json_valid(omps_operator_version)),
  bundle_replacements       TEXT CHECK (bundle_replacements IS NULL OR json_valid(bundle_replacements)),
  labels                    TEXT CHECK (labels IS NULL OR json_valid(labels)),
  deprecation_schema_id     INTEGER REFERENCES deprecation_schema,
  -- fbc-operations, created with the single fbc_fragment
  single_fragment_form      INTEGER NOT NULL DEFAULT 0 CHECK (single_fragment_form IN (0, 1)),
  CHECK (type NOT IN (2, 5, 7, 8) OR from_index_id IS NOT NULL),
  CHECK (type NOT IN (3, 4, 6) OR from_index_id IS NULL),
  CHECK (type NOT IN (3, 6) OR index_image_id IS NULL),
  CHECK ((type = 8) = (deprecation_schema_id IS NOT NULL)),
  CHECK ((type = 8) = (operator_id IS NOT NULL)),
  CHECK (type = 7 OR single_fragment_form = 0)
) STRICT;

-- Listings, newest first (the id comes after what an index is for, or ends it unsaid): filters
-- state, user, batch, from_index and index_image. Where counts do not narrow the search to a few
-- buckets, further filters are answered by the index itself.
CREATE INDEX request_by_state ON request (state);
CREATE INDEX request_by_user ON request (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX request_by_batch ON request (batch_id, id, state, type, user_id, from_index_id);
CREATE INDEX request_by_from_index ON request (from_index_id) WHERE from_index_id IS NOT NULL;
CREATE INDEX request_by_index_image
  ON request (index_image_id, id, state, type, user_id, from_index_id)
  WHERE index_image_id IS NOT NULL;

-- The other images of a request, and its ordered lists of images.
-- role: 1 binary_image, 2 binary_image_resolved, 3 from_index_resolved, 4 index_image_resolved,
--       5 internal_index_image_copy, 6 internal_index_image_copy_resolved, 7 bundle_image,
--       8 from_bundle_image, 9 from_bundle_image_resolved, 10 source_from_index,
--       11 source_from_index_resolved, 12 target_index, 13 target_index_resolved,
--       14 parent_bundle_image, 15 parent_bundle_image_resolved, 16 fbc_fragment,
--       17 fbc_fragment_resolved;
--       lists: 21 bundles, 22 deprecation_list, 23 fbc_fragments, 24 fbc_fragments_resolved
CREATE TABLE request_image (
  request_id INTEGER NOT NULL REFERENCES request,
  role       INTEGER NOT NULL CHECK (role BETWEEN 1 AND 17 OR role BETWEEN 21 AND 24),
  position   INTEGER NOT NULL CHECK (position >= 0 AND (position = 0 OR role >= 21)),
  image_id   INTEGER NOT NULL REFERENCES image,
  PRIMARY KEY (request_id, role, position)
) STRICT, WITHOUT ROWID;

-- removed_operators of rm, in the submitted order.
CREATE TABLE request_operator (
  request_id  INTEGER NOT NULL REFERENCES request,
  position    INTEGER NOT NULL CHECK (position >= 0),
  operator_id INTEGER NOT NULL REFERENCES operator,
  PRIMARY KEY (request_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_architecture (
  request_id      INTEGER NOT NULL REFERENCES request,
  architecture_id INTEGER NOT NULL REFERENCES architecture,
  PRIMARY KEY (request_id, architecture_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_build_tag (
  request_id   INTEGER NOT NULL REFERENCES request,
  build_tag_id INTEGER NOT NULL REFERENCES build_tag,
  PRIMARY KEY (request_id, build_tag_id)
) STRICT, WITHOUT ROWID;

-- The history. The id rises over all requests: it is the order of events.
CREATE TABLE request_state (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id INTEGER NOT NULL REFERENCES request,
  state      INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
  reason     TEXT NOT NULL CHECK (reason <> ''),
  updated    INTEGER NOT NULL,
  -- The claim of the job that told it; null: told from outside.
  claim      INTEGER CHECK (claim >= 1)
) STRICT;

-- A request's history, and its newest entry.
CREATE INDEX request_state_by_request ON request_state (request_id);

-- A final state is final: only its reason may be corrected.
CREATE TRIGGER request_state_is_final BEFORE INSERT ON request_state
WHEN (SELECT state FROM request WHERE id = NEW.request_id) NOT IN (1, NEW.state)
BEGIN
  SELECT RAISE(ABORT, 'a finished request keeps its state');
END;

CREATE TRIGGER request_state_is_history BEFORE UPDATE ON request_state
BEGIN
  SELECT RAISE(ABORT, 'the history of a request does not change');
END;

CREATE TRIGGER request_state_is_latest AFTER INSERT ON request_state
WHEN NEW.state <> (SELECT state FROM request WHERE id = NEW.request_id)
BEGIN
  UPDATE request SET state = NEW.state WHERE id = NEW.request_id;
END;

CREATE TRIGGER request_is_final BEFORE UPDATE OF state ON request
WHEN OLD.state <> 1 AND NEW.state <> OLD.state
BEGIN
  SELECT RAISE(ABORT, 'a finished request keeps its state');
END;

CREATE TRIGGER request_keeps_its_kind BEFORE UPDATE OF type, user_id, batch_id ON request
WHEN NEW.type <> OLD.type OR NEW.user_id IS NOT OLD.user_id OR NEW.batch_id <> OLD.batch_id
BEGIN
  SELECT RAISE(ABORT, 'type, user and batch of a request do not change');
END;

-- Counts, so that no listing counts rows -----------------------------------------------------------

-- How many requests of each kind there are among 4096 neighbouring ids (bucket = id / 4096): sums
-- give a listing's total, and tell in which buckets a page lies, however deep. A request counts four
-- times: user_id and from_index_id are those of the request (0: none) or -1: any, so that every
-- combination of filters finds its rows side by side.
CREATE TABLE request_tally (
  user_id       INTEGER NOT NULL,
  from_index_id INTEGER NOT NULL,
  bucket        INTEGER NOT NULL,
  type          INTEGER NOT NULL,
  state         INTEGER NOT NULL,
  requests      INTEGER NOT NULL CHECK (requests >= 0),
  PRIMARY KEY (user_id, from_index_id, bucket, type, state)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER request_is_counted AFTER INSERT ON request
BEGIN
  UPDATE batch
     SET requests = requests + 1, in_progress = in_progress + (NEW.state = 1),
         failed = failed + (NEW.state = 3)
   WHERE id = NEW.batch_id;
  UPDATE image
     SET used_as_from_index = 1
   WHERE id = NEW.from_index_id AND used_as_from_index = 0;
  INSERT INTO request_tally (user_id, from_index_id, bucket, type, state, requests)
  VALUES (-1, -1, NEW.id / 4096, NEW.type, NEW.state, 1),
         (-1, ifnull(NEW.from_index_id, 0), NEW.id / 4096, NEW.type, NEW.state, 1),
         (ifnull(NEW.user_id, 0), -1, NEW.id / 4096, NEW.type, NEW.state, 1),
         (ifnull(NEW.user_id, 0), ifnull(NEW.from_index_id, 0), NEW.id / 4096, NEW.type,
          NEW.state, 1)
  ON CONFLICT DO UPDATE SET requests = requests + 1;
END;

CREATE TRIGGER request_is_counted_anew AFTER UPDATE OF state, from_index_id ON request
WHEN NEW.state <> OLD.state OR NEW.from_index_id IS NOT OLD.from_index_id
BEGIN
  UPDATE batch
     SET in_progress = in_progress - (OLD.state = 1) + (NEW.state = 1),
         failed = failed - (OLD.state = 3) + (NEW.state = 3)
   WHERE id = NEW.batch_id;
  UPDATE image
     SET used_as_from_index = 1
   WHERE id = NEW.from_index_id AND used_as_from_index = 0;
  UPDATE request_tally
     SET requests = requests - 1
   WHERE user_id IN (-1, ifnull(OLD.user_id, 0)) AND from_index_id IN (-1, ifnull(OLD.from_index_id, 0))
     AND bucket = OLD.id / 4096 AND type = OLD.type AND state = OLD.state;
  DELETE FROM request_tally
   WHERE user_id IN (-1, ifnull(OLD.user_id, 0)) AND from_index_id IN (-1, ifnull(OLD.from_index_id, 0))
     AND bucket = OLD.id / 4096 AND type = OLD.type AND state = OLD.state AND requests = 0;
  INSERT INTO request_tally (user_id, from_index_id, bucket, type, state, requests)
  VALUES (-1, -1, NEW.id / 4096, NEW.type, NEW.state, 1),
         (-1, ifnull(NEW.from_index_id, 0), NEW.id / 4096, NEW.type, NEW.state, 1),
         (ifnull(NEW.user_id, 0), -1, NEW.id / 4096, NEW.type, NEW.state, 1),
         (ifnull(NEW.user_id, 0), ifnull(NEW.from_index_id, 0), NEW.id / 4096, NEW.type,
          NEW.state, 1)
  ON CONFLICT DO UPDATE SET requests = requests + 1;
END;

-- Jobs -----------------------------------------------------------------------------------------

-- The work of a request. The id is the order of submission, over all queues.
CREATE TABLE job (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id   INTEGER NOT NULL UNIQUE REFERENCES request,
  queue        TEXT NOT NULL CHECK (queue <> ''),
  -- Jobs with the same key never run together and keep their order; null: no such rule.
  ordering_key TEXT CHECK (ordering_key <> ''),
  state        TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done')),
  owner        TEXT,
  lease_until  INTEGER,
  -- The fencing token: rises with every claim, and every write of a job names it.
  claim        INTEGER NOT NULL DEFAULT 0 CHECK (claim >= 0),
  -- Claims that ended with the daemon's death.
  tries        INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
  arguments    TEXT NOT NULL CHECK (json_valid(arguments)),
  -- Sealed with AES-256-GCM, the request's id as additional data.
  secrets      BLOB,
  -- Whose job it is; 0: an anonymous caller's.
  user_id      INTEGER NOT NULL DEFAULT 0,
  CHECK ((state = 'running') = (owner IS NOT NULL)),
  CHECK ((state = 'running') = (lease_until IS NOT NULL)),
  CHECK (state <> 'done' OR secrets IS NULL)
) STRICT;

-- Queues that have work, the users who wait in each, and the oldest queued job of one.
CREATE INDEX job_queued_by_user ON job (queue, user_id) WHERE state = 'queued';
-- Whether an older unfinished job has the same ordering key.
CREATE INDEX job_unfinished_by_key ON job (ordering_key) WHERE state <> 'done';
-- What an owner runs: recovery at start, extending leases.
CREATE INDEX job_running_by_owner ON job (owner) WHERE state = 'running';

-- However a request ends, its job ends with it, and the secrets are erased.
CREATE TRIGGER job_ends_with_request AFTER UPDATE OF state ON request
WHEN NEW.state <> 1 AND OLD.state = 1
BEGIN
  UPDATE job
     SET state = 'done', owner = NULL, lease_until = NULL, secrets = NULL
   WHERE request_id = NEW.id;
END;

CREATE TRIGGER job_stays_done BEFORE UPDATE OF state ON job
WHEN OLD.state = 'done' AND NEW.state <> 'done'
BEGIN
  SELECT RAISE(ABORT, 'a finished job does not begin again');
END;

-- The users of a queue take turns: whose job started longest ago comes next.
CREATE TABLE queue_turn (
  queue      TEXT NOT NULL,
  user_id    INTEGER NOT NULL,
  -- Starts of the queue are counted; this is the number of the user's last.
  last_start INTEGER NOT NULL,
  PRIMARY KEY (queue, user_id)
) STRICT, WITHOUT ROWID;

-- Repeated submissions ---------------------------------------------------------------------------

-- What makes a repeated submission the same one, for a while: a key per user and endpoint. Written
-- with the submission; expired rows go in small steps.
CREATE TABLE idempotency_key (
  username        TEXT NOT NULL,  -- empty: an anonymous caller
  path            TEXT NOT NULL CHECK (path <> ''),
  key             TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  -- HMAC-SHA-256 of the body, which may hold secrets and is kept nowhere.
  body_hash       TEXT NOT NULL CHECK (length(body_hash) = 64),
  batch_id        INTEGER NOT NULL REFERENCES batch,
  -- The bundle_mapping of each request as the first answer showed it, an array; null: all empty.
  bundle_mappings TEXT CHECK (bundle_mappings IS NULL OR json_valid(bundle_mappings)),
  expires         INTEGER NOT NULL,
  PRIMARY KEY (username, path, key)
) STRICT, WITHOUT ROWID;

-- The expired ones.
CREATE INDEX idempotency_key_by_expiry ON idempotency_key (expires);

-- Messages -------------------------------------------------------------------------------------

-- What waits to be sent, in the order of writing, as it was at that moment. Rows go once their
-- receiver has settled them, or by order of the operator.
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

-- Where messages wait for, and the oldest of each.
CREATE INDEX outbox_waiting ON outbox (channel, destination) WHERE state = 'waiting';
-- Whether an older message of a subject is there.
CREATE INDEX outbox_by_subject ON outbox (channel, subject);
-- Whether a message about a batch comes after others of that batch.
CREATE INDEX outbox_waiting_by_batch ON outbox (channel, batch_id) WHERE state = 'waiting';
-- What waits for the operator.
CREATE INDEX outbox_set_aside ON outbox (state) WHERE state = 'set aside';
