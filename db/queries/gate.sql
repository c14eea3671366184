-- name: LockGatePerson :one
-- The person, held until the transaction ends, and the number of the policy that counts now.
select coalesce(c.email, '')::text as email, coalesce(c.phone, '')::text as phone, coalesce(c.country, '')::text as country,
    coalesce(c.region, '')::text as region, coalesce(c.time_zone, '')::text as time_zone, coalesce(c.language, '')::text as language,
    c.lifecycle, c.lifecycle_since, (c.merged_into is not null)::boolean as joined,
    coalesce((select d.version from definitions d where d.kind = @kind and d.name = @name order by d.version desc limit 1), 0)::int as policy
from contacts c where c.id = @id
for no key update of c;

-- name: GetGatePerson :one
-- LockGatePerson for those who only look.
select coalesce(c.email, '')::text as email, coalesce(c.phone, '')::text as phone, coalesce(c.country, '')::text as country,
    coalesce(c.region, '')::text as region, coalesce(c.time_zone, '')::text as time_zone, coalesce(c.language, '')::text as language,
    c.lifecycle, c.lifecycle_since, (c.merged_into is not null)::boolean as joined,
    coalesce((select d.version from definitions d where d.kind = @kind and d.name = @name order by d.version desc limit 1), 0)::int as policy
from contacts c where c.id = @id;

-- name: GateFacts :one
-- Everything that the policy asks about one person. It is a statement of its own behind the lock, so that it sees what
-- whoever held the lock before has committed. Standing suppressions are those of the addresses, and what the person
-- said whichever address it was about.
select
    coalesce((select jsonb_object_agg(x.purpose, x.granted) from (
        select distinct on (n.purpose) n.purpose, n.granted from consents n where n.contact_id = sqlc.arg(contact)::uuid
        order by n.purpose, n.at desc) x), '{}')::jsonb as consents,
    coalesce((select jsonb_object_agg(t.topic, t.wanted) from topic_choices t where t.contact_id = sqlc.arg(contact)::uuid), '{}')::jsonb as topics,
    coalesce((select p.channel from contact_preferences p where p.contact_id = sqlc.arg(contact)::uuid), '')::text as preferred,
    coalesce((select jsonb_agg(jsonb_build_object('channel', x.channel, 'reason', x.reason, 'scope', x.scope)) from (
        select s.channel, s.reason, s.scope from suppressions s
        where s.lifted_at is null and s.channel = 'email' and s.address = sqlc.arg(email)::text
        union
        select s.channel, s.reason, s.scope from suppressions s
        where s.lifted_at is null and s.channel = 'sms' and s.address = sqlc.arg(phone)::text
        union
        select s.channel, s.reason, s.scope from suppressions s
        where s.lifted_at is null and s.contact_id = sqlc.arg(contact)::uuid and s.reason in ('unsubscribe', 'complaint')) x), '[]')::jsonb as suppressed,
    coalesce((select jsonb_agg(jsonb_build_object('at', m.slot_at, 'channel', m.channel, 'department', m.department, 'topic', m.topic,
            'template', m.template)) from messages m
        where m.contact_id = sqlc.arg(contact)::uuid and m.slot_at > sqlc.arg(since)::timestamptz and m.state in ('reserved', 'sent', 'unknown')
          and not m.test and m.class = 'marketing' and m.id <> sqlc.arg(message)::uuid), '[]')::jsonb as sent,
    coalesce((select jsonb_agg(jsonb_build_object('id', m.id, 'due_at', m.due_at, 'asked_at', m.created_at, 'department', m.department))
        from messages m
        where m.contact_id = sqlc.arg(contact)::uuid and m.state = 'shifted' and m.due_at >= sqlc.arg(fresh)::timestamptz
          and not m.test and m.class = 'marketing' and m.id <> sqlc.arg(message)::uuid), '[]')::jsonb as bids;
