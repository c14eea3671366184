-- name: AddBusyFeed :exec
insert into busy_feeds (id, user_id, url, created_at) values (@id, @user_id, @url, @created_at) on conflict (id) do nothing;

-- name: GetBusyFeed :one
select * from busy_feeds where id = $1;

-- name: LockBusyFeed :one
select * from busy_feeds where id = $1 for update;

-- name: ListBusyFeeds :many
select * from busy_feeds where user_id = $1 order by created_at, id;

-- name: ListDueBusyFeeds :many
select * from busy_feeds where url <> '' and (tried_at is null or tried_at <= @before::timestamptz) order by tried_at nulls first, id limit 500;

-- name: DropBusyFeed :execrows
delete from busy_feeds where id = $1;

-- name: NoteBusyFeed :exec
update busy_feeds set etag = @etag, problem = @problem, tried_at = @tried_at, read_at = coalesce(sqlc.narg(read_at), read_at) where id = @id;

-- name: ClearBusyTimes :exec
delete from busy_times where feed_id = $1;

-- name: AddBusyTimes :exec
insert into busy_times (feed_id, user_id, from_at, until_at)
select @feed_id, @user_id, t.from_at, t.until_at
from jsonb_to_recordset(@times::jsonb) as t (from_at timestamptz, until_at timestamptz) on conflict do nothing;
