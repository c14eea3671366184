-- name: AddDealVerdict :exec
insert into deal_history (deal_id, no, key, what, actor_id, accepted, reason, reference, pipeline_version, stage_before, stage_after,
    state_before, state_after, amount_before, amount_after, list_before, list_after, currency, probability_before, probability_after,
    revision, verdict, at)
values (@deal_id, @no, @key, @what, @actor_id, @accepted, @reason, @reference, @pipeline_version, @stage_before, @stage_after,
    @state_before, @state_after, @amount_before, @amount_after, @list_before, @list_after, @currency, @probability_before,
    (sqlc.arg(permille)::int * 0.001), @revision, @verdict, @at);

-- name: GetDealVerdict :one
select verdict from deal_history where key = $1;

-- name: ListDealHistory :many
-- The newest first.
select * from deal_history where deal_id = @deal_id order by no desc limit @max_rows;

-- name: WasLogged :one
-- Whether an interaction counts already.
select exists (select from deal_history where deal_id = @deal_id and what = 'log' and accepted and reference = @reference::uuid);

-- name: GetPriceRequester :one
-- Who set the price as it stands, when that was a user.
select u.id
from (select actor_id from deal_history
      where deal_id = @deal_id and accepted and (what = 'open' or amount_before <> amount_after or list_before <> list_after)
      order by no desc limit 1) last
left join users u on u.id = last.actor_id;
