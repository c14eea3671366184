-- +goose Up
-- Everything that enters stands here before it is answered; the dispatcher hands it to Temporal.
create table events (
    seq             bigint not null generated always as identity unique,
    id              uuid primary key,
    source          text        not null,
    external_id     text        not null,
    type            text        not null,
    subject         text        not null, -- events of one subject are delivered in the order of seq
    data            jsonb       not null,
    occurred_at     timestamptz not null,
    received_at     timestamptz not null,
    state           text        not null default 'pending' check (state in ('pending', 'delivered', 'ignored')),
    attempts        int         not null default 0,
    next_attempt_at timestamptz not null,
    leased_by       text,
    leased_until    timestamptz,
    last_error      text,
    delivered_at    timestamptz,
    unique (source, external_id)
);
create index events_pending on events (subject, seq) where state = 'pending';
create index events_due on events (next_attempt_at, seq) where state = 'pending';

-- The journal of runs: decides re-entry, and answers for runs that Temporal no longer keeps.
create table process_runs (
    entry      uuid primary key,
    process    text        not null,
    subject    text        not null,
    run        text        not null, -- Temporal workflow ID
    parent     text,
    event_id   uuid,
    state      text        not null check (state in ('running', 'completed', 'failed', 'cancelled', 'terminated')),
    outcome    text,
    trail      jsonb       not null default '[]',
    unread     jsonb,
    started_at timestamptz not null,
    closed_at  timestamptz,
    checked_at timestamptz -- when a running row was last compared with Temporal
);
create index process_runs_subject on process_runs (process, subject, started_at desc);
create index process_runs_open on process_runs (process, started_at desc) where state = 'running';
create index process_runs_run on process_runs (run);
create index process_runs_unchecked on process_runs ((coalesce(checked_at, started_at))) where state = 'running';
create index process_runs_listed on process_runs (process, started_at desc, entry desc);

create table api_keys (
    id           uuid primary key,
    name         text        not null,
    hash         bytea       not null unique, -- SHA-256 of 256 random bits
    scopes       text[]      not null,
    created_at   timestamptz not null,
    expires_at   timestamptz,
    revoked_at   timestamptz
);

create table idempotency_keys (
    api_key_id   uuid        not null references api_keys,
    key          text        not null,
    method       text        not null,
    path         text        not null,
    body_hash    bytea       not null,
    status       int, -- null while the first call is at work
    header       jsonb,
    body         bytea,
    locked_until timestamptz not null,
    created_at   timestamptz not null,
    primary key (api_key_id, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);

-- One record for every change. chain_seq, prev_hash and hash are filled by the sealer, in one order, shortly after.
create table audit_logs (
    id            bigint generated always as identity primary key,
    at            timestamptz not null,
    actor_kind    text        not null check (actor_kind in ('key', 'person', 'process', 'system')),
    actor_id      text        not null,
    action        text        not null,
    resource_kind text        not null,
    resource_id   text        not null,
    reason        text        not null default '',
    details       jsonb       not null default '{}', -- names of changed fields, never their values
    chain_seq     bigint unique,
    prev_hash     bytea,
    hash          bytea
);
create index audit_logs_unsealed on audit_logs (id) where chain_seq is null;
create index audit_logs_resource on audit_logs (resource_kind, resource_id, id);

-- +goose Down
drop table audit_logs, idempotency_keys, api_keys, process_runs, events;
