-- name: NurtureFacts :one
-- A person with the lead that nurturing is about: the one asked for while it is captured, else the latest. Without any,
-- the lead's id is zero.
select coalesce(c.email, '')::text as email, coalesce(c.company, '')::text as company, coalesce(c.country, '')::text as country,
    coalesce(c.language, '')::text as language, c.attributes,
    coalesce(l.id, '00000000-0000-0000-0000-000000000000')::uuid as lead_id, coalesce(l.source, '')::text as source,
    coalesce(l.channel, '')::text as channel, coalesce(l.campaign, '')::text as campaign, coalesce(l.tier, '')::text as tier,
    coalesce(l.score, 0)::int as score, coalesce(l.quality, '')::text as quality,
    coalesce(l.submission -> 'attributes', '{}')::jsonb as lead_attributes,
    exists (select from tasks t where t.contact_id = c.id and t.kind = 'lead-follow-up'
        and t.state in ('open', 'acknowledged', 'started')) as with_sales
from contacts c
left join lateral (
    select x.* from leads x where x.contact_id = c.id and x.status = 'captured'
    order by (x.id = sqlc.arg(lead_id)::uuid) desc, x.submitted_at desc, x.id limit 1
) l on true
where c.id = sqlc.arg(contact_id)::uuid;

-- name: ListReactionsOf :many
-- The latest marketing messages to a person, and when they first reacted; reacted_at means nothing without a reaction.
select channel, coalesce(least(opened_at, clicked_at), created_at)::timestamptz as reacted_at,
    (opened_at is not null or clicked_at is not null)::boolean as reacted
from messages
where contact_id = sqlc.arg(contact_id)::uuid and class = 'marketing' and state in ('sent', 'unknown') and tracked and not test
order by created_at desc limit 200;

-- name: ListRecentReactions :many
-- The latest marketing messages to anybody, and when they first reacted, with what tells the time zone of each.
select m.channel, coalesce(least(m.opened_at, m.clicked_at), m.created_at)::timestamptz as reacted_at,
    (m.opened_at is not null or m.clicked_at is not null)::boolean as reacted, coalesce(c.time_zone, '')::text as time_zone,
    coalesce(c.country, '')::text as country
from messages m join contacts c on c.id = m.contact_id
where m.class = 'marketing' and m.state in ('sent', 'unknown') and m.tracked and not m.test
order by m.created_at desc, m.id desc limit sqlc.arg(max_rows)::int;

-- name: ListRunReactions :many
-- What a person did with the messages of one run of a process.
select template, (opened_at is not null or clicked_at is not null)::boolean as opened, (clicked_at is not null)::boolean as clicked
from messages
where contact_id = sqlc.arg(contact_id)::uuid and process = sqlc.arg(process)::text and created_at >= sqlc.arg(since)::timestamptz and not test;

-- name: GetLeadScore :one
select * from lead_scores where id = $1;

-- name: LatestLeadScore :one
select * from lead_scores where lead_id = $1 order by at desc, id desc limit 1;

-- name: CountRounds :one
-- How often a person was recycled to the end of a rule.
select count(*)::int from process_runs
where process = sqlc.arg(process)::text and subject = sqlc.arg(subject)::text and state = 'completed'
  and outcome in ('nurturing', 'returned', 'audience');
