-- Events of one subject get their seq under the subject's lock, which is held until commit: seq is commit order.
-- next_attempt_at lies a minute back, so that a dispatcher whose clock is a little behind takes the event at once.
-- name: AcceptEvents :many
with locked as materialized (
    select pg_advisory_xact_lock(k) from unnest(sqlc.arg(locks)::bigint[]) k
), incoming as (
    select unnest(sqlc.arg(ids)::uuid[]) as id, unnest(sqlc.arg(sources)::text[]) as source,
        unnest(sqlc.arg(external_ids)::text[]) as external_id, unnest(sqlc.arg(types)::text[]) as type,
        unnest(sqlc.arg(subjects)::text[]) as subject, unnest(sqlc.arg(payloads)::text[]) as data,
        unnest(sqlc.arg(occurred)::timestamptz[]) as occurred_at, unnest(sqlc.arg(traces)::text[]) as trace, generate_subscripts(sqlc.arg(ids)::uuid[], 1) as position
)
insert into events (id, source, external_id, type, subject, data, occurred_at, received_at, next_attempt_at, trace)
select i.id, i.source, i.external_id, i.type, i.subject, i.data::jsonb, i.occurred_at,
    sqlc.arg(received)::timestamptz, sqlc.arg(received)::timestamptz - interval '1 minute',
    nullif(i.trace, '')
from incoming i
where (select count(*) from locked) >= 0
order by i.position
on conflict (source, external_id) do nothing
returning id;

-- name: FindEvents :many
select e.id, e.source, e.external_id
from (select unnest(@sources::text[]) as source, unnest(@external_ids::text[]) as external_id) k
join events e on e.source = k.source and e.external_id = k.external_id;

-- name: GetEvent :one
select * from events where id = $1;

-- Claims the first pending events of subjects, each with up to lane_length that follow it, for one dispatcher. A subject
-- is free when its first event is due and not leased. busy names subjects that the dispatcher knows not to be free: what
-- is queued behind them is passed over cheaply. The scalar subquery keeps the plan at one index probe a row.
-- name: ClaimEvents :many
with heads as (
    select e.seq, e.subject from events e
    where e.state = 'pending' and e.next_attempt_at <= @now::timestamptz
        and (e.leased_until is null or e.leased_until <= @now::timestamptz)
        and e.subject <> all(@busy::text[])
        and e.seq = (select min(p.seq) from events p where p.state = 'pending' and p.subject = e.subject)
    order by e.next_attempt_at, e.seq
    limit @lanes
    for update of e skip locked
), lane as (
    select n.seq from heads h
    cross join lateral (
        select f.seq from events f
        where f.state = 'pending' and f.subject = h.subject and f.seq >= h.seq
        order by f.seq limit @lane_length
    ) n
)
update events e set leased_by = @dispatcher::text, leased_until = @leased_until::timestamptz
from lane where e.seq = lane.seq
returning e.seq, e.id, e.type, e.subject, e.data, e.attempts, coalesce(e.trace, '')::text as trace;

-- Writes what became of claimed events. One that stays pending (0 tries: it was never attempted) is only given back, or set
-- aside, by its holder; one that was delivered is done, whoever holds it now.
-- name: SettleEvents :exec
update events e set state = s.state, attempts = e.attempts + s.tries, leased_by = null, leased_until = null,
    next_attempt_at = case when s.state = 'pending' and s.tries > 0 then s.due else e.next_attempt_at end,
    last_error = case when s.tries > 0 then nullif(s.problem, '') else e.last_error end,
    delivered_at = case when s.state = 'pending' then null else @now::timestamptz end
from (
    select unnest(@seqs::bigint[]) as seq, unnest(@states::text[]) as state, unnest(@tries::int[]) as tries,
        unnest(@due::timestamptz[]) as due, unnest(@problems::text[]) as problem
) s
where e.seq = s.seq and e.state = 'pending' and (s.state in ('delivered', 'ignored') or e.leased_by = @dispatcher::text);

-- name: MeasureInbox :one
select count(*) as pending, coalesce(min(received_at), @now::timestamptz)::timestamptz as oldest,
    count(*) filter (where attempts >= @stuck_after::int) as stuck,
    (select count(*) from events a where a.state = 'set-aside') as set_aside
from events where state = 'pending';

-- name: ListStuckEvents :many
select id, type, attempts, coalesce(last_error, '')::text as last_error, received_at from events
where state = 'pending' and attempts >= @stuck_after::int order by seq limit @max_rows;

-- name: ListEventsOfType :many
select id, data, received_at from events
where type = @type and received_at >= @since::timestamptz and received_at < @until::timestamptz
order by seq limit @max_rows;

-- The events in one state, the first that came first.
-- name: ListEventPage :many
select seq, id, source, external_id, type, subject, state, attempts, coalesce(last_error, '')::text as last_error, received_at from events
where state = @state and seq > @after::bigint and (sqlc.narg(subject)::text is null or subject = sqlc.narg(subject))
order by seq limit @max_rows;

-- name: LockEvent :one
select state from events where id = $1 for update;

-- Tries an event that was set aside once more, in its old place. Its tries stay counted: a failure sets it aside again.
-- name: RetryEvent :exec
update events set state = 'pending', delivered_at = null, next_attempt_at = sqlc.arg(now)::timestamptz - interval '1 minute'
where id = @id and state = 'set-aside';

-- Has every event that was delivered since an instant delivered again: Temporal's database was restored to it.
-- name: RedeliverEvents :execrows
update events set state = 'pending', attempts = 0, delivered_at = null, last_error = null, leased_by = null, leased_until = null,
    next_attempt_at = sqlc.arg(now)::timestamptz - interval '1 minute'
where state = 'delivered' and delivered_at >= @since::timestamptz;

-- name: DropEvent :exec
update events set state = 'dropped', delivered_at = @now::timestamptz where id = @id and state = 'set-aside';
