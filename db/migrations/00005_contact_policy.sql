-- +goose Up
-- Definitions that people change while processes run: each change is a new version, none is ever overwritten.
create table definitions (
    kind       text        not null, -- contact-policy, nurture-track, recycling, survey, …
    name       text        not null,
    version    int         not null check (version > 0),
    body       jsonb       not null,
    note       text        not null default '', -- why it was changed
    author     text        not null,
    created_at timestamptz not null,
    primary key (kind, name, version)
);

-- Addresses that nothing, or nothing but transactional messages, may be sent to.
create table suppressions (
    id         uuid primary key,
    channel    text        not null check (channel in ('email', 'sms')),
    address    text        not null, -- canonical: as in contact_identities
    reason     text        not null check (reason in ('bounce', 'complaint', 'unsubscribe', 'manual', 'import')),
    scope      text        not null check (scope in ('all', 'marketing')),
    contact_id uuid references contacts,
    source     text        not null,
    created_at timestamptz not null,
    lifted_at  timestamptz,
    lifted_by  text
);
create unique index suppressions_standing on suppressions (channel, address, reason) where lifted_at is null;
create index suppressions_contact on suppressions (contact_id);
create index suppressions_listed on suppressions (created_at desc, id desc);

-- What a person wants to hear about. No row means the default of the topic.
create table topic_choices (
    contact_id uuid        not null references contacts,
    topic      text        not null,
    wanted     boolean     not null,
    source     text        not null,
    at         timestamptz not null,
    primary key (contact_id, topic)
);

create table contact_preferences (
    contact_id uuid primary key references contacts,
    channel    text check (channel in ('email', 'sms')), -- preferred; null leaves it to us
    updated_at timestamptz not null
);

alter table contacts add column lifecycle_since timestamptz;

-- An asked-for consent that the person has still to confirm.
create table opt_ins (
    id           uuid primary key,
    contact_id   uuid        not null references contacts,
    purpose      text        not null,
    state        text        not null check (state in ('pending', 'confirmed', 'expired')),
    source       text        not null, -- who asked, and where
    created_at   timestamptz not null,
    remind_at    timestamptz, -- null for no reminder
    expires_at   timestamptz not null,
    confirmed_at timestamptz,
    message_id   uuid references messages -- whose link confirmed it
);
create unique index opt_ins_pending on opt_ins (contact_id, purpose) where state = 'pending';
create index opt_ins_contact on opt_ins (contact_id, created_at desc);

-- +goose Down
drop table opt_ins, contact_preferences, topic_choices, suppressions, definitions;
alter table contacts drop column lifecycle_since;
