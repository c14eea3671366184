-- name: LockDormancyWatch :exec
-- One look at a time: who was found by the one before counts for the next.
select pg_advisory_xact_lock(hashtextextended('dormancy', 0));

-- name: FindSleepyCustomers :many
-- Customers of whom nothing was heard since quiet_since, and who were not spoken to since rested_since.
select c.id from contacts c
where c.lifecycle = 'customer' and c.merged_into is null
  and coalesce(c.lifecycle_since, c.created_at) < @quiet_since::timestamptz
  and not exists (select from interactions i
                  where i.contact_id = c.id and i.at >= @quiet_since::timestamptz and i.kind <> all (@ours::text[]))
  and not exists (select from retention_rounds r where r.contact_id = c.id and r.found_at > @rested_since::timestamptz)
order by c.id
limit @max_rows
for no key update of c skip locked;

-- name: AddRetentionRounds :many
insert into retention_rounds (contact_id, round, found_at)
select c.id, coalesce((select max(r.round) from retention_rounds r where r.contact_id = c.id), 0) + 1, @found_at
from unnest(@contact_ids::uuid[]) as c(id)
on conflict do nothing
returning contact_id, round;

-- name: CountRetentionRounds :one
select count(*)::bigint from retention_rounds where found_at >= @since;

-- name: LastRetentionRound :one
select * from retention_rounds where contact_id = @contact_id order by round desc limit 1;

-- name: FindRetentionRound :one
select * from retention_rounds where contact_id = @contact_id and begun_by = @begun_by::text;

-- name: BeginRetentionRound :exec
insert into retention_rounds (contact_id, round, found_at, begun_by) values (@contact_id, @round, @found_at, @begun_by::text)
on conflict (contact_id, round) do update set begun_by = excluded.begun_by;

-- name: LockContactRow :one
select * from contacts where id = @id for no key update;
