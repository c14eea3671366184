-- name: GetPreference :one
select * from contact_preferences where contact_id = @contact_id;

-- name: PreferChannel :execrows
-- No row when it was preferred before.
insert into contact_preferences as p (contact_id, channel, updated_at)
values (@contact_id, sqlc.narg(channel), @updated_at)
on conflict (contact_id) do update set channel = excluded.channel, updated_at = excluded.updated_at
where p.channel is distinct from excluded.channel;
