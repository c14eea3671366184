-- +goose Up
create table lead_imports (
    id           uuid primary key,
    state        text        not null check (state in ('receiving', 'running', 'completed', 'failed')),
    source       text        not null,
    total        int         not null default 0,
    processed    int         not null default 0,
    created      int         not null default 0,
    merged       int         not null default 0,
    rejected     int         not null default 0,
    created_at   timestamptz not null,
    completed_at timestamptz
);

create table leads (
    id           uuid primary key,
    status       text        not null check (status in
                     ('received', 'incomplete', 'invalid', 'in_review', 'captured', 'merged', 'rejected')),
    submission   jsonb       not null, -- what was sent, as it was sent, corrections applied
    source       text        not null,
    channel      text        not null check (channel in ('form', 'call', 'video', 'chat', 'import', 'api')),
    campaign     text,
    contact_id   uuid references contacts,
    duplicate_of uuid references leads,
    resolved_by  text,        -- the run that found whom it is about: workflow ID and entry
    import_id    uuid references lead_imports,
    score        int,
    tier         text check (tier in ('hot', 'warm', 'cold')),
    assignee_id  uuid references users,
    task_id      uuid,
    quality      text,        -- the representative's verdict, fed back to marketing
    submitted_at timestamptz not null,
    captured_at  timestamptz,
    version      int         not null default 1
);
create index leads_contact on leads (contact_id);
create index leads_open on leads (assignee_id, tier, score desc) where status = 'captured';
create index leads_submitted on leads (submitted_at desc, id desc);

-- The order of the prioritised list: what to do first.
create function lead_urgency(tier text) returns int language sql immutable parallel safe
    return case tier when 'hot' then 0 when 'warm' then 1 when 'cold' then 2 else 3 end;
create index leads_urgency on leads (lead_urgency(tier), (-coalesce(score, 0)), submitted_at, id);

create table lead_scores (
    id            uuid primary key,
    lead_id       uuid        not null references leads,
    score         int         not null,
    tier          text        not null,
    factors       jsonb       not null, -- [{rule_id, reason, points}]
    model_version text        not null,
    at            timestamptz not null
);
create index lead_scores_lead on lead_scores (lead_id, at desc);

create table scoring_rules (
    id      text primary key,
    feature text    not null,
    op      text    not null,
    value   jsonb   not null default 'null',
    points  int     not null,
    reason  text    not null,
    version int     not null default 1,
    active  boolean not null default true
);

create table assignment_rules (
    id        uuid primary key,
    position  int     not null unique,
    name      text    not null,
    countries text[]  not null default '{}',
    sources   text[]  not null default '{}',
    channels  text[]  not null default '{}',
    team      text    not null,
    strategy  text    not null check (strategy in ('round_robin', 'least_loaded')),
    active    boolean not null default true
);

create table merge_reviews (
    id         uuid primary key,
    lead_id    uuid        not null references leads,
    contact_id uuid        not null references contacts,
    score      float8      not null,
    reasons    jsonb       not null,
    state      text        not null check (state in ('open', 'merge', 'separate')),
    decided_by text,
    created_at timestamptz not null,
    decided_at timestamptz
);
create unique index merge_reviews_open on merge_reviews (lead_id) where state = 'open';

-- Completion requests (something is missing) and correction requests (something is malformed).
create table data_requests (
    id          uuid primary key,
    lead_id     uuid        not null references leads,
    kind        text        not null check (kind in ('completion', 'correction')),
    fields      jsonb       not null, -- [{field, problem}]
    state       text        not null check (state in ('open', 'answered', 'expired')),
    created_at  timestamptz not null,
    answered_at timestamptz
);
create index data_requests_lead on data_requests (lead_id);

create table lead_import_rows (
    import_id uuid   not null references lead_imports,
    row_no    int    not null,
    raw       jsonb  not null,
    state     text   not null check (state in ('waiting', 'created', 'merged', 'rejected')),
    lead_id   uuid references leads,
    errors    jsonb, -- [{field, message}] of a rejected row
    primary key (import_id, row_no)
);
create index lead_import_rows_waiting on lead_import_rows (import_id, row_no) where state = 'waiting';

create table interactions (
    id         uuid primary key,
    contact_id uuid        not null references contacts,
    lead_id    uuid references leads,
    kind       text        not null, -- lead.submitted, message.sent, task.completed, …
    channel    text,
    data       jsonb       not null default '{}',
    at         timestamptz not null
);
create index interactions_contact on interactions (contact_id, at desc, id desc);

-- Work for people. A task belongs to the run that waits for it.
create table tasks (
    id              uuid primary key,
    key             text        not null unique, -- the business step that made it
    kind            text        not null,
    title           text        not null,
    state           text        not null check (state in ('open', 'acknowledged', 'started', 'completed', 'cancelled')),
    assignee_id     uuid references users,
    contact_id      uuid references contacts,
    lead_id         uuid references leads,
    process         text,
    subject         text,
    context         jsonb       not null default '{}',
    outcome         text,
    note            text,
    due_at          timestamptz,
    created_at      timestamptz not null,
    acknowledged_at timestamptz,
    started_at      timestamptz,
    completed_at    timestamptz,
    version         int         not null default 1
);
create index tasks_assignee on tasks (assignee_id, state, due_at);
create index tasks_lead on tasks (lead_id);

-- The send ledger: a row is reserved before the provider is called, and says afterwards what became of the message.
create table messages (
    id          uuid primary key,
    key         text        not null unique, -- business step + recipient + channel
    process     text        not null,
    run         text        not null,
    step        text        not null,
    contact_id  uuid references contacts,
    user_id     uuid references users,
    lead_id     uuid references leads,
    channel     text        not null check (channel in ('email', 'sms', 'webhook')),
    template    text        not null,
    recipient   text        not null,
    state       text        not null check (state in ('reserved', 'sent', 'unknown', 'failed', 'refused')),
    reason      text,
    provider    text        not null,
    provider_id text,
    attempts    int         not null default 0,
    created_at  timestamptz not null,
    sent_at     timestamptz
);
create index messages_contact on messages (contact_id, created_at desc);
create index messages_run on messages (process, created_at desc);

-- +goose Down
drop table messages, tasks, interactions, lead_import_rows, data_requests, merge_reviews, assignment_rules,
    scoring_rules, lead_scores, leads, lead_imports;
drop function lead_urgency(text);
