-- name: MeasureMessages :one
-- Messages that wait, by a partial index each, and the size of all.
select count(*) filter (where state = 'unknown') as doubtful, count(*) filter (where state = 'shifted') as shifted,
       count(*) filter (where state = 'shifted' and messages.due_at < sqlc.arg(now)::timestamptz - interval '1 hour') as late,
       pg_database_size(current_database())::bigint as bytes
from messages where state in ('unknown', 'shifted');

-- name: CountOverdueTasks :many
select kind, count(*)::bigint as overdue from tasks
t where t.state in ('open', 'acknowledged', 'started') and t.due_at < sqlc.arg(now)::timestamptz
group by kind;

-- name: CountOpenRuns :many
select process, count(*)::bigint as open from process_runs where state = 'running' group by process;

-- The one place that asks for the database's own time: workers measure with it how far their clocks are off.
-- name: DatabaseTime :one
select clock_timestamp()::timestamptz as now;
