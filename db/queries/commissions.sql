-- name: GetDealForCommission :one
-- Waits for whoever changes the deal, so that nothing is booked on what is about to change.
select id, owner_id, state, amount_minor, currency, closed_at from sales_pipeline where id = $1 for share;

-- name: LockCommissions :exec
-- Whoever books or claws back for somebody does it one after the other: the tiers count what was won before.
select pg_advisory_xact_lock(hashtextextended('commissions/' || sqlc.arg(owner)::text, 0));

-- name: WonBefore :one
-- What an owner's deals of a span amount to in a currency, but for one deal.
select coalesce(sum(d.base_minor), 0)::bigint from (
    select distinct deal_id, base_minor from commissions
    where owner_id = @owner_id and kind = 'earned' and reversed_at is null and currency = @currency
      and won_at >= @since and won_at < @until and deal_id <> @deal_id
) d;

-- name: AddCommission :exec
insert into commissions (id, key, deal_id, user_id, kind, amount_minor, currency, base_minor, owner_id, won_at, plan, plan_version, created_at)
values (@id, @key, @deal_id, @user_id, @kind, @amount_minor, @currency, @base_minor, @owner_id, @won_at, @plan, @plan_version, @created_at);

-- name: ListDealCommissions :many
-- What counts for a deal, what was earned first.
select * from commissions where deal_id = $1 and reversed_at is null order by kind desc, created_at, id;

-- name: ReverseCommissions :many
update commissions set reversed_at = @now::timestamptz where deal_id = @deal_id and reversed_at is null returning id;

-- name: ListCommissionPage :many
-- The newest first, what was reversed included.
select * from commissions c
where (sqlc.narg(user_id)::uuid is null or c.user_id = sqlc.narg(user_id))
  and (sqlc.narg(deal_id)::uuid is null or c.deal_id = sqlc.narg(deal_id))
  and (not @after::boolean or (c.created_at, c.id) < (@after_at::timestamptz, @after_id::uuid))
order by c.created_at desc, c.id desc limit @max_rows;
