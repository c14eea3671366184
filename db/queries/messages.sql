-- name: FindMessage :one
select * from messages where key = $1;

-- name: GetMessage :one
select * from messages where id = $1;

-- name: AddMessage :execrows
-- Writes nothing when another try of the same step was first. A contact that does not exist is left out.
insert into messages (id, key, process, run, step, subject, contact_id, user_id, lead_id, channel, template, template_version, recipient,
                      state, reason, provider, class, purpose, topic, department, priority, policy_version, language, about,
                      due_at, slot_at, handed_at, first_handed_at, attempts, test, created_at)
values (@id, @key, @process, @run, @step, @subject, (select c.id from contacts c where c.id = sqlc.narg(contact_id)), sqlc.narg(user_id), sqlc.narg(lead_id), @channel, @template,
        @template_version, @recipient, @state, nullif(sqlc.arg(reason)::text, ''), @provider, @class, @purpose, @topic, @department,
        @priority, @policy_version, @language, @about, sqlc.narg(due_at), sqlc.narg(slot_at),
        sqlc.narg(handed_at), sqlc.narg(handed_at), @attempts, @test, @created_at)
on conflict (key) do nothing;

-- name: DecideMessage :execrows
-- Writes a new verdict on a message that has surely not left, if nobody else has touched it since it was read.
update messages
set state = sqlc.arg(state)::text, reason = nullif(sqlc.arg(reason)::text, ''), channel = @channel, recipient = @recipient, provider = @provider,
    class = @class, purpose = @purpose, topic = @topic, priority = @priority, policy_version = @policy_version,
    due_at = sqlc.narg(due_at), slot_at = sqlc.narg(slot_at), handed_at = null, words = null
where id = @id and state = sqlc.arg(seen_state)::text and attempts = sqlc.arg(seen_attempts)::int
  and handed_at is not distinct from sqlc.narg(seen_handed_at)::timestamptz;

-- name: HandOverMessage :one
-- One try alone gets the number: it may call the provider.
update messages
set state = 'reserved', reason = null, attempts = attempts + 1, handed_at = sqlc.arg(now)::timestamptz,
    first_handed_at = coalesce(first_handed_at, sqlc.arg(now)::timestamptz), resends = resends + sqlc.arg(resends)::int,
    provider = @provider, language = @language, template_version = @template_version, segments = @segments, tracked = @tracked,
    words = nullif(sqlc.arg(words)::text, '')
where id = @id and attempts = sqlc.arg(seen_attempts)::int and state in ('reserved', 'unknown')
returning attempts, first_handed_at;

-- name: SettleSent :exec
-- That a message left is a fact, whichever try saw it. The person's timeline shows it.
with settled as (
    update messages set state = 'sent', reason = null, words = null, provider_id = nullif(sqlc.arg(provider_id)::text, ''), sent_at = sqlc.arg(now)::timestamptz
    where messages.id = @id and messages.state in ('reserved', 'unknown')
    returning id, contact_id, lead_id, channel, template, process, department, class, test
)
insert into interactions (id, contact_id, lead_id, kind, channel, data, at)
select s.id, s.contact_id, s.lead_id, 'message.sent', s.channel,
    jsonb_build_object('message_id', s.id, 'template', s.template, 'process', s.process, 'department', s.department), sqlc.arg(now)::timestamptz
from settled s
where s.contact_id is not null and s.class <> 'internal' and not s.test
on conflict do nothing;

-- name: SettleTry :execrows
-- What the try of this number learned, unless a later one has taken over.
update messages set state = sqlc.arg(state)::text, reason = nullif(sqlc.arg(reason)::text, ''),
    words = case when sqlc.arg(state)::text = 'unknown' then words end
where id = @id and attempts = sqlc.arg(fence)::int and state in ('reserved', 'unknown');

-- name: LockProviderID :exec
-- Two messages with the same words must not both be taken for the one that a provider has.
select pg_advisory_xact_lock(hashtextextended(sqlc.arg(provider)::text || '/' || sqlc.arg(provider_id)::text, 0));

-- name: ReleaseMessage :execrows
-- The try of this number surely did not get rid of the message.
update messages set handed_at = null, words = null
where id = @id and attempts = sqlc.arg(fence)::int and state = 'reserved';

-- name: WithdrawMessage :execrows
update messages set state = 'withdrawn', reason = @reason, due_at = null, slot_at = null
where id = @id and run = @run and (state = 'shifted' or (state = 'reserved' and handed_at is null));

