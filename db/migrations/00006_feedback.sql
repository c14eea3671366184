-- +goose Up
-- What providers and our own links report about messages, once each.
create table message_events (
    id          uuid primary key,
    provider    text        not null,
    external_id text        not null, -- the provider's id of the event; made from its content where it has none
    message_id  uuid references messages, -- null when no row of the ledger is meant, or the person must not be watched
    kind        text        not null check (kind in
                    ('sent', 'delivered', 'opened', 'clicked', 'replied', 'soft-bounced', 'bounced', 'complained', 'unsubscribed', 'failed')),
    link        int,  -- clicked: position of the link in message_links
    detail      text  not null default '', -- provider's code; never an address or words of a person
    filtered    text  not null default '', -- why it does not count: scanner, machine-open, auto-reply, no-consent
    at          timestamptz not null, -- business time
    received_at timestamptz not null,
    unique (provider, external_id)
);
create index message_events_message on message_events (message_id, at);

-- Where the links of a tracked message lead.
create table message_links (
    message_id uuid not null references messages,
    position   int  not null,
    url        text not null,
    primary key (message_id, position)
);

-- What people write to us, from every channel.
create table inbound_messages (
    id          uuid primary key,
    provider    text        not null,
    external_id text        not null,
    channel     text        not null check (channel in ('email', 'sms')),
    contact_id  uuid references contacts,
    message_id  uuid references messages, -- what it answers
    sender      text        not null,
    subject     text        not null default '',
    text        text        not null,
    keyword     text        not null default '', -- stop, start or help, when it is one
    automatic   boolean     not null default false, -- an absence note or the like: nobody wrote it
    at          timestamptz not null,
    received_at timestamptz not null,
    unique (provider, external_id)
);
create index inbound_messages_contact on inbound_messages (contact_id, at desc, id desc);
create index messages_bounces on messages (recipient, created_at desc) where delivery in ('soft-bounced', 'delivered');
create index messages_addressed on messages (contact_id, channel, sent_at desc) where state in ('sent', 'unknown');

-- +goose Down
drop index messages_bounces, messages_addressed;
drop table inbound_messages, message_links, message_events;
