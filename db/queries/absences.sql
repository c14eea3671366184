-- name: AddAbsence :one
insert into absences (id, user_id, from_at, until_at, deputy_id, created_at)
values (@id, @user_id, @from_at, @until_at, @deputy_id, @created_at) on conflict (id) do nothing
returning *;

-- name: GetAbsence :one
select * from absences where id = $1;

-- name: EndAbsence :execrows
update absences set until_at = @now where id = @id and from_at < @now::timestamptz and until_at > @now;

-- name: DropAbsence :execrows
-- One that has not begun will not be.
delete from absences where id = @id and from_at >= @now::timestamptz;

-- name: FindAbsence :one
-- The absence of a user at an instant; the one with a deputy first.
select * from absences where user_id = @user_id and from_at <= @at::timestamptz and until_at > @at
order by deputy_id nulls last, until_at desc limit 1;

-- name: NextAbsence :one
-- When the user goes away next.
select from_at from absences where user_id = @user_id and from_at > @at::timestamptz order by from_at limit 1;

-- name: ListAbsencePage :many
select * from absences a
where (sqlc.narg(user_id)::uuid is null or a.user_id = sqlc.narg(user_id)) and a.until_at > @from_at::timestamptz
  and (not @after::boolean or (a.from_at, a.id) > (@after_at::timestamptz, @after_id::uuid))
order by a.from_at, a.id limit @max_rows;

-- name: ListWatchedTasksOf :many
-- Those whose process looks at them; the others came before there was one.
select * from tasks where assignee_id = @user_id::uuid and state in ('open', 'acknowledged', 'started')
  and (begun_at is not null or within_minutes is not null)
order by id;
