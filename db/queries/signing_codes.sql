-- name: AddSigningCode :exec
insert into signing_codes (id, contract_id, created_at, expires_at) values (@id, @contract_id, @created_at, @expires_at);

-- name: LastSigningCode :one
-- Only the newest code counts.
select * from signing_codes where contract_id = $1 order by created_at desc, id desc limit 1;

-- name: CountSigningCodes :one
select count(*) from signing_codes where contract_id = @contract_id and created_at > @since;

-- name: TrySigningCode :exec
update signing_codes set tries = tries + 1 where id = $1;

-- name: UseSigningCode :exec
update signing_codes set used_at = @now::timestamptz where id = @id;
