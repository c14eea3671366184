-- name: GetUser :one
select * from users where id = $1;

-- name: ListTeamLoads :many
-- The active representatives of the teams, with what they carry.
select u.id, u.team, u.territories, u.capacity, coalesce(l.open_leads, 0)::int as open_leads, l.last_assigned_at
from users u left join representative_loads l on l.user_id = u.id
where u.active and u.role = 'representative' and u.team = any (@teams::text[])
order by u.id;

-- name: ListActiveUsers :many
select id from users where active and id = any (@ids::uuid[]);

-- name: FindManager :one
-- The active manager of the user, else of the team, else anybody who manages.
select m.id from users m
where m.active and m.role in ('manager', 'admin')
order by (m.id = (select u.manager_id from users u where u.id = @user_id)) desc nulls last,
         (m.role = 'manager' and m.team = @team::text) desc, (m.role = 'manager') desc, m.created_at, m.id
limit 1;

-- name: SeedUser :exec
insert into users (id, display_name, email, role, team, manager_id, time_zone, capacity, webhook_url, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict do nothing;

-- name: SetUserWebhook :exec
update users set webhook_url = @webhook_url where id = @id and webhook_url is distinct from @webhook_url;

-- name: LockTeams :exec
-- Leads are given out to a team one after the other. Callers sort the keys.
select pg_advisory_xact_lock(k) from unnest(@keys::bigint[]) as k;

-- name: FindActiveUser :one
select id, email from users where active and (id = @id or lower(email) = lower(@email::text)) limit 1;
