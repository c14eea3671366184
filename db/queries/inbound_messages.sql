-- name: AddInboundMessages :many
insert into inbound_messages (id, provider, external_id, channel, contact_id, message_id, sender, subject, text, keyword, automatic, at, received_at)
select r.id, r.provider, r.external_id, r.channel, r.contact_id, r.message_id, r.sender, r.subject, r.text, r.keyword, r.automatic, r.at, @received_at
from jsonb_to_recordset(@rows::jsonb) as r(place int, id uuid, provider text, external_id text, channel text, contact_id uuid, message_id uuid,
     sender text, subject text, text text, keyword text, automatic boolean, at timestamptz)
order by r.place
on conflict (provider, external_id) do nothing
returning id;

-- name: FindAnswered :many
-- The message that somebody answers who quotes none: the last one sent to that person by that channel.
with asked as (select unnest(@contact_ids::uuid[]) as contact_id, unnest(@channels::text[]) as channel)
select distinct on (m.contact_id, m.channel) m.contact_id, m.channel, m.id
from asked a join messages m on m.contact_id = a.contact_id and m.channel = a.channel
where m.state in ('sent', 'unknown') and not m.test and m.user_id is null and m.class <> 'internal' and m.sent_at >= @since::timestamptz
order by m.contact_id, m.channel, m.sent_at desc;

-- name: ListStandingUnsubscribes :many
select id from suppressions
where channel = @channel and address = @address and reason = 'unsubscribe' and lifted_at is null and created_at <= @before::timestamptz;

-- name: EverGranted :one
select exists (select 1 from consents where contact_id = @contact_id and purpose = @purpose and granted)::boolean as granted;

-- name: ListConversation :many
-- What was said to a person and what the person wrote to us, in one thread, the newest first.
with place as (select @before::timestamptz as at, @before_id::uuid as id, @max_rows::int as n, @contact::uuid as contact)
select direction::text as direction, id::uuid as id, at::timestamptz as at, channel::text as channel, state::text as state,
    coalesce(delivery, '')::text as delivery, template::text as template, process::text as process, subject::text as subject,
    text::text as text, keyword::text as keyword, automatic::boolean as automatic, coalesce(answers, '00000000-0000-0000-0000-000000000000')::uuid as answers,
    opened::boolean as opened, clicked::boolean as clicked, replied::boolean as replied
from (
    (select 'out' as direction, m.id, m.created_at as at, m.channel, m.state, m.delivery, m.template, m.process, '' as subject,
        '' as text, '' as keyword, false as automatic, null::uuid as answers,
        m.opened_at is not null as opened, m.clicked_at is not null as clicked, m.replied_at is not null as replied
     from messages m, place p
     where m.contact_id = p.contact and m.user_id is null and m.class <> 'internal' and m.state in ('reserved', 'sent', 'unknown', 'failed') and not m.test
       and (m.created_at, m.id) < (p.at, p.id)
     order by m.created_at desc, m.id desc limit (select n from place))
    union all
    (select 'in', i.id, i.at, i.channel, 'received', '', '', '', i.subject, i.text, i.keyword, i.automatic, i.message_id, false, false, false
     from inbound_messages i, place p
     where i.contact_id = p.contact and (i.at, i.id) < (p.at, p.id)
     order by i.at desc, i.id desc limit (select n from place))
) x
order by x.at desc, x.id desc limit (select n from place);
