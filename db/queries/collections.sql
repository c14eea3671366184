-- name: NoteCollection :exec
-- Keeps how a customer stood when a run looked; fresh is the first look of a run.
insert into collections (contact_id, began_at, state, plan, plan_version, step, due_minor, currency, invoices, broken_promises, next, next_at, looked_at)
values (@contact_id, @now, @state, @plan, @plan_version, @step, @due_minor, @currency, @invoices, @broken_promises, @next, sqlc.narg(next_at), @now)
on conflict (contact_id) do update set
    began_at = case when @fresh::boolean then excluded.began_at else collections.began_at end,
    ended = false, state = excluded.state, plan = excluded.plan, plan_version = excluded.plan_version, step = excluded.step,
    due_minor = excluded.due_minor, currency = excluded.currency, invoices = excluded.invoices, broken_promises = excluded.broken_promises,
    next = excluded.next, next_at = excluded.next_at, looked_at = excluded.looked_at;

-- name: EndCollection :exec
update collections set ended = true, state = @outcome, next = '', next_at = null, looked_at = @now where contact_id = @contact_id;

-- name: ListCollections :many
select * from collections
where (sqlc.narg(state)::text is null or state = sqlc.narg(state)) and (sqlc.narg(contact)::uuid is null or contact_id = sqlc.narg(contact))
  and (sqlc.narg(after_at)::timestamptz is null or (began_at, contact_id) > (sqlc.narg(after_at), sqlc.narg(after_id)::uuid))
order by began_at, contact_id
limit @page_size;

-- name: HasWrittenOff :one
select exists (select 1 from write_offs where key = @key);

-- name: NoteWriteOff :exec
insert into write_offs (key, contact_id, approval_id, at) values (@key, @contact_id, @approval_id, @now);

-- name: GetCollection :one
select * from collections where contact_id = @contact_id;
