-- name: ReserveIdempotencyKey :execrows
-- One row when the caller may go to work: the key is new, its answer has expired, or the call that held it died.
insert into idempotency_keys as k (api_key_id, key, method, path, body_hash, locked_until, created_at)
values (@api_key_id, @key, @method, @path, @body_hash, @locked_until, @now)
on conflict (api_key_id, key) do update
set method = excluded.method, path = excluded.path, body_hash = excluded.body_hash, status = null, header = null, body = null,
    locked_until = excluded.locked_until, created_at = excluded.created_at
where k.created_at < @expired
   or (k.status is null and k.locked_until <= @now and k.body_hash = excluded.body_hash);

-- name: GetIdempotencyKey :one
select * from idempotency_keys where api_key_id = $1 and key = $2;

-- name: AnswerIdempotencyKey :execrows
update idempotency_keys set status = @status::int, header = @header::jsonb, body = @body
where api_key_id = @api_key_id and key = @key and locked_until = @locked_until and status is null;

-- name: ReleaseIdempotencyKey :exec
delete from idempotency_keys where api_key_id = @api_key_id and key = @key and locked_until = @locked_until and status is null;

-- name: ForgetIdempotencyKeys :execrows
delete from idempotency_keys where created_at < $1;
