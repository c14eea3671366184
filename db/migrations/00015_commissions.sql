-- +goose Up
-- What people earn by won deals, and what was clawed back of it. Rows are never changed, but for being reversed as a whole
-- when the deal was not won after all.
create table commissions (
    id           uuid primary key,
    key          text        not null, -- the business step that booked it
    deal_id      uuid        not null references sales_pipeline,
    user_id      uuid        not null references users,
    kind         text        not null check (kind in ('earned', 'clawed-back')),
    amount_minor bigint      not null check (case kind when 'earned' then amount_minor >= 0 else amount_minor <= 0 end),
    currency     text        not null,
    base_minor   bigint      not null check (base_minor > 0), -- of the deal, or of its refund
    owner_id     uuid        not null references users,      -- who won the deal: whose period it counts for
    won_at       timestamptz not null,
    plan         text        not null,
    plan_version int         not null,
    created_at   timestamptz not null,
    reversed_at  timestamptz,
    unique (key, user_id)
);
create unique index commissions_earned on commissions (deal_id, user_id) where kind = 'earned' and reversed_at is null;
create index commissions_period on commissions (owner_id, won_at) where kind = 'earned' and reversed_at is null;
create index commissions_user on commissions (user_id, created_at desc, id desc);
create index commissions_created on commissions (created_at desc, id desc);

-- +goose Down
drop table commissions;
