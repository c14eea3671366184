-- name: AddRuleResult :exec
insert into task_rule_results (rule, event_id, version, task_id, problem, at) values (@rule, @event_id, @version, @task_id, @problem, @at)
on conflict do nothing;
