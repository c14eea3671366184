-- +goose Up
-- Tasks grow into work that is given, followed and proved.
alter table tasks
    add column deal_id       uuid references sales_pipeline,
    add column priority      text   not null default 'normal' check (priority in ('urgent', 'high', 'normal', 'low')),
    add column instructions  text,                          -- the giver's own words: never sent to Temporal
    add column outcomes      text[] not null default '{}',  -- that completing may name; empty means any
    add column evidence_kinds text[] not null default '{}', -- that completing needs
    add column evidence      jsonb  not null default '[]',  -- [{kind, reference, at, by}]
    add column progress      int    not null default 0 check (progress between 0 and 100),
    add column minutes_spent int    not null default 0 check (minutes_spent >= 0),
    add column rule          jsonb,                         -- {name, version, event_id} of the rule that made it
    add column escalations   int    not null default 0,     -- rungs of the ladder that were told
    -- Its clock begins when what it waits for is done: until then there is no due time, only the working time from then on.
    -- Tasks of the lead processes, which see to them in their own ways, have neither.
    add column within_minutes int,
    add column begun_at      timestamptz;
create index tasks_deal on tasks (deal_id) where deal_id is not null;
create index tasks_given on tasks (assignee_id, created_at desc);

-- A task begins when those that it comes after are finished.
create table task_dependencies (
    task_id  uuid not null references tasks,
    after_id uuid not null references tasks,
    primary key (task_id, after_id),
    check (task_id <> after_id)
);
create index task_dependencies_after on task_dependencies (after_id);

-- What was told to whom about a task.
create table reminders (
    key     text primary key, -- the business step that told it
    task_id uuid        not null references tasks,
    user_id uuid        not null references users,
    kind    text        not null check (kind in ('given', 'reminded', 'overdue', 'escalated')),
    at      timestamptz not null
);
create index reminders_task on reminders (task_id, at);

-- Time that was spent on a task, and how far it had come by then.
create table task_time (
    id       uuid primary key, -- the call that told it
    task_id  uuid        not null references tasks,
    actor_id text        not null,
    minutes  int         not null check (minutes >= 0),
    progress int,
    at       timestamptz not null
);
create index task_time_task on task_time (task_id, at);

-- While somebody is away, a deputy gets their work.
create table absences (
    id         uuid primary key,
    user_id    uuid        not null references users,
    from_at    timestamptz not null,
    until_at   timestamptz not null,
    deputy_id  uuid references users,
    created_at timestamptz not null,
    check (until_at > from_at),
    check (deputy_id <> user_id)
);
create index absences_user on absences (user_id, until_at);

-- What came of a task rule for an event: a task, or a problem that kept it from making one.
create table task_rule_results (
    rule     text        not null,
    event_id uuid        not null,
    version  int         not null,
    task_id  uuid references tasks,
    problem  text,
    at       timestamptz not null,
    primary key (rule, event_id)
);

-- The links under which calendars read a user's tasks. One that was revoked opens nothing any more.
create table calendar_links (
    id         uuid primary key,
    user_id    uuid        not null references users,
    created_at timestamptz not null,
    revoked_at timestamptz
);
create index calendar_links_user on calendar_links (user_id) where revoked_at is null;

-- +goose Down
drop table calendar_links, task_rule_results, absences, task_time, reminders, task_dependencies;
drop index tasks_deal, tasks_given;
alter table tasks drop column deal_id, drop column priority, drop column instructions, drop column outcomes, drop column evidence_kinds,
    drop column evidence, drop column progress, drop column minutes_spent, drop column rule, drop column escalations,
    drop column within_minutes, drop column begun_at;
