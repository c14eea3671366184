-- name: FindByKeys :many
-- Reads at most block_cap entries of a key; the caller leaves blocks of that size aside.
with asked as (select unnest(@kinds::text[]) as kind, unnest(@vals::text[]) as value)
select a.kind::text as kind, a.value::text as value, b.contact_id
from asked a
cross join lateral (
    select k.contact_id from contact_keys k where k.kind = a.kind and k.value = a.value limit @block_cap::int
) b;

-- name: AddContactKeys :exec
insert into contact_keys (kind, value, contact_id)
select unnest(@kinds::text[]), unnest(@vals::text[]), unnest(@contact_ids::uuid[])
on conflict do nothing;
