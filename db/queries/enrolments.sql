-- name: AddEnrolment :execrows
-- Writes nothing when the person is in the course already, or the occasion has enrolled somebody before.
insert into enrolments (id, course, contact_id, channel, language, source, occasion, enrolled_at, changed_at)
values (@id, @course, @contact_id, @channel, @language, @source, sqlc.narg(occasion), @enrolled_at, @enrolled_at)
on conflict do nothing;

-- name: GetEnrolment :one
select * from enrolments where id = $1;

-- name: LockEnrolment :one
select * from enrolments where id = $1 for no key update;

-- name: FindLiveEnrolment :one
select * from enrolments where course = @course and contact_id = @contact_id and state in ('active', 'paused');

-- name: FindEnrolmentOfOccasion :one
select * from enrolments where course = @course and occasion = @occasion::text;

-- name: MoveEnrolment :one
update enrolments set state = @state, reason = @reason, changed_at = @now,
    next_lesson = case when sqlc.arg(state)::text in ('active', 'paused') then next_lesson else '' end,
    next_at = case when sqlc.arg(state)::text in ('active', 'paused') then next_at end
where id = @id
returning *;

-- name: ExpectLesson :exec
update enrolments set next_lesson = @next_lesson, next_at = sqlc.narg(next_at) where id = @id;

-- name: AnswerEnrolment :execrows
-- One answer in a span of time, however often somebody asks.
update enrolments set answered_at = sqlc.arg(now)::timestamptz
where id = @id and (answered_at is null or answered_at <= sqlc.arg(not_since)::timestamptz);

-- name: LockLiveEnrolments :many
-- Those of a person by a channel (any, when it is empty), in the order of their ids.
select * from enrolments
where contact_id = @contact_id and state in ('active', 'paused')
  and (sqlc.arg(channel)::text = '' or channel in ('', sqlc.arg(channel)::text))
order by id for no key update;

-- name: LockLearners :many
select id from enrolments where course = @course and state in ('active', 'paused') order by id for no key update;

-- name: ListEnrolmentLessons :many
select * from enrolment_lessons where enrolment_id = $1 order by at, id;

-- name: AddEnrolmentLesson :exec
-- A lesson that is still to be given takes the words that count now.
insert into enrolment_lessons as l (id, enrolment_id, lesson, state, title, words, material, at)
values (@id, @enrolment_id, @lesson, @state, @title, @words, @material, @at)
on conflict (enrolment_id, lesson) do update
set state = excluded.state, title = excluded.title, words = excluded.words, material = excluded.material, at = excluded.at
where l.state = 'due';

-- name: DropDueLessons :exec
-- What was to be given and was not: it is worked out anew.
delete from enrolment_lessons where enrolment_id = @enrolment_id and state = 'due' and lesson <> @kept;

-- name: SettleLesson :execrows
update enrolment_lessons set state = @state, reason = @reason, message_id = (select m.id from messages m where m.id = sqlc.narg(message_id)), at = @at
where enrolment_lessons.id = @id and enrolment_lessons.state in ('due', 'skipped');

-- name: NoteHelp :execrows
insert into course_helps as h (contact_id, at) values (@contact_id, @now)
on conflict (contact_id) do update set at = excluded.at where h.at <= sqlc.arg(not_since)::timestamptz;

-- name: HasUnsubscribed :one
-- Whether a STOP stands for an address.
select exists (select from suppressions where channel = @channel and address = @address and reason = 'unsubscribe' and lifted_at is null)::boolean;

-- name: CourseFacts :one
-- What a message about an enrolment may speak of.
select e.course, e.language, coalesce(l.title, '')::text as title, coalesce(l.words, '')::text as words, coalesce(l.material, '')::text as material
from enrolments e
left join enrolment_lessons l on l.id = sqlc.arg(lesson_id)::uuid and l.enrolment_id = e.id
where e.id = sqlc.arg(enrolment_id)::uuid;

-- name: CountEnrolments :many
select course, state, count(*)::bigint as learners from enrolments group by course, state;

-- name: ListLearnerPage :many
select * from enrolments
where course = @course and (sqlc.narg(state)::text is null or state = sqlc.narg(state))
  and (not sqlc.arg(before)::boolean or (enrolled_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid))
order by enrolled_at desc, id desc limit sqlc.arg(max_rows);

-- name: ListLearnerLessons :many
-- Who got what, and what came back.
select l.enrolment_id, l.lesson, l.state, l.reason, l.at, l.message_id, m.delivered_at, m.opened_at, m.clicked_at
from enrolment_lessons l left join messages m on m.id = l.message_id
where l.enrolment_id = any (@ids::uuid[]) and l.state <> 'due'
order by l.enrolment_id, l.at, l.id;

-- name: ListLiveEnrolments :many
select * from enrolments
where contact_id = @contact_id and state in ('active', 'paused')
  and (sqlc.arg(channel)::text = '' or channel in ('', sqlc.arg(channel)::text))
order by id;
