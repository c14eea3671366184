-- name: FindReportedMessages :many
-- The rows of the ledger that reports speak of: by the ledger's id, or by the provider's.
with asked as (
    select unnest(@message_ids::uuid[]) as id, unnest(@providers::text[]) as provider, unnest(@provider_ids::text[]) as provider_id
)
select m.id, m.provider, coalesce(m.provider_id, '')::text as provider_id, coalesce(c.merged_into, c.id, '00000000-0000-0000-0000-000000000000')::uuid as contact_id, m.tracked
from messages m left join contacts c on c.id = m.contact_id
where m.id in (select a.id from asked a)
union
select m.id, m.provider, m.provider_id::text, coalesce(c.merged_into, c.id, '00000000-0000-0000-0000-000000000000')::uuid, m.tracked
from asked a
join messages m on m.provider = a.provider and m.provider_id = a.provider_id
left join contacts c on c.id = m.contact_id
where a.provider_id <> '' and m.provider_id is not null;

-- name: LockContacts :exec
-- In the order of ids, so that two batches never wait for each other.
select 1 from contacts where id = any (@ids::uuid[]) order by id for no key update;

-- name: AddMessageEvents :many
-- Repeats are left out of the answer. Rows come sorted, so that two batches never wait for each other.
insert into message_events (id, provider, external_id, message_id, kind, link, detail, filtered, at, received_at)
select r.id, r.provider, r.external_id, r.message_id, r.kind, nullif(r.link, 0), r.detail, r.filtered, r.at, @received_at
from jsonb_to_recordset(@rows::jsonb) as r(place int, id uuid, provider text, external_id text, message_id uuid, kind text, link int,
     detail text, filtered text, at timestamptz)
order by r.place
on conflict (provider, external_id) do nothing
returning id;

-- name: LockReportedMessages :many
-- allowed_at is when the message was allowed to leave: nothing can have happened to it before.
select m.id, coalesce(c.merged_into, c.id, '00000000-0000-0000-0000-000000000000')::uuid as contact_id, m.user_id, m.lead_id, m.channel, m.recipient, m.process, m.subject, m.class,
    m.state, coalesce(m.reason, '')::text as reason, coalesce(m.provider_id, '')::text as provider_id, coalesce(m.slot_at, m.created_at)::timestamptz as allowed_at, m.sent_at, m.handed_at, m.tracked,
    m.test, m.delivery, m.delivered_at, m.bounced_at, m.opened_at, m.clicked_at, m.replied_at, m.complained_at, m.unsubscribed_at
from messages m left join contacts c on c.id = m.contact_id
where m.id = any (@ids::uuid[])
order by m.id
for no key update of m;

-- name: UpdateReportedMessages :exec
update messages m
set state = r.state, reason = nullif(r.reason, ''), provider_id = nullif(r.provider_id, ''), sent_at = r.sent_at, delivery = r.delivery,
    delivered_at = r.delivered_at, bounced_at = r.bounced_at, opened_at = r.opened_at, clicked_at = r.clicked_at, replied_at = r.replied_at,
    complained_at = r.complained_at, unsubscribed_at = r.unsubscribed_at
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, state text, reason text, provider_id text, sent_at timestamptz, delivery text,
     delivered_at timestamptz, bounced_at timestamptz, opened_at timestamptz, clicked_at timestamptz, replied_at timestamptz,
     complained_at timestamptz, unsubscribed_at timestamptz)
where m.id = r.id;

-- name: CountSoftBounces :many
-- How many messages to each address have bounced softly since one was last delivered there.
select m.channel, m.recipient, count(*)::int as times
from messages m
where m.recipient = any (@recipients::text[]) and m.delivery = 'soft-bounced' and not m.test
  and m.created_at > coalesce((select max(d.created_at) from messages d
      where d.recipient = m.recipient and d.channel = m.channel and d.delivery = 'delivered'), '-infinity')
group by m.channel, m.recipient;
