-- name: LockRuns :exec
select pg_advisory_xact_lock(hashtextextended('process_runs/' || @process::text || '/' || @subject::text, 0));

-- A run is entered unless it stands there already (same) or the re-entry rule holds another against it (rival).
-- name: AdmitRun :one
with same as (
    select p.entry, p.run, p.state from process_runs p where p.entry = sqlc.arg(entry)::uuid
), rival as (
    select r.entry, r.run, r.state, r.started_at from process_runs r
    where @exclusive::boolean and r.process = @process::text and r.subject = @subject::text and r.entry <> sqlc.arg(entry)::uuid
        and (@once::boolean or r.state = 'running')
    order by (r.state = 'running') desc, r.started_at desc
    limit 1
), entered as (
    insert into process_runs (entry, process, subject, run, event_id, state, started_at)
    select sqlc.arg(entry)::uuid, @process::text, @subject::text, @run::text, sqlc.narg(event_id)::uuid, 'running', @started_at::timestamptz
    where not exists (select 1 from same) and not exists (select 1 from rival)
    on conflict (entry) do nothing
    returning process_runs.entry
)
select exists (select 1 from entered) as entered,
    same.state as same_state, same.run as same_run,
    rival.entry as rival_entry, rival.run as rival_run, rival.state as rival_state, rival.started_at as rival_started_at
from (select 1) as one
left join same on true
left join rival on true;

-- name: OpenRun :exec
insert into process_runs (entry, process, subject, run, parent, state, started_at)
values ($1, $2, $3, $4, $5, 'running', $6)
on conflict (entry) do nothing;

-- name: CloseRun :exec
insert into process_runs (entry, process, subject, run, state, outcome, trail, unread, started_at, closed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (entry) do update set state = excluded.state, outcome = excluded.outcome, trail = excluded.trail,
    unread = excluded.unread, closed_at = excluded.closed_at;

-- name: GetRunByEntry :one
select * from process_runs where entry = $1;

-- The newest of the runs that had this workflow ID, a running one before all others.
-- name: GetRun :one
select * from process_runs where process = @process and run = @run
order by (state = 'running') desc, started_at desc, entry desc limit 1;

-- name: ListRuns :many
select * from process_runs r
where r.process = @process
    and (sqlc.narg(state)::text is null or r.state = sqlc.narg(state))
    and (sqlc.narg(subject)::text is null or r.subject = sqlc.narg(subject))
    and (sqlc.narg(before)::timestamptz is null or (r.started_at, r.entry) < (sqlc.narg(before)::timestamptz, @before_entry::uuid))
order by r.started_at desc, r.entry desc
limit @max_rows;

-- name: CountRunning :many
select process, count(*) as running from process_runs where state = 'running' group by process order by process;

-- name: ListRunningOf :many
select run, entry, started_at from process_runs where process = $1 and subject = $2 and state = 'running' order by started_at, entry;

-- Runs that nobody has compared with Temporal for long. Those whose start still waits in the inbox are not due.
-- name: TakeRunsToCheck :many
update process_runs r set checked_at = @now::timestamptz
where r.entry in (
    select c.entry from process_runs c
    where c.state = 'running' and coalesce(c.checked_at, c.started_at) < @unchecked_since::timestamptz
        and not exists (select 1 from events e where e.id = c.event_id and e.state = 'pending')
    order by coalesce(c.checked_at, c.started_at)
    limit @max_rows
    for update skip locked)
returning r.entry, r.process, r.subject, r.run, r.started_at;

-- name: IsRunStartPending :one
select exists (select 1 from process_runs r join events e on e.id = r.event_id
    where r.entry = $1 and e.state = 'pending');

-- The runs that began since an instant, of which a Temporal that was restored to it knows nothing.
-- name: ForgetRunsSince :execrows
delete from process_runs where started_at >= @since::timestamptz;

-- Only a row that still says running is put right: what the run itself wrote counts more.
-- name: RepairRun :execrows
update process_runs set state = @state, outcome = @outcome, closed_at = @closed_at where entry = @entry and state = 'running';
