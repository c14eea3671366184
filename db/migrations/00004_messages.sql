-- +goose Up
-- The send ledger grows up: who says what on whose behalf, what the policy gate answered, and what came back.
alter table messages
    drop constraint messages_state_check,
    add constraint messages_state_check check (state in
        ('reserved', 'shifted', 'sent', 'unknown', 'failed', 'refused', 'withdrawn')),
    add column subject          text        not null default '', -- the subject of the run that sends it
    add column class            text        not null default 'internal' check (class in ('internal', 'transactional', 'marketing')),
    add column purpose          text        not null default '', -- consent purpose; marketing only
    add column topic            text        not null default '',
    add column department       text        not null default '',
    add column priority         int         not null default 0,  -- between departments: higher wins
    add column template_version int         not null default 0,
    add column language         text        not null default '',
    add column about            jsonb       not null default '{}', -- ids of what the message speaks of
    add column policy_version   int         not null default 0,
    add column due_at           timestamptz, -- shifted: when the gate is to be asked again
    add column slot_at          timestamptz, -- business time at which it counts for frequency caps
    add column handed_at        timestamptz, -- real time of the last hand-over to the provider; null when it surely did not leave
    add column first_handed_at  timestamptz, -- real time of the first
    add column words            text, -- text message: what was handed over, until it is known to have left; a provider may have to be asked by it
    add column resends          int         not null default 0, -- sent again though nobody knew whether it had left
    add column segments         int         not null default 0, -- text message: parts on the air
    add column tracked          boolean     not null default false,
    add column test             boolean     not null default false, -- a test send: outside of caps and statistics
    add column delivery         text        not null default '' check (delivery in ('', 'delivered', 'soft-bounced', 'bounced')),
    add column delivered_at     timestamptz,
    add column bounced_at       timestamptz,
    add column opened_at        timestamptz, -- first time
    add column clicked_at       timestamptz,
    add column replied_at       timestamptz,
    add column complained_at    timestamptz,
    add column unsubscribed_at  timestamptz;
create index messages_slots on messages (contact_id, slot_at) where state in ('reserved', 'sent', 'unknown') and not test;
create index messages_planned on messages (contact_id, due_at) where state = 'shifted';
create index messages_provider on messages (provider, provider_id) where provider_id is not null;
create index messages_doubtful on messages (provider, handed_at) where state in ('reserved', 'unknown');
create index messages_listed on messages (created_at desc, id desc);

-- Token buckets shared by all workers. Real time: providers do not know the business clock.
create table provider_limits (
    provider    text primary key,
    per_second  float8      not null check (per_second > 0),
    burst       float8      not null check (burst >= 1),
    tokens      float8      not null, -- at refilled_at
    refilled_at timestamptz not null, -- lies ahead while the provider wants to be left alone
    granted     float8      not null default 0 -- what the last lease got
);

-- What a bucket holds at an instant.
create function bucket_level(b provider_limits, at timestamptz) returns float8 language sql immutable parallel safe
    return least(b.burst, b.tokens + b.per_second * greatest(0, extract(epoch from at - b.refilled_at)));

-- +goose Down
drop function bucket_level(provider_limits, timestamptz);
drop table provider_limits;
drop index messages_slots, messages_planned, messages_provider, messages_doubtful, messages_listed;
delete from messages where state in ('shifted', 'withdrawn');
alter table messages
    drop constraint messages_state_check,
    add constraint messages_state_check check (state in ('reserved', 'sent', 'unknown', 'failed', 'refused')),
    drop column subject, drop column class, drop column purpose, drop column topic, drop column department, drop column priority,
    drop column template_version, drop column language, drop column about, drop column policy_version, drop column due_at,
    drop column slot_at, drop column handed_at, drop column first_handed_at, drop column words, drop column resends, drop column segments, drop column tracked, drop column test,
    drop column delivery, drop column delivered_at, drop column bounced_at, drop column opened_at, drop column clicked_at,
    drop column replied_at, drop column complained_at, drop column unsubscribed_at;
