-- +goose Up
-- A decision that people have to take. It is about content, whose hash binds it: once that changes, it counts no more.
create table approvals (
    id             uuid primary key,
    key            text        not null unique, -- the business step that asks
    kind           text        not null,        -- what is asked, such as price
    subject_kind   text        not null,        -- deal, contract, …
    subject_id     uuid        not null,
    revision       int         not null,        -- of the subject's terms
    content        jsonb       not null,        -- what is to be approved, as ids, amounts and codes
    content_hash   bytea       not null,        -- SHA-256 of the content as it was shown
    policy         text        not null,
    policy_version int         not null,
    rule           jsonb       not null,        -- whose decisions it takes: single, all or quorum
    requested_by   uuid references users,
    state          text        not null check (state in ('open', 'approved', 'rejected', 'voided', 'expired', 'withdrawn')),
    reason         text,
    expires_at     timestamptz not null,
    decided_at     timestamptz,
    created_at     timestamptz not null,
    version        int         not null default 1
);
create index approvals_subject on approvals (subject_kind, subject_id);
create index approvals_open on approvals (created_at) where state = 'open';

-- Who has to decide. A seat that is handed on stays on record; whoever got it has one of their own.
create table approval_seats (
    approval_id  uuid        not null references approvals,
    user_id      uuid        not null references users,
    state        text        not null check (state in ('waiting', 'approved', 'rejected', 'delegated')),
    from_user_id uuid references users, -- whose seat it was
    why          text        not null default 'policy', -- policy, delegated, absent, escalated
    reason       text,
    content_hash bytea,                  -- of what the decider had before them
    decided_at   timestamptz,
    created_at   timestamptz not null,
    primary key (approval_id, user_id)
);
create index approval_seats_user on approval_seats (user_id, state);

-- Whose key it is: decisions are taken by people.
alter table api_keys add column user_id uuid references users;

-- +goose Down
alter table api_keys drop column user_id;
drop table approval_seats;
drop table approvals;
