-- name: AddMessageLinks :exec
-- The links of a message that is rendered again are those of the last time.
insert into message_links (message_id, position, url)
select @message_id, unnest(@positions::int[]), unnest(@urls::text[])
on conflict (message_id, position) do update set url = excluded.url;

-- name: FollowLink :one
-- Where a link leads, and what tells a person's click from a scanner's.
select l.url, m.tracked, m.handed_at,
    exists (select 1 from message_events e where e.message_id = l.message_id and e.kind = 'clicked'
        and e.link <> l.position and e.at >= @since::timestamptz)::boolean as other_link
from message_links l join messages m on m.id = l.message_id
where l.message_id = @message_id and l.position = @position;

-- name: FindTracked :one
select tracked, handed_at from messages where id = @id;
