-- name: BookAppointment :many
-- No row: the giver is taken at that time, or the id is.
insert into appointments (id, type, type_version, contact_id, giver, user_id, start_at, end_at, busy_from, busy_until, rebooks, since, created_at, changed_at)
values (@id, @type, @type_version, @contact_id, @giver, sqlc.narg(user_id), @start_at, @end_at, @busy_from, @busy_until, sqlc.narg(rebooks), @now, @now, @now)
on conflict do nothing
returning *;

-- name: GetAppointment :one
select * from appointments where id = $1;

-- name: LockAppointment :one
select * from appointments where id = $1 for update;

-- name: MoveAppointment :one
update appointments set giver = @giver, user_id = sqlc.narg(user_id), start_at = @start_at, end_at = @end_at, busy_from = @busy_from, busy_until = @busy_until,
    sequence = sequence + 1, version = version + 1, since = @now, changed_at = @now
where id = @id returning *;

-- name: EndAppointment :one
update appointments set state = @state, reason = sqlc.narg(reason), sequence = sequence + @raise::int, version = version + 1, changed_at = @now
where id = @id returning *;

-- name: TouchAppointment :one
-- What it rests on has changed.
update appointments set version = version + 1, changed_at = @now where id = @id returning *;

-- name: ListBookedOf :many
-- What keeps givers from giving more in a span of time, with the buffers.
select giver, busy_from, busy_until from appointments
where giver = any (@givers::text[]) and state <> 'cancelled' and busy_from < @until_at::timestamptz and busy_until > @from_at::timestamptz and id <> @spared;

-- name: CountBookedOf :many
-- How much each giver has in a span of time.
select giver, count(*)::int as booked from appointments
where giver = any (@givers::text[]) and state = 'booked' and start_at >= @from_at::timestamptz and start_at < @until_at::timestamptz
group by giver;

-- name: ListGivers :many
select id, team, time_zone from users
where active and (id = any (@ids::uuid[]) or team = any (@teams::text[]) or role = any (@roles::text[]))
order by id;

-- name: ListBusinessCalendars :many
select id, definition from business_calendars where id = any (@ids::text[]);

-- name: ListAbsencesOf :many
select user_id, from_at, until_at from absences
where user_id = any (@ids::uuid[]) and from_at < @until_at::timestamptz and until_at > @from_at::timestamptz;

-- name: ListBusyTimesOf :many
select user_id, from_at, until_at from busy_times
where user_id = any (@ids::uuid[]) and from_at < @until_at::timestamptz and until_at > @from_at::timestamptz;

-- name: ListAppointmentPage :many
select * from appointments a
where (sqlc.narg(contact_id)::uuid is null or a.contact_id = sqlc.narg(contact_id)) and (sqlc.narg(user_id)::uuid is null or a.user_id = sqlc.narg(user_id))
  and (@type::text = '' or a.type = @type) and (@state::text = '' or a.state = @state)
  and (sqlc.narg(from_at)::timestamptz is null or a.start_at >= sqlc.narg(from_at)) and (sqlc.narg(until_at)::timestamptz is null or a.start_at < sqlc.narg(until_at))
  and (not @after::boolean or (a.start_at, a.id) > (@after_at::timestamptz, @after_id::uuid))
order by a.start_at, a.id limit @max_rows;

-- name: AppointmentFacts :one
-- What the process of an appointment goes by. Missed counts the no-shows of the person since one was held.
select a.*, coalesce(c.time_zone, '')::text as time_zone, coalesce(c.country, '')::text as country,
    (select count(*) from appointments m where m.contact_id = a.contact_id and m.type = a.type and m.state = 'no-show' and m.start_at <= a.start_at
        and m.start_at > coalesce((select max(h.start_at) from appointments h where h.contact_id = a.contact_id and h.type = a.type and h.state = 'held' and h.start_at < a.start_at), '-infinity'))::int as missed
from appointments a join contacts c on c.id = a.contact_id
where a.id = $1;

-- name: AppointmentPeople :one
-- Who is named in an invitation.
select coalesce(c.email, '')::text as contact_email, trim(concat_ws(' ', c.first_name, c.last_name))::text as contact_name,
    coalesce(u.display_name, '')::text as giver_name, coalesce(u.email, '')::text as giver_email,
    coalesce(c.time_zone, '')::text as time_zone, coalesce(c.country, '')::text as country, coalesce(c.language, '')::text as language
from appointments a join contacts c on c.id = a.contact_id left join users u on u.id = a.user_id
where a.id = $1;

-- name: ListAppointmentsToCome :many
-- Those that a person has before them.
select * from appointments where contact_id = @contact_id and state = 'booked' and start_at > @now::timestamptz order by start_at, id for update;

-- name: ListAppointmentsOfLink :many
-- The appointments behind a calendar link that was not revoked, of a user who is still there.
select a.* from calendar_links l join users u on u.id = l.user_id and u.active join appointments a on a.user_id = u.id
where l.id = @id and l.revoked_at is null and a.state = 'booked' and a.end_at > @now::timestamptz
order by a.start_at, a.id limit 1000;

-- name: SetContactZone :execrows
update contacts set time_zone = @time_zone, version = version + 1, updated_at = @now where id = @id and time_zone is distinct from @time_zone;
