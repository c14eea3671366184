-- +goose Up
create extension if not exists btree_gist;

create table appointments (
    id           uuid primary key,               -- the call that booked it
    type         text        not null,
    type_version int         not null,
    contact_id   uuid        not null references contacts,
    giver        text        not null,           -- user:<id> or resource:<name>
    user_id      uuid references users,
    start_at     timestamptz not null,
    end_at       timestamptz not null,
    busy_from    timestamptz not null,           -- with the buffers around it
    busy_until   timestamptz not null,
    state        text        not null default 'booked' check (state in ('booked', 'held', 'no-show', 'unreachable', 'cancelled')),
    reason       text,                           -- a code
    sequence     int         not null default 0, -- of the invitation (RFC 5545): grows when it is moved or cancelled
    version      int         not null default 1,
    rebooks      uuid references appointments,   -- the one that was missed
    since        timestamptz not null,           -- when it was booked, or moved last
    created_at   timestamptz not null,
    changed_at   timestamptz not null,
    check (busy_from <= start_at and start_at < end_at and end_at <= busy_until),
    -- Nobody gives two at a time, whatever the code thinks.
    constraint appointments_one_at_a_time exclude using gist (giver with =, tstzrange(busy_from, busy_until) with &&) where (state <> 'cancelled')
);
create index appointments_contact on appointments (contact_id, start_at);
create index appointments_start on appointments (start_at, id);

-- Calendars outside of the house that say when a user is busy.
create table busy_feeds (
    id         uuid primary key,
    user_id    uuid        not null references users,
    url        text        not null default '',  -- empty: somebody sends the calendar
    etag       text        not null default '',
    problem    text        not null default '',  -- code of what kept it from being read last
    read_at    timestamptz,                       -- last time that it was read
    tried_at   timestamptz,
    created_at timestamptz not null
);
create index busy_feeds_user on busy_feeds (user_id);

create table busy_times (
    feed_id  uuid        not null references busy_feeds on delete cascade,
    user_id  uuid        not null references users,
    from_at  timestamptz not null,
    until_at timestamptz not null,
    check (until_at > from_at),
    primary key (feed_id, from_at, until_at)
);
create index busy_times_user on busy_times (user_id, until_at);

-- +goose Down
drop table busy_times, busy_feeds, appointments;
