-- name: ResolveContact :one
-- The contact that stands for a person after all joins, kept from going away until the transaction ends.
with recursive joined as (
    select p.id, p.merged_into, 1 as depth from contacts p where p.id = @id
    union all
    select n.id, n.merged_into, j.depth + 1 from joined j join contacts n on n.id = j.merged_into where j.depth < 20
)
select c.id from contacts c where c.id = (select j.id from joined j order by j.depth desc limit 1) for key share;

-- name: AddAccountFence :exec
insert into fences (kind, id) values ('account', @id) on conflict (kind, id) do nothing;

-- name: LockAccount :exec
-- Whoever books on an account does it one after the other. It waits at the fence, so it has one order with whoever moves it.
select version from fences where kind = 'account' and id = @id for update;

-- name: FindInvoiceAccount :one
select contact_id from invoices where source = @source and external_id = @external_id;

-- name: FindPaymentAccount :one
select contact_id from payments where source = @source and external_id = @external_id;

-- name: LockInvoice :one
select * from invoices where source = @source and external_id = @external_id for update;

-- name: LockInvoiceByID :one
select * from invoices where id = @id for update;

-- name: LockPayment :one
select * from payments where source = @source and external_id = @external_id for update;

-- name: LockPaymentByID :one
select * from payments where id = @id for update;

-- name: AddInvoice :one
insert into invoices (id, source, external_id, contact_id, number, currency, total_minor, state, issued_on, due_on, pay_url, told_at, created_at, updated_at)
values (@id, @source, @external_id, @contact_id, @number, @currency, @total_minor, @state, @issued_on, @due_on, @pay_url, @told_at, @now, @now)
on conflict (source, external_id) do nothing returning *;

-- name: SaveInvoice :exec
update invoices set number = @number, total_minor = @total_minor, paid_minor = @paid_minor, credited_minor = @credited_minor, state = @state,
    disputed_at = sqlc.narg(disputed_at), dispute_reason = @dispute_reason, due_on = @due_on, pay_url = @pay_url, told_at = @told_at, updated_at = @now
where id = @id;

-- name: LockOpenInvoices :many
-- The oldest due first.
select * from invoices where contact_id = @contact_id and currency = @currency and state = 'open' order by due_on, created_at, id for update;

-- name: AddPayment :one
insert into payments (id, source, external_id, contact_id, invoice_ref, currency, amount_minor, received_at)
values (@id, @source, @external_id, sqlc.narg(contact_id), @invoice_ref, @currency, @amount_minor, @received_at)
on conflict (source, external_id) do nothing returning *;

-- name: SavePayment :exec
update payments set contact_id = sqlc.narg(contact_id), allocated_minor = @allocated_minor, refunded_minor = @refunded_minor where id = @id;

-- name: LockPaymentsFor :many
-- Money that waits for an invoice that it names.
select * from payments where source = @source and invoice_ref = @invoice_ref and currency = @currency
  and allocated_minor + refunded_minor < amount_minor order by received_at, id for update;

-- name: LockCredits :many
-- Money of an account that is free: it names no invoice, or one that is known.
select p.* from payments p where p.contact_id = @contact_id and p.currency = @currency and p.allocated_minor + p.refunded_minor < p.amount_minor
  and (p.invoice_ref = '' or exists (select 1 from invoices i where i.source = p.source and i.external_id = p.invoice_ref))
order by p.received_at, p.id for update;

-- name: Allocate :exec
insert into payment_allocations (payment_id, invoice_id, currency, amount_minor) values (@payment_id, @invoice_id, @currency, @amount_minor)
on conflict (payment_id, invoice_id) do update set amount_minor = payment_allocations.amount_minor + excluded.amount_minor;

-- name: SetAllocation :exec
update payment_allocations set amount_minor = @amount_minor where payment_id = @payment_id and invoice_id = @invoice_id;

-- name: DropAllocation :exec
delete from payment_allocations where payment_id = @payment_id and invoice_id = @invoice_id;

