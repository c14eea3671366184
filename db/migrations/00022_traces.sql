-- +goose Up

-- The trace of the request that brought the event, as W3C Trace Context writes it: what comes of it joins the trace.
alter table events add column trace text;

-- What an operator's gauges count.
create index tasks_overdue on tasks (due_at) where state in ('open', 'acknowledged', 'started');

-- +goose Down
drop index tasks_overdue;
alter table events drop column trace;
