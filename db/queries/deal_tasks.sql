-- name: ListDealTasks :many
select * from tasks where deal_id = @deal_id::uuid order by created_at, id;
