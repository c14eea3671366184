-- name: AddTaskDependencies :exec
insert into task_dependencies (task_id, after_id) select @task_id, unnest(@after_ids::uuid[]) on conflict do nothing;

-- name: HoldTasks :many
-- Nobody finishes them before the transaction ends: whoever waits for them is either told, or sees that they are finished.
select id, state from tasks where id = any (@ids::uuid[]) order by id for share;

-- name: ListUnfinishedBefore :many
-- What a task still waits for.
select t.id from task_dependencies d join tasks t on t.id = d.after_id
where d.task_id = @task_id and t.state in ('open', 'acknowledged', 'started')
order by t.id;

-- name: LockTasksAfter :many
-- The unfinished tasks that wait for one. They are locked, so that of two that finish at once the later sees the earlier.
select t.id from tasks t join task_dependencies d on d.task_id = t.id
where d.after_id = @after_id and t.state in ('open', 'acknowledged', 'started')
order by t.id for no key update of t;

-- name: ListTasksBefore :many
select t.id, t.title, t.state from task_dependencies d join tasks t on t.id = d.after_id where d.task_id = $1 order by t.id;
