-- +goose Up
-- A deal: what may be sold to whom, by whom, for how much, and where it stands.
create table sales_pipeline (
    id               uuid primary key,
    key              text        not null unique, -- the request or business step that opened it
    name             text        not null,
    contact_id       uuid        not null references contacts,
    lead_id          uuid references leads,
    owner_id         uuid references users,
    pipeline         text        not null,
    pipeline_version int         not null,
    stage            text        not null,
    state            text        not null check (state in ('open', 'closing', 'won', 'lost')),
    amount_minor     bigint      not null default 0 check (amount_minor >= 0),
    list_minor       bigint      not null default 0 check (list_minor >= 0), -- before any discount
    currency         text        not null,
    close_on         date,
    probability      numeric(5, 4) not null check (probability between 0 and 1),
    factors          jsonb       not null default '[]', -- why the probability is what it is
    attributes       jsonb       not null default '{}', -- what the stages' criteria ask for
    revision         int         not null default 1, -- of the terms
    stage_since      timestamptz not null,
    touched_at       timestamptz not null, -- of the last thing that somebody did
    closed_at        timestamptz,
    loss_reason      text,
    created_at       timestamptz not null,
    version          int         not null default 1
);
create unique index sales_pipeline_lead on sales_pipeline (lead_id) where state in ('open', 'closing');
create index sales_pipeline_open on sales_pipeline (pipeline, stage, close_on) where state in ('open', 'closing');
create index sales_pipeline_owner on sales_pipeline (owner_id, state);
create index sales_pipeline_contact on sales_pipeline (contact_id);

-- +goose Down
drop table sales_pipeline;
