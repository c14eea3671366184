-- name: ListScoringRules :many
select * from scoring_rules where active order by id;

-- name: SeedScoringRule :exec
insert into scoring_rules (id, feature, op, value, points, reason, version) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (id) do nothing;
