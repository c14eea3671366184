-- name: ListTimeline :many
-- Everything that happened with a contact, the newest first: what was done, leads, messages, tasks.
with place as (select @before::timestamptz as at, @before_id::uuid as id, @max_rows::int as n, @contact::uuid as contact)
select kind::text as kind, id::uuid as id, at::timestamptz as at, what::text as what, coalesce(channel, '')::text as channel,
    coalesce(state, '')::text as state, coalesce(title, '')::text as title, data::jsonb as data
from (
    (select 'interaction' as kind, i.id, i.at, i.kind as what, i.channel, null as state, null as title, i.data
     from interactions i, place p where i.contact_id = p.contact and (i.at, i.id) < (p.at, p.id)
     order by i.at desc, i.id desc limit (select n from place))
    union all
    (select 'lead', l.id, l.submitted_at, 'lead.' || l.status, l.channel, l.status, l.source, '{}'
     from leads l, place p where l.contact_id = p.contact and (l.submitted_at, l.id) < (p.at, p.id)
     order by l.submitted_at desc, l.id desc limit (select n from place))
    union all
    (select 'message', m.id, m.created_at, 'message.' || m.state, m.channel, m.state, m.template, '{}'
     from messages m, place p where m.contact_id = p.contact and (m.created_at, m.id) < (p.at, p.id)
     order by m.created_at desc, m.id desc limit (select n from place))
    union all
    (select 'task', t.id, t.created_at, 'task.' || t.state, null, t.state, t.title, '{}'
     from tasks t, place p where t.contact_id = p.contact and (t.created_at, t.id) < (p.at, p.id)
     order by t.created_at desc, t.id desc limit (select n from place))
) x
order by x.at desc, x.id desc limit (select n from place);

-- name: ListMessagePage :many
select * from messages m
where (sqlc.narg(contact)::uuid is null or m.contact_id = sqlc.narg(contact))
  and (sqlc.narg(lead)::uuid is null or m.lead_id = sqlc.narg(lead))
  and (sqlc.narg(process)::text is null or m.process = sqlc.narg(process))
  and (sqlc.narg(state)::text is null or m.state = sqlc.narg(state))
  and (sqlc.narg(reason)::text is null or m.reason = sqlc.narg(reason))
  and (sqlc.narg(request)::uuid is null or (m.process = 'message' and m.subject = sqlc.narg(request)::uuid::text))
  and (not @before::boolean or (m.created_at, m.id) < (@before_at::timestamptz, @before_id::uuid))
order by m.created_at desc, m.id desc limit @max_rows;