-- name: ListInvoiceAllocations :many
select a.* from payment_allocations a join payments p on p.id = a.payment_id where a.invoice_id = @invoice_id order by p.received_at desc, p.id desc;

-- name: ListPaymentAllocations :many
-- What is due last is taken back first.
select a.* from payment_allocations a join invoices i on i.id = a.invoice_id where a.payment_id = @payment_id order by i.due_on desc, i.created_at desc, i.id desc;

-- name: AddRefund :execrows
insert into payment_refunds (id, source, external_id, payment_id, currency, amount_minor, settled, at)
values (@id, @source, @external_id, @payment_id, @currency, @amount_minor, @settled, @at)
on conflict (source, external_id) do nothing;

-- name: AddInvoiceCredit :execrows
insert into invoice_credits (id, source, external_id, invoice_id, currency, amount_minor, at)
values (@id, @source, @external_id, @invoice_id, @currency, @amount_minor, @at)
on conflict (source, external_id) do nothing;

-- name: ReplacePromises :execrows
update promises set state = 'replaced', ended_at = @now::timestamptz where contact_id = @contact_id and state = 'open';

-- name: AddPromise :execrows
insert into promises (id, source, external_id, contact_id, on_day, amount_minor, currency, state, made_at)
values (@id, @source, @external_id, @contact_id, @on_day, sqlc.narg(amount_minor), sqlc.narg(currency), 'open', @now)
on conflict (source, external_id) do nothing;

-- name: HasPromise :one
select exists (select 1 from promises where source = @source and external_id = @external_id);

-- name: KeepPromises :execrows
-- A promise is kept when what was promised has come in: the amount since then or, without one, all that is due by that day.
update promises p set state = 'kept', ended_at = @now::timestamptz
where p.contact_id = @contact_id and p.state = 'open' and case when p.amount_minor is null
    then not exists (select 1 from invoices i where i.contact_id = p.contact_id and i.state = 'open' and i.disputed_at is null and i.due_on <= p.on_day)
    else p.amount_minor <= (select coalesce(sum(m.amount_minor - m.refunded_minor), 0) from payments m
        where m.contact_id = p.contact_id and m.currency = p.currency and m.received_at >= p.made_at) end;

-- name: BreakPromise :one
update promises set state = 'broken', ended_at = @now::timestamptz where id = @id and state = 'open' returning contact_id;

-- name: FindPromiseAccount :one
select contact_id from promises where id = @id;

-- name: SetBankrupt :execrows
insert into billing_accounts (contact_id, bankrupt_at) values (@contact_id, @now::timestamptz)
on conflict (contact_id) do update set bankrupt_at = excluded.bankrupt_at where billing_accounts.bankrupt_at is null;

-- name: SetSolvent :execrows
update billing_accounts set bankrupt_at = null where contact_id = @contact_id and bankrupt_at is not null;

-- name: SetSegment :execrows
-- Nothing happens when it is so already.
insert into billing_accounts (contact_id, segment) select @contact_id::uuid, sqlc.narg(segment)
where sqlc.narg(segment)::text is not null or exists (select 1 from billing_accounts a where a.contact_id = @contact_id::uuid)
on conflict (contact_id) do update set segment = excluded.segment where billing_accounts.segment is distinct from excluded.segment;

-- name: GetBillingAccount :one
select coalesce(a.segment, c.attributes ->> 'segment', '')::text as segment, (a.bankrupt_at is not null)::boolean as bankrupt
from contacts c left join billing_accounts a on a.contact_id = c.id where c.id = @id;

-- name: ListAccountInvoices :many
-- Those that are open, and those that are asked for.
select * from invoices where contact_id = @contact_id and (state = 'open' or id = any(@also::uuid[])) order by due_on, created_at, id;

-- name: ListPromises :many
select * from promises where contact_id = @contact_id order by made_at, id;

-- name: SumCredits :many
select currency, sum(amount_minor - allocated_minor - refunded_minor)::bigint as minor from payments
where contact_id = @contact_id and allocated_minor + refunded_minor < amount_minor group by currency order by currency;

