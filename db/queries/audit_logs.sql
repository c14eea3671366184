-- name: AppendAuditLogs :exec
insert into audit_logs (at, actor_kind, actor_id, action, resource_kind, resource_id, reason, details)
select @at::timestamptz, t.actor_kind, t.actor_id, t.action, t.resource_kind, t.resource_id, t.reason, t.details::jsonb
from (
    select unnest(@actor_kinds::text[]) as actor_kind, unnest(@actor_ids::text[]) as actor_id, unnest(@actions::text[]) as action,
        unnest(@resource_kinds::text[]) as resource_kind, unnest(@resource_ids::text[]) as resource_id,
        unnest(@reasons::text[]) as reason, unnest(@details::text[]) as details,
        generate_subscripts(@actions::text[], 1) as position
) t
order by t.position;

-- One sealer at a time; false when another is at work.
-- name: TryLockAuditChain :one
select pg_try_advisory_xact_lock(hashtextextended('audit_logs/chain', 0));

-- name: GetAuditHead :one
select chain_seq::bigint as chain_seq, hash from audit_logs where chain_seq is not null order by audit_logs.chain_seq desc limit 1;

-- name: ListUnsealedAuditLogs :many
select id, at, actor_kind, actor_id, action, resource_kind, resource_id, reason, details::text as details
from audit_logs where chain_seq is null and hash is null order by id limit @max_rows;

-- name: SealAuditLogs :exec
update audit_logs a set chain_seq = s.chain_seq, prev_hash = s.prev_hash, hash = s.hash
from (
    select unnest(@ids::bigint[]) as id, unnest(@chain_seqs::bigint[]) as chain_seq, unnest(@prev_hashes::bytea[]) as prev_hash,
        unnest(@hashes::bytea[]) as hash
) s
where a.id = s.id;

-- name: ListSealedAuditLogs :many
select id, at, actor_kind, actor_id, action, resource_kind, resource_id, reason, details::text as details,
    chain_seq::bigint as chain_seq, prev_hash, hash
from audit_logs a where a.chain_seq > @after::bigint order by a.chain_seq limit @max_rows;

-- name: CountUnsealedAuditLogs :one
select count(*) filter (where hash is null and prev_hash is null) as waiting,
    count(*) filter (where hash is not null or prev_hash is not null) as unlinked
from audit_logs where chain_seq is null;
