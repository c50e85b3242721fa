-- Which run of a job told a state: runs are told apart when a request's build begins again.
ALTER TABLE request_state ADD COLUMN claim INTEGER CHECK (claim >= 1);