-- name: GetInvoice :one
select * from invoices where id = @id;

-- name: FindInvoice :one
select * from invoices where source = @source and external_id = @external_id;

-- name: GetPayment :one
select * from payments where source = @source and external_id = @external_id;

-- name: ListInvoices :many
select i.* from invoices i
where (sqlc.narg(contact)::uuid is null or i.contact_id = sqlc.narg(contact))
  and (sqlc.narg(state)::text is null or i.state = sqlc.narg(state))
  and (not @overdue::boolean or (i.state = 'open' and i.due_on < @today::date))
  and (sqlc.narg(after_at)::timestamptz is null or (i.created_at, i.id) > (sqlc.narg(after_at)::timestamptz, sqlc.narg(after_id)::uuid))
order by i.created_at, i.id limit @page_size;

-- name: FindBillingCustomer :one
select contact_id from billing_customers where source = @source and external_id = @external_id;

-- name: LinkBillingCustomer :execrows
insert into billing_customers (source, external_id, contact_id) values (@source, @external_id, @contact_id)
on conflict (source, external_id) do nothing;

-- name: AddReconciliation :exec
insert into billing_reconciliations (id, source, event_id, event_type, object_id, data, reason, at)
values (@id, @source, @event_id, @event_type, @object_id, @data, @reason, @at)
on conflict (source, event_id) do update set object_id = excluded.object_id, reason = excluded.reason;

-- name: ListReconciliations :many
-- What waits for one of some things to become known, the oldest first.
select * from billing_reconciliations where source = @source and object_id = any(@object_ids::text[]) and resolved_at is null order by at, id for update;

-- name: ListReconciliationPage :many
-- The oldest first.
select r.* from billing_reconciliations r
where (sqlc.narg(reason)::text is null or r.reason = sqlc.narg(reason))
  and (sqlc.narg(object_id)::text is null or r.object_id = sqlc.narg(object_id))
  and (@resolved::boolean or r.resolved_at is null)
  and (sqlc.narg(after_at)::timestamptz is null or (r.at, r.id) > (sqlc.narg(after_at)::timestamptz, sqlc.narg(after_id)::uuid))
order by r.at, r.id limit @page_size;

-- name: ResolveReconciliation :exec
update billing_reconciliations set resolved_at = @now::timestamptz where source = @source and event_id = @event_id and resolved_at is null;

-- name: AddReference :execrows
insert into billing_references (source, external_id, refers_to) values (@source, @external_id, @refers_to) on conflict (source, external_id) do nothing;

-- name: FindReference :one
select refers_to from billing_references where source = @source and external_id = @external_id;

-- name: SumPaymentsFor :one
select coalesce(sum(amount_minor), 0)::bigint from payments where source = @source and invoice_ref = @invoice_ref;

-- name: ListPaymentsFor :many
-- What came in last is given back first.
select * from payments where source = @source and invoice_ref = @invoice_ref and refunded_minor < amount_minor order by received_at desc, id desc;

-- name: HasRefund :one
select exists (select 1 from payment_refunds where source = @source and external_id = @external_id);

-- name: LockBilled :exec
-- An invoice or payment may be told of by two at once before it is known whose it is.
select pg_advisory_xact_lock(hashtextextended('billing/' || sqlc.arg(name)::text, 0));

-- name: ListWaitingAccounts :many
select distinct contact_id::uuid as contact_id from payments
where source = @source and invoice_ref = @invoice_ref and contact_id is not null and allocated_minor + refunded_minor < amount_minor;

-- name: FollowContact :one
-- The contact that stands for a person after all joins.
with recursive joined as (
    select p.id, p.merged_into, 1 as depth from contacts p where p.id = @id
    union all
    select n.id, n.merged_into, j.depth + 1 from joined j join contacts n on n.id = j.merged_into where j.depth < 20
)
select j.id from joined j order by j.depth desc limit 1;
