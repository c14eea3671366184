-- name: GetSetting :one
select value from settings where name = $1;

-- name: PutSettingOnce :exec
insert into settings (name, value) values ($1, $2) on conflict (name) do nothing;

-- name: PutSetting :exec
insert into settings (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value;

-- Waits for whoever holds the setting, and keeps others from it until the transaction ends.
-- name: LockSetting :one
select value from settings where name = $1 for update;
