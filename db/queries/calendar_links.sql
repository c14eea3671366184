-- name: AddCalendarLink :exec
insert into calendar_links (id, user_id, created_at) values (@id, @user_id, @created_at) on conflict do nothing;

-- name: GetCalendarLink :one
select * from calendar_links where id = $1;

-- name: RevokeCalendarLinks :execrows
-- All of a user, but one that is to be kept.
update calendar_links set revoked_at = @now::timestamptz where user_id = @user_id and revoked_at is null and id <> @kept;

-- name: ListTasksToCome :many
-- The unfinished tasks behind a link that was not revoked, of a user who is still there.
select t.* from calendar_links l join users u on u.id = l.user_id and u.active join tasks t on t.assignee_id = u.id
where l.id = @id and l.revoked_at is null and t.due_at is not null and t.state in ('open', 'acknowledged', 'started')
order by t.due_at, t.id limit 1000;
