-- Takes up to @want whole tokens and leaves @keep in the bucket. The expressions see the row as it stands under its
-- lock, so that workers cannot take a token twice. A new bucket is full.
-- name: LeaseTokens :one
insert into provider_limits as b (provider, per_second, burst, tokens, refilled_at, granted)
values (@provider, sqlc.arg(per_second)::float8, sqlc.arg(burst)::float8,
        sqlc.arg(burst)::float8 - least(sqlc.arg(want)::float8, floor(sqlc.arg(burst)::float8 - sqlc.arg(keep)::float8)),
        sqlc.arg(now)::timestamptz, least(sqlc.arg(want)::float8, floor(sqlc.arg(burst)::float8 - sqlc.arg(keep)::float8)))
on conflict (provider) do update set
    per_second = excluded.per_second, burst = excluded.burst,
    granted = least(sqlc.arg(want)::float8, greatest(0, floor(bucket_level(b, excluded.refilled_at) - sqlc.arg(keep)::float8))),
    tokens = bucket_level(b, excluded.refilled_at)
        - least(sqlc.arg(want)::float8, greatest(0, floor(bucket_level(b, excluded.refilled_at) - sqlc.arg(keep)::float8))),
    refilled_at = greatest(b.refilled_at, excluded.refilled_at)
returning granted, tokens, refilled_at;

-- Empties the bucket and refills it from @until on.
-- name: PauseProvider :exec
insert into provider_limits as b (provider, per_second, burst, tokens, refilled_at)
values (@provider, @per_second, @burst, 0, @until)
on conflict (provider) do update set tokens = 0, refilled_at = greatest(b.refilled_at, excluded.refilled_at);
