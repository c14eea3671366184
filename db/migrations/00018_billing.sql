-- +goose Up

-- What a customer's account says besides its invoices.
create table billing_accounts (
    contact_id  uuid primary key references contacts,
    segment     text,
    bankrupt_at timestamptz
);

-- What customers owe. Days are those of the place where the customer lives.
create table invoices (
    id             uuid primary key,
    source         text        not null,
    external_id    text        not null,
    contact_id     uuid        not null references contacts,
    number         text        not null default '',
    currency       text        not null check (currency ~ '^[A-Z]{3}$'),
    total_minor    bigint      not null check (total_minor >= 0),
    paid_minor     bigint      not null default 0 check (paid_minor >= 0),
    credited_minor bigint      not null default 0 check (credited_minor >= 0),
    state          text        not null,
    disputed_at    timestamptz,
    dispute_reason text        not null default '',
    issued_on      date        not null,
    due_on         date        not null,
    pay_url        text        not null default '',
    told_at        timestamptz not null, -- when what stands here was so where it was told
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    unique (source, external_id),
    unique (id, currency),
    constraint invoices_sum check (paid_minor + credited_minor <= total_minor),
    constraint invoices_state check (case state
        when 'open' then paid_minor + credited_minor < total_minor
        when 'paid' then paid_minor + credited_minor = total_minor
        when 'void' then paid_minor = 0
        when 'written-off' then paid_minor + credited_minor < total_minor
        else false end)
);
create index invoices_account on invoices (contact_id, currency, due_on) where state = 'open';
create index invoices_contact on invoices (contact_id, created_at, id);
create index invoices_list on invoices (created_at, id);

-- Money that came in. What is neither allocated nor refunded is the customer's credit.
create table payments (
    id              uuid primary key,
    source          text        not null,
    external_id     text        not null,
    contact_id      uuid references contacts, -- null while the invoice that it names is not known
    invoice_ref     text        not null default '', -- the source's id of the invoice that it is for
    currency        text        not null check (currency ~ '^[A-Z]{3}$'),
    amount_minor    bigint      not null check (amount_minor > 0),
    allocated_minor bigint      not null default 0 check (allocated_minor >= 0),
    refunded_minor  bigint      not null default 0 check (refunded_minor >= 0),
    received_at     timestamptz not null,
    unique (source, external_id),
    unique (id, currency),
    constraint payments_sum check (allocated_minor + refunded_minor <= amount_minor)
);
create index payments_credit on payments (contact_id, currency) where allocated_minor + refunded_minor < amount_minor;
create index payments_contact on payments (contact_id);
create index payments_waiting on payments (source, invoice_ref) where allocated_minor + refunded_minor < amount_minor;

-- Which payment paid how much of which invoice. Both have the same currency.
create table payment_allocations (
    payment_id   uuid   not null,
    invoice_id   uuid   not null,
    currency     text   not null,
    amount_minor bigint not null check (amount_minor > 0),
    primary key (payment_id, invoice_id),
    foreign key (payment_id, currency) references payments (id, currency),
    foreign key (invoice_id, currency) references invoices (id, currency)
);
create index payment_allocations_invoice on payment_allocations (invoice_id);

-- Money that went back.
create table payment_refunds (
    id           uuid primary key,
    source       text        not null,
    external_id  text        not null,
    payment_id   uuid        not null,
    currency     text        not null,
    amount_minor bigint      not null check (amount_minor > 0),
    settled      boolean     not null, -- what it paid is not owed again
    at           timestamptz not null,
    unique (source, external_id),
    foreign key (payment_id, currency) references payments (id, currency)
);
create index payment_refunds_payment on payment_refunds (payment_id);

-- Credit notes.
create table invoice_credits (
    id           uuid primary key,
    source       text        not null,
    external_id  text        not null,
    invoice_id   uuid        not null,
    currency     text        not null,
    amount_minor bigint      not null check (amount_minor > 0),
    at           timestamptz not null,
    unique (source, external_id),
    foreign key (invoice_id, currency) references invoices (id, currency)
);
create index invoice_credits_invoice on invoice_credits (invoice_id);

