-- name: NoteReminder :exec
insert into reminders (key, task_id, user_id, kind, at) values (@key, @task_id, @user_id, @kind, @at) on conflict do nothing;

-- name: ListReminders :many
select * from reminders where task_id = $1 order by at, key limit 200;
