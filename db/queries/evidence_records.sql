-- name: AddEvidence :exec
insert into evidence_records (contract_id, position, kind, at, payload, previous_hash, hash)
values (@contract_id, @position, @kind, @at, @payload, @previous_hash, @hash);

-- name: LastEvidence :one
select position, hash from evidence_records where contract_id = $1 order by position desc limit 1;

-- name: ListEvidence :many
select * from evidence_records where contract_id = $1 order by position;

-- name: HasEvidence :one
-- Whether a message stands in the chain already.
select exists (select 1 from evidence_records
               where contract_id = @contract_id and kind = @kind and payload ->> 'message_id' = @message_id::text);
