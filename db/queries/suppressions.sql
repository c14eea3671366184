-- name: LockPerson :one
-- The contact that stands for a person, after all joins, held until the transaction ends.
with recursive joined as (
    select p.id, p.merged_into, 1 as depth from contacts p where p.id = @id
    union all
    select n.id, n.merged_into, j.depth + 1 from joined j join contacts n on n.id = j.merged_into where j.depth < 20
)
select c.id, coalesce(c.email, '')::text as email, coalesce(c.phone, '')::text as phone, coalesce(c.country, '')::text as country
from contacts c
where c.id = (select j.id from joined j order by j.depth desc limit 1)
for no key update of c;

-- name: ListPersonAddresses :many
select kind, value from contact_identities where contact_id = @contact_id and kind in ('email', 'phone');

-- name: FindAddressOwner :one
select contact_id from contact_identities where kind = @kind and value = @value;

-- name: AddSuppression :one
-- No row when it stands already; a wider scope widens the one that stands.
insert into suppressions as s (id, channel, address, reason, scope, contact_id, source, created_at)
values (@id, @channel, @address, @reason, @scope, @contact_id, @source, @created_at)
on conflict (channel, address, reason) where lifted_at is null
do update set scope = excluded.scope where s.scope = 'marketing' and excluded.scope = 'all'
returning id;

-- name: GetSuppression :one
select * from suppressions where id = @id;

-- name: LiftSuppression :execrows
update suppressions set lifted_at = @lifted_at::timestamptz, lifted_by = @lifted_by::text where id = @id and lifted_at is null;

-- name: LiftUnsubscribes :many
update suppressions set lifted_at = @lifted_at::timestamptz, lifted_by = @lifted_by::text
where reason = 'unsubscribe' and lifted_at is null and channel = @channel
  and (contact_id = @contact_id::uuid or address = any (@addresses::text[]))
returning id;

-- name: ListSuppressionPage :many
select * from suppressions s
where (sqlc.narg(channel)::text is null or s.channel = sqlc.narg(channel))
  and (sqlc.narg(reason)::text is null or s.reason = sqlc.narg(reason))
  and (sqlc.narg(address)::text is null or s.address = sqlc.narg(address))
  and (sqlc.narg(contact)::uuid is null or s.contact_id = sqlc.narg(contact))
  and (sqlc.arg(lifted)::boolean or s.lifted_at is null)
  and (not sqlc.arg(before)::boolean or (s.created_at, s.id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid))
order by s.created_at desc, s.id desc limit sqlc.arg(max_rows);
