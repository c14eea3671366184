-- name: GetBusinessCalendar :one
select definition from business_calendars where id = $1;

-- name: SeedBusinessCalendar :exec
insert into business_calendars (id, definition, updated_at) values ($1, $2, $3) on conflict (id) do nothing;
