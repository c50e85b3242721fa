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
