-- +goose Up
-- Outside systems ask for one message each; a run of process "message" answers for it.
create table message_requests (
    id           uuid primary key,
    contact_id   uuid        not null references contacts,
    template     text        not null,
    channel      text        not null default '' check (channel in ('', 'email', 'sms')), -- empty: what the person prefers
    department   text        not null,
    urgency      text        not null default '' check (urgency in ('', 'now', 'bulk')),
    lead_id      uuid references leads,
    expires_at   timestamptz,
    test_user_id uuid references users, -- a test send reaches this user instead of the person
    created_at   timestamptz not null
);
create index messages_requested on messages (subject) where process = 'message';

-- +goose Down
drop index messages_requested;
drop table message_requests;
