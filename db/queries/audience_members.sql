-- name: EnlistMember :execrows
-- No row when the person is a member already.
insert into audience_members as a (audience, contact_id, reason, added_at)
values (@audience, @contact_id, @reason, @added_at)
on conflict (audience, contact_id) do update set reason = excluded.reason, added_at = excluded.added_at, removed_at = null
where a.removed_at is not null;

-- name: ListAudiences :many
select audience, count(*) filter (where removed_at is null)::int as members, min(added_at)::timestamptz as since
from audience_members group by audience order by audience;

-- name: ListAudienceMembers :many
-- Members in the order of their ids, with what decides whether they may be shown advertisements. A contact that was joined
-- to another is no member any more. changed_at is when the last of it changed.
select m.contact_id, m.added_at, m.removed_at, coalesce(c.email, '')::text as email, coalesce(c.phone, '')::text as phone,
       (m.removed_at is null and c.merged_into is null and coalesce(k.granted, false) and not coalesce(g.withdrawn, false)
        and not coalesce(s.standing, false))::boolean as eligible,
       greatest(m.added_at, m.removed_at, k.at, g.at, s.at, case when c.merged_into is not null then c.updated_at end)::timestamptz as changed_at
from audience_members m
join contacts c on c.id = m.contact_id
left join lateral (
    select x.granted, x.at from consents x
    where x.contact_id = m.contact_id and x.purpose = 'advertising' order by x.at desc limit 1
) k on true
left join lateral ( -- what a person withdrew later than they agreed to advertisements counts for these, too
    select true as withdrawn, max(x.at) as at from (
        select distinct on (y.purpose) y.granted, y.at from consents y
        where y.contact_id = m.contact_id and y.purpose in ('email_marketing', 'sms_marketing', 'marketing') order by y.purpose, y.at desc
    ) x where not x.granted and x.at > coalesce(k.at, '-infinity') having count(*) > 0
) g on true
left join lateral (
    select true as standing, max(x.created_at) as at from suppressions x
    where x.lifted_at is null and x.reason in ('complaint', 'unsubscribe', 'manual')
      and (x.contact_id = m.contact_id or exists (
          select from contact_identities i where i.contact_id = m.contact_id
            and i.kind = case x.channel when 'sms' then 'phone' else x.channel end and i.value = x.address))
    having count(*) > 0
) s on true
where m.audience = @audience and m.contact_id > sqlc.arg(after)::uuid
order by m.contact_id limit sqlc.arg(max_rows)::int;
