-- +goose Up
-- One invitation for each survey, person and occasion; it is answered at most once.
create table survey_invitations (
    id             uuid primary key,
    survey         text        not null,
    survey_version int         not null,
    contact_id     uuid        not null references contacts,
    occasion       text        not null, -- opaque: the sale, service or round that is asked about
    language       text        not null default '',
    test           boolean     not null default false,
    created_at     timestamptz not null,
    expires_at     timestamptz not null,
    opened_at      timestamptz, -- the form was first shown
    answered_at    timestamptz,
    unique (survey, contact_id, occasion)
);
create index survey_invitations_survey on survey_invitations (survey, created_at);
create index survey_invitations_contact on survey_invitations (contact_id);

create table survey_answers (
    invitation_id uuid primary key references survey_invitations,
    answers       jsonb       not null, -- what was chosen, by question: {"satisfied": ["5"]}
    texts         jsonb       not null default '{}', -- what was written, by question
    word          text        not null default '', -- of the branch that the answer takes
    nps           int check (nps between 0 and 10),
    csat          int check (csat between 1 and 5),
    at            timestamptz not null
);

create index survey_answers_at on survey_answers (at, invitation_id);

create table coupons (
    id          uuid primary key,
    key         text        not null unique, -- the business step that issued it
    code        text        not null unique,
    contact_id  uuid        not null references contacts,
    offer       text        not null,
    percent     int check (percent between 1 and 100),
    amount_minor bigint check (amount_minor > 0),
    currency    text,
    issued_at   timestamptz not null,
    expires_at  timestamptz not null,
    redeemed_at timestamptz,
    redeemed_by text, -- the order or receipt it was used for
    check ((percent is null) <> (amount_minor is null)),
    check ((amount_minor is null) = (currency is null)),
    check ((redeemed_at is null) = (redeemed_by is null))
);
create index coupons_contact on coupons (contact_id, issued_at desc, id desc);

-- The rounds in which a sleepy customer was spoken to. Between two of them people are left in peace.
create table retention_rounds (
    contact_id uuid        not null references contacts,
    round      int         not null check (round > 0),
    found_at   timestamptz not null,
    begun_by   text, -- the business step that took the round up; null while nobody has
    primary key (contact_id, round)
);
create index retention_rounds_found on retention_rounds (found_at);

-- +goose Down
drop table retention_rounds, coupons, survey_answers, survey_invitations;
