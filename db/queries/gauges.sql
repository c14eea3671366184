-- name: MeasureBooks :one
-- What waits. Every count is over a partial index.
select e.pending, e.stuck, e.oldest, m.doubtful, m.shifted, m.late, pg_database_size(current_database())::bigint as bytes
from (select count(*) as pending, count(*) filter (where attempts >= sqlc.arg(stuck_after)::int) as stuck,
             coalesce(min(received_at), sqlc.arg(now)::timestamptz)::timestamptz as oldest
      from events where state = 'pending') e,
     (select count(*) filter (where state = 'unknown') as doubtful, count(*) filter (where state = 'shifted') as shifted,
             count(*) filter (where state = 'shifted' and messages.due_at < sqlc.arg(now)::timestamptz - interval '1 hour') as late
      from messages where state in ('unknown', 'shifted')) m;

-- name: CountOverdueTasks :many
select kind, count(*)::bigint as overdue from tasks
t where t.state in ('open', 'acknowledged', 'started') and t.due_at < sqlc.arg(now)::timestamptz
group by kind;

-- name: CountOpenRuns :many
select process, count(*)::bigint as open from process_runs where state = 'running' group by process;
