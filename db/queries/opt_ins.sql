-- name: AddOptIn :exec
insert into opt_ins (id, contact_id, purpose, state, source, created_at, remind_at, expires_at)
values (@id, @contact_id, @purpose, 'pending', @source, @created_at, sqlc.narg(remind_at), @expires_at);

-- name: GetOptIn :one
select * from opt_ins where id = $1;

-- name: LockOptIn :one
select * from opt_ins where id = $1 for update;

-- name: FindPendingOptIn :one
select * from opt_ins where contact_id = @contact_id and purpose = @purpose and state = 'pending' for update;

-- name: ListOptIns :many
select * from opt_ins where contact_id = @contact_id order by created_at desc, id desc limit @max_rows;

-- name: ConfirmOptIn :one
-- The message is the one that carried the link; the link itself names the opt-in only. No row when it was settled before.
update opt_ins o
set state = 'confirmed', confirmed_at = sqlc.arg(now)::timestamptz,
    message_id = (select m.id from messages m
                  where m.contact_id = o.contact_id and m.about ->> 'opt_in_id' = o.id::text
                  order by m.created_at desc, m.id desc limit 1)
where o.id = sqlc.arg(id) and o.state = 'pending'
returning o.message_id;

-- name: ExpireOptIn :execrows
update opt_ins set state = 'expired' where id = @id and state = 'pending';
