-- name: ReserveMessage :one
-- A second try finds the row of the first: attempts tells which try this is.
insert into messages (id, key, process, run, step, contact_id, user_id, lead_id, channel, template, recipient,
                      state, provider, attempts, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'reserved', $12, 1, $13)
on conflict (key) do update set attempts = messages.attempts
    + case when messages.state in ('reserved', 'unknown') then 1 else 0 end
returning id, state, coalesce(reason, '')::text as reason, attempts;

-- name: SettleMessage :exec
update messages
set state = $2, reason = nullif(sqlc.arg(reason)::text, ''), provider_id = nullif(sqlc.arg(provider_id)::text, ''),
    sent_at = sqlc.narg(sent_at)
where id = $1 and state in ('reserved', 'unknown');

-- name: MessageFacts :one
-- Everything that a template may speak of, by the ids of the message. Absent things are empty.
select coalesce(u.display_name, '')::text as user_name,
       coalesce(u.email, '')::text        as user_email,
       coalesce(u.webhook_url, '')::text  as user_webhook,
       coalesce(u.time_zone, 'UTC')::text as user_time_zone,
       coalesce(c.email, '')::text        as contact_email,
       coalesce(c.phone, '')::text        as contact_phone,
       coalesce(c.first_name, '')::text   as contact_first_name,
       trim(concat_ws(' ', c.first_name, c.last_name))::text as contact_name,
       coalesce(c.company, '')::text      as contact_company,
       coalesce(l.channel, '')::text      as lead_channel,
       coalesce(l.source, '')::text       as lead_source,
       coalesce(l.tier, '')::text         as lead_tier,
       coalesce(l.score, 0)::int          as lead_score,
       coalesce(l.submission ->> 'message', '')::text as lead_message,
       coalesce(t.title, '')::text        as task_title,
       t.due_at                           as task_due_at,
       coalesce(i.total, 0)::int          as import_total,
       coalesce(i.created, 0)::int        as import_created,
       coalesce(i.merged, 0)::int         as import_merged,
       coalesce(i.rejected, 0)::int       as import_rejected,
       (select count(*) from leads il where il.import_id = i.id and il.assignee_id = u.id)::int as import_mine
from (select 1) as one
left join users u on u.id = sqlc.arg(user_id)::uuid
left join leads l on l.id = sqlc.arg(lead_id)::uuid
left join contacts c on c.id = coalesce(nullif(sqlc.arg(contact_id)::uuid, '00000000-0000-0000-0000-000000000000'), l.contact_id)
left join tasks t on t.id = sqlc.arg(task_id)::uuid
left join lead_imports i on i.id = sqlc.arg(import_id)::uuid;
