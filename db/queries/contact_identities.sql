-- name: LockIdentityKeys :exec
-- Callers sort the keys, so that two transactions never wait for each other.
select pg_advisory_xact_lock(k) from unnest(@keys::bigint[]) as k;

-- name: FindByIdentity :many
with asked as (select unnest(@kinds::text[]) as kind, unnest(@vals::text[]) as value)
select i.kind, i.value, i.contact_id
from asked a join contact_identities i on i.kind = a.kind and i.value = a.value;

-- name: AddIdentities :exec
-- An identifier that belongs to somebody already stays there.
insert into contact_identities (kind, value, contact_id)
select unnest(@kinds::text[]), unnest(@vals::text[]), unnest(@contact_ids::uuid[])
on conflict do nothing;
