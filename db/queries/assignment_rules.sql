-- name: ListAssignmentRules :many
select * from assignment_rules where active order by position;

-- name: SeedAssignmentRule :exec
insert into assignment_rules (id, position, name, countries, sources, channels, team, strategy)
select @id, coalesce(max(position), 0) + 1, @name, '{}', '{}', '{}', @team, @strategy from assignment_rules
having count(*) = 0
on conflict do nothing;
