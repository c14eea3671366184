-- name: IssueCoupon :one
-- A second issue under the same key finds the first coupon.
insert into coupons (id, key, code, contact_id, offer, percent, amount_minor, currency, issued_at, expires_at)
values (@id, @key, @code, @contact_id, @offer, sqlc.narg(percent), sqlc.narg(amount_minor), sqlc.narg(currency), @issued_at, @expires_at)
on conflict (key) do update set key = excluded.key
returning *;

-- name: LockCoupon :one
select c.*, coalesce(p.merged_into, p.id)::uuid as holder
from coupons c join contacts p on p.id = c.contact_id
where c.code = @code for no key update of c;

-- name: RedeemCoupon :exec
update coupons set redeemed_at = @now::timestamptz, redeemed_by = @order_ref::text where id = @id and redeemed_at is null;

-- name: EndCoupon :execrows
-- Nothing when it was used or has expired.
update coupons set expires_at = @now::timestamptz where id = @id and redeemed_at is null and expires_at > @now::timestamptz;

-- name: ListCouponPage :many
select * from coupons
where contact_id = @contact_id::uuid
  and (not @before::bool or (issued_at, id) < (@before_at::timestamptz, @before_id::uuid))
order by issued_at desc, id desc
limit @max_rows;
