-- name: AddInteractions :exec
insert into interactions (id, contact_id, lead_id, kind, channel, data, at)
select r.id, r.contact_id, r.lead_id, r.kind, r.channel, coalesce(r.data, '{}'), r.at
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, contact_id uuid, lead_id uuid, kind text, channel text, data jsonb, at timestamptz)
on conflict do nothing;

-- name: GetInteraction :one
select * from interactions where id = $1;

-- name: CountInteractions :many
select contact_id, kind, count(*)::int as times, max(at)::timestamptz as latest
from interactions where contact_id = any (@contact_ids::uuid[])
group by contact_id, kind;
