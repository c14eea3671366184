-- +goose Up

-- Where the collection of a customer's debt stands, as the run saw it when it looked last. It is written for people who
-- look at the list; the run decides from the books.
create table collections (
    contact_id      uuid primary key references contacts,
    began_at        timestamptz not null,
    state           text        not null, -- how the customer stands; once the run has ended, its outcome
    ended           boolean     not null default false,
    plan            text        not null,
    plan_version    int         not null,
    step            int         not null, -- the next one, from 0
    due_minor       bigint      not null,
    currency        text        not null,
    invoices        int         not null,
    broken_promises int         not null,
    next            text        not null, -- what the plan says
    next_at         timestamptz,
    looked_at       timestamptz not null
);
create index collections_list on collections (began_at, contact_id);

-- A debt was given up, with whose approval, once under the key of the step.
create table write_offs (
    key         text        primary key,
    contact_id  uuid        not null references contacts,
    approval_id uuid        not null references approvals,
    at          timestamptz not null
);

-- +goose Down
drop table write_offs;
drop table collections;