-- Customers' words to pay on a day. Without an amount it is for all that is owed.
create table promises (
    id           uuid primary key,
    source       text        not null,
    external_id  text        not null,
    contact_id   uuid        not null references contacts,
    on_day       date        not null,
    amount_minor bigint check (amount_minor > 0),
    currency     text check (currency ~ '^[A-Z]{3}$'),
    state        text        not null check (state in ('open', 'kept', 'broken', 'replaced')),
    made_at      timestamptz not null,
    ended_at     timestamptz,
    unique (source, external_id),
    check ((amount_minor is null) = (currency is null)),
    check ((state = 'open') = (ended_at is null))
);
create unique index promises_open on promises (contact_id) where state = 'open';
create index promises_contact on promises (contact_id, made_at);

-- Who a customer of somebody else's system is here.
create table billing_customers (
    source      text not null,
    external_id text not null,
    contact_id  uuid not null references contacts,
    primary key (source, external_id)
);
create index billing_customers_contact on billing_customers (contact_id);

-- What refers to what in somebody else's system: a charge to its invoice.
create table billing_references (
    source      text not null,
    external_id text not null,
    refers_to   text not null,
    primary key (source, external_id)
);

-- What came in from a system outside and could not be booked, for somebody to look at.
create table billing_reconciliations (
    id          uuid primary key,
    source      text        not null,
    event_id    text        not null,
    event_type  text        not null,
    object_id   text        not null, -- the source's id of what is missing here
    data        jsonb       not null, -- what is needed to book it: ids, amounts and days
    reason      text        not null,
    at          timestamptz not null,
    resolved_at timestamptz,
    unique (source, event_id)
);
create index billing_reconciliations_object on billing_reconciliations (source, object_id) where resolved_at is null;

-- The sums of the allocations are those that stand in invoices and payments, at the end of every transaction.
-- +goose StatementBegin
create function billing_check_invoice(invoice uuid) returns void language plpgsql as $$
begin
    if exists (select 1 from invoices i where i.id = invoice and i.paid_minor <>
        (select coalesce(sum(a.amount_minor), 0) from payment_allocations a where a.invoice_id = invoice)) then
        raise exception 'what was paid of an invoice is not what was allocated to it' using errcode = 'check_violation';
    end if;
end $$;
-- +goose StatementEnd
-- +goose StatementBegin
create function billing_check_payment(payment uuid) returns void language plpgsql as $$
begin
    if exists (select 1 from payments p where p.id = payment and (p.allocated_minor <>
        (select coalesce(sum(a.amount_minor), 0) from payment_allocations a where a.payment_id = payment)
        or p.refunded_minor <> (select coalesce(sum(r.amount_minor), 0) from payment_refunds r where r.payment_id = payment))) then
        raise exception 'what was allocated or refunded of a payment is not the sum of it' using errcode = 'check_violation';
    end if;
end $$;
-- +goose StatementEnd
-- +goose StatementBegin
create function billing_check_row() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'invoices' then
        perform billing_check_invoice(new.id);
    elsif tg_table_name = 'payments' then
        perform billing_check_payment(new.id);
    elsif tg_table_name = 'payment_refunds' then
        perform billing_check_payment(new.payment_id);
    elsif tg_op = 'DELETE' then
        perform billing_check_invoice(old.invoice_id);
        perform billing_check_payment(old.payment_id);
    else
        perform billing_check_invoice(new.invoice_id);
        perform billing_check_payment(new.payment_id);
    end if;
    return null;
end $$;
-- +goose StatementEnd
create constraint trigger invoices_sums after insert or update on invoices deferrable initially deferred for each row execute function billing_check_row();
create constraint trigger payments_sums after insert or update on payments deferrable initially deferred for each row execute function billing_check_row();
create constraint trigger allocations_sums after insert or update or delete on payment_allocations deferrable initially deferred for each row execute function billing_check_row();
create constraint trigger refunds_sums after insert on payment_refunds deferrable initially deferred for each row execute function billing_check_row();

-- +goose Down
drop table billing_reconciliations;
drop table billing_references;
drop table billing_customers;
drop table promises;
drop table invoice_credits;
drop table payment_refunds;
drop table payment_allocations;
drop table payments;
drop table invoices;
drop table billing_accounts;
drop function billing_check_row();
drop function billing_check_payment(uuid);
drop function billing_check_invoice(uuid);