-- name: ClaimedProviderID :one
select exists (select from messages where provider = @provider and provider_id = sqlc.arg(provider_id)::text and id <> @id)::boolean as claimed;

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
       coalesce(t.priority, '')::text     as task_priority,
       coalesce(t.instructions, '')::text as task_instructions,
       coalesce(ta.display_name, '')::text as task_assignee,
       coalesce(i.total, 0)::int          as import_total,
       coalesce(i.created, 0)::int        as import_created,
       coalesce(i.merged, 0)::int         as import_merged,
       coalesce(i.rejected, 0)::int       as import_rejected,
       (select count(*) from leads il where il.import_id = i.id and il.assignee_id = u.id)::int as import_mine,
       coalesce(a.kind, '')::text         as approval_kind,
       a.expires_at                       as approval_expires_at,
       coalesce((a.content ->> 'amount_minor')::bigint, 0)::bigint as approval_amount,
       coalesce(a.content ->> 'currency', '')::text as approval_currency,
       coalesce((a.content ->> 'discount_permille')::int, 0)::int as approval_permille,
       coalesce(r.display_name, '')::text as approval_requester,
       coalesce(d.name, '')::text         as deal_name,
       coalesce(d.stage, '')::text        as deal_stage,
       coalesce(d.amount_minor, 0)::bigint as deal_amount,
       coalesce(d.currency, '')::text     as deal_currency,
       coalesce(d.loss_reason, '')::text  as deal_loss,
       coalesce(du.display_name, '')::text as deal_owner,
       ap.start_at                        as appointment_start_at,
       coalesce(ap.type, '')::text        as appointment_type,
       coalesce(ap.type_version, 0)::int  as appointment_type_version
from (select 1) as one
left join users u on u.id = sqlc.arg(user_id)::uuid
left join sales_pipeline d on d.id = sqlc.arg(deal_id)::uuid
left join users du on du.id = d.owner_id
left join tasks t on t.id = sqlc.arg(task_id)::uuid
left join users ta on ta.id = t.assignee_id
left join leads l on l.id = coalesce(nullif(sqlc.arg(lead_id)::uuid, '00000000-0000-0000-0000-000000000000'), t.lead_id)
left join appointments ap on ap.id = sqlc.arg(appointment_id)::uuid
left join contacts c on c.id = coalesce(nullif(sqlc.arg(contact_id)::uuid, '00000000-0000-0000-0000-000000000000'), l.contact_id, d.contact_id, ap.contact_id, t.contact_id)
left join lead_imports i on i.id = sqlc.arg(import_id)::uuid
left join approvals a on a.id = sqlc.arg(approval_id)::uuid
left join users r on r.id = a.requested_by;

-- name: PersonFacts :one
-- What a template to a person may speak of, by the ids of the message. Absent things are empty.
select coalesce(c.first_name, '')::text as first_name,
       coalesce(c.last_name, '')::text  as last_name,
       trim(concat_ws(' ', c.first_name, c.last_name))::text as name,
       coalesce(c.company, '')::text    as company,
       coalesce(c.language, '')::text   as language,
       coalesce(c.time_zone, '')::text  as time_zone,
       coalesce(l.source, '')::text     as lead_source,
       coalesce(l.submission ->> 'message', '')::text as lead_message,
       coalesce(u.display_name, '')::text as owner_name,
       coalesce(u.email, '')::text      as owner_email,
       t.due_at                         as task_due_at,
       coalesce(k.code, '')::text       as coupon_code,
       coalesce(k.percent, 0)::int      as coupon_percent,
       coalesce(k.amount_minor, 0)::bigint as coupon_amount,
       coalesce(k.currency, '')::text   as coupon_currency,
       k.expires_at                     as coupon_expires_at,
       coalesce(x.title, '')::text      as contract_title,
       x.expires_at                     as contract_expires_at,
       ap.start_at                      as appointment_start_at,
       coalesce(ap.type, '')::text      as appointment_type,
       coalesce(ap.type_version, 0)::int as appointment_type_version,
       coalesce(c.country, '')::text    as country,
       coalesce(r.email, '')::text      as reader_email
from contacts c
left join leads l on l.id = sqlc.arg(lead_id)::uuid
left join users u on u.id = coalesce(c.owner_id, l.assignee_id)
left join tasks t on t.id = sqlc.arg(task_id)::uuid
left join coupons k on k.id = sqlc.arg(coupon_id)::uuid and k.contact_id = c.id
left join smart_contracts x on x.id = sqlc.arg(contract_id)::uuid
left join appointments ap on ap.id = sqlc.arg(appointment_id)::uuid and ap.contact_id = c.id
left join users r on r.id = sqlc.arg(reader_id)::uuid
where c.id = sqlc.arg(contact_id)::uuid;

-- name: NoteUnsubscribed :execrows
-- The first time only.
update messages set unsubscribed_at = sqlc.arg(now)::timestamptz where id = sqlc.arg(id) and unsubscribed_at is null;
